"""Faults of purchases that are verified again, by another player, or in parallel."""

import asyncio
from dataclasses import replace
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
from reference.purchases import Purchase

ONCE = "purchases.idempotent"
Answer = dict[str, Any]


@fault("purchases.repeat-409", ONCE)
def repeat_409(parts: Parts) -> None:
    """The same purchase again is refused as a duplicate."""
    strict = parts.purchases.remembered

    def remembered(player: Player, order: PurchaseOrder) -> Answer | None:
        if strict(player, order) is not None:
            raise HTTPException(409, "Already verified")
        return None

    put(parts.purchases, remembered=remembered)


@fault("purchases.repeat-otherwise-worded", ONCE)
def repeat_otherwise_worded(parts: Parts) -> None:
    """The same purchase again gets another message."""
    strict = parts.purchases.remembered

    def remembered(player: Player, order: PurchaseOrder) -> Answer | None:
        answer = strict(player, order)
        return answer and {**answer, "message": "You have this already"}

    put(parts.purchases, remembered=remembered)


def _forgetful(parts: Parts) -> None:
    put(parts.purchases, remembered=lambda player, order: None)
    put(parts.purchases, remember=lambda player, order, answer: None)


@fault("purchases.repeat-grants-again", ONCE)
def repeat_grants_again(parts: Parts) -> None:
    """The same purchase again is granted anew, from now."""
    strict = parts.purchases.grant

    def grant(player: Player, order: PurchaseOrder, purchase: Purchase) -> None:
        parts.store.execute("DELETE FROM grants WHERE player_id = ?", (player.id,))
        strict(player, order, replace(purchase, purchased_at=now_ms()))

    _forgetful(parts)
    put(parts.purchases, grant=grant)


@fault("purchases.repeat-counts-again", ONCE)
def repeat_counts_again(parts: Parts) -> None:
    """The same purchase again raises the version."""
    strict = parts.purchases.grant

    def grant(player: Player, order: PurchaseOrder, purchase: Purchase) -> None:
        if parts.entitlements.owns(player, order.entitlement_key):
            parts.store.execute("UPDATE players SET version = version + 1 WHERE id = ?", (player.id,))
        strict(player, order, purchase)

    _forgetful(parts)
    put(parts.purchases, grant=grant)


@fault("purchases.key-grants-another-body", ONCE)
def key_grants_another_body(parts: Parts) -> None:
    """A used key with another product grants that one too."""
    strict = parts.purchases.remembered

    def remembered(player: Player, order: PurchaseOrder) -> Answer | None:
        try:
            return strict(player, order)
        except HTTPException:
            given = Grant(order.entitlement_key, "", "owned", now_ms(), None, None, "", now_ms())
            with parts.store:
                parts.entitlements.grant(player, given)
            return {"success": True, "entitlements_snapshot": {}, "message": "Purchase verified"}

    put(parts.purchases, remembered=remembered)


@fault("purchases.key-with-another-body-404", ONCE)
def key_with_another_body_404(app: FastAPI) -> None:
    """A used key with another body is answered 404."""
    edit(app, lambda _, answer: answer.replace(404, answer.json), "purchase", statuses=range(409, 410))


@fault("purchases.key-with-another-body-200", ONCE)
def key_with_another_body_200(app: FastAPI) -> None:
    """A used key with another body is answered 200 in words of its own, and grants nothing."""
    taken = {"success": True, "message": "This key was used before"}
    edit(app, lambda _, answer: answer.replace(200, taken), "purchase", statuses=range(409, 410))


@fault("purchases.key-is-everybodys", ONCE)
def key_is_everybodys(parts: Parts) -> None:
    """A used key gives its answer to every player."""
    _share_answers(parts, False)


@fault("purchases.key-grants-everybody", ONCE)
def key_grants_everybody(parts: Parts) -> None:
    """Another player's use of a key is refused, and grants what it granted."""
    _share_answers(parts, True)


def _share_answers(parts: Parts, grants: bool) -> None:
    strict = parts.purchases.remembered
    answers: dict[str, Answer] = {}
    remember = parts.purchases.remember

    def remembered(player: Player, order: PurchaseOrder) -> Answer | None:
        own = strict(player, order)
        if own or order.idempotency_key not in answers or not order.idempotency_key.startswith("key-"):
            return own
        if grants:
            given = Grant(order.entitlement_key, "", "owned", now_ms(), None, None, "", now_ms())
            with parts.store:
                parts.entitlements.grant(player, given)
            raise HTTPException(409, "This key was used")
        return answers[order.idempotency_key]

    def remembering(player: Player, order: PurchaseOrder, answer: Answer) -> None:
        answers[order.idempotency_key] = answer
        remember(player, order, answer)

    put(parts.purchases, remembered=remembered, remember=remembering)


@fault("purchases.key-taken-by-a-refusal", ONCE)
def key_taken_by_a_refusal(parts: Parts) -> None:
    """A key that another player tried before is taken."""
    strict = parts.purchases.answer
    first: dict[str, str] = {}

    async def answer(player: Player, order: PurchaseOrder) -> Answer:
        if first.setdefault(order.idempotency_key, player.id) != player.id:
            raise HTTPException(409, "This key was used")
        return await strict(player, order)

    put(parts.purchases, answer=answer)


@fault("purchases.thief-of-a-key-is-let-in", ONCE)
def thief_is_let_in(parts: Parts) -> None:
    """A first use of somebody's key is answered success to who has bought nothing."""
    strict = parts.purchases.answer

    async def answer(player: Player, order: PurchaseOrder) -> Answer:
        if order.idempotency_key.startswith("key-") and order.transaction_id == "never-bought":
            return {"success": True, "entitlements_snapshot": {}, "message": "Purchase verified"}
        return await strict(player, order)

    put(parts.purchases, answer=answer)


@fault("purchases.parallel-500", ONCE)
def parallel_500(parts: Parts) -> None:
    """The same purchase verified twice at once is a 500."""
    strict = parts.purchases.answer
    at_work: set[tuple[str, str]] = set()

    async def answer(player: Player, order: PurchaseOrder) -> Answer:
        asked = player.id, order.idempotency_key
        if asked in at_work:
            raise RuntimeError("duplicate key")
        at_work.add(asked)
        try:
            return await strict(player, order)
        finally:
            at_work.discard(asked)

    put(parts.purchases, answer=answer)


@fault("purchases.parallel-all-refused", ONCE)
def parallel_all_refused(parts: Parts) -> None:
    """Of the same purchase verified several times at once, none succeeds."""
    strict = parts.purchases.answer
    asked: dict[tuple[str, str], int] = {}

    async def answer(player: Player, order: PurchaseOrder) -> Answer:
        key = player.id, order.idempotency_key
        asked[key] = asked.get(key, 0) + 1
        await asyncio.sleep(0.3)
        if asked[key] > 1:
            await asyncio.sleep(0.3)
            asked.pop(key, None)
            raise HTTPException(409, "Already at work")
        del asked[key]
        return await strict(player, order)

    put(parts.purchases, answer=answer)


@fault("purchases.parallel-counted-each", ONCE)
def parallel_counted_each(parts: Parts) -> None:
    """Each of several verifications at once counts as a change."""
    strict = parts.purchases.answer
    at_work: dict[str, int] = {}

    async def answer(player: Player, order: PurchaseOrder) -> Answer:
        at_work[player.id] = at_work.get(player.id, 0) + 1
        if at_work[player.id] > 1:
            with parts.store:
                parts.store.execute("UPDATE players SET version = version + 1 WHERE id = ?", (player.id,))
        try:
            return await strict(player, order)
        finally:
            at_work[player.id] -= 1

    put(parts.purchases, answer=answer)


@fault("purchases.parallel-lost", ONCE)
def parallel_lost(parts: Parts) -> None:
    """Several verifications at once undo each other."""
    strict = parts.purchases.answer
    at_work: dict[str, int] = {}

    async def answer(player: Player, order: PurchaseOrder) -> Answer:
        at_work[player.id] = at_work.get(player.id, 0) + 1
        several = at_work[player.id] > 1
        try:
            return await strict(player, order)
        finally:
            at_work[player.id] -= 1
            if several:
                with parts.store:
                    parts.store.execute("DELETE FROM grants WHERE player_id = ?", (player.id,))

    put(parts.purchases, answer=answer)
