"""What one page of a visit said and asked for, in order."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.evidence.ledger import Ledger
from harness.evidence.secrets import Secrets
from harness.target.fence import SAFE
from harness.web import telemetry
from harness.web.settings import Telemetry
from harness.web.telemetry import Payload

if TYPE_CHECKING:
    from playwright.async_api import ConsoleMessage, Page, Request

MARK = "verifier-mark"  # in the URL of the requests by which a visit waits, which go nowhere
OTHER_HOST = "another host"
GIVEN_UP = "net::ERR_ABORTED"  # by the page itself
ANSWERS_WITHIN_S = 1  # a page that does nothing
# Uncaught: of fetch, axios, fonts.
_NO_ANSWER = "Failed to fetch", "Network Error", "A network error occurred"
# So the browser says it, also of what it then does not ask for, such as a frame.
_IN_THE_CLEAR = "Mixed Content:"
_BEACONS = {"ping", "beacon"}  # nobody waits for their answers


@dataclass
class Call:
    """A request of the page; `status` is None until it is answered, `failure` says why it never was."""

    method: str
    url: str
    token: str | None
    kind: str
    status: int | None = None
    failure: str | None = None
    blocked: str | None = None  # why it was not let through
    is_mixed: bool = False

    def __str__(self) -> str:
        refused = f"not let through: {self.blocked}" if self.blocked else self.failure
        said = None if self.is_bad_answer else refused
        return f"{self.method} {self.url} {said or self.status or 'not answered'}"

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def is_bad_answer(self) -> bool:
        """Whether a server said no, even if the browser then dropped the rest, as of a script."""
        return (self.status or 200) >= 400 and self.status != 401

    @property
    def is_wrong(self) -> bool:
        """Whether it failed, or went in the clear from a page that did not; 401 only says that nobody is signed in."""
        if self.blocked:
            return False
        if self.is_bad_answer:
            return True
        return self.failure != GIVEN_UP and (self.is_mixed or self.failure is not None)


class Tape:
    """Listens to a page from its beginning; without a ledger where nothing that it asks for may write."""

    def __init__(self, page: "Page", settings: Telemetry, known: Secrets, ledger: Ledger | None) -> None:
        self._page, self._settings, self._secrets, self._ledger = page, settings, known, ledger
        self.calls: list[Call] = []
        self.errors: list[str] = []
        self.payloads: list[Payload] = []
        self._said: list[str] = []
        self._open: dict[Request, Call] = {}
        self._reading: set[asyncio.Task[Any]] = set()
        self._was_wrong: asyncio.Task[bool] | None = None  # before the first refusal
        page.on("request", self._asked)
        page.on("requestfinished", self._finished)
        page.on("requestfailed", self._failed)
        page.on("response", lambda response: self._answered(response.request, response.status))
        page.on("pageerror", lambda error: self._broke(str(error)))
        page.on("console", self._heard)

    @property
    def is_busy(self) -> bool:
        """Whether a request is still out, or a line still being read."""
        return bool(self._reading) or any(call.kind not in _BEACONS for call in self._open.values())

    @property
    def lines(self) -> list[str]:
        """All of it for a log, secrets included."""
        return [*self._said, *map(str, self.calls)]

    @property
    def failed(self) -> list[str]:
        """The requests that got no good answer: failed, refused for another reason than a missing login, or unsafe."""
        return [str(call) for call in self.calls if call.is_wrong]

    @property
    def blocked(self) -> list[str]:
        """The requests that were not let through, each with the reason."""
        return [f"{call.method} {call.url}: {call.blocked}" for call in self.calls if call.blocked]

    @property
    def refused(self) -> list[str]:
        """The reasons for which requests to the client's own hosts were not let through."""
        return [call.blocked for call in self.calls if call.blocked and call.blocked != OTHER_HOST]

    @property
    def is_excused(self) -> bool:
        """Whether all that is wrong may come from what was refused: it came later, and no server said it."""
        answered = any(call.is_wrong and call.status for call in self.calls)
        was_wrong = self._was_wrong is not None and self._was_wrong.done() and self._was_wrong.result()
        return bool(self.refused) and not was_wrong and not answered

    @property
    def is_cut_off(self) -> bool:
        """Whether the only errors are those of a page that misses what another host was not asked for."""
        elsewhere = any(call.blocked == OTHER_HOST for call in self.calls)
        missing = bool(self.errors) and all(error.startswith(_NO_ANSWER) for error in self.errors)
        return elsewhere and missing and not self.failed

    def to(self, path: str, since: int = 0) -> list[Call]:
        """The calls whose path ends like that, from the `since`th of all calls on."""
        return [call for call in self.calls[since:] if call.path.endswith(path)]

    async def block(self, request: "Request", why: str) -> None:
        """Note that a request is not let through, before the page hears of it."""
        if request in self._open:
            await self._block(self._open[request], why)

    def give_up(self, request: "Request", why: str) -> None:
        """Note why a request gets no answer, of which the browser will only know that it failed."""
        if request in self._open:
            self._open[request].failure = why

    def lead_away(self, request: "Request") -> None:
        """Note that a request went to another host, which the browser does not reach."""
        if request in self._open:
            self._open[request].blocked = OTHER_HOST

    async def block_socket(self, url: str, why: str) -> None:
        """Note that a WebSocket is not let through, before the page hears of it."""
        call = Call("GET", url, None, "websocket")
        self.calls.append(call)
        await self._block(call, why)

    async def _block(self, call: Call, why: str) -> None:
        call.blocked = why
        if why != OTHER_HOST:
            if self._was_wrong is None:
                self._was_wrong = asyncio.ensure_future(self._find_wrong())
            await self._was_wrong

    async def _find_wrong(self) -> bool:
        """Whether something is wrong by now; an error is told only after the listeners that report it have run."""
        from playwright.async_api import Error

        with suppress(Error, TimeoutError):  # no page any more, or one that waits for this very request
            async with asyncio.timeout(ANSWERS_WITHIN_S):
                await self._page.evaluate("0")
        return bool(self.errors or self.failed)

    def _asked(self, request: "Request") -> None:
        if MARK in request.url:
            return
        _, _, token = request.headers.get("authorization", "").partition(" ")
        if token:
            self._secrets.add_token(token)
        call = Call(request.method, request.url, token or None, request.resource_type)
        call.is_mixed = self._page.url.startswith("https:") and call.url.startswith("http:")
        self._open[request] = call
        self.calls.append(call)
        if call.method not in SAFE and self._ledger is not None:
            self._ledger.record("request", method=call.method, path=call.path)
        if self._settings.via == "request" and telemetry.matches(self._settings.match, call.url):
            body = telemetry.unpacked(request.post_data_buffer or b"").decode("utf-8", "replace")
            self.payloads.append(telemetry.of_request(call.url, body))

    def _answered(self, request: "Request", status: int) -> None:
        if request in self._open:
            self._open[request].status = status

    def _finished(self, request: "Request") -> None:
        self._open.pop(request, None)

    def _failed(self, request: "Request") -> None:
        call = self._open.pop(request, None)
        if call is not None and (call.failure is None or request.failure == GIVEN_UP):
            call.failure = request.failure or "failed"

    def _broke(self, error: str) -> None:
        self.errors.append(error)
        self._said.append(f"uncaught: {error}")

    def _heard(self, message: "ConsoleMessage") -> None:
        self._said.append(f"console {message.type}: {message.text}")
        if message.type == "error" and message.text.startswith(_IN_THE_CLEAR):
            self.errors.append(message.text)
        if self._settings.via == "console" and telemetry.matches(self._settings.match, message.text):
            place = len(self.payloads)
            self.payloads.append(telemetry.of_console(message.text, ()))
            task = asyncio.ensure_future(self._read(message, place))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)

    async def _read(self, message: "ConsoleMessage", place: int) -> None:
        given = [await argument.json_value() for argument in message.args]
        self.payloads[place] = telemetry.of_console(message.text, given)
