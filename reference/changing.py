"""The tools that faults and variants are made with: another method, an edited answer, another published document."""

import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# How the path of each call ends.
CALLS = {
    "register": r"POST .*/user/register",
    "login": r"POST .*/auth/login",
    "verify": r"GET .*/auth/verify",
    "logout": r"POST .*/auth/logout",
    "snapshot": r"GET .*/entitlements/snapshot",
    "access": r"GET .*/hero/[^/]*/cinematic/access",
    "url": r"GET .*/hero/[^/]*/cinematic/url",
    "claim": r"POST .*/battle-pass/[^/]*/claim/[^/]*/[^/]*",
    "purchase": r"POST .*/purchases/verify",
    "webhook": r"POST .*/webhooks/revenuecat",
    "health": r"GET .*/health",
    "features": r"GET .*/v1/features",
}


def put(part: object, **replacements: Any) -> None:
    """Replaces methods or settings of a part; raises AttributeError for one that it does not have."""
    for name, replacement in replacements.items():
        getattr(part, name)
        setattr(part, name, replacement)


def is_call(request: Request, *names: str) -> bool:
    """Whether a request is one of these calls."""
    asked = f"{request.method} {request.url.path}"
    return any(re.fullmatch(CALLS[name], asked) for name in names)


@dataclass
class Answer:
    """An answer on its way out. Whoever edits it may replace anything in it.

    `sent`: the body of the request, as far as it was read.
    """

    status: int
    headers: MutableHeaders
    body: bytes
    sent: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @json.setter
    def json(self, value: Any) -> None:
        self.body = json.dumps(value).encode()
        self.headers["Content-Type"] = "application/json"

    def replace(self, status: int, value: Any) -> None:
        self.status, self.json = status, value


Edit = Callable[[Request, Answer], None]


def edit(app: FastAPI, change: Edit, *calls: str, statuses: range = range(100, 600)) -> None:
    """Lets `change` edit each answer of these calls (default: of all) with one of these statuses."""

    def selected(request: Request, answer: Answer) -> None:
        if answer.status in statuses and (not calls or is_call(request, *calls)):
            change(request, answer)

    app.add_middleware(_Editing, change=selected)


def edit_json(
    app: FastAPI, change: Callable[[Any], Any], *calls: str, statuses: range = range(200, 300)
) -> None:
    """Edits the JSON body of each good answer of these calls; `change` returns the new one."""

    def edited(request: Request, answer: Answer) -> None:
        if answer.headers.get("Content-Type", "").startswith("application/json"):
            answer.json = change(answer.json)

    edit(app, edited, *calls, statuses=statuses)


def without(*names: str) -> Callable[[Any], Any]:
    """Removes these fields from an object."""
    return lambda body: {key: value for key, value in body.items() if key not in names}


def republish(app: FastAPI, change: Callable[[dict[str, Any]], None]) -> None:
    """Edits what /openapi.json says of the deployment, and nothing else; `change` edits it in place."""
    publish = app.openapi

    def changed() -> dict[str, Any]:
        document = copy.deepcopy(publish())  # FastAPI keeps its own
        change(document)
        return document

    app.openapi = changed


class _Editing:
    def __init__(self, app: ASGIApp, change: Edit) -> None:
        self.app = app
        self.change = change

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start: Message = {}
        sent: list[bytes] = []
        chunks: list[bytes] = []

        async def listen() -> Message:
            message = await receive()
            sent.append(message.get("body", b""))
            return message

        async def hold(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            chunks.append(message.get("body", b""))
            if message.get("more_body"):
                return
            headers = MutableHeaders(raw=list(start["headers"]))
            answer = Answer(start["status"], headers, b"".join(chunks), b"".join(sent))
            self.change(Request(scope), answer)
            answer.headers["Content-Length"] = str(len(answer.body))
            if answer.status in (204, 304):
                del answer.headers["Content-Length"]
            await send({**start, "status": answer.status, "headers": answer.headers.raw})
            await send({"type": "http.response.body", "body": answer.body})

        await self.app(scope, listen, hold)
