"""What a customer buys: from the RevenueCat stand-in, or one sandbox purchase that the environment provides."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from harness.errors import Unprovable
from harness.evidence.ledger import Ledger
from harness.evidence.secrets import Secrets
from harness.sections import ValidPurchase
from harness.target.players import Player
from harness.target.transport import Transport

Naming = Literal["username", "id"]
ENTITLEMENT_IDS = {  # RevenueCat's, by key (contract, section 6); any other key is its own
    "PREMIUM": "premium",
    "PREMIUM_CINEMATICS_PACK": "premium_cinematics",
    "NO_ADS": "no_ads",
    "STARTER_PACK": "starter_pack",
}


@dataclass(frozen=True)
class Receipt:
    """A purchase as the client reports it."""

    product_id: str
    entitlement_key: str
    transaction_id: str

    def body(self, idempotency_key: str, **fields: Any) -> dict[str, Any]:
        """The body of POST /api/purchases/verify; `fields` replace or add any of its fields."""
        return {
            "product_id": self.product_id,
            "entitlement_key": self.entitlement_key,
            "idempotency_key": idempotency_key,
            "platform": "ios",
            "transaction_id": self.transaction_id,
            **fields,
        }


# Puts a purchase into the ledger before it can be verified.
Note = Callable[[Player, Receipt], None]


def noting(ledger: Ledger, origin: str, naming: Naming) -> Note:
    """For purchases that will be verified at `origin`."""

    def note(player: Player, receipt: Receipt) -> None:
        ledger.record(
            "purchase",
            origin=origin,
            app_user_id=player.known_as(naming),
            product_id=receipt.product_id,
            entitlement_ids=[ENTITLEMENT_IDS.get(receipt.entitlement_key, receipt.entitlement_key)],
        )

    return note


class StandIn:
    """Plays the customer at a RevenueCat stand-in, and its outages (routes: reference/README.md)."""

    def __init__(self, transport: Transport, origin: str, known: Secrets, naming: Naming, note: Note) -> None:
        self._transport, self._origin, self._known, self._naming = transport, origin, known, naming
        self._note = note

    def receipt(
        self, product_id: str = "premium_cinematics_pack", key: str = "PREMIUM_CINEMATICS_PACK"
    ) -> Receipt:
        """A receipt that RevenueCat does not know yet."""
        transaction = f"tx_{secrets.token_hex(8)}"
        self._known.add(transaction, "transaction", loggable=True)
        return Receipt(product_id, key, transaction)

    async def buy(self, player: Player, receipt: Receipt) -> None:
        """From now on RevenueCat knows that this player bought it, for good."""
        purchase = {"product_id": receipt.product_id, "transaction_id": receipt.transaction_id}
        self._note(player, receipt)
        body = {"app_user_id": player.known_as(self._naming), **purchase, "expires_at_ms": None}
        await self._control("POST", "/control/purchases", body)

    async def outage(self, player: Player, mode: str) -> None:
        """Be "down", "slow" (a tenth of a second), "hang" or (again) "none" for this player."""
        await self._control("PUT", f"/control/outages/{player.known_as(self._naming)}", {"mode": mode})

    async def _control(self, method: str, path: str, body: dict[str, Any]) -> None:
        url = httpx.URL(self._origin + path)
        content = httpx.Request(method, url, json=body).content
        answer = await self._transport.send(method, url, {"Content-Type": "application/json"}, content)
        answer.expect(200, 201, 204)


class Store:
    """Purchases that RevenueCat will confirm."""

    def __init__(
        self,
        stand_in: StandIn | None,
        valid: ValidPurchase | None,
        transaction: str | None,
        note: Note,
    ) -> None:
        self._stand_in, self._valid, self._transaction, self._note = stand_in, valid, transaction, note

    async def purchase(self, player: Player) -> Receipt:
        """A purchase of this player's; the environment's own is good for the first player only."""
        if self._stand_in is not None:
            receipt = self._stand_in.receipt()
            await self._stand_in.buy(player, receipt)
            return receipt
        if self._valid is None or self._transaction is None:
            raise Unprovable("no purchase that RevenueCat confirms", "set purchase.valid")
        transaction, self._transaction = self._transaction, None
        receipt = Receipt(self._valid.product_id, self._valid.entitlement_key, transaction)
        self._note(player, receipt)
        return receipt


def refused(status: int, body: Any) -> bool:
    """Whether an answer to a verification is a clear refusal (contract, section 5)."""
    if status == 200:
        return isinstance(body, dict) and body.get("success") is False
    return status in (400, 402, 403, 404, 409, 422)
