"""Reference deployments as the tests of their contract meet them."""

import hashlib
import hmac
import json
import os
import secrets
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parent.parent
SECRET_NAMES = ("REVENUECAT_SECRET_KEY", "REVENUECAT_WEBHOOK_SECRET", "JWT_SECRET_KEY")
SECRETS = {name: secrets.token_hex(32) for name in SECRET_NAMES}
DEPLOYMENTS_BESIDE_RELEASE: dict[str, dict[str, str]] = {
    "development": {"SERVER_DEV_MODE": "true", **dict.fromkeys(SECRET_NAMES, "")},
    "purchases switched off": {"PURCHASES_DISABLED": "true", "WEBHOOK_STRATEGY": "static"},
    "another header": {
        "WEBHOOK_STRATEGY": "static",
        "WEBHOOK_HEADER": "X-RevenueCat-Webhook-Authorization",
        "WEBHOOK_PREFIX": "Token ",
    },
    "body-hmac": {"WEBHOOK_STRATEGY": "body-hmac"},
}
ON_ONE_DATABASE = ("another header", "body-hmac")
HOUR_MS = 3_600_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def environment(**settings: str) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return inherited | {"SERVER_DEV_MODE": "false"} | SECRETS | settings


class Target:
    """A running deployment. The process is started at once; the first use waits for it."""

    def __init__(self, log: Path, *arguments: str, **settings: str) -> None:
        self.log = log
        with log.open("w") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "reference", "--until-eof", *arguments],
                cwd=ROOT,
                env=environment(**settings),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )

    def ready(self) -> "Target":
        if not hasattr(self, "http"):
            line = self.process.stdout.readline()
            assert line, self.log.read_text()
            urls = json.loads(line)
            self.http = httpx.Client(base_url=urls["base_url"] + "/api", timeout=10)
            self.revenuecat = httpx.Client(base_url=urls["revenuecat_url"], timeout=10)
        return self

    def player(self, name: str | None = None) -> "Player":
        name = name or f"Hero_{secrets.token_hex(6)}"
        password = secrets.token_hex(8)
        answer = self.http.post("/user/register", json={"username": name, "password": password})
        assert answer.status_code == 201, answer.text
        return Player(self, name, password, answer.json())

    def deliver(self, event: dict[str, Any] | bytes, headers: dict[str, Any] | None = None) -> httpx.Response:
        """Delivers an event, signed unless other headers are given."""
        body = (
            event if isinstance(event, bytes) else json.dumps({"api_version": "1.0", "event": event}).encode()
        )
        return self.http.post("/webhooks/revenuecat", content=body, headers=headers or signed(body))


class Player:
    def __init__(self, target: Target, name: str, password: str, answer: dict[str, Any]) -> None:
        self.target, self.name, self.password = target, name, password
        self.id, self.token = answer["user"]["id"], answer["token"]

    def get(self, path: str) -> httpx.Response:
        return self.target.http.get(path, headers=bearer(self.token))

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.target.http.post(path, json=body, headers=bearer(self.token))

    def snapshot(self) -> dict[str, Any]:
        answer = self.get("/entitlements/snapshot")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def status(self, key: str = "PREMIUM") -> str:
        return self.snapshot()["entitlements"].get(key, {"status": "not_owned"})["status"]

    def event(self, type_: str = "INITIAL_PURCHASE", **fields: Any) -> dict[str, Any]:
        return {
            "id": str(uuid.uuid4()),
            "type": type_,
            "app_user_id": self.name,
            "entitlement_ids": ["premium"],
            "product_id": "premium_monthly",
            "transaction_id": secrets.token_hex(8),
            "event_timestamp_ms": now_ms(),
            "expiration_at_ms": now_ms() + HOUR_MS,
            **fields,
        }

    def send(self, type_: str = "INITIAL_PURCHASE", **fields: Any) -> None:
        answer = self.target.deliver(self.event(type_, **fields))
        assert answer.status_code == 200, answer.text

    def buys(self, product: str = "premium_cinematics_pack", transaction: str | None = None) -> str:
        """Plays the store: RevenueCat knows the purchase from now on."""
        transaction = transaction or secrets.token_hex(8)
        bought = {"app_user_id": self.name, "product_id": product, "transaction_id": transaction}
        answer = self.target.revenuecat.post("/control/purchases", json=bought | {"expires_at_ms": None})
        assert answer.status_code == 201, answer.text
        return transaction

    def verify(self, **fields: Any) -> httpx.Response:
        return self.post("/purchases/verify", order(**fields))


def order(**fields: Any) -> dict[str, Any]:
    return {
        "product_id": "premium_cinematics_pack",
        "entitlement_key": "PREMIUM_CINEMATICS_PACK",
        "idempotency_key": secrets.token_hex(8),
        "platform": "ios",
        **fields,
    }


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def digest(message: bytes, secret: str = SECRETS["REVENUECAT_WEBHOOK_SECRET"]) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def signed(body: bytes, at: float | None = None, **secret: str) -> dict[str, str]:
    t = int(time.time() if at is None else at)
    return {"X-RevenueCat-Webhook-Signature": f"t={t},v1={digest(b'%d.%s' % (t, body), **secret)}"}
