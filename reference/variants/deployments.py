"""Variants of the deployment: where it lives, its accounts, throttling, its log."""

import json
import logging
import re
import time
from collections import deque
from typing import Any

from fastapi import FastAPI
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from reference.app import Parts
from reference.changing import republish
from reference.choices import variant


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
