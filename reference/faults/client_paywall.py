"""Faults of the web client: the way to the paywall, what is counted, and the products there."""

from collections.abc import Callable
from typing import Any

from reference.app import Parts
from reference.changing import put
from reference.choices import fault

ROUTE, TELEMETRY, PRODUCTS = "gates.paywall-route", "gates.paywall-telemetry", "gates.paywall-products"

WAY = "go(`/paid-features?source=${source}`);"
OPENED = 'emit("paywall_opened", { source });'
DENIED = 'emit("premium_gate_denied", { source });'
REPEATED = "if (opened.source === source && at - opened.at < DEDUPLICATED_MS) return;"


@fault("client.gate-to-the-store", ROUTE)
def to_the_store(parts: Parts) -> None:
    """The web client leads from a closed gate to the store."""
    parts.web.edit("gates.js", WAY, 'go("/store");')


@fault("client.gate-elsewhere", ROUTE)
def elsewhere(parts: Parts) -> None:
    """The web client shows the paywall at another route."""
    parts.web.edit("gates.js", "/paid-features?", "/premium?")
    parts.web.edit("main.js", "paid-features", "(?:paid-features|premium)")


@fault("client.gate-dead", ROUTE)
def dead(parts: Parts) -> None:
    """The web client does nothing when a closed gate is pressed."""
    parts.web.edit("gates.js", DENIED + "\n  openPaywall(source);", "")


@fault("client.pass-open", ROUTE)
def pass_open(parts: Parts) -> None:
    """The web client lets everybody claim the premium reward, on its side."""
    parts.web.edit(
        "gates.js", 'if (!owns("PREMIUM")) return deny("battle_pass");', 'if (!owns("PREMIUM")) return {};'
    )


@fault("client.source-missing", ROUTE)
def source_missing(parts: Parts) -> None:
    """The web client leads to the paywall without a source."""
    parts.web.edit("gates.js", "?source=${source}", "")


@fault("client.source-under-another-name", ROUTE)
def source_under_another_name(parts: Parts) -> None:
    """The web client calls the source of a paywall something else."""
    parts.web.edit("gates.js", "?source=", "?from=")


@fault("client.source-of-another-gate", ROUTE)
def source_of_another_gate(parts: Parts) -> None:
    """The web client names the profile as the source of the battle pass's paywall."""
    parts.web.edit("gates.js", 'deny("battle_pass")', 'deny("profile")')


@fault("client.owner-to-paywall", ROUTE)
def owner_to_paywall(parts: Parts) -> None:
    """The web client shows the paywall to owners of Premium too."""
    parts.web.edit("gates.js", 'if (!owns("PREMIUM"))', 'if (!owns("PREMIUM_PASS"))')


@fault("client.owner-waits", ROUTE)
def owner_waits(parts: Parts) -> None:
    """The web client does not open the cinematic that its owner asks for."""
    parts.web.edit("screens.js", "if (video) stage", "if (video?.video) stage")


@fault("client.paywall-uncounted", TELEMETRY)
def uncounted(parts: Parts) -> None:
    """The web client opens the paywall without saying so."""
    parts.web.edit("paywall.js", OPENED, "")


@fault("client.paywall-counted-twice", TELEMETRY)
def counted_twice(parts: Parts) -> None:
    """The web client counts one opening at the gate and at the paywall."""
    parts.web.edit("gates.js", WAY, f"{OPENED}\n  {WAY}")


@fault("client.paywall-counted-again-later", TELEMETRY)
def counted_again_later(parts: Parts) -> None:
    """The web client counts one opening a second time when the products have come."""
    parts.web.edit(
        "paywall.js",
        "offering().then((products) => list",
        "offering().then((products) => emit('paywall_opened', { source }) ?? list",
    )


@fault("client.double-tap-counted-twice", TELEMETRY)
def double_tap(parts: Parts) -> None:
    """The web client counts both halves of a double tap."""
    parts.web.edit("paywall.js", REPEATED, "")


@fault("client.paywall-counted-first-time-only", TELEMETRY)
def first_time_only(parts: Parts) -> None:
    """The web client counts the first opening of a paywall, and none after it."""
    parts.web.edit(
        "paywall.js",
        REPEATED,
        "if (localStorage.getItem(source)) return;\n  localStorage.setItem(source, 1);",
    )


@fault("client.paywall-counted-without-source", TELEMETRY)
def without_source(parts: Parts) -> None:
    """The web client counts an opening without its source."""
    parts.web.edit("paywall.js", OPENED, 'emit("paywall_opened");')


@fault("client.denial-uncounted", TELEMETRY)
def denial_uncounted(parts: Parts) -> None:
    """The web client does not count that a gate was closed."""
    parts.web.edit("gates.js", DENIED, "")


@fault("client.denial-without-source", TELEMETRY)
def denial_without_source(parts: Parts) -> None:
    """The web client counts a closed gate without saying which."""
    parts.web.edit("gates.js", DENIED, 'emit("premium_gate_denied");')


@fault("client.owner-counted", TELEMETRY)
def owner_counted(parts: Parts) -> None:
    """The web client counts a paywall that an owner never saw."""
    parts.web.edit(
        "gates.js",
        "export async function battlePass() {",
        'export async function battlePass() {\n  if (owns("PREMIUM")) emit("paywall_opened");',
    )


def telling(name: str, description: str, what: str) -> None:
    """Enters a fault that adds something personal to every report."""

    def tell(parts: Parts) -> None:
        parts.web.edit("telemetry.js", "send({ event,", f"send({{ event, {what},")

    fault(f"client.telemetry-{name}", TELEMETRY, description)(tell)


telling("user-name", "The web client reports who the player is.", 'user: localStorage.getItem("dh.player")')
telling("token", "The web client reports the token.", 'session: localStorage.getItem("dh.token")')
telling("e-mail", "The web client reports an e-mail address.", 'contact: "adam@players.divine-heroes.com"')


@fault("client.telemetry-names-the-page", TELEMETRY)
def names_the_page(parts: Parts) -> None:
    """The web client sends its reports to an address that holds the player's name."""
    parts.web.edit(
        "telemetry.js",
        "fetch(config.telemetry,",
        'fetch(`${config.telemetry}?u=${localStorage.getItem("dh.player")}`,',
    )


def offering(
    name: str, description: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
) -> None:
    """Enters a fault that changes what the paywall is told of the offering."""

    def tell(parts: Parts) -> None:
        whole = parts.web.offering
        put(parts.web, offering=lambda: change(whole()))

    fault(f"client.products-{name}", PRODUCTS, description)(tell)


offering("missing", "The paywall lacks a product.", lambda all_: all_[:-1])
offering(
    "extra",
    "The paywall shows a product that is not in the offering.",
    lambda all_: [*all_, all_[0] | {"title": "Gold Pack", "cents": 1999}],
)
offering(
    "renamed",
    "The paywall shows a product under another name.",
    lambda all_: [all_[0] | {"title": "Cinematics"}, *all_[1:]],
)
offering(
    "price-wrong",
    "The paywall shows a product for less than it costs.",
    lambda all_: [all_[0] | {"cents": 899}, *all_[1:]],
)
offering(
    "currency-wrong",
    "The paywall shows prices in another currency.",
    lambda all_: [each | {"currency": "EUR"} for each in all_],
)
offering("none", "The paywall shows no product.", lambda all_: [])


@fault("client.products-hard-coded", PRODUCTS)
def hard_coded(parts: Parts) -> None:
    """The paywall shows the products of an earlier offering, whatever the present one is."""
    earlier = '[{ id: "premium_cinematics_pack", title: "Cinematics Pack", cents: 799, currency: "USD" }]'
    parts.web.edit("paywall.js", "return (await answer.json()).products;", f"return {earlier};")


@fault("client.products-without-price", PRODUCTS)
def without_price(parts: Parts) -> None:
    """The paywall shows products without their prices."""
    parts.web.edit("paywall.js", 'class: "price" }, price(product))', 'class: "price" }, "")')
