"""Faults that show only after a sequence of events and purchases."""

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
TROUBLE = ("CANCELLATION", "BILLING_ISSUE", "SUBSCRIPTION_PAUSED")


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


@fault("sequence.late-news-after-other-news", ITEM)
def late_news_after_other_news(parts: Parts) -> None:
    """An older event about what is owned counts, if another type than RENEWAL was reported last."""
    strict = parts.entitlements.is_late

    def note(player: Player, key: str, event: WebhookEvent) -> None:
        known = parts.entitlements._known(player, key, event.product_id or "")
        if known and known.status == "owned":
            parts.entitlements._write(player, replace(known, reason=event.type.lower()), known)

    def is_late(known: Grant | None, as_of: int) -> bool:
        unsettled = known is not None and known.status == "owned" and known.reason != "renewal"
        return strict(known, as_of) and not unsettled

    _before(parts, TROUBLE, note)
    put(parts.entitlements, is_late=is_late)


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
    marked = _marked(parts, ("BILLING_ISSUE", "SUBSCRIPTION_PAUSED"))
    strict = parts.effects.effect_of

    def effect_of(event: WebhookEvent) -> Effect | None:
        usual = strict(event)

        def otherwise(player: Player, key: str, event: WebhookEvent) -> None:
            chosen = instead if (player.id, key) in marked else usual
            if chosen is not None:
                chosen(player, key, event)

        return otherwise if event.type == kind else usual

    put(parts.effects, effect_of=effect_of)


def _marked(parts: Parts, kinds: tuple[str, ...]) -> set[tuple[str, str]]:
    """The ids of players and the keys that events of these types will have been about."""
    marked: set[tuple[str, str]] = set()
    _before(parts, kinds, lambda player, key, event: marked.add((player.id, key)))
    return marked


def _before(parts: Parts, kinds: tuple[str, ...], note: Effect) -> None:
    """Lets `note` happen before the effect of these types, if they have one."""
    strict = parts.effects.effect_of

    def effect_of(event: WebhookEvent) -> Effect | None:
        usual = strict(event)

        def both(player: Player, key: str, event: WebhookEvent) -> None:
            note(player, key, event)
            if usual is not None:
                usual(player, key, event)

        return both if event.type in kinds else usual

    put(parts.effects, effect_of=effect_of)


# Two things that a player owns


@fault("sequence.purchase-ends-troubled-subscriptions", ITEM)
def purchase_ends_troubled_subscriptions(parts: Parts) -> None:
    """What is bought or renewed, but a hero's key, ends what was cancelled, paused or not paid for before."""
    marked = _marked(parts, TROUBLE)
    strict = parts.effects.grant

    def grant(player: Player, key: str, event: WebhookEvent) -> None:
        strict(player, key, event)
        if key in ALWAYS_LISTED:
            _end(parts, player, lambda known: known.key != key and (player.id, known.key) in marked)

    put(parts.effects, grant=grant)


@fault("sequence.end-ends-all-beside-a-hero", ITEM)
def end_ends_all_beside_a_hero(parts: Parts) -> None:
    """The end of a standing key, for who ever had a hero's key, ends all other standing keys."""
    strict = parts.entitlements.end

    def end(player: Player, ended: Grant) -> None:
        strict(player, ended)
        heroes = {known.key for known in parts.entitlements.grants(player)} - set(ALWAYS_LISTED)
        if ended.key in ALWAYS_LISTED and heroes:
            _end(parts, player, lambda known: known.key in ALWAYS_LISTED)

    put(parts.entitlements, end=end)


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
