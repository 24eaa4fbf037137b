"""Variants of the deployment: where it lives, its accounts, throttling, its log."""

import json
import logging
import re
import time
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from reference.accounts import Player
from reference.app import Parts
from reference.bodies import WebhookEvent
from reference.catalogue import ALWAYS_LISTED, HERO_KEY
from reference.changing import edit, edit_json, put, republish
from reference.choices import variant
from reference.variants.connections import Around

HEROES = ("hero_1", "hero_2")


@variant("prefix", environment={"target": {"api_prefix": "/game/v2"}}, variables={"API_PREFIX": "/game/v2"})
def prefix() -> None:
    """The API lives below another prefix."""


@variant("redirect", variables={"REDIRECT_FRONT": "true"})
def redirect() -> None:
    """A gateway on the same host redirects every request to the backend, as from http to https."""


@variant("no-prefix", environment={"target": {"api_prefix": ""}}, variables={"API_PREFIX": ""})
def no_prefix() -> None:
    """The API lives below no prefix."""


RENAMED = {
    "register": ("/user/register", "/accounts"),
    "login": ("/auth/login", "/sessions"),
    "snapshot": ("/entitlements/snapshot", "/me/entitlements"),
    "webhook": ("/webhooks/revenuecat", "/hooks/rc"),
    "verify_purchase": ("/purchases/verify", "/purchases"),
}


class _Renaming:
    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app = app
        self.paths = {prefix + theirs: prefix + ours for ours, theirs in RENAMED.values()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in self.paths:
            path = self.paths[scope["path"]]
            scope = {**scope, "path": path, "raw_path": path.encode()}
        elif scope["type"] == "http" and scope["path"] in self.paths.values():
            await JSONResponse({"detail": "Not Found"}, 404)(scope, receive, send)
            return
        await self.app(scope, receive, send)


@variant("renamed-paths", environment={"paths": {name: theirs for name, (_, theirs) in RENAMED.items()}})
def renamed_paths(app: FastAPI) -> None:
    """Some calls live at other paths, and are published there."""
    app.add_middleware(_Renaming, prefix="/api")

    def rename(document: dict[str, Any]) -> None:
        for ours, theirs in RENAMED.values():
            document["paths"][f"/api{theirs}"] = document["paths"].pop(f"/api{ours}")

    republish(app, rename)


@variant(
    "provided-accounts",
    expected="INCONCLUSIVE",
    environment={
        "accounts": {"mode": "provided", "username_env": "SMOKE_USERNAME", "password_env": "SMOKE_PASSWORD"}
    },
    variables={"SMOKE_USERNAME": "provided_player", "SMOKE_PASSWORD": "provided-password"},
)
def provided_accounts(parts: Parts) -> None:
    """There is an account to check with, and none may be registered."""
    with parts.store:
        parts.accounts.register("provided_player", "provided-password")


class _Throttle:
    """So many requests a second; what is above gets 429."""

    def __init__(self, app: ASGIApp, per_second: int, retry_after: str | None) -> None:
        self.app, self.per_second = app, per_second
        self.headers = {"Retry-After": retry_after} if retry_after else {}
        self.recent: deque[float] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        now = time.monotonic()
        while self.recent and self.recent[0] < now - 1:
            self.recent.popleft()
        if len(self.recent) >= self.per_second:
            await JSONResponse({"detail": "Too many requests"}, 429, self.headers)(scope, receive, send)
            return
        self.recent.append(now)
        await self.app(scope, receive, send)


class _Dropping:
    """Drops the connection, unannounced, right after an answer that is an error."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        statuses: list[int] = []

        async def passing(message: Any) -> None:
            statuses.append(message.get("status", 0))
            await send(message)

        await self.app(scope, receive, passing)
        if max(statuses, default=0) >= 400:
            raise ConnectionAbortedError  # the server closes the connection of a call that fails late


@variant("connection-dropped-after-errors")
def connection_dropped_after_errors(app: FastAPI) -> None:
    """The connection is dropped right after an answer that is an error."""
    app.add_middleware(_Dropping)


class _AsJson(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = re.sub(r"\s*\n\s*", " | ", record.getMessage())
        return json.dumps({"level": record.levelname, "message": text, "logger": record.name})


@variant("json-logs")
def json_logs(handler: logging.Handler) -> None:
    """Each log line is a JSON object."""
    handler.setFormatter(_AsJson())


@variant("throttled", environment={"webhook": {"settles_within_s": 5, "answers_within_s": 10}})
def throttled(app: FastAPI) -> None:
    """Bursts are answered 429, with Retry-After."""
    app.add_middleware(_Throttle, per_second=150, retry_after="1")


@variant("throttled-without-retry-after", environment={"webhook": {"settles_within_s": 5}})
def throttled_without_retry_after(app: FastAPI) -> None:
    """Bursts are answered 429, without Retry-After."""
    app.add_middleware(_Throttle, per_second=150, retry_after=None)


class _InTurn(Around):
    """Of two instances each second request is another one's, whose clock is behind."""

    def __init__(self, app: ASGIApp, behind: ContextVar[float], seconds: float) -> None:
        super().__init__(app)
        self.behind, self.instances = behind, cycle((0.0, seconds))

    async def enter(self, scope: Scope) -> None:
        self.behind.set(next(self.instances))


@variant("two-instances")
def two_instances(parts: Parts, app: FastAPI) -> None:
    """Behind one address there are two instances, whose clocks differ by 0.8 s."""
    behind = ContextVar("behind", default=0.0)
    now, now_ns = time.time, time.time_ns
    put(time, time=lambda: now() - behind.get(), time_ns=lambda: now_ns() - int(behind.get() * 1e9))
    # Both know that clocks differ, and take tokens that were issued a moment later than now.
    put(parts.tokens, are_in_force=lambda claims: claims["exp"] > now() >= claims.get("nbf", 0))
    app.add_middleware(_InTurn, behind=behind, seconds=0.8)


@variant("cache-passes-on")
def cache_passes_on(app: FastAPI) -> None:
    """A cache stands before the backend that keeps nothing, and says so: an Age of 0."""
    edit(app, lambda _, answer: answer.headers.update({"Age": "0", "X-Cache": "MISS"}))


@variant("knows-its-heroes")
def knows_its_heroes(parts: Parts) -> None:
    """Of a hero whom the game does not have there is no cinematic, and no key."""
    strict, keys = parts.gates.cinematic, parts.effects.keys

    def cinematic(player: Player, hero_id: str) -> None:
        if hero_id not in HEROES:
            raise HTTPException(404, "No such hero")
        strict(player, hero_id)

    def known(event: WebhookEvent) -> list[str]:
        return [key for key in keys(event) if key in ALWAYS_LISTED or key.removeprefix(HERO_KEY) in HEROES]

    put(parts.gates, cinematic=cinematic)
    put(parts.effects, keys=known)


@variant("stopped-in-japanese")
def stopped_in_japanese(app: FastAPI) -> None:
    """Refusals are in Japanese, which has no spaces."""
    said = {"detail": "現在ご利用いただけません"}
    edit(app, lambda _, answer: answer.replace(answer.status, said), statuses=range(400, 600))


def _health_time(app: FastAPI, write: Callable[[datetime], Any]) -> None:
    edit_json(app, lambda body: {**body, "timestamp": write(datetime.now(UTC))}, "health")


@variant("health-time-without-offset")
def health_time_without_offset(app: FastAPI) -> None:
    """The timestamp of health is UTC without saying so."""
    _health_time(app, lambda now: now.replace(tzinfo=None).isoformat())


@variant("health-time-as-number")
def health_time_as_number(app: FastAPI) -> None:
    """The timestamp of health is Unix time, in seconds."""
    _health_time(app, lambda now: now.timestamp())
