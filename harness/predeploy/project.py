"""A RevenueCat project, as REST v2 tells it, and how it differs from what the release needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from harness.evidence.exchange import Exchange, witness
from harness.predeploy.settings import RevenueCatProject
from harness.web.pages import Pages


@dataclass(frozen=True, repr=False)
class Listed:
    """A whole list of a project, and the answer with its first page."""

    answer: Exchange
    items: list[dict[str, Any]]

    def read(self) -> list[dict[str, Any]]:
        """The items; the answer is evidence of the test that reads them."""
        witness(self.answer)
        return self.items


class Project:
    """Reads a project's lists, each once: `pages` makes a reader, which counts what it reads."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def products(self) -> Listed:
        """Every product of every app."""
        return Listed(*await self._pages.all("products"))

    async def offerings(self) -> Listed:
        """Every offering, with `packages` and their `products` as plain lists."""
        found = Listed(*await self._pages.all("offerings", "items.package.product"))
        for offering in found.items:
            packages = await self._pages.items(offering.get("packages"), "items.product")
            for package in packages:
                entries = await self._pages.items(package.get("products"))
                package["products"] = [entry.get("product") or entry for entry in entries]
            offering["packages"] = packages
        return found

    async def entitlements(self) -> Listed:
        """Every entitlement, with its `products` as a plain list."""
        found = Listed(*await self._pages.all("entitlements", "items.product"))
        for entitlement in found.items:
            entitlement["products"] = await self._pages.items(entitlement.get("products"))
        return found

    async def webhooks(self) -> Listed:
        """Every webhook integration."""
        return Listed(*await self._pages.all("integrations/webhooks"))


# --- what is wrong, one line each


def absent(products: Listed, wanted: RevenueCatProject) -> list[str]:
    """Products that are not there, or not active in any app."""
    found, items = [], products.read()
    for name in wanted.sold:
        same = [each for each in items if _is(each, name)]
        if not same:
            found.append(f"there is no product {name}")
        elif not any(map(_active, same)):
            found.append(f"the product {name} is {same[0].get('state')}")
    return found


def wrong_offering(offerings: Listed, wanted: RevenueCatProject) -> list[str]:
    """That no offering is the current one, or another one than the release's."""
    current = _current(offerings)
    if current is None:
        return ["no offering is the current one"]
    key = current.get("lookup_key")
    wrong = wanted.offering not in (None, key)
    return [f"the current offering is {key}, not {wanted.offering}"] if wrong else []


def not_offered(offerings: Listed, wanted: RevenueCatProject) -> list[str]:
    """Products that no package of the current offering holds."""
    packages = (_current(offerings) or {}).get("packages", [])
    products = [product for package in packages for product in package["products"]]
    return [name for name in wanted.sold if not any(_is(each, name) for each in products)]


def no_entitlement(entitlements: Listed, wanted: RevenueCatProject) -> list[str]:
    """Entitlements that are not there, or not active."""
    active = {each.get("lookup_key") for each in entitlements.read() if _active(each)}
    return [name for name in wanted.entitlements if name not in active]


def wrongly_granted(entitlements: Listed, wanted: RevenueCatProject) -> list[str]:
    """Products that grant something else than they are sold for."""
    granted = [(each.get("lookup_key"), each["products"]) for each in entitlements.read() if _active(each)]
    found = []
    for name in wanted.sold:
        meant = {key for key, products in wanted.entitlements.items() if name in products}
        grants = {str(key) for key, products in granted if any(_is(each, name) for each in products)}
        if grants != meant:
            found.append(f"{name} grants {_words(grants)}, not {_words(meant)}")
    return found


def no_webhook(webhooks: Listed, address: str) -> list[str]:
    """That no integration leads to the target's address."""
    if _leading(webhooks, address):
        return []
    others = sorted({str(each.get("url")) for each in webhooks.read()})
    return [f"no webhook leads to {address}; there are: {', '.join(others) or 'none'}"]


def not_of_the_environment(webhooks: Listed, address: str, wanted: RevenueCatProject) -> list[str]:
    """That what leads to the target leaves out the environment whose purchases count."""
    if _sending(webhooks, address, wanted):
        return []
    sent = {str(each.get("environment")) for each in _leading(webhooks, address)}
    return [f"{wanted.webhook_environment} events do not come to the target, but those of: {_words(sent)}"]


def unsent(webhooks: Listed, address: str, wanted: RevenueCatProject) -> list[str]:
    """Events that the target needs and no integration sends it."""
    filters = [each.get("event_types") for each in _sending(webhooks, address, wanted)]
    if any(not each for each in filters):
        return []  # one without a filter sends all
    sent = {event for each in filters for event in each or ()}
    return [event for event in wanted.webhook_events if event not in sent]


def _current(offerings: Listed) -> dict[str, Any] | None:
    return next((each for each in offerings.read() if each.get("is_current") is True), None)


def _leading(webhooks: Listed, address: str) -> list[dict[str, Any]]:
    return [each for each in webhooks.read() if _address(str(each.get("url"))) == _address(address)]


def _sending(webhooks: Listed, address: str, wanted: RevenueCatProject) -> list[dict[str, Any]]:
    other = {"production": "sandbox", "sandbox": "production"}[wanted.webhook_environment]
    return [each for each in _leading(webhooks, address) if each.get("environment") != other]


def _is(product: Mapping[str, Any], name: str) -> bool:
    """Whether it is called so in its store; Google Play puts the base plan behind a colon."""
    called = str(product.get("store_identifier"))
    return name in (called, called.partition(":")[0])


def _active(described: Mapping[str, Any]) -> bool:
    return bool(described.get("state", "active") == "active")


def _address(text: str) -> httpx.URL | str:
    try:
        return httpx.URL(text)
    except httpx.InvalidURL:
        return text


def _words(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
