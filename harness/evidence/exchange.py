"""One request and its answer, recorded.

A test that reads an answer makes that exchange its evidence: `witnessed()` collects what was read, and a failure
shows it. Nothing is redacted here; whatever leaves the process passes through `Secrets.scrub`.
"""

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx

from harness.errors import PromiseBroken


class Titled(Protocol):
    """A step of a story."""

    @property
    def title(self) -> str: ...


class Evidence(Titled, Protocol):
    """What a failure shows: an exchange, or a scene in a browser."""

    @property
    def started(self) -> datetime: ...
    @property
    def attempts(self) -> int: ...
    @property
    def story(self) -> Sequence[Any]: ...
    def show(self, scrub: Callable[[str], str]) -> str: ...
    def curl(self, scrub: Callable[[str], str]) -> str: ...


_witness: ContextVar[list[Evidence] | None] = ContextVar("witness", default=None)
# The exchanges of the probe at work, in order.
stories: ContextVar[list["Exchange"] | None] = ContextVar("stories", default=None)
# How many calls are made beside this one on purpose: a matrix of cases can wait, a chain of calls cannot.
breadth: ContextVar[int] = ContextVar("breadth", default=1)
# All of them, those of its branches too: for --timeline.
exchanged: ContextVar[list["Exchange"] | None] = ContextVar("exchanged", default=None)
_SHOWN = 1000  # characters of a body in a message; an event of a webhook has fewer
_PLUMBING = {"host", "accept", "accept-encoding", "connection", "user-agent", "content-length"}


@contextmanager
def witnessed() -> Iterator[list[Evidence]]:
    """The evidence that is read inside the block, in the order of first reading."""
    seen: list[Evidence] = []
    token = _witness.set(seen)
    try:
        yield seen
    finally:
        _witness.reset(token)


def witness(evidence: Evidence) -> None:
    """Make that the evidence of the test that reads it."""
    seen = _witness.get()
    if seen is not None and evidence not in seen:
        seen.append(evidence)


@dataclass(frozen=True, eq=False, repr=False)
class Exchange:
    """A request (method, url, headers, body) and its answer (status, headers, body), with its timing.

    `story`: the exchanges of the same probe, in order. `attempts`: 2 when a connection error was retried.
    `note`: what the request is about, for a reader.
    """

    method: str
    url: httpx.URL
    sent_headers: tuple[tuple[str, str], ...]
    sent_body: bytes
    response: httpx.Response = field(repr=False)
    content: bytes
    started: datetime
    elapsed: timedelta
    attempts: int = 1
    truncated: bool = False
    note: str = ""
    story: list["Exchange"] = field(default_factory=list)

    def _read(self) -> httpx.Response:
        witness(self)
        return self.response

    @property
    def status(self) -> int:
        """The HTTP status code."""
        return self._read().status_code

    @property
    def headers(self) -> httpx.Headers:
        """The answer's headers, by case-insensitive name."""
        return self._read().headers

    @property
    def text(self) -> str:
        """The answer's body; bytes that are not UTF-8 show as replacement characters."""
        self._read()
        return self.content.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The answer's body as JSON; raises PromiseBroken where it is none (contract, section 1).

        It has to be announced as JSON, too: a client may go by that.
        """
        kind = self.headers.get("Content-Type", "(none)")
        if "json" not in kind.lower():
            raise PromiseBroken(f"{self.title}: promised JSON, and its content type is {kind}", self)
        try:
            return json.loads(self.text, parse_constant=_not_json)
        except (ValueError, RecursionError) as error:
            raise PromiseBroken(f"{self.title}: promised JSON, and this is none ({error})", self) from None

    @property
    def sent_json(self) -> Any:
        """The request's body as JSON."""
        return json.loads(self.sent_body)

    def field(self, *path: str | int) -> Any:
        """The value at `path` in the JSON body; raises PromiseBroken where the answer has none."""
        value = self.json
        for depth, key in enumerate(path):
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                where = ".".join(map(str, path[: depth + 1]))
                raise PromiseBroken(
                    f"{self.title}: promised `{where}`, and the answer has none", self
                ) from None
        return value

    def expect(self, *statuses: int, owner: str | None = None) -> "Exchange":
        """Itself, if the status is one of `statuses`; raises PromiseBroken (of `owner`'s) otherwise."""
        if self.status not in statuses:
            wanted = " or ".join(map(str, statuses))
            raise PromiseBroken(f"{self.title}: promised {wanted}", self, owner)
        return self

    def time(self, *path: str) -> datetime:
        """The time at `path`: ISO 8601 with an offset; raises PromiseBroken for anything else."""
        text = self.field(*path)
        try:
            moment = datetime.fromisoformat(text)
        except (TypeError, ValueError):
            raise PromiseBroken(
                f"{self.title}: `{'.'.join(path)}` is no ISO 8601 time: {text!r}", self
            ) from None
        if moment.tzinfo is None:
            raise PromiseBroken(f"{self.title}: `{'.'.join(path)}` has no offset: {text!r}", self)
        return moment

    def clock_skew(self, *path: str) -> timedelta:
        """How far the target's time at `path` is ahead of ours, at the request's midpoint."""
        return self.time(*path) - (self.started + self.elapsed / 2)

    @property
    def title(self) -> str:
        """`GET /api/health answered 200`, or with a note `POST /api/x (RENEWAL) answered 200`."""
        note = f" ({self.note})" if self.note else ""
        return f"{self.method} {self.url.path}{note} answered {self.response.status_code}"

    def __repr__(self) -> str:
        return f"<{self.title}>"

    def curl(self, scrub: Callable[[str], str]) -> str:
        """The request as a shell command, without secrets; of a long body, the beginning."""
        parts = ["curl", "-i", "-X", self.method]
        for name, value in self.sent_headers:
            if name.lower() not in _PLUMBING:
                parts += ["-H", scrub(f"{name}: {value}")]
        if self.sent_body:
            parts += ["--data-raw", _shorten(scrub(self.sent_body.decode("utf-8", "replace")))]
        return shlex.join([*parts, scrub(str(self.url))])

    def show(self, scrub: Callable[[str], str]) -> str:
        """The answer for a reader, without secrets: status line, time, body."""
        cut = ", cut off" if self.truncated else ""
        milliseconds = self.elapsed / timedelta(milliseconds=1)
        # Scrubbed before it is cut: half a secret is not recognised.
        body = _shorten(scrub(self.content.decode("utf-8", "replace"))) or "(empty body)"
        return f"{self.title} in {milliseconds:.0f} ms{cut}\n{body}"


def now() -> datetime:
    """This moment, as UTC with an offset."""
    return datetime.now(UTC)


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"


def _not_json(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
