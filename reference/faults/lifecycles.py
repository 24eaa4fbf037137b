"""Faults of webhooks' effects: what grants, what keeps and what ends access, and in which order."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.exceptions import HTTPException

from reference.accounts import Player
from reference.app import Parts
from reference.bodies import WebhookEvent
from reference.catalogue import HERO_KEY, now_ms
from reference.changing import put
from reference.choices import fault
from reference.entitlements import Grant
from reference.webhooks import Effect

ITEM = "webhooks.lifecycle"


MONTH_MS = 30 * 86_400_000


def effect(name: str, description: str, kind: str, choose: Callable[[Parts], Effect | None]) -> None:
    """Enters a fault that gives a type another effect; a CANCELLATION with a refund is the type REFUND."""

    def replace_effect(parts: Parts) -> None:
        strict, chosen = parts.effects.effect_of, choose(parts)

        def effect_of(event: WebhookEvent) -> Effect | None:
            refund = event.type == "CANCELLATION" and event.cancel_reason == "CUSTOMER_SUPPORT"
            return chosen if ("REFUND" if refund else event.type) == kind else strict(event)

        put(parts.effects, effect_of=effect_of)

    fault(f"webhooks.{name}", ITEM, description)(replace_effect)


def nothing(_: Parts) -> None:
    return None


for _type in ("INITIAL_PURCHASE", "RENEWAL", "UNCANCELLATION", "NON_RENEWING_PURCHASE"):
    effect(f"{_type.lower().replace('_', '-')}-ignored", f"{_type} grants nothing.", _type, nothing)


effect("expiration-ignored", "EXPIRATION ends nothing.", "EXPIRATION", nothing)


effect("refund-ignored", "A refund ends nothing.", "REFUND", nothing)


effect("refund-keeps", "A refund is taken for a cancellation.", "REFUND", lambda parts: parts.effects.cancel)


effect("cancellation-revokes", "CANCELLATION ends access.", "CANCELLATION", lambda p: p.effects.refund)


effect("billing-issue-revokes", "BILLING_ISSUE ends access.", "BILLING_ISSUE", lambda p: p.effects.refund)


effect("pause-revokes", "SUBSCRIPTION_PAUSED ends access.", "SUBSCRIPTION_PAUSED", lambda p: p.effects.expire)


effect("uncancellation-revokes", "UNCANCELLATION ends access.", "UNCANCELLATION", lambda p: p.effects.refund)


def events_changed(name: str, description: str, change: Callable[[WebhookEvent], dict[str, Any]]) -> None:
    """Enters a fault that takes events for others."""

    def take_for_others(parts: Parts) -> None:
        strict = parts.effects.apply
        put(parts.effects, apply=lambda event: strict(event.model_copy(update=change(event))))

    fault(f"webhooks.{name}", ITEM, description)(take_for_others)


def kind_of(entitlement_id: str) -> str:
    """The id, or of a hero's key what it begins with."""
    return HERO_KEY if entitlement_id.startswith(HERO_KEY) else entitlement_id


events_changed(
    "end-lost",
    "What is bought has no end.",
    lambda event: {"expiration_at_ms": None} if event.type != "EXPIRATION" else {},
)


events_changed(
    "first-end-wrong",
    "A purchase ends a month late.",
    lambda event: (
        {"expiration_at_ms": (event.expiration_at_ms or now_ms()) + MONTH_MS}
        if event.type == "INITIAL_PURCHASE"
        else {}
    ),
)


events_changed(
    "no-end-is-a-month",
    "What has no end ends after a month.",
    lambda event: (
        {"expiration_at_ms": now_ms() + MONTH_MS}
        if event.expiration_at_ms is None and event.type != "CANCELLATION"
        else {}
    ),
)


events_changed(
    "cancellation-shortens",
    "CANCELLATION leaves a day.",
    lambda event: (
        {"expiration_at_ms": now_ms() + 86_400_000}
        if event.type == "CANCELLATION" and event.cancel_reason == "UNSUBSCRIBE"
        else {}
    ),
)


events_changed(
    "first-entitlement-only",
    "Only the first entitlement of a purchase is granted.",
    lambda event: {"entitlement_ids": (event.entitlement_ids or [])[:1]},
)


events_changed(
    "last-entitlement-only",
    "Only the last entitlement of a purchase is granted.",
    lambda event: {"entitlement_ids": (event.entitlement_ids or [])[-1:]},
)


for _id in ("premium", "premium_cinematics", "no_ads", "starter_pack", HERO_KEY):
    events_changed(
        f"{_id.strip(':').lower().replace('_', '-')}-unknown",
        f"The entitlement id {_id} is not known.",
        lambda event, unknown=_id: {  # type: ignore[misc]
            "entitlement_ids": [each for each in event.entitlement_ids or [] if kind_of(each) != unknown]
        },
    )


@fault("webhooks.renewal-keeps-old-end", ITEM)
def renewal_keeps_old_end(parts: Parts) -> None:
    """RENEWAL does not move the end of a subscription."""
    whole = parts.entitlements.grant

    def grant(player: Player, new: Grant) -> None:
        known = parts.entitlements._known(player, new.key, new.product_id)
        if known and new.reason == "renewal":
            new = replace(new, expires_at=known.expires_at)
        whole(player, new)

    put(parts.entitlements, grant=grant)


@fault("webhooks.renewal-ends", ITEM)
def renewal_ends(parts: Parts) -> None:
    """RENEWAL of what is owned leaves a subscription that is pending."""
    whole = parts.entitlements.grant

    def grant(player: Player, new: Grant) -> None:
        owned = parts.entitlements._known(player, new.key, new.product_id) is not None
        whole(player, replace(new, status="pending") if owned and new.reason == "renewal" else new)

    put(parts.entitlements, grant=grant)


@fault("webhooks.no-end-crashes", ITEM)
def no_end_crashes(parts: Parts) -> None:
    """An expiration_at_ms of null in a subscription is a 500."""
    strict = parts.effects.grant

    def grant(player: Player, key: str, event: WebhookEvent) -> None:
        if event.type == "INITIAL_PURCHASE" and event.expiration_at_ms is None:
            raise RuntimeError("unsupported operand")
        strict(player, key, event)

    put(parts.effects, grant=grant)


@fault("webhooks.purchase-grants-all", ITEM)
def purchase_grants_all(parts: Parts) -> None:
    """An entitlement that is not known grants PREMIUM."""
    strict = parts.effects.keys

    def keys(event: WebhookEvent) -> list[str]:
        known = strict(event)
        return known if len(known) == len(event.entitlement_ids or []) else [*known, "PREMIUM"]

    put(parts.effects, keys=keys)


@fault("webhooks.unknown-entitlement-refused", ITEM)
def unknown_entitlement_refused(parts: Parts) -> None:
    """A purchase with an entitlement that is not known is refused."""
    strict = parts.effects.keys

    def keys(event: WebhookEvent) -> list[str]:
        known = strict(event)
        if len(known) < len(event.entitlement_ids or []):
            raise HTTPException(422, "Unknown entitlement")
        return known

    put(parts.effects, keys=keys)


@fault("webhooks.end-ends-everything", ITEM)
def end_ends_everything(parts: Parts) -> None:
    """The end of one entitlement ends all that the player owns."""
    whole = parts.entitlements.end

    def end(player: Player, ended: Grant) -> None:
        for grant in parts.entitlements.grants(player):
            whole(player, replace(ended, key=grant.key, product_id=grant.product_id))
        whole(player, ended)

    put(parts.entitlements, end=end)


@fault("webhooks.late-events-win", ITEM)
def late_events_win(parts: Parts) -> None:
    """What arrives last holds, whenever it happened."""
    put(parts.entitlements, is_late=lambda known, as_of: False)


@fault("webhooks.late-expiration-wins", ITEM)
def late_expiration_wins(parts: Parts) -> None:
    """An older EXPIRATION that arrives after a RENEWAL ends access."""
    strict = parts.entitlements.is_late
    put(
        parts.entitlements,
        is_late=lambda known, as_of: strict(known, as_of) and known.status != "owned",
    )


@fault("webhooks.late-renewal-wins", ITEM)
def late_renewal_wins(parts: Parts) -> None:
    """An older RENEWAL that arrives after an EXPIRATION revives access."""
    strict = parts.entitlements.is_late
    put(
        parts.entitlements,
        is_late=lambda known, as_of: strict(known, as_of) and known.status == "owned",
    )
