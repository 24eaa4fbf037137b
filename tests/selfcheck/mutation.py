"""Generic mutation of answers: a proxy before the target changes one kind of answer in one way.

A kind is a call of the contract with the class of its status ("snapshot 2xx"). The operators are the usual ones of
response mutation: they know nothing of the contract.
"""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Any

from harness.paths import Paths


@dataclass(frozen=True)
class Answer:
    """An HTTP answer on its way through the proxy."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def with_body(self, body: bytes) -> "Answer":
        return Answer(self.status, self.headers, body)

    def with_json(self, value: Any) -> "Answer":
        return self.with_body(json.dumps(value).encode())


Operator = Callable[[Answer], Answer]


@dataclass(frozen=True)
class Mutant:
    """One operator on one kind of answer: `call` of [paths], `family` 2 or 4 (the status's first digit)."""

    call: str
    family: int
    operator: str
    apply: Operator

    @property
    def name(self) -> str:
        return f"{self.call}-{self.family}xx-{self.operator}"


def _status(to: int) -> Operator:
    return lambda answer: Answer(to, answer.headers, answer.body)


def _header(name: str, value: str | None) -> Operator:
    def change(answer: Answer) -> Answer:
        kept = tuple(pair for pair in answer.headers if pair[0].lower() != name)
        return Answer(answer.status, kept if value is None else (*kept, (name, value)), answer.body)

    return change


def _duplicated_key(answer: Answer) -> Answer:
    """The first key a second time, with another value: the last one counts."""
    value = json.loads(answer.body)
    key = json.dumps(next(iter(value)))
    return answer.with_body(answer.body.rstrip()[:-1] + b"," + key.encode() + b":0}")


def _at(path: tuple[str, ...], change: Callable[[dict[str, Any], str], None]) -> Operator:
    def mutate(answer: Answer) -> Answer:
        value = json.loads(answer.body)
        parent = value
        for key in path[:-1]:
            parent = parent[key]
        change(parent, path[-1])
        return answer.with_json(value)

    return mutate


def _retyped(parent: dict[str, Any], key: str) -> None:
    value = parent[key]
    parent[key] = {bool: "yes", int: str(value), str: 7, dict: [], list: {}}.get(type(value), "something")


def _nulled(parent: dict[str, Any], key: str) -> None:
    parent[key] = None


def _removed(parent: dict[str, Any], key: str) -> None:
    del parent[key]


def _emptied(parent: dict[str, Any], key: str) -> None:
    if not isinstance(parent[key], dict | list):
        raise TypeError(key)
    parent[key] = type(parent[key])()


def _reordered(parent: dict[str, Any], key: str) -> None:
    value = parent[key]
    if not isinstance(value, dict | list) or len(value) < 2:
        raise TypeError(key)
    parent[key] = dict(reversed(value.items())) if isinstance(value, dict) else value[::-1]


WHOLE: dict[str, Operator] = {
    "500": _status(500),
    "empty": lambda answer: answer.with_body(b""),
    "truncated": lambda answer: answer.with_body(answer.body[: len(answer.body) // 2]),
    "array": lambda answer: answer.with_body(b"[" + answer.body + b"]"),
    "duplicated-key": _duplicated_key,
    "html": _header("content-type", "text/html"),
    "without-content-type": _header("content-type", None),
}
OTHER_FAMILY = {2: {"403": _status(403), "204": _status(204)}, 4: {"200": _status(200), "302": _status(302)}}
PARTS = {"removed": _removed, "null": _nulled, "retyped": _retyped}
# Of what holds other values; JSON arrays stand in the answers of this contract as the `detail` of refusals alone.
HOLDERS = {"emptied": _emptied, "reordered": _reordered}
HOLDING = {"user", "flags", "entitlements", "entitlements_snapshot"}
ENTRY = ("key", "status", "granted_at", "expires_at", "transaction_id", "product_id", "reason")
# What the contract says a good answer holds, by call.
FIELDS: dict[str, list[tuple[str, ...]]] = {
    "health": [("status",), ("server_dev_mode",), ("timestamp",), ("version",)],
    "features": [("version",), ("ttlSeconds",), ("flags",), ("flags", "PURCHASES_ENABLED")],
    "register": [("user",), ("token",), ("message",)],
    "login": [("user",), ("token",), ("message",)],
    "verify": [("valid",), ("user",)],
    "logout": [],
    "snapshot": [
        ("server_time",),
        ("version",),
        ("username",),
        ("entitlements",),
        ("ttl_seconds",),
        ("source",),
        *(("entitlements", "PREMIUM", field) for field in ENTRY),
    ],
    "cinematic_access": [("access",), ("hero_id",)],
    "cinematic_url": [("hero_id",), ("video_url",), ("expires_in",)],
    "claim": [],
    "verify_purchase": [("success",), ("entitlements_snapshot",), ("message",)],
    "webhook": [],
}
REFUSING = ("register", "login", "verify", "snapshot", "cinematic_access", "cinematic_url", "claim")


def mutants() -> Iterator[Mutant]:
    """Every operator on every kind of answer that it makes sense for."""
    for call, fields in FIELDS.items():
        for name, operator in (WHOLE | OTHER_FAMILY[2]).items():
            yield Mutant(call, 2, name, operator)
        for path in fields:
            for name, change in (PARTS | HOLDERS if path[-1] in HOLDING else PARTS).items():
                yield Mutant(call, 2, f"{'.'.join(path)}-{name}", _at(path, change))
    for call in (*REFUSING, "verify_purchase", "webhook"):
        for name, operator in (WHOLE | OTHER_FAMILY[4]).items():
            yield Mutant(call, 4, name, operator)
        for name, change in (PARTS | HOLDERS).items():
            yield Mutant(call, 4, f"detail-{name}", _at(("detail",), change))


class Proxy:
    """Listens on a free port of its own, forwards to `target`, and lets `mutant` change what matches."""

    def __init__(self, target: str) -> None:
        self._host, _, port = target.removeprefix("http://").partition(":")
        self._port = int(port)
        self.mutant: Mutant | None = None
        self.applied = 0
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        starting = asyncio.start_server(self._talk, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result()
        self.origin = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onwards, back = await asyncio.open_connection(self._host, self._port)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head, body = await _message(reader)
                back.write(head + body)
                path = head.split(b" ", 2)[1]
                answer = _parsed(*await _message(onwards))
                writer.write(_rendered(self._changed(path.decode(), answer)))
                await writer.drain()
        back.close()
        writer.close()

    def _changed(self, path: str, answer: Answer) -> Answer:
        mutant = self.mutant
        if mutant is None or answer.status // 100 != mutant.family or not _is_call(mutant.call, path):
            return answer
        try:
            changed = mutant.apply(answer)
        except (ValueError, KeyError, TypeError, AttributeError):
            return answer  # not that kind of body
        self.applied += changed != answer
        return changed


def _is_call(call: str, path: str) -> bool:
    template = getattr(Paths(), f"{call}_" if call == "register" else call)
    pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape("/api" + template))
    return re.fullmatch(pattern, path.partition("?")[0]) is not None


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    found = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return head, await reader.readexactly(int(found[1])) if found else b""


def _parsed(head: bytes, body: bytes) -> Answer:
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    headers = tuple((name, value) for name, value in (line.split(": ", 1) for line in lines))
    return Answer(int(first.split(" ")[1]), headers, body)


def _rendered(answer: Answer) -> bytes:
    headers = [(name, value) for name, value in answer.headers if name.lower() != "content-length"]
    body = b"" if answer.status in (204, 304) else answer.body
    if answer.status not in (204, 304):
        headers.append(("content-length", str(len(body))))
    lines = [f"HTTP/1.1 {answer.status} Changed", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
