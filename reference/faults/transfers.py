"""Faults of webhooks' effects: whose an event is, transfers, unknown players."""

from collections.abc import Callable
from dataclasses import replace

from starlette.exceptions import HTTPException

from reference.accounts import Player
from reference.app import Parts
from reference.bodies import WebhookEvent
from reference.changing import put
from reference.choices import fault
from reference.faults.lifecycles import ITEM, events_changed

events_changed("aliases-ignored", "Aliases are ignored.", lambda event: {"aliases": None})


events_changed(
    "original-user-ignored", "original_app_user_id is ignored.", lambda event: {"original_app_user_id": None}
)


def who_counts(name: str, description: str, order: Callable[[WebhookEvent], list[str | None]]) -> None:
    """Enters a fault that takes an event for the first in another order of its names."""

    def reorder(parts: Parts) -> None:
        put(parts.effects, names=lambda event: [each for each in order(event) if each])

    fault(f"webhooks.{name}", ITEM, description)(reorder)


who_counts(
    "aliases-first",
    "An alias counts before the app_user_id.",
    lambda event: [*(event.aliases or []), event.app_user_id, event.original_app_user_id],
)


who_counts(
    "original-user-first",
    "The original_app_user_id counts before the app_user_id.",
    lambda event: [event.original_app_user_id, event.app_user_id, *(event.aliases or [])],
)


@fault("webhooks.every-name-counts", ITEM)
def every_name_counts(parts: Parts) -> None:
    """An event is that of every player whom it names."""
    strict = parts.effects.apply

    def apply(event: WebhookEvent) -> None:
        strict(event)
        for name in filter(parts.accounts.known_as, parts.effects.names(event)):
            alone = {"app_user_id": name, "original_app_user_id": None, "aliases": None}
            strict(event.model_copy(update=alone))

    put(parts.effects, apply=apply)


events_changed(
    "transfer-takes-only",
    "TRANSFER takes from one and gives to nobody.",
    lambda event: (
        {
            "type": "EXPIRATION",
            "entitlement_ids": ["premium_cinematics"],
            "product_id": "premium_cinematics_pack",
        }
        | {"app_user_id": (event.transferred_from or [""])[0]}
        if event.type == "TRANSFER"
        else {}
    ),
)


@fault("webhooks.transfer-refused", ITEM)
def transfer_refused(parts: Parts) -> None:
    """TRANSFER, which has no app_user_id, is refused."""

    def transfer(event: WebhookEvent) -> None:
        raise HTTPException(422, "No app_user_id")

    put(parts.effects, transfer=transfer)


@fault("webhooks.transfer-ignored", ITEM)
def transfer_ignored(parts: Parts) -> None:
    """TRANSFER moves nothing."""
    put(parts.effects, transfer=lambda event: None)


@fault("webhooks.transfer-copies", ITEM)
def transfer_copies(parts: Parts) -> None:
    """TRANSFER leaves what it moves with its old owner too."""

    def move(source: Player, target: Player, as_of: int) -> None:
        for grant in parts.entitlements.grants(source):
            parts.entitlements.grant(target, replace(grant, as_of=as_of))

    put(parts.entitlements, move=move)


@fault("webhooks.unknown-player-swallowed", ITEM)
def unknown_player_swallowed(parts: Parts) -> None:
    """A purchase of an unknown player is answered 200 and dropped."""
    put(parts.effects, hold=lambda event, names: None)


@fault("webhooks.unknown-player-crashes", ITEM)
def unknown_player_crashes(parts: Parts) -> None:
    """A purchase of an unknown player is a 500."""

    def hold(event: WebhookEvent, names: list[str]) -> None:
        raise RuntimeError("no such player")

    put(parts.effects, hold=hold)


@fault("webhooks.unknown-player-502", ITEM)
def unknown_player_502(parts: Parts) -> None:
    """A purchase of an unknown player is answered 502."""

    def hold(event: WebhookEvent, names: list[str]) -> None:
        raise HTTPException(502, "No such player")

    put(parts.effects, hold=hold)
