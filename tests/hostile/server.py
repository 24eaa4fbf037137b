"""A server of raw sockets: what it says to a request is a generator of bytes, so that it can break every rule."""

import base64
import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

HEALTH, SNAPSHOT = "/api/health", "/api/entitlements/snapshot"
SIGNED_BY_NOBODY = ("eyJhbGciOiJIUzI1NiJ9.", ".c2lnbmF0dXJl")  # what stands around the claims of a token
KEYS = ("PREMIUM", "PREMIUM_CINEMATICS_PACK", "NO_ADS", "STARTER_PACK")
NOTHING = dict.fromkeys(("granted_at", "expires_at", "transaction_id", "product_id", "reason"))


class End(Enum):
    """How a connection may end."""

    CLOSE = "properly"
    RESET = "with what is under way lost"
    HALF = "for the sender alone: what the client says is still taken"


@dataclass(frozen=True)
class Asked:
    """A request, as far as it matters here."""

    method: str
    path: str
    head: str
    body: bytes
    origin: str

    @property
    def player(self) -> str:
        """Whose token came with it; else the player that it asks a token for."""
        claims = re.search(r"Bearer [^.]*\.([^.]*)\.", self.head)
        said = base64.urlsafe_b64decode(claims[1] + "==") if claims else self.body
        return str(json.loads(said or "{}").get("username", "nobody"))


# Bytes are sent, a number is waited for in seconds; a generator that comes to its end leaves the connection open.
Behaviour = Callable[[Asked], Iterator[bytes | float | End]]


def head(status: str = "200 OK", *headers: str, kind: str = "application/json") -> bytes:
    """The head of an answer."""
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {kind}", *headers, "", ""]).encode("latin-1")


def answer(body: Any, status: str = "200 OK", *headers: str, kind: str = "application/json") -> bytes:
    """A proper answer; `body` is bytes, or becomes JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return head(status, f"Content-Length: {len(content)}", *headers, kind=kind) + content


def truth(asked: Asked) -> Any:
    """The body with which a target that keeps its promises answers."""
    now = datetime.now(UTC).isoformat()
    if asked.path == HEALTH:
        return {"status": "healthy", "server_dev_mode": False, "timestamp": now, "version": "1.0.0"}
    entitlements = {key: {"key": key, "status": "not_owned", **NOTHING} for key in KEYS}
    who = {"username": asked.player, "version": 1, "source": "server"}
    return {"server_time": now, "entitlements": entitlements, "ttl_seconds": 300, **who}


def honest(asked: Asked) -> Iterator[bytes]:
    """Health, accounts and a snapshot, each as promised; nothing else is there."""
    if asked.path in ("/api/user/register", "/api/auth/login"):
        claims = json.dumps({"sub": asked.player, "username": asked.player}).encode()
        token = base64.urlsafe_b64encode(claims).decode().rstrip("=").join(SIGNED_BY_NOBODY)
        yield answer({"user": {"username": asked.player}, "token": token, "message": "Welcome"})
    elif asked.path in (HEALTH, SNAPSHOT):
        yield answer(truth(asked))
    else:
        yield answer({"detail": "no such route"}, "404 Not Found")


class Hostile:
    """Listens on a free port of loopback until it is closed; `behave` wherever `there(path)`, else honest."""

    def __init__(self, behave: Behaviour, there: Callable[[str], bool] = lambda path: True) -> None:
        self._behave, self._there = behave, there
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.origin = "http://{}:{}".format(*self._listener.getsockname())
        self.seen: list[Asked] = []
        self._over = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads = [self._thread(self._accept)]

    def __enter__(self) -> "Hostile":
        return self

    def die(self) -> None:
        """Drop every connection, and take no other one."""
        self._over.set()
        for connection in [self._listener, *self._open]:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def __exit__(self, *_: Any) -> None:
        self.die()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive(), "a connection of the hostile server does not end"

    def _thread(self, work: Callable[..., None], *arguments: Any) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        thread.start()
        return thread

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(connection)
            self._threads.append(self._thread(self._serve, connection))

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            while not self._over.is_set() and (asked := self._asked(connection)) is not None:
                self.seen.append(asked)
                behave = self._behave if self._there(asked.path) else honest
                if not all(self._do(connection, step) for step in behave(asked)):
                    break
        self._open.discard(connection)

    def _asked(self, connection: socket.socket) -> Asked | None:
        """The next request; one without a method where it is not HTTP. None: the client has gone."""
        got = b""
        while b"\r\n\r\n" not in got:
            more = connection.recv(65536)
            if not more:
                return None
            got += more
            if got[0] == 22:  # a TLS handshake
                return Asked("", "", "", b"", self.origin)
        text, _, body = got.partition(b"\r\n\r\n")
        method, path, *_ = text.decode("latin-1").split(" ")
        announced = [line for line in text.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        missing = int(announced[0].partition(b":")[2]) - len(body) if announced else 0
        while missing > 0:
            more = connection.recv(missing)
            body, missing = body + more, missing - len(more) if more else 0
        return Asked(method, path, text.decode("latin-1"), body, self.origin)

    def _do(self, connection: socket.socket, step: bytes | float | End) -> bool:
        """Do one step of a behaviour; whether there may be another one."""
        match step:
            case bytes():
                connection.sendall(step)
            case End.RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            case End.HALF:
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
                return False
            case End.CLOSE:
                return False
            case _:
                return not self._over.wait(step)
        return True
