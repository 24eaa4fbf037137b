"""The calls of the contract, one short method each, returning an Exchange."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from harness.environment import Environment
from harness.errors import PromiseBroken
from harness.evidence.exchange import Exchange
from harness.target.transport import Transport


class Bearer(Protocol):
    """Whoever has a token: a player."""

    @property
    def token(self) -> str: ...


# What a caller may show: a player, headers of a test's own making, or nothing.
Credentials = Bearer | Mapping[str, str] | None

# The calls that only a signed-in player may make (contract, sections 2 to 5).
PROTECTED_READS = ("verify", "snapshot", "cinematic_access", "cinematic_url")
PROTECTED_WRITES = ("verify_purchase", "claim")
# The purchase routes that exist for development only (contract, section 7).
SIMULATED = (
    "vip_purchase",
    "vip_package_purchase",
    "crystals_purchase",
    "divine_purchase",
    "battle_pass_purchase",
)


class Api:
    """A client of one deployment at `origin`."""

    def __init__(self, environment: Environment, transport: Transport, origin: str) -> None:
        self._transport, self.origin = transport, origin
        self._root = origin + environment.file.target.api_prefix
        self._paths = environment.file.paths
        self._heroes = environment.file.expect.heroes

    async def call(
        self,
        name: str,
        method: str = "GET",
        *,
        by: Credentials = None,
        json_body: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        harmless: bool = False,
        timeout_s: float | None = None,
        note: str = "",
        path: Mapping[str, str] | None = None,
    ) -> Exchange:
        """Make the call `name` of [paths]; `path`: the values of its placeholders, still to be percent-encoded."""
        template = getattr(self._paths, f"{name}_" if name == "register" else name)
        filled = template.format_map({key: quote(value, safe="") for key, value in (path or {}).items()})
        sent = {"Accept": "application/json", **(headers or {})}
        if content is None and json_body is not None:
            content = json.dumps(json_body).encode()
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        if isinstance(by, Mapping):
            sent.update(by)
        elif by is not None:
            sent["Authorization"] = f"Bearer {by.token}"
        url = httpx.URL(self._root + filled, params=query)
        return await self._transport.send(
            method, url, sent, content or b"", harmless=harmless, timeout_s=timeout_s, note=note
        )

    async def at(self, path: str) -> Exchange:
        """GET a path below the origin, which need not be one of the API's."""
        return await self._transport.send(
            "GET", httpx.URL(self.origin + path), {"Accept": "application/json"}
        )

    @property
    def health_url(self) -> httpx.URL:
        return httpx.URL(self._root + self._paths.health)

    @property
    def webhook_url(self) -> str:
        """Where RevenueCat sends its events."""
        return self._root + self._paths.webhook

    async def health(self, timeout_s: float | None = None, *, anew: bool = False) -> Exchange:
        """`anew`: on a connection of its own, which may lead to another instance."""
        headers = {"Connection": "close"} if anew else None
        return await self.call("health", headers=headers, timeout_s=timeout_s)

    async def features(self) -> Exchange:
        return await self.call("features")

    async def register(self, username: Any, password: Any) -> Exchange:
        return await self._enter("register", username, password)

    async def login(self, username: str, password: str) -> Exchange:
        return await self._enter("login", username, password, harmless=True)

    async def _enter(self, name: str, username: Any, password: Any, *, harmless: bool = False) -> Exchange:
        """The token in the answer becomes a secret, also where there should be none."""
        body = {"username": username, "password": password}
        answer = await self.call(name, "POST", json_body=body, harmless=harmless)
        with suppress(PromiseBroken):
            said = answer.json
            if isinstance(said, dict) and isinstance(said.get("token"), str):
                self._transport.known.add_token(said["token"])
        return answer

    async def verify(self, by: Credentials) -> Exchange:
        return await self.call("verify", by=by)

    async def logout(self, by: Credentials) -> Exchange:
        return await self.call("logout", "POST", by=by)

    async def snapshot(self, by: Credentials) -> Exchange:
        return await self.call("snapshot", by=by)

    async def cinematic_access(self, by: Credentials, hero: str | None = None) -> Exchange:
        return await self.call("cinematic_access", by=by, path={"hero_id": hero or self._heroes[0]})

    async def cinematic_url(self, by: Credentials, hero: str | None = None) -> Exchange:
        return await self.call("cinematic_url", by=by, path={"hero_id": hero or self._heroes[0]})

    async def claim(
        self, by: Credentials, username: str, track: str = "premium", level: str = "1"
    ) -> Exchange:
        path = {"username": username, "track": track, "level": level}
        return await self.call("claim", "POST", by=by, path=path)

    async def verify_purchase(self, by: Credentials, body: Any = None, **sent: Any) -> Exchange:
        return await self.call("verify_purchase", "POST", by=by, json_body=body, **sent)

    async def webhook(self, content: bytes, headers: Mapping[str, str], **sent: Any) -> Exchange:
        return await self.call("webhook", "POST", content=content, headers=headers, **sent)

    async def protected(self, name: str, by: Credentials, username: str) -> Exchange:
        """One of the PROTECTED calls, otherwise well-formed; `username`: whose battle pass to claim from."""
        match name:
            case "verify_purchase":
                return await self.verify_purchase(by, UNKNOWN_PURCHASE)
            case "claim":
                return await self.claim(by, username, "free")
            case "cinematic_access" | "cinematic_url":
                return await self.call(name, by=by, path={"hero_id": self._heroes[0]})
            case _:
                return await self.call(name, by=by)

    async def simulated_purchase(self, name: str, by: Credentials, username: str) -> Exchange:
        if name == "battle_pass_purchase":
            return await self.call(
                name, "POST", by=by, json_body=_SIMULATED_BODY, path={"username": username}
            )
        return await self.call(name, "POST", by=by, json_body=_SIMULATED_BODY)


# A purchase that RevenueCat has never heard of.
UNKNOWN_PURCHASE = {
    "product_id": "premium_cinematics_pack",
    "entitlement_key": "PREMIUM_CINEMATICS_PACK",
    "idempotency_key": "never-bought",
    "platform": "ios",
    "transaction_id": "never-bought",
}
# Enough of every simulated route's fields for a development server to go through with it.
_SIMULATED_BODY = {
    "package_id": "vip_1",
    "tier": "premium",
    "amount": 1,
    "quantity": 1,
    "product_id": "premium_monthly",
}
