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
GRANTING = ("INITIAL_PURCHASE", "RENEWAL", "UNCANCELLATION", "NON_RENEWING_PURCHASE")


# Grants after an end


@fault("sequence.purchase-after-refund-ignored", ITEM)
def purchase_after_refund_ignored(parts: Parts) -> None:
    """What was refunded once cannot be bought again."""
    whole = parts.entitlements.grant

    def grant(player: Player, new: Grant) -> None:
        known = parts.entitlements._known(player, new.key, new.product_id)
        if known is None or (known.status, known.reason) != ("revoked", "cancellation"):
            whole(player, new)

    put(parts.entitlements, grant=grant)


@fault("sequence.renewal-after-expiration-ignored", ITEM)
def renewal_after_expiration_ignored(parts: Parts) -> None:
    """A RENEWAL after an EXPIRATION, and newer, grants nothing."""
    whole = parts.entitlements.grant

    def grant(player: Player, new: Grant) -> None:
        known = parts.entitlements._known(player, new.key, new.product_id)
        if known is None or (known.status, new.reason) != ("expired", "renewal"):
            whole(player, new)

    put(parts.entitlements, grant=grant)


@fault("sequence.duplicate-after-expiration-revives", ITEM)
def duplicate_after_expiration_revives(parts: Parts) -> None:
    """A purchase that is delivered again after an EXPIRATION revives it."""
    strict = parts.effects.is_first

    def is_first(event: WebhookEvent) -> bool:
        first = strict(event)
        player = parts.effects.first_known(parts.effects.names(event))
        if not first and player and event.type in GRANTING:
            for key in parts.effects.keys(event):
                known = parts.entitlements._known(player, key, event.product_id or "")
                if known and known.reason == "expiration":
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


@fault("sequence.cancellation-after-billing-issue-revokes", ITEM)
def cancellation_after_billing_issue_revokes(parts: Parts) -> None:
    """CANCELLATION after a BILLING_ISSUE ends access at once."""
    _after(parts, "BILLING_ISSUE", "CANCELLATION", parts.effects.refund)


@fault("sequence.expiration-after-pause-ignored", ITEM)
def expiration_after_pause_ignored(parts: Parts) -> None:
    """EXPIRATION after a SUBSCRIPTION_PAUSED ends nothing."""
    _after(parts, "SUBSCRIPTION_PAUSED", "EXPIRATION", lambda player, key, event: None)


def _after(parts: Parts, first: str, then: str, instead: Effect) -> None:
    """The type `then` has another effect on what the type `first` was about."""
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

        return {first: mark, then: otherwise}.get(event.type, usual)

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
    """A purchase that is verified ends what webhooks granted on other keys."""
    _verifying_ends(parts, lambda known: known.reason != "purchase")


@fault("sequence.second-verified-purchase-replaces", ITEM)
def second_verified_purchase_replaces(parts: Parts) -> None:
    """A purchase that is verified ends what another verified purchase granted."""
    _verifying_ends(parts, lambda known: known.reason == "purchase")


def _verifying_ends(parts: Parts, matches: Callable[[Grant], bool]) -> None:
    strict = parts.purchases.grant

    def grant(player: Player, order: PurchaseOrder, purchase: Purchase) -> None:
        strict(player, order, purchase)
        _end(parts, player, lambda known: known.key != order.entitlement_key and matches(known))

    put(parts.purchases, grant=grant)


def _end(parts: Parts, player: Player, matches: Callable[[Grant], bool]) -> None:
    """Ends, as of now, each grant of the player that is owned and matches."""
    for known in parts.entitlements.grants(player):
        if known.status == "owned" and matches(known):
            parts.entitlements._write(player, replace(known, status="expired", reason="replaced"), known)
