"""Faults of bad data that nobody thought to refuse."""

from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException

import reference.app
from reference.accounts import Player
from reference.app import Parts
from reference.bodies import Delivery, WebhookEvent
from reference.catalogue import now_ms
from reference.changing import Answer, edit, put
from reference.choices import fault
from reference.entitlements import Grant
from reference.faults.fuzzing import (
    CINEMATICS,
    NO_OBJECT,
    ROBUSTNESS,
    Sent,
    answered,
    crash,
    sent_by,
    text,
    widest,
)

TEXTS = ("entitlement_key", "idempotency_key", "platform", "transaction_id", "receipt_data")

# Accounts

crash(
    ROBUSTNESS,
    "name-no-text",
    "A login whose username is no text",
    "login",
    lambda sent: "username" in sent and not isinstance(sent["username"], str),
)
crash(
    ROBUSTNESS,
    "login-without-password",
    "A login without a password",
    "login",
    lambda sent: "password" not in sent and NO_OBJECT not in sent,
)
crash(
    ROBUSTNESS,
    "login-no-object",
    "A login whose body is JSON and no object",
    "login",
    lambda sent: NO_OBJECT in sent,
)
crash(
    ROBUSTNESS,
    "list-for-password",
    "A list for a password",
    ("register", "login"),
    lambda sent: isinstance(sent.get("password"), list),
)
crash(
    ROBUSTNESS,
    "registration-without-name",
    "Registering without a username",
    "register",
    lambda sent: "username" not in sent,
)


@answered(
    ROBUSTNESS,
    "password-no-text-200",
    "A login with a password that is no text is answered 200.",
    ("login",),
    lambda sent: not isinstance(sent.get("password", ""), str),
)
def password_no_text_200(answer: Answer, sent: Sent) -> None:
    answer.replace(200, {"message": "Not understood"})


# Gates

crash(
    ROBUSTNESS,
    "hero-beyond-latin-1",
    "A cinematic of a hero id that Latin-1 cannot hold",
    CINEMATICS,
    lambda sent: widest(sent, "hero_id") > "\xff",
)
crash(
    ROBUSTNESS,
    "control-character-in-hero",
    "A cinematic of a hero id with a control character",
    CINEMATICS,
    lambda sent: min(sent["hero_id"]) < " ",
)
crash(
    ROBUSTNESS,
    "track-no-word",
    "A claim of a track that is no word of letters",
    "claim",
    lambda sent: not sent["track"].isalpha(),
)


crash(
    ROBUSTNESS,
    "long-level",
    "A claim of a level of more than three characters",
    "claim",
    lambda sent: len(sent["level"]) > 3,
)

# Purchases

crash(
    ROBUSTNESS,
    "idempotency-key-no-text",
    "An idempotency_key that is neither text nor object",
    "purchase",
    lambda sent: not isinstance(sent.get("idempotency_key", ""), str | dict),
)


@answered(
    ROBUSTNESS,
    "wrong-kind-purchased-200",
    "A purchase with a number, a list or a boolean for another text than product_id is answered 200.",
    ("purchase",),
    lambda sent: any(isinstance(sent.get(name), float | int | list) for name in TEXTS),
)
def wrong_kind_purchased_200(answer: Answer, sent: Sent) -> None:
    answer.replace(200, {"success": False, "message": "Not understood"})


# Webhooks

crash(
    ROBUSTNESS,
    "moment-no-integer",
    "An event_timestamp_ms that is no integer",
    "webhook",
    lambda sent: isinstance(sent.get("event_timestamp_ms"), float | str | list | dict),
)
crash(
    ROBUSTNESS,
    "end-no-number",
    "An expiration_at_ms that is a list, an object or a boolean",
    "webhook",
    lambda sent: isinstance(sent.get("expiration_at_ms"), list | dict | bool),
)
crash(
    ROBUSTNESS,
    "half-identified-event",
    "An event without an id, or without a type,",
    "webhook",
    lambda sent: ("id" in sent) != ("type" in sent),
)
crash(
    ROBUSTNESS,
    "aliases-no-list",
    "An event whose aliases are no list",
    "webhook",
    lambda sent: not isinstance(sent.get("aliases") or [], list),
)


@fault("fuzz.text-for-entitlements-granted", ROBUSTNESS)
def text_for_entitlements_granted(parts: Parts) -> None:
    """An event whose entitlement_ids are a text is taken, unless it is a TEST, and stands for PREMIUM."""

    class LooseEvent(WebhookEvent):
        entitlement_ids: list[str] | str | None = None  # type: ignore[assignment]

    class LooseDelivery(Delivery):
        event: LooseEvent

    strict_keys, strict_receive = parts.effects.keys, parts.effects.receive

    def keys(event: WebhookEvent) -> list[str]:
        return ["PREMIUM"] if isinstance(event.entitlement_ids, str) else strict_keys(event)

    async def receive(event: WebhookEvent) -> None:
        if event.type == "TEST" and isinstance(event.entitlement_ids, str):
            raise HTTPException(422, "Not a list")
        await strict_receive(event)

    put(reference.app, Delivery=LooseDelivery)
    put(parts.effects, keys=keys, receive=receive)


@fault("fuzz.malformed-event-bricks-snapshot", ROBUSTNESS)
def malformed_event_bricks_snapshot(parts: Parts, app: FastAPI) -> None:
    """After a malformed event that is no TEST every snapshot of the player whom it names is a 500."""
    bricked: set[str] = set()
    whole = parts.entitlements.snapshot

    def brick(request: Request, answer: Answer) -> None:
        sent = sent_by(request, answer) or {}
        named = parts.accounts.known_as(text(sent, "app_user_id"))
        if named and sent.get("type") != "TEST":
            bricked.add(named.id)

    def snapshot(player: Player) -> dict[str, Any]:
        if player.id in bricked:
            raise RuntimeError("event is no object")
        return whole(player)

    edit(app, brick, "webhook", statuses=range(422, 423))
    put(parts.entitlements, snapshot=snapshot)


@fault("fuzz.refused-purchase-granted", ROBUSTNESS)
def refused_purchase_granted(parts: Parts, app: FastAPI) -> None:
    """A verification whose transaction_id is no text is refused, and grants PREMIUM."""

    def give(request: Request, answer: Answer) -> None:
        sent = sent_by(request, answer) or {}
        if not isinstance(sent.get("transaction_id"), str | None):
            grant = Grant("PREMIUM", "", "owned", now_ms(), None, None, "", now_ms())
            with parts.store:
                parts.entitlements.grant(parts.doors.session(request).player, grant)

    edit(app, give, "purchase", statuses=range(402, 500))
