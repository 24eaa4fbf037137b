"""The 24 checks with asyncio and httpx alone: everything starts as soon as what it stands on is there.

With --careful it also does what no other tool here does: nothing before health has answered, and at the end it takes
back what it granted.
"""

import asyncio
import os
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import httpx

PASSWORD = "correct-horse-battery"
STEM = f"peer_{secrets.token_hex(4)}"
SNAPSHOT, ACCESS, URL = (
    "/entitlements/snapshot",
    "/hero/hero_1/cinematic/access",
    "/hero/hero_1/cinematic/url",
)
REFUSED = (400, 401, 402, 403, 404, 409, 422)
ORDER = {
    "product_id": "premium_cinematics_pack",
    "entitlement_key": "PREMIUM_CINEMATICS_PACK",
    "idempotency_key": "never-bought",
    "platform": "ios",
    "transaction_id": "never-bought",
}


def event(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    sent = {
        "id": secrets.token_hex(16),
        "type": kind,
        "app_user_id": name,
        "product_id": "premium_cinematics_pack",
        "entitlement_ids": ["premium_cinematics"],
        "event_timestamp_ms": int(time.time() * 1000),
        "expiration_at_ms": None,
        "transaction_id": secrets.token_hex(8),
    }
    return {"api_version": "1.0", "event": {**sent, **fields}}


class Checks:
    """Every method without an underscore is a check; what several stand on is asked for once."""

    def __init__(self, http: httpx.AsyncClient, secret: str) -> None:
        self._http, self._signed = http, {"Authorization": secret}
        start = asyncio.ensure_future
        self._player = start(self._register("a"))
        self._buyer = start(self._register("c"))
        self._login = start(self._after(self._player, self._sign_in))
        self._before = start(self._after(self._player, partial(self._get, SNAPSHOT)))
        self._bought = start(self._buy())

    async def _after(self, first: Awaitable[Any], then: Callable[[Any], Awaitable[Any]]) -> Any:
        return await then((await first).json()["token"])

    async def _get(self, path: str, token: str | None = None) -> httpx.Response:
        return await self._http.get(path, headers={"Authorization": f"Bearer {token}"} if token else {})

    async def _post(self, path: str, body: Any = None, token: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self._http.post(path, json=body, headers=headers)

    async def _register(self, suffix: str) -> httpx.Response:
        return await self._post("/user/register", {"username": f"{STEM}_{suffix}", "password": PASSWORD})

    async def _sign_in(self, _: str = "") -> httpx.Response:
        return await self._post("/auth/login", {"username": f"{STEM}_a", "password": PASSWORD})

    async def _webhook(self, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        sent = self._signed if headers is None else headers
        return await self._http.post("/webhooks/revenuecat", json=body, headers=sent)

    async def _token(self) -> str:
        return str((await self._player).json()["token"])

    async def _buy(self) -> dict[str, Any]:
        token = (await self._buyer).json()["token"]
        body = event("NON_RENEWING_PURCHASE", f"{STEM}_c")
        webhook = await self._webhook(body)
        names = ("snapshot", "access", "url")
        answers = await asyncio.gather(*(self._get(path, token) for path in (SNAPSHOT, ACCESS, URL)))
        return {"token": token, "body": body, "webhook": webhook, **dict(zip(names, answers, strict=True))}

    async def health(self) -> None:
        answer = await self._get("/health")
        assert answer.status_code == 200
        assert answer.json()["status"] == "healthy"
        assert answer.json()["server_dev_mode"] is False

    async def features(self) -> None:
        answer = await self._get("/v1/features")
        assert answer.status_code == 200
        assert answer.json()["flags"]["PURCHASES_ENABLED"] is True

    async def registration(self) -> None:
        answer = await self._player
        assert answer.status_code in (200, 201)
        assert answer.json()["token"]
        assert answer.json()["user"]["username"] == f"{STEM}_a"

    async def taken_name(self) -> None:
        await self._player
        answer = await self._post("/user/register", {"username": f"{STEM}_A".upper(), "password": PASSWORD})
        assert answer.status_code in (400, 409)

    async def bad_registration(self) -> None:
        bad = ("ab", PASSWORD), (f"{STEM}_b", "12345")
        bodies = [{"username": name, "password": password} for name, password in bad]
        for answer in await asyncio.gather(*(self._post("/user/register", body) for body in bodies)):
            assert answer.status_code in (400, 422)

    async def login(self) -> None:
        answer = await self._login
        assert answer.status_code == 200
        assert answer.json()["token"]

    async def bad_login(self) -> None:
        await self._player
        bodies = [{"username": f"{STEM}_{end}", "password": "wrong-password"} for end in ("a", "nobody")]
        for answer in await asyncio.gather(*(self._post("/auth/login", body) for body in bodies)):
            assert answer.status_code == 401

    async def verify(self) -> None:
        answer = await self._get("/auth/verify", (await self._login).json()["token"])
        assert answer.status_code == 200
        assert answer.json()["valid"] is True

    async def logout(self) -> None:
        await self._player
        ended = (await self._sign_in()).json()["token"]
        answer = await self._post("/auth/logout", token=ended)
        living = (await self._login).json()["token"]
        after = await asyncio.gather(self._get("/auth/verify", ended), self._get("/auth/verify", living))
        assert answer.status_code == 200
        assert [each.status_code for each in after] == [401, 200]

    async def no_token(self) -> None:
        for answer in await asyncio.gather(self._get(SNAPSHOT), self._get(SNAPSHOT, "garbage")):
            assert answer.status_code == 401

    async def tampered_token(self) -> None:
        token = await self._token()
        answer = await self._get(SNAPSHOT, token[:-8] + token[-8:][::-1])
        assert answer.status_code == 401

    async def snapshot(self) -> None:
        answer = await self._before
        assert answer.status_code == 200
        assert answer.json()["username"] == f"{STEM}_a"
        assert 30 <= answer.json()["ttl_seconds"] <= 3600
        assert answer.json()["entitlements"]["PREMIUM"]["status"] == "not_owned"

    async def closed_gate(self) -> None:
        token = await self._token()
        access, url = await asyncio.gather(self._get(ACCESS, token), self._get(URL, token))
        assert (access.status_code, url.status_code) == (403, 403)
        assert "video_url" not in url.json()

    async def gate_without_token(self) -> None:
        assert (await self._get(ACCESS)).status_code == 401

    async def claims(self) -> None:
        token, path = await self._token(), f"/battle-pass/{STEM}_a/claim"
        calls = (self._post(f"{path}/{track}/1", token=token) for track in ("free", "premium"))
        assert [answer.status_code for answer in await asyncio.gather(*calls)] == [200, 403]

    async def foreign_claim(self) -> None:
        token, _ = await self._token(), await self._buyer
        answer = await self._post(f"/battle-pass/{STEM}_c/claim/free/1", token=token)
        assert answer.status_code in (401, 403, 404)

    async def forged_webhooks(self) -> None:
        body = event("NON_RENEWING_PURCHASE", f"{STEM}_nobody")
        forged: list[dict[str, str]] = [{}, {"Authorization": "wrong-secret"}]
        for answer in await asyncio.gather(*(self._webhook(body, headers) for headers in forged)):
            assert answer.status_code in (401, 403)

    async def dashboard_test(self) -> None:
        nothing = {"entitlement_ids": None, "transaction_id": None, "product_id": "test_product"}
        assert (await self._webhook(event("TEST", f"{STEM}_nobody", **nothing))).status_code == 200

    async def malformed_webhook(self) -> None:
        answer = await self._http.post("/webhooks/revenuecat", content=b'{"event": {', headers=self._signed)
        assert 400 <= answer.status_code < 500

    async def purchase_opens(self) -> None:
        bought = await self._bought
        assert bought["webhook"].status_code == 200
        assert bought["snapshot"].json()["entitlements"]["PREMIUM_CINEMATICS_PACK"]["status"] == "owned"
        assert (bought["access"].status_code, bought["url"].status_code) == (200, 200)
        assert bought["url"].json()["video_url"]

    async def duplicate_counts_once(self) -> None:
        bought = await self._bought
        again = await self._webhook(bought["body"])
        after = await self._get(SNAPSHOT, bought["token"])
        assert again.status_code == 200
        assert after.json()["version"] == bought["snapshot"].json()["version"]

    async def unknown_purchase(self) -> None:
        token, before = await self._token(), await self._before
        answer = await self._post("/purchases/verify", ORDER, token)
        after = await self._get(SNAPSHOT, token)
        assert answer.status_code in REFUSED or answer.json()["success"] is False
        assert after.json()["version"] == before.json()["version"]

    async def purchase_without_token(self) -> None:
        assert (await self._post("/purchases/verify", ORDER)).status_code == 401

    async def simulated_purchases(self) -> None:
        token = await self._token()
        paths = ("/vip/purchase", "/store/purchase-crystals")
        for answer in await asyncio.gather(*(self._post(path, {}, token) for path in paths)):
            assert answer.status_code == 403


async def main(careful: bool) -> int:
    """The number of checks that failed, each named on stderr."""
    origin, secret = os.environ["BASE_URL"], os.environ["WEBHOOK_SECRET"]
    async with httpx.AsyncClient(base_url=f"{origin}/api", verify=False, timeout=30) as http:
        if careful:
            (await http.get("/health")).raise_for_status()
        checks = Checks(http, secret)
        names = [name for name in vars(Checks) if not name.startswith("_")]
        outcomes = await asyncio.gather(*(getattr(checks, name)() for name in names), return_exceptions=True)
        if careful:
            ended = event("EXPIRATION", f"{STEM}_c", expiration_at_ms=int(time.time() * 1000))
            taken_back = await http.post(
                "/webhooks/revenuecat", json=ended, headers={"Authorization": secret}
            )
            taken_back.raise_for_status()
    failed = [
        (name, each) for name, each in zip(names, outcomes, strict=True) if isinstance(each, BaseException)
    ]
    for name, error in failed:
        sys.stderr.write(f"FAILED {name}: {error!r}\n")
    sys.stdout.write(f"{len(names) - len(failed)} of {len(names)} checks passed\n")
    return len(failed)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(careful="--careful" in sys.argv)) > 0)
