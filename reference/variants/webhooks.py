"""Variants of webhooks: how they prove themselves, how they are answered, when they take effect."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from reference.app import Parts
from reference.bodies import WebhookEvent
from reference.changing import edit, put
from reference.choices import variant
from reference.entitlements import Grant
from reference.logs import log
from reference.variants.snapshots import clock

NOT_SPECIFIED = ("PRODUCT_CHANGE", "SUBSCRIPTION_EXTENDED", "REFUND_REVERSED", "TEMPORARY_ENTITLEMENT_GRANT")


@variant(
    "webhook-static",
    environment={"webhook": {"strategy": "static"}},
    variables={"WEBHOOK_STRATEGY": "static"},
)
def webhook_static() -> None:
    """Webhooks carry the secret itself, in Authorization."""


@variant(
    "webhook-static-bearer",
    environment={"webhook": {"strategy": "static", "prefix": "Bearer "}},
    variables={"WEBHOOK_STRATEGY": "static", "WEBHOOK_PREFIX": "Bearer "},
)
def webhook_static_bearer() -> None:
    """Webhooks carry the secret itself, in Authorization, after Bearer."""


@variant(
    "webhook-static-other-header",
    environment={"webhook": {"strategy": "static", "header": "X-RevenueCat-Webhook-Authorization"}},
    variables={"WEBHOOK_STRATEGY": "static", "WEBHOOK_HEADER": "X-RevenueCat-Webhook-Authorization"},
)
def webhook_static_other_header() -> None:
    """Webhooks carry the secret itself, in a header of their own."""


@variant(
    "webhook-body-hmac",
    environment={"webhook": {"strategy": "body-hmac"}},
    variables={"WEBHOOK_STRATEGY": "body-hmac"},
)
def webhook_body_hmac() -> None:
    """Webhooks carry a hash of their body, in Authorization."""


@variant(
    "webhook-short-tolerance",
    environment={"webhook": {"tolerance_s": 60}},
    variables={"WEBHOOK_TOLERANCE_S": "60"},
)
def webhook_short_tolerance() -> None:
    """A signature is good for a minute."""


@variant(
    "webhook-no-tolerance",
    environment={
        "webhook": {"tolerance_s": 0},
        "checklist": {"not_required": ["webhooks.signature:*[stale]", "webhooks.signature:*[future]"]},
    },
)
def webhook_no_tolerance(parts: Parts) -> None:
    """The age of a signature is not looked at, and the environment says so."""
    put(parts.credentials, is_recent=lambda moment: True)


@variant("webhook-403")
def webhook_403(app: FastAPI) -> None:
    """Bad credentials of a webhook are answered 403."""
    edit(app, lambda _, answer: answer.replace(403, answer.json), "webhook", statuses=range(401, 402))


def _later(parts: Parts, seconds: Callable[[], float]) -> None:
    strict = parts.effects.apply

    def process(event: WebhookEvent) -> None:
        try:
            with parts.store:
                strict(event)
        except HTTPException as refusal:
            log.warning("Webhook dropped: %s", refusal.detail)

    def apply(event: WebhookEvent) -> None:
        asyncio.get_running_loop().call_later(seconds(), process, event)

    put(parts.effects, apply=apply)


@variant("webhooks-processed-after-500-ms", environment={"webhook": {"settles_within_s": 2}})
def webhooks_after_500_ms(parts: Parts) -> None:
    """Webhooks are answered first, and processed half a second later."""
    _later(parts, lambda: 0.5)


@variant("webhooks-processed-after-2-s", environment={"webhook": {"settles_within_s": 4}})
def webhooks_after_2_s(parts: Parts) -> None:
    """Webhooks are answered first, and processed two seconds later."""
    _later(parts, lambda: 2)


@variant("webhook-answers-empty")
def webhook_answers_empty(app: FastAPI) -> None:
    """A webhook is answered 200 with an empty body."""

    edit(app, lambda _, answer: setattr(answer, "body", b""), "webhook", statuses=range(200, 201))


def _refuse_unknown(parts: Parts, status: int) -> None:
    def hold(event: WebhookEvent, names: list[str]) -> None:
        raise HTTPException(status, "No such player yet")

    put(parts.effects, hold=hold)


@variant("unknown-player-404")
def unknown_player_404(parts: Parts) -> None:
    """A purchase of an unknown player is answered 404."""
    _refuse_unknown(parts, 404)


@variant("unknown-player-503")
def unknown_player_503(parts: Parts) -> None:
    """A purchase of an unknown player is answered 503, so that RevenueCat tries again."""
    _refuse_unknown(parts, 503)


@variant(
    "app-user-id-is-the-id",
    environment={
        "webhook": {"app_user_id": "id"},
        "checklist": {"not_required": ["webhooks.lifecycle:test_purchase_of_an_unknown_player_*"]},
    },
)
def app_user_id(parts: Parts) -> None:
    """RevenueCat knows players by their id."""

    def known_as(name: str) -> Any:
        row = parts.store.execute("SELECT * FROM players WHERE id = ?", (name.lower(),)).fetchone()
        return parts.accounts._player(row) if row else None

    put(parts.accounts, known_as=known_as)
    put(parts.purchases, customer=lambda player: player.id)


@variant("known-transactions-are-repeats")
def known_transactions_are_repeats(parts: Parts) -> None:
    """A purchase or renewal of a transaction that was reported before changes nothing."""
    strict, seen = parts.effects.effect_of, dict[str, str]()

    def effect_of(event: WebhookEvent) -> Any:
        buys = event.type in ("RENEWAL", "INITIAL_PURCHASE") and event.transaction_id
        if buys and seen.setdefault(event.transaction_id, event.id) != event.id:
            return None
        return strict(event)

    put(parts.effects, effect_of=effect_of)


@variant("webhooks-processed-in-any-order", environment={"webhook": {"settles_within_s": 2}})
def webhooks_in_any_order(parts: Parts) -> None:
    """Webhooks are answered first, and processed in any order, within a second and a half."""
    _later(parts, lambda: random.uniform(0, 1.5))


@variant("newer-types-grant")
def newer_types_grant(parts: Parts) -> None:
    """The types whose effect is not specified grant as well."""
    strict = parts.effects.effect_of
    put(parts.effects, effect_of=lambda e: parts.effects.grant if e.type in NOT_SPECIFIED else strict(e))


@variant("event-ids-in-lower-case")
def event_ids_in_lower_case(parts: Parts) -> None:
    """An event's id is a UUID, and written in lower case wherever it appears."""
    strict = parts.effects.receive

    async def receive(event: WebhookEvent) -> None:
        await strict(event.model_copy(update={"id": event.id.lower()}))

    put(parts.effects, receive=receive)


@variant("one-record-for-each-key")
def one_record_for_each_key(parts: Parts) -> None:
    """Of each key one thing is known, whichever product it came with."""
    strict = parts.effects.news
    put(parts.effects, news=lambda *about: replace(strict(*about), product_id="any"))


@variant("expirations-by-the-clock")
def expirations_by_the_clock(parts: Parts) -> None:
    """An EXPIRATION only says when something ends; what ends it is the clock, which is 5 s behind."""
    clock(-5)
    strict = parts.effects.news

    def news(key: str, event: WebhookEvent, status: str) -> Grant:
        grant, end = strict(key, event, status), event.expiration_at_ms
        return replace(grant, status="owned", expires_at=end) if status == "expired" and end else grant

    put(parts.effects, news=news)
