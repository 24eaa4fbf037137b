"""Variants of connections: header names, lengths, ends, speed."""

import asyncio
import random

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reference.choices import variant

REFUSALS = range(400, 500)


class Around:
    """A layer around the whole application that sees each message on its way out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self.enter(scope)

        async def passing(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self.headers(message["status"], list(message["headers"]))}
            await send(message)

        await self.app(scope, receive, passing)

    async def enter(self, scope: Scope) -> None:
        """Before the request is handled."""

    def headers(self, status: int, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        return headers


class TitleCase(Around):
    def headers(self, status: int, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        return [(name.title(), value) for name, value in headers]


class LowerCase(Around):
    def headers(self, status: int, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        return [(name.lower(), value) for name, value in headers]


class Chunked(Around):
    def headers(self, status: int, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        return [(name, value) for name, value in headers if name.lower() != b"content-length"]


class Closing(Around):
    def headers(self, status: int, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        return [*headers, (b"connection", b"close")]


class ClosingAfterErrors(Around):
    def headers(self, status: int, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        return [*headers, (b"connection", b"close")] if status >= 400 else headers


class Slow(Around):
    async def enter(self, scope: Scope) -> None:
        await asyncio.sleep(0.3)


class Jittery(Around):
    async def enter(self, scope: Scope) -> None:
        await asyncio.sleep(random.expovariate(1 / 0.05))


@variant("title-case-headers")
def title_case_headers(app: FastAPI) -> None:
    """Header names are in title case."""
    app.add_middleware(TitleCase)


@variant("lower-case-headers")
def lower_case_headers(app: FastAPI) -> None:
    """Header names are in lower case."""
    app.add_middleware(LowerCase)


@variant("chunked")
def chunked(app: FastAPI) -> None:
    """Answers do not tell their length."""
    app.add_middleware(Chunked)


@variant("connection-close")
def connection_close(app: FastAPI) -> None:
    """Each answer ends its connection."""
    app.add_middleware(Closing)


@variant("connection-close-after-errors")
def connection_close_after_errors(app: FastAPI) -> None:
    """An answer that is an error ends its connection."""
    app.add_middleware(ClosingAfterErrors)


@variant("slow", environment={"webhook": {"settles_within_s": 3}})
def slow(app: FastAPI) -> None:
    """Each answer takes 300 ms longer."""
    app.add_middleware(Slow)


@variant("jittery", environment={"webhook": {"settles_within_s": 3}})
def jittery(app: FastAPI) -> None:
    """Answers overtake each other."""
    app.add_middleware(Jittery)
