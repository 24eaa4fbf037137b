"""Faults of webhooks: how they are answered, and each event once."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from reference.accounts import Player
from reference.app import Parts
from reference.bodies import WebhookEvent
from reference.catalogue import now_ms
from reference.changing import edit, put
from reference.choices import fault
from reference.doors import Handle
from reference.entitlements import Grant

DELIVERED = "webhooks.delivered"
ONCE = "webhooks.idempotent"


# Answers


def _refuse(name: str, description: str, status: int, matches: Callable[[WebhookEvent], bool]) -> None:
    def refuse(parts: Parts) -> None:
        strict = parts.effects.receive

        async def receive(event: WebhookEvent) -> None:
            if matches(event):
                raise HTTPException(status, "Not foreseen")
            await strict(event)

        put(parts.effects, receive=receive)

    fault(f"webhooks.{name}", DELIVERED, description)(refuse)


_refuse("test-refused", "The dashboard's TEST is refused.", 400, lambda e: e.type == "TEST")
_refuse("upper-case-id-refused", "An id in upper case is refused.", 422, lambda e: e.id != e.id.lower())
_refuse(
    "null-entitlements-crash", "Entitlement ids of null are a 500.", 500, lambda e: e.entitlement_ids is None
)
for _type in (
    "INITIAL_PURCHASE",
    "RENEWAL",
    "NON_RENEWING_PURCHASE",
    "CANCELLATION",
    "UNCANCELLATION",
    "EXPIRATION",
    "BILLING_ISSUE",
    "SUBSCRIPTION_PAUSED",
    "PRODUCT_CHANGE",
    "SUBSCRIPTION_EXTENDED",
    "REFUND_REVERSED",
    "TEMPORARY_ENTITLEMENT_GRANT",
    "EXPERIMENT_ENROLLMENT",
    "SOMETHING_NOT_YET_INVENTED",
):
    _refuse(
        f"{_type.lower().replace('_', '-')}-refused",
        f"The type {_type} is refused.",
        400,
        lambda e, t=_type: e.type == t,  # type: ignore[misc]
    )


@fault("webhooks.extra-fields-refused", DELIVERED)
def extra_fields_refused(parts: Parts) -> None:
    """A field that nobody knows yet is refused."""
    strict = parts.doors.webhook

    async def webhook(request: Request, handle: Handle) -> Response:
        if b'"surprise"' in await request.body():
            raise HTTPException(422, "Extra fields are not allowed")
        return await strict(request, handle)

    put(parts.doors, webhook=webhook)


@fault("webhooks.answered-202", DELIVERED)
def answered_202(app: FastAPI) -> None:
    """The TEST is answered 202, which RevenueCat does not take for delivered."""

    edit(app, lambda _, answer: answer.replace(202, answer.json), "webhook", statuses=range(200, 201))


@fault("webhooks.test-grants", DELIVERED)
def grants_by_test(parts: Parts) -> None:
    """The dashboard's TEST grants PREMIUM to the player it names."""
    strict = parts.effects.apply

    def apply(event: WebhookEvent) -> None:
        as_bought = {"type": "INITIAL_PURCHASE", "entitlement_ids": ["premium"]}
        strict(event.model_copy(update=as_bought) if event.type == "TEST" else event)

    put(parts.effects, apply=apply)


@fault("webhooks.malformed-500", DELIVERED)
def malformed_500(app: FastAPI) -> None:
    """A malformed event is a 500."""
    edit(app, lambda _, answer: answer.replace(500, {}), "webhook", statuses=range(422, 423))


@fault("webhooks.malformed-200", DELIVERED)
def malformed_200(app: FastAPI) -> None:
    """A malformed event is answered 200."""
    edit(app, lambda _, answer: answer.replace(200, {}), "webhook", statuses=range(422, 423))


@fault("webhooks.slow", DELIVERED)
def slow(parts: Parts) -> None:
    """The dashboard's TEST is answered after six seconds."""
    strict = parts.effects.receive

    async def receive(event: WebhookEvent) -> None:
        if event.product_id == "test_product":
            await asyncio.sleep(6)
        await strict(event)

    put(parts.effects, receive=receive)


@fault("webhooks.slow-in-parallel", DELIVERED)
def slow_in_parallel(parts: Parts) -> None:
    """Webhooks that arrive together wait for each other."""
    strict = parts.effects.receive
    seen: dict[str, int] = {}

    async def receive(event: WebhookEvent) -> None:
        seen[event.id] = seen.get(event.id, 0) + 1
        await strict(event)
        if seen[event.id] > 3:
            await asyncio.sleep(6)

    put(parts.effects, receive=receive)


# Once


@fault("webhooks.duplicates-409", ONCE)
def duplicates_409(parts: Parts) -> None:
    """An event that is known is answered 409."""
    strict = parts.effects.is_first

    def is_first(event: WebhookEvent) -> bool:
        if not strict(event):
            raise HTTPException(409, "Known")
        return True

    put(parts.effects, is_first=is_first)


@fault("webhooks.duplicates-applied", ONCE)
def duplicates_applied(parts: Parts) -> None:
    """An event that is known is applied again, from now."""
    _apply_again(parts, lambda event: True)


@fault("webhooks.parallel-duplicates-applied", ONCE)
def parallel_duplicates_applied(parts: Parts) -> None:
    """Copies of an event that arrive together are all applied."""
    first: dict[str, float] = {}
    _apply_again(parts, lambda event: time.monotonic() - first.setdefault(event.id, time.monotonic()) < 0.05)


def _apply_again(parts: Parts, again: Callable[[WebhookEvent], bool]) -> None:
    strict = parts.effects.is_first
    whole = parts.entitlements._write

    def is_first(event: WebhookEvent) -> bool:
        counts = again(event)
        return strict(event) or counts

    def write(player: Player, new: Grant, known: Grant | None) -> None:
        if known is not None and known.transaction_id == new.transaction_id and new.status == "owned":
            new = replace(new, granted_at=now_ms())
        whole(player, new, known)

    put(parts.effects, is_first=is_first)
    put(parts.entitlements, _write=write)


@fault("webhooks.duplicates-counted", ONCE)
def duplicates_counted(parts: Parts) -> None:
    """An event that is known raises the version."""
    strict = parts.effects.is_first

    def is_first(event: WebhookEvent) -> bool:
        first = strict(event)
        if not first:
            player = parts.effects.first_known(parts.effects.names(event))
            changed = (player.id if player else "",)
            parts.store.execute("UPDATE players SET version = version + 1 WHERE id = ?", changed)
        return first

    put(parts.effects, is_first=is_first)


@fault("webhooks.duplicate-revives", ONCE)
def duplicate_revives(parts: Parts) -> None:
    """A purchase that is delivered again after its refund revives it."""
    put(parts.effects, is_first=lambda event: True)
    put(parts.entitlements, is_late=lambda known, as_of: False)


@fault("webhooks.duplicate-purchase-500", ONCE)
def duplicate_purchase_500(parts: Parts) -> None:
    """Copies of an event that arrive together are a 500."""
    strict = parts.effects.is_first
    first: dict[str, float] = {}

    def is_first(event: WebhookEvent) -> bool:
        if time.monotonic() - first.setdefault(event.id, time.monotonic()) > 0.05 or strict(event):
            return strict(event)
        raise RuntimeError("duplicate key")

    put(parts.effects, is_first=is_first)
