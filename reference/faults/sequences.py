"""Faults that show only after a sequence of events and purchases; journeys.py has more of them."""

from collections.abc import Callable
from dataclasses import replace

from reference.accounts import Player
from reference.app import Parts
from reference.bodies import PurchaseOrder, WebhookEvent
from reference.catalogue import ALWAYS_LISTED
from reference.changing import put
from reference.choices import fault
from reference.entitlements import Grant
from reference.purchases import Purchase
from reference.webhooks import Effect

ITEM = "contract.sequences"
LOST = (("expired", "expiration"), ("revoked", "transfer"))
GRANTING = ("INITIAL_PURCHASE", "RENEWAL", "UNCANCELLATION", "NON_RENEWING_PURCHASE")


# Grants after an end


@fault("sequence.purchase-after-refund-ignored", ITEM)
def purchase_after_refund_ignored(parts: Parts) -> None:
    """What was refunded once cannot be bought again."""
    _ends_for_good(parts, "revoked", "cancellation")


@fault("sequence.purchase-after-expiration-ignored", ITEM)
def purchase_after_expiration_ignored(parts: Parts) -> None:
    """What ended by an EXPIRATION cannot be bought or renewed again."""
    _ends_for_good(parts, "expired", "expiration")


def _ends_for_good(parts: Parts, status: str, reason: str) -> None:
    whole = parts.entitlements.grant

    def grant(player: Player, new: Grant) -> None:
        known = parts.entitlements._known(player, new.key, new.product_id)
        if known is None or (known.status, known.reason) != (status, reason):
            whole(player, new)

    put(parts.entitlements, grant=grant)


@fault("sequence.duplicate-revives", ITEM)
def duplicate_revives(parts: Parts) -> None:
    """A purchase that is delivered again after its EXPIRATION, or its TRANSFER to another, revives it."""
    strict = parts.effects.is_first

    def is_first(event: WebhookEvent) -> bool:
        first = strict(event)
        player = parts.effects.first_known(parts.effects.names(event))
        if not first and player and event.type in GRANTING:
            for key in parts.effects.keys(event):
                known = parts.entitlements._known(player, key, event.product_id or "")
                if known and (known.status, known.reason) in LOST:
                    revived = parts.effects.news(key, event, "owned")
                    parts.entitlements.grant(player, replace(revived, as_of=known.as_of))
        return first

    put(parts.effects, is_first=is_first)


# Two events about one subscription


@fault("sequence.uncancellation-toggles", ITEM)
def uncancellation_toggles(parts: Parts) -> None:
    """UNCANCELLATION of a subscription that is owned and was not cancelled ends it."""
    cancelled: set[tuple[str, str]] = set()
    strict_cancel, strict_effect = parts.effects.cancel, parts.effects.effect_of

    def cancel(player: Player, key: str, event: WebhookEvent) -> None:
        cancelled.add((player.id, key))
        strict_cancel(player, key, event)

    def toggle(player: Player, key: str, event: WebhookEvent) -> None:
        goes_on = (player.id, key) in cancelled or not parts.entitlements.owns(player, key)
        cancelled.discard((player.id, key))
        (parts.effects.grant if goes_on else parts.effects.expire)(player, key, event)

    def effect_of(event: WebhookEvent) -> Effect | None:
        return toggle if event.type == "UNCANCELLATION" else strict_effect(event)

    put(parts.effects, cancel=cancel, effect_of=effect_of)


@fault("sequence.cancellation-in-trouble-revokes", ITEM)
def cancellation_in_trouble_revokes(parts: Parts) -> None:
    """CANCELLATION after a BILLING_ISSUE or a SUBSCRIPTION_PAUSED ends access at once."""
    _in_trouble(parts, "CANCELLATION", parts.effects.refund)


@fault("sequence.expiration-in-trouble-ignored", ITEM)
def expiration_in_trouble_ignored(parts: Parts) -> None:
    """EXPIRATION after a BILLING_ISSUE or a SUBSCRIPTION_PAUSED ends nothing."""
    _in_trouble(parts, "EXPIRATION", lambda player, key, event: None)


def _in_trouble(parts: Parts, kind: str, instead: Effect) -> None:
    """The type `kind` has another effect on what a BILLING_ISSUE or a SUBSCRIPTION_PAUSED was about."""
    marked: set[tuple[str, str]] = set()
    strict = parts.effects.effect_of

    def effect_of(event: WebhookEvent) -> Effect | None:
        usual = strict(event)

        def mark(player: Player, key: str, event: WebhookEvent) -> None:
            marked.add((player.id, key))

        def otherwise(player: Player, key: str, event: WebhookEvent) -> None:
            chosen = instead if (player.id, key) in marked else usual
            if chosen is not None:
                chosen(player, key, event)

        return {"BILLING_ISSUE": mark, "SUBSCRIPTION_PAUSED": mark, kind: otherwise}.get(event.type, usual)

    put(parts.effects, effect_of=effect_of)


# Two things that a player owns


@fault("sequence.purchase-ends-cancelled-subscription", ITEM)
def purchase_ends_cancelled_subscription(parts: Parts) -> None:
    """NON_RENEWING_PURCHASE of a standing key ends the subscriptions of other keys that are cancelled."""
    cancelled: set[tuple[str, str]] = set()
    strict_cancel, strict_grant = parts.effects.cancel, parts.effects.grant

    def cancel(player: Player, key: str, event: WebhookEvent) -> None:
        cancelled.add((player.id, key))
        strict_cancel(player, key, event)

    def grant(player: Player, key: str, event: WebhookEvent) -> None:
        strict_grant(player, key, event)
        if event.type == "NON_RENEWING_PURCHASE" and key in ALWAYS_LISTED:
            _end(parts, player, lambda known: known.key != key and (player.id, known.key) in cancelled)

    put(parts.effects, cancel=cancel, grant=grant)


@fault("sequence.expiration-ends-all-beside-a-hero", ITEM)
def expiration_ends_all_beside_a_hero(parts: Parts) -> None:
    """EXPIRATION of a standing key, for the owner of a hero's key, ends all other standing keys."""
    strict = parts.effects.expire

    def expire(player: Player, key: str, event: WebhookEvent) -> None:
        strict(player, key, event)
        heroes = {known.key for known in parts.entitlements.grants(player)} - set(ALWAYS_LISTED)
        if key in ALWAYS_LISTED and any(parts.entitlements.owns(player, hero) for hero in heroes):
            _end(parts, player, lambda known: known.key in ALWAYS_LISTED)

    put(parts.effects, expire=expire)


@fault("sequence.verified-purchase-replaces", ITEM)
def verified_purchase_replaces(parts: Parts) -> None:
    """A purchase that is verified ends what was granted on other keys."""
    strict = parts.purchases.grant

    def grant(player: Player, order: PurchaseOrder, purchase: Purchase) -> None:
        strict(player, order, purchase)
        _end(parts, player, lambda known: known.key != order.entitlement_key)

    put(parts.purchases, grant=grant)


def _end(parts: Parts, player: Player, matches: Callable[[Grant], bool]) -> None:
    """Ends, as of now, each grant of the player that is owned and matches."""
    for known in parts.entitlements.grants(player):
        if known.status == "owned" and matches(known):
            parts.entitlements._write(player, replace(known, status="expired", reason="replaced"), known)
