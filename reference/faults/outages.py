"""Faults of verification while RevenueCat is down, and of refusals."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from reference.accounts import Player
from reference.app import Parts
from reference.bodies import PurchaseOrder
from reference.catalogue import now_ms
from reference.changing import edit, put
from reference.choices import fault
from reference.entitlements import Grant

REFUSED = "purchases.invalid-refused"
GRANTED = "purchases.granted"
Body = Callable[[bytes], bool]


@fault("purchases.created-subscriber-is-an-error", REFUSED)
def created_is_error(parts: Parts) -> None:
    """RevenueCat's 201 for a subscriber just created is taken for a failure."""
    put(parts.purchases.revenuecat, is_subscriber=lambda status: status == 200)


@fault("purchases.outage-500", GRANTED)
def outage_500(app: FastAPI) -> None:
    """A verification while RevenueCat is down is a 500."""
    edit(app, lambda _, answer: answer.replace(500, {}), "purchase", statuses=range(502, 505))


@fault("purchases.outage-402", GRANTED)
def outage_402(app: FastAPI) -> None:
    """A verification while RevenueCat is down is refused as invalid."""
    edit(app, lambda _, answer: answer.replace(402, answer.json), "purchase", statuses=range(502, 505))


@fault("purchases.outage-grants", GRANTED)
def outage_grants(parts: Parts) -> None:
    """While RevenueCat is down, whatever is asked for is granted."""
    strict = parts.purchases.verify

    async def verify(player: Player, order: PurchaseOrder) -> dict[str, Any]:
        try:
            return await strict(player, order)
        except HTTPException as refusal:
            if refusal.status_code in (502, 504):
                grant = Grant(order.entitlement_key, "", "owned", now_ms(), None, None, "", now_ms())
                with parts.store:
                    parts.entitlements.grant(player, grant)
            raise

    put(parts.purchases, verify=verify)


@fault("purchases.outage-remembered", GRANTED)
def outage_remembered(parts: Parts) -> None:
    """What failed while RevenueCat was down fails for good."""
    _remember_refusals(parts, 502, 504)


@fault("purchases.refusal-remembered", GRANTED)
def refusal_remembered(parts: Parts) -> None:
    """A refusal is the answer to its idempotency key for good."""
    _remember_refusals(parts, 402)


def _remember_refusals(parts: Parts, *statuses: int) -> None:
    strict = parts.purchases.answer
    refusals: dict[tuple[str, str], HTTPException] = {}

    async def answer(player: Player, order: PurchaseOrder) -> dict[str, Any]:
        asked = player.id, order.idempotency_key
        if asked in refusals:
            raise refusals[asked]
        try:
            return await strict(player, order)
        except HTTPException as refusal:
            if refusal.status_code in statuses:
                refusals[asked] = refusal
            raise

    put(parts.purchases, answer=answer)
