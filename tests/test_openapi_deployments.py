"""contracts/openapi.yaml is true of deployments that keep the contract, whatever else they choose."""

import hashlib
import hmac
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from contract_file import CALLS, DELIVERIES, FILE, ORDERS, operations, problems
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from harness.target.api import SIMULATED

SECRETS = {
    name: secrets.token_hex(32)
    for name in ("JWT_SECRET_KEY", "REVENUECAT_SECRET_KEY", "REVENUECAT_WEBHOOK_SECRET")
}
# What the deployments are that answers are recorded from: the names of their variants.
DEPLOYMENTS = {
    "as it is": (),
    "more in answers": (
        *("extra-fields", "more-entitlements", "milliseconds-with-z", "version-is-now", "ttl-30"),
        *("refusals-200", "nested-messages", "more-claims", "keys-reversed", "webhook-answers-empty"),
        *("register-200", "duplicates-400", "unknown-player-503"),
    ),
    "less in answers": (
        *("plain-entries", "expired-is-not-owned", "whole-seconds", "ttl-3600", "bad-input-400"),
        *("detail-lists", "other-players-404", "webhook-403", "unknown-player-404", "pretty-printed"),
    ),
}


class Life:
    """A player's life on a deployment, along the paths of the file; `answers` keeps what was said, with the call."""

    def __init__(self, where: dict[str, str]) -> None:
        self.http = httpx.Client(base_url=where["base_url"], timeout=10)
        self.revenuecat = httpx.Client(base_url=where["revenuecat_url"], timeout=10)
        self.answers: list[tuple[str, httpx.Response]] = []
        self.name, self.password = f"c_{secrets.token_hex(4)}", secrets.token_hex(8)
        self.token = "none"

    def call(self, name: str, body: Any = b"", signed_in: bool = True, **sent: Any) -> httpx.Response:
        """The call, with `body` as it is (bytes) or as JSON; `sent`: headers, and what stands in the path."""
        method, path, _ = CALLS[name]
        token = self.token if signed_in else "e30.e30.c2ln"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        headers |= sent.pop("headers", {})
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        parts = {"username": self.name, "hero_id": "hero_1", "track": "premium", "level": 1} | sent
        path = path.format_map(parts)
        answer = self.http.request(method, path, headers=headers, content=content)
        self.answers.append((name, answer))
        return answer

    def deliver(self, body: Any) -> None:
        content, t = json.dumps(body).encode(), int(time.time())
        secret = SECRETS["REVENUECAT_WEBHOOK_SECRET"].encode()
        signature = hmac.new(secret, b"%d.%s" % (t, content), hashlib.sha256).hexdigest()
        self.call("webhook", content, headers={"X-RevenueCat-Webhook-Signature": f"t={t},v1={signature}"})

    def live(self) -> None:
        self.come()
        self.meet_gates()
        self.verify_purchases()
        self.get_events()
        self.meet_gates()
        self.go()

    def come(self) -> None:
        credentials = {"username": self.name, "password": self.password}
        self.token = self.call("register", credentials).json()["token"]
        self.call("login", credentials)
        self.call("login", {**credentials, "password": "something else"})
        self.call("register", credentials)
        self.call("register", {**credentials, "username": "two words"})
        self.call("login", b"{")
        for name in ("health", "features", "verify", "snapshot"):
            self.call(name)
            self.call(name, signed_in=False)

    def meet_gates(self) -> None:
        for name in ("cinematic_access", "cinematic_url"):
            self.call(name)
            self.call(name, signed_in=False)
            self.call(name, hero_id="two%20words")
        for claimed in ({}, {"track": "free"}, {"track": "gold"}, {"username": "somebody_else"}):
            self.call("claim", **claimed)
        self.call("claim", signed_in=False)

    def verify_purchases(self) -> None:
        order = ORDERS["with transaction"]["value"]
        self.call("verify_purchase", order)
        self.call("verify_purchase", order, signed_in=False)
        self.call("verify_purchase", {**order, "entitlement_key": "PREMIUM.status"})
        self.call("verify_purchase", [order])
        outage = f"/control/outages/{self.name}"
        self.revenuecat.put(outage, json={"mode": "down"}).raise_for_status()
        self.call("verify_purchase", order)
        self.revenuecat.put(outage, json={"mode": "none"}).raise_for_status()
        bought = {"product_id": order["product_id"], "transaction_id": secrets.token_hex(8)}
        purchase = {"app_user_id": self.name, "expires_at_ms": None, **bought}
        self.revenuecat.post("/control/purchases", json=purchase).raise_for_status()
        self.call("verify_purchase", {**order, **bought})
        self.call("verify_purchase", {**order, **bought, "platform": "ios"})

    def get_events(self) -> None:
        """Every example: of a player who is not known, then of this one; at last the first again."""
        for each in DELIVERIES.values():
            self.deliver(each["value"])
        events = [each["value"]["event"] for each in DELIVERIES.values()]
        for event in [*events, events[0]]:
            named = {"app_user_id": self.name, "aliases": [self.name], "transferred_to": [self.name]}
            self.deliver({"event": {**event, **named, "id": secrets.token_hex(8), "expiration_at_ms": None}})
            self.call("snapshot")
        self.deliver({"event": 7})
        self.call("webhook", {"event": 7})

    def go(self) -> None:
        for name in SIMULATED:
            self.call(name, {"package_id": "vip_1"})
            self.call(name, signed_in=False)
        self.call("logout")
        self.call("logout")


@pytest.fixture(scope="module")
def lives():
    """The answers of each deployment, by its name."""
    with ExitStack() as stack:
        running = {name: stack.enter_context(deployment(*chosen)) for name, chosen in DEPLOYMENTS.items()}
        lives = {name: Life(json.loads(process.stdout.readline())) for name, process in running.items()}
        for life in lives.values():
            stack.callback(life.http.close)
            stack.callback(life.revenuecat.close)
            life.live()
        yield {name: life.answers for name, life in lives.items()}


@contextmanager
def deployment(*variants: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-m", "reference", "--until-eof", *(f"--variant={name}" for name in variants)],
        cwd=FILE.parent.parent,
        env={**SECRETS, "SERVER_DEV_MODE": "false"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        yield process


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_answers_of_a_good_deployment_conform(lives, name):
    found = [
        (call, answer.status_code, problem)
        for call, answer in lives[name]
        for problem in problems(call, answer.status_code, answer.json() if answer.content else None)
    ]
    assert found == []


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_schemathesis_finds_them_good_too(lives, name):
    checks = [status_code_conformance, content_type_conformance, response_schema_conformance]
    path = {"username": "abc", "hero_id": "a", "track": "free", "level": 1}
    for call, answer in lives[name]:
        operations()[call].Case(path_parameters=path).validate_response(answer, checks=checks)


def test_every_call_was_answered_well_and_refused(lives):
    seen: dict[str, set[int]] = {name: set() for name in CALLS}
    for call, answer in lives["as it is"]:
        seen[call].add(answer.status_code)
    gates = {name: {200, 401, 403, 422} for name in ("cinematic_access", "cinematic_url", "claim")}
    assert seen == {name: {403} for name in SIMULATED} | gates | {
        "health": {200},
        "features": {200},
        "register": {201, 409, 422},
        "login": {200, 401, 422},
        "verify": {200, 401},
        "snapshot": {200, 401},
        "logout": {200, 401},
        "verify_purchase": {200, 400, 401, 402, 409, 422, 502},
        "webhook": {200, 401, 422},
    }
