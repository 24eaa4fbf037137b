"""Faults of purchases that are granted: the answer and its effect."""

from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from reference.accounts import Player
from reference.app import Parts
from reference.bodies import PurchaseOrder
from reference.catalogue import now_ms
from reference.changing import edit, edit_json, put, without
from reference.choices import fault
from reference.entitlements import Grant
from reference.purchases import Purchase

GRANTED = "purchases.granted"
Answer = dict[str, Any]


@fault("purchases.valid-202", GRANTED)
def valid_202(app: FastAPI) -> None:
    """A valid purchase is answered 202."""
    edit(app, lambda _, answer: answer.replace(202, answer.json), "purchase", statuses=range(200, 201))


@fault("purchases.valid-without-success", GRANTED)
def valid_without_success(app: FastAPI) -> None:
    """A valid purchase is answered success false."""
    edit_json(app, lambda body: {**body, "success": False}, "purchase")


@fault("purchases.valid-without-message", GRANTED)
def valid_without_message(app: FastAPI) -> None:
    """The answer to a valid purchase has no message."""
    edit_json(app, without("message"), "purchase")


@fault("purchases.valid-without-snapshot", GRANTED)
def valid_without_snapshot(app: FastAPI) -> None:
    """The answer to a valid purchase does not show what is owned now."""
    edit_json(app, without("entitlements_snapshot"), "purchase")


@fault("purchases.valid-shows-old-snapshot", GRANTED)
def valid_shows_old_snapshot(parts: Parts) -> None:
    """The answer to a valid purchase shows what was owned before it."""
    strict = parts.purchases.answer

    async def answer(player: Player, order: PurchaseOrder) -> Answer:
        before = parts.entitlements.snapshot(player)
        return {**await strict(player, order), "entitlements_snapshot": before}

    put(parts.purchases, answer=answer)


@fault("purchases.valid-not-granted", GRANTED)
def valid_not_granted(parts: Parts) -> None:
    """A valid purchase is answered as one, and not granted."""
    put(parts.purchases, grant=lambda player, order, purchase: None)


@fault("purchases.valid-grants-more", GRANTED)
def valid_grants_more(parts: Parts) -> None:
    """A valid purchase grants NO_ADS besides."""
    strict = parts.purchases.grant

    def grant(player: Player, order: PurchaseOrder, purchase: Purchase) -> None:
        strict(player, order, purchase)
        given = Grant("NO_ADS", "", "owned", now_ms(), None, None, "", now_ms())
        parts.entitlements.grant(player, given)

    put(parts.purchases, grant=grant)


@fault("purchases.valid-opens-no-gate", GRANTED)
def valid_opens_no_gate(parts: Parts) -> None:
    """What was bought with a verified purchase opens no gate."""
    strict = parts.gates.cinematic

    def cinematic(player: Player, hero_id: str) -> None:
        strict(player, hero_id)
        if all(grant.reason == "purchase" for grant in parts.entitlements.grants(player)):
            raise HTTPException(403, "Not yours")

    put(parts.gates, cinematic=cinematic)
