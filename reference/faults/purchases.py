"""Faults of purchase verification."""

import json
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from reference.accounts import Player
from reference.app import Parts
from reference.bodies import PurchaseOrder
from reference.catalogue import key_of_product, now_ms
from reference.changing import edit, put
from reference.choices import fault
from reference.doors import Handle
from reference.entitlements import Grant
from reference.purchases import Purchase

REFUSED = "purchases.invalid-refused"


GRANTED = "purchases.granted"


Body = Callable[[bytes], bool]


def _crash(name: str, description: str, matches: Body) -> None:
    """A body that makes verification crash."""

    def crash(parts: Parts) -> None:
        strict = parts.doors.purchase

        async def purchase(request: Request, handle: Handle) -> Response:
            parts.doors.session(request)
            if matches(await request.body()):
                raise RuntimeError("not foreseen")
            return await strict(request, handle)

        put(parts.doors, purchase=purchase)

    fault(f"purchases.{name}-crashes", REFUSED, description)(crash)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return "not JSON"


def _some(matches: Callable[[Any], bool]) -> Body:
    def some(body: bytes) -> bool:
        order = _parsed(body)
        return isinstance(order, dict) and any(map(matches, order.values()))

    return some


_crash("no-body", "A verification without a body is a 500.", lambda body: not body)


_crash("no-json", "A body that is no JSON is a 500.", lambda body: _parsed(body) == "not JSON")


_crash("array", "A body that is an array is a 500.", lambda body: isinstance(_parsed(body), list))


_crash("null", "A body of null is a 500.", lambda body: body == b"null")


_crash("missing-field", "A body without fields is a 500.", lambda body: body == b"{}")


_crash("operator-object", "An operator object in a field is a 500.", _some(lambda v: isinstance(v, dict)))


_crash("number", "A number for a text is a 500.", _some(lambda v: isinstance(v, int)))


_crash("huge-receipt", "A receipt of 1 MB is a 500.", lambda body: len(body) > 900_000)


_crash("nul-byte", "A NUL byte in a text is a 500.", _some(lambda v: isinstance(v, str) and "\0" in v))


_crash("dotted-key", "A dotted key is a 500.", _some(lambda v: v == "PREMIUM.status"))


_crash("unknown-product", "An unknown product is a 500.", _some(lambda v: v == "no_such_product"))


@fault("purchases.malformed-200", REFUSED)
def malformed_200(app: FastAPI) -> None:
    """A malformed body is answered 200 with success false."""
    edit(app, lambda _, answer: answer.replace(200, {"success": False}), "purchase", statuses=range(422, 423))


@fault("purchases.invalid-accepted-in-words", REFUSED)
def invalid_accepted_in_words(app: FastAPI) -> None:
    """A purchase that RevenueCat does not know is answered success true, and not granted."""
    edit(app, lambda _, answer: answer.replace(200, {"success": True}), "purchase", statuses=range(402, 403))


@fault("purchases.unknown-product-accepted", REFUSED)
def unknown_product_accepted(app: FastAPI) -> None:
    """An unknown product is answered 200 without a word of success."""
    edit(app, lambda _, answer: answer.replace(200, {}), "purchase", statuses=range(400, 401))


@fault("purchases.invalid-granted", REFUSED)
def invalid_granted(parts: Parts) -> None:
    """A purchase that RevenueCat does not know is granted."""

    def matching(subscriber: dict[str, Any], order: PurchaseOrder) -> Purchase:
        return Purchase(frozenset([order.transaction_id or order.idempotency_key]), now_ms(), None, False)

    put(parts.purchases, matching=matching)


@fault("purchases.refused-and-granted", REFUSED)
def refused_and_granted(parts: Parts) -> None:
    """A purchase that RevenueCat does not know is refused, and granted all the same."""
    _grant_before(parts, lambda order: True)


@fault("purchases.any-key-written", REFUSED)
def any_key_written(parts: Parts) -> None:
    """A purchase of an unknown product is refused, and its key granted."""
    _grant_before(parts, lambda order: key_of_product(order.product_id) is None)


def _grant_before(parts: Parts, matches: Callable[[PurchaseOrder], bool]) -> None:
    strict = parts.purchases.verify

    async def verify(player: Player, order: PurchaseOrder) -> dict[str, Any]:
        if matches(order):
            grant = Grant(order.entitlement_key, "", "owned", now_ms(), None, None, "", now_ms())
            with parts.store:
                parts.entitlements.grant(player, grant)
        return await strict(player, order)

    put(parts.purchases, verify=verify)


@fault("purchases.product-and-key-mixed-granted", REFUSED)
def mixed_granted(parts: Parts) -> None:
    """Whatever key is asked for is granted to who shows a purchase of some product."""
    put(parts.purchases, require_sold=lambda order: None)


@fault("purchases.product-and-key-mixed-crashes", REFUSED)
def mixed_crashes(parts: Parts) -> None:
    """A purchase that RevenueCat confirms, of another product than the key asked for, is a 500."""
    strict = parts.purchases.matching

    def matching(subscriber: dict[str, Any], order: PurchaseOrder) -> Purchase | None:
        found = strict(subscriber, order)
        if found is not None and key_of_product(order.product_id) != order.entitlement_key:
            raise RuntimeError("not foreseen")
        return found

    put(parts.purchases, require_sold=lambda order: None, matching=matching)


@fault("purchases.dotted-key-bricks-snapshot", REFUSED)
def dotted_key_bricks_snapshot(parts: Parts) -> None:
    """A dotted key is refused, and every later snapshot of the player is a 500."""

    def crash(snapshot: dict[str, Any]) -> dict[str, Any]:
        raise RuntimeError("entitlements.PREMIUM is no object")

    _after_dotted_key(parts, crash)


@fault("purchases.dotted-key-empties-snapshot", REFUSED)
def dotted_key_empties_snapshot(parts: Parts) -> None:
    """A dotted key is refused, and every later snapshot of the player lists nothing."""
    _after_dotted_key(parts, lambda snapshot: {**snapshot, "entitlements": {}})


def _after_dotted_key(parts: Parts, spoil: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    spoilt: set[str] = set()
    verify, whole = parts.purchases.verify, parts.entitlements.snapshot

    async def remembering(player: Player, order: PurchaseOrder) -> dict[str, Any]:
        if "." in order.entitlement_key:
            spoilt.add(player.id)
        return await verify(player, order)

    def snapshot(player: Player) -> dict[str, Any]:
        return spoil(whole(player)) if player.id in spoilt else whole(player)

    put(parts.purchases, verify=remembering)
    put(parts.entitlements, snapshot=snapshot)


@fault("purchases.malformed-empties-snapshot", REFUSED)
def malformed_empties_snapshot(parts: Parts) -> None:
    """After a body that is an array the player's snapshot lists nothing."""
    emptied: set[str] = set()
    strict, whole = parts.doors.purchase, parts.entitlements.snapshot

    async def purchase(request: Request, handle: Handle) -> Response:
        if isinstance(_parsed(await request.body()), list):
            emptied.add(parts.doors.session(request).player.id)
        return await strict(request, handle)

    def snapshot(player: Player) -> dict[str, Any]:
        return {**whole(player), **({"entitlements": {}} if player.id in emptied else {})}

    put(parts.doors, purchase=purchase)
    put(parts.entitlements, snapshot=snapshot)


@fault("purchases.malformed-granted", REFUSED)
def malformed_granted(parts: Parts) -> None:
    """An operator object for a key is refused, and grants PREMIUM."""
    strict = parts.doors.purchase

    async def purchase(request: Request, handle: Handle) -> Response:
        order = _parsed(await request.body())
        if isinstance(order, dict) and isinstance(order.get("entitlement_key"), dict):
            player = parts.doors.session(request).player
            grant = Grant("PREMIUM", "", "owned", now_ms(), None, None, "", now_ms())
            with parts.store:
                parts.entitlements.grant(player, grant)
        return await strict(request, handle)

    put(parts.doors, purchase=purchase)
