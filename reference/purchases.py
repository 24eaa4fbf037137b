"""Purchase verification: RevenueCat is asked, and one transaction grants once, to one player."""

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.exceptions import HTTPException

from reference.accounts import Player
from reference.bodies import PurchaseOrder
from reference.catalogue import key_of_product, now_ms
from reference.entitlements import Entitlements, Grant
from reference.logs import log
from reference.settings import Settings

if TYPE_CHECKING:
    import httpx

TICKS = 20


@dataclass(frozen=True)
class Purchase:
    """A purchase as RevenueCat knows it. Times are Unix milliseconds."""

    transaction_ids: frozenset[str]
    purchased_at: int
    expires_at: int | None
    refunded: bool


class RevenueCat:
    """RevenueCat's REST API v1, as far as verification needs it."""

    def __init__(self, base_url: str, secret_key: str, timeout_s: float) -> None:
        self.base_url = base_url
        self.timeout_s = timeout_s
        self.secret_key = secret_key
        self._client: httpx.AsyncClient | None = None

    async def subscriber(self, app_user_id: str) -> dict[str, Any]:
        """The subscriber; 502 when RevenueCat is down or makes no sense, 504 when it does not answer.
        The call is get-or-create, so 201 carries a subscriber as well as 200."""
        import httpx  # late: a fifth of a second that start-up need not wait for

        try:
            answer = await self.in_time(self.client().get(f"/v1/subscribers/{quote(app_user_id, safe='')}"))
        except TimeoutError:
            raise HTTPException(504, "RevenueCat does not answer; please try again later") from None
        except httpx.HTTPError:
            raise HTTPException(502, "RevenueCat cannot be reached; please try again later") from None
        if not self.is_subscriber(answer.status_code):
            raise HTTPException(502, "RevenueCat is not available; please try again later")
        try:
            return dict(answer.json()["subscriber"])
        except (ValueError, KeyError, TypeError):
            raise HTTPException(502, "RevenueCat's answer makes no sense") from None

    async def in_time(self, call: "Coroutine[Any, Any, httpx.Response]") -> "httpx.Response":
        """The call's answer, or TimeoutError. The wait is cut into ticks of the event loop, so that a process
        which is short of time does not take its own delay for RevenueCat's."""
        task = asyncio.create_task(call)
        try:
            for _ in range(TICKS):
                if (await asyncio.wait({task}, timeout=self.timeout_s / TICKS))[0]:
                    return task.result()
            raise TimeoutError
        finally:
            task.cancel()

    def is_subscriber(self, status_code: int) -> bool:
        return status_code in (200, 201)

    def client(self) -> "httpx.AsyncClient":
        import httpx

        if self._client is None:
            self._client = httpx.AsyncClient(
                base_url=self.base_url,
                headers={"Authorization": f"Bearer {self.secret_key}"},
                limits=httpx.Limits(keepalive_expiry=2),  # sooner than a server ends an idle connection
                timeout=None,  # in_time bounds the whole call, httpx only its parts
                verify=self.base_url.startswith("https"),  # spares plain HTTP the loading of certificates
                trust_env=False,  # a proxy meant for the internet has no business before the stand-in
            )
        return self._client


class Purchases:
    def __init__(
        self,
        settings: Settings,
        store: sqlite3.Connection,
        entitlements: Entitlements,
        revenuecat: RevenueCat,
    ) -> None:
        self.settings = settings
        self.store = store
        self.entitlements = entitlements
        self.revenuecat = revenuecat

    def customer(self, player: Player) -> str:
        """The name under which RevenueCat knows the player."""
        return player.username

    def require_open(self) -> None:
        """503 while purchases are switched off or cannot be verified, with words for a player."""
        if self.settings.purchases_disabled:
            raise HTTPException(503, "Purchases are temporarily unavailable. Please try again later.")
        if not self.settings.revenuecat_secret_key:
            log.warning("REVENUECAT_SECRET_KEY not configured")
            raise HTTPException(503, "Purchase verification is not configured. Please try again later.")

    async def verify(self, player: Player, order: PurchaseOrder) -> dict[str, Any]:
        log.info("Verifying purchase for user=%s", player.username)
        try:
            answer = await self.answer(player, order)
        except HTTPException as refusal:
            log.warning(
                "Purchase verification failed user=%s: %s", player.username, refusal.detail
            )  # our words
            raise
        log.info("Purchase verified successfully user=%s", player.username)
        return answer

    async def answer(self, player: Player, order: PurchaseOrder) -> dict[str, Any]:
        self.require_sold(order)
        if (earlier := self.remembered(player, order)) is not None:
            return earlier
        purchase = self.matching(await self.revenuecat.subscriber(self.customer(player)), order)
        if purchase is None:
            raise HTTPException(402, "RevenueCat knows no such purchase")
        with self.store:
            # Asked again: the same order may have been answered while RevenueCat was.
            if (earlier := self.remembered(player, order)) is not None:
                return earlier
            self.claim(player, purchase)
            self.grant(player, order, purchase)
            answer = {
                "success": True,
                "entitlements_snapshot": self.entitlements.snapshot(player),
                "message": "Purchase verified",
            }
            self.remember(player, order, answer)
        return answer

    def require_sold(self, order: PurchaseOrder) -> None:
        key = key_of_product(order.product_id)
        if key is None or key != order.entitlement_key:
            raise HTTPException(400, "Unknown product, or not the entitlement it is sold for")

    def matching(self, subscriber: dict[str, Any], order: PurchaseOrder) -> Purchase | None:
        """The subscriber's latest purchase in force of that product, and with that transaction if told."""
        try:
            found = [
                purchase
                for purchase in self.purchases_of(subscriber, order.product_id)
                if order.transaction_id in (None, *purchase.transaction_ids) and self.is_in_force(purchase)
            ]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise HTTPException(502, "RevenueCat's answer makes no sense") from None
        return max(found, key=lambda purchase: purchase.purchased_at, default=None)

    def is_in_force(self, purchase: Purchase) -> bool:
        return not purchase.refunded and (purchase.expires_at is None or purchase.expires_at > now_ms())

    def purchases_of(self, subscriber: dict[str, Any], product_id: str) -> list[Purchase]:
        once = list(subscriber.get("non_subscriptions", {}).get(product_id, []))
        subscription = subscriber.get("subscriptions", {}).get(product_id)
        return [
            Purchase(
                frozenset(str(entry[name]) for name in ("store_transaction_id", "id") if entry.get(name)),
                _ms(entry["purchase_date"]),
                _ms(entry["expires_date"]) if entry.get("expires_date") else None,
                entry.get("refunded_at") is not None,
            )
            for entry in (*once, *([subscription] if subscription else []))
        ]

    def claim(self, player: Player, purchase: Purchase) -> None:
        """A transaction is the first player's who shows it."""
        for transaction_id in purchase.transaction_ids:
            row = (transaction_id, player.id)
            self.store.execute("INSERT OR IGNORE INTO transactions VALUES (?, ?)", row)
            if not self.store.execute(
                "SELECT 1 FROM transactions WHERE transaction_id = ? AND player_id = ?", row
            ).fetchone():
                raise HTTPException(409, "This purchase belongs to another account")

    def grant(self, player: Player, order: PurchaseOrder, purchase: Purchase) -> None:
        transaction_id = order.transaction_id or next(iter(sorted(purchase.transaction_ids)), None)
        times = purchase.purchased_at, purchase.expires_at
        key, product_id = order.entitlement_key, order.product_id
        self.entitlements.grant(
            player, Grant(key, product_id, "owned", *times, transaction_id, "purchase", times[0])
        )
        if not self.entitlements.owns(player, key):  # refunded or ended since: the purchase is late news
            raise HTTPException(402, "This purchase is no longer in force")

    def remembered(self, player: Player, order: PurchaseOrder) -> dict[str, Any] | None:
        """The answer to this player's key; 409 when it was given to another body."""
        row = self.store.execute(
            "SELECT * FROM verified WHERE player_id = ? AND idempotency_key = ?",
            (player.id, order.idempotency_key),
        ).fetchone()
        if row is None:
            return None
        if row["body"] != self.fingerprint(order):
            raise HTTPException(409, "This idempotency key was used for another purchase")
        return dict(json.loads(row["answer"]))

    def remember(self, player: Player, order: PurchaseOrder, answer: dict[str, Any]) -> None:
        row = (player.id, order.idempotency_key, self.fingerprint(order), json.dumps(answer))
        self.store.execute("INSERT INTO verified VALUES (?, ?, ?, ?)", row)

    def fingerprint(self, order: PurchaseOrder) -> str:
        return hashlib.sha256(order.model_dump_json().encode()).hexdigest()


def _ms(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)
