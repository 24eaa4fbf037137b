"""A small backend that keeps the contract, in memory, for the small server: players, sessions, webhooks, gates.

It is written for tests of the harness and shares nothing with the reference deployment. One broken promise is one
overridden method.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

KEYS = {
    "premium": "PREMIUM",
    "premium_cinematics": "PREMIUM_CINEMATICS_PACK",
    "no_ads": "NO_ADS",
    "starter_pack": "STARTER_PACK",
}
GRANTING = ("INITIAL_PURCHASE", "RENEWAL", "UNCANCELLATION", "NON_RENEWING_PURCHASE")
Said = tuple[int, Any]


@dataclass
class Holding:
    """What became of an entitlement, and when, in ms."""

    owned: bool = False
    at: float = 0


class Backend:
    """Answers the requests of the small server, see `serve` in conftest.py; `events`: all that were delivered."""

    def __init__(self) -> None:
        self.passwords: dict[str, str] = {}
        self.sessions: dict[str, str] = {}  # user names, by token
        self.holdings: dict[str, dict[str, Holding]] = defaultdict(lambda: defaultdict(Holding))
        self.events: list[dict[str, Any]] = []
        self.bought: dict[str, str] = {}  # keys, by transaction
        self._seen: set[str] = set()

    async def __call__(self, request: Any) -> Any:
        body = json.loads(request.body) if request.body else None
        player = self.sessions.get(request.headers.get("authorization", "").removeprefix("Bearer "))
        match request.target.strip("/").split("/"):
            case ["control", "purchases"]:
                self.bought[body["transaction_id"]] = body["app_user_id"]
                return 201, {}
            case ["api", "user", "register"]:
                return self.register(body["username"], body["password"])
            case ["api", "auth", "login"]:
                known = self.passwords.get(body["username"]) == body["password"]
                return self.entrance(body["username"]) if known else (401, {"detail": "no"})
            case ["api", "webhooks", "revenuecat"]:
                return self.deliver(body["event"])
            case _ if player is None:
                return 401, {"detail": "not signed in"}
            case ["api", "auth", "verify"]:
                return 200, {"valid": True, "user": {"username": player}}
            case ["api", "auth", "logout"]:
                return self.log_out(request.headers["authorization"].removeprefix("Bearer "))
            case ["api", "entitlements", "snapshot"]:
                return self.snapshot(player)
            case ["api", "hero", hero, "cinematic", "access"]:
                return self.access(player, hero)
            case ["api", "battle-pass", _, "claim", _, _]:
                return self.gate(self.owns(player, "PREMIUM"))
            case ["api", "purchases", "verify"]:
                return self.verify(player, body)
        return 404, {"detail": "no such route"}

    def register(self, username: str, password: str) -> Said:
        self.passwords[username] = password
        return self.entrance(username)

    def entrance(self, username: str) -> Said:
        token = f"token-{len(self.sessions)}-of-{username}"
        self.sessions[token] = username
        return 200, {"user": {"username": username}, "token": token, "message": "Welcome"}

    def log_out(self, token: str) -> Said:
        del self.sessions[token]
        return 200, {}

    def owns(self, player: str, key: str) -> bool:
        return self.holdings[player][key].owned

    def gate(self, is_open: bool) -> Said:
        return (200, {"access": True}) if is_open else (403, {"detail": "not yours"})

    def access(self, player: str, hero: str) -> Said:
        keys = ("PREMIUM_CINEMATICS_PACK", f"PREMIUM_CINEMATIC_OWNED:{hero}")
        return self.gate(any(self.owns(player, key) for key in keys))

    def snapshot(self, player: str) -> Said:
        keys = {*KEYS.values(), *self.holdings[player]}
        empty = dict.fromkeys(("granted_at", "expires_at", "transaction_id", "product_id", "reason"))
        entitlements = {
            key: {**empty, "key": key, "status": "owned" if self.owns(player, key) else "not_owned"}
            for key in keys
        }
        return 200, {
            "server_time": datetime.now(UTC).isoformat(),
            "version": len(self.events),
            "username": player,
            "entitlements": entitlements,
            "ttl_seconds": 300,
            "source": "memory",
        }

    def verify(self, player: str, order: dict[str, Any]) -> Said:
        if self.bought.get(order["transaction_id"]) != player:
            return 402, {"detail": "not bought"}
        self.change(player, order["entitlement_key"], True, datetime.now(UTC).timestamp() * 1000)
        return 200, {
            "success": True,
            "message": "Granted",
            "entitlements_snapshot": self.snapshot(player)[1],
        }

    def deliver(self, event: dict[str, Any]) -> Said:
        self.events.append(event)
        if event["id"] not in self._seen:
            self._seen.add(event["id"])
            self.happen(event)
        return 200, {}

    def happen(self, event: dict[str, Any]) -> None:
        """An event that is new."""
        kind, at = event["type"], event["event_timestamp_ms"]
        if kind == "TRANSFER":
            self.hand_over(event["transferred_from"][0], event["transferred_to"][0], at)
        elif kind in GRANTING or self.ends(event):
            for name in event["entitlement_ids"]:
                self.change(event["app_user_id"], KEYS.get(name, name), kind in GRANTING, at)

    def ends(self, event: dict[str, Any]) -> bool:
        """Whether access ends with an event."""
        return event["type"] == "EXPIRATION" or event.get("cancel_reason") == "CUSTOMER_SUPPORT"

    def hand_over(self, giver: str, taker: str, at: float) -> None:
        for key in [key for key, holding in self.holdings[giver].items() if holding.owned]:
            self.holdings[giver][key] = Holding(False, at)
            self.holdings[taker][key] = Holding(True, at)

    def change(self, player: str, key: str, owned: bool, at: float) -> None:
        if at >= self.holdings[player][key].at:
            self.holdings[player][key] = Holding(owned, at)
