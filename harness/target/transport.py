"""The one way to the target: time-outs, read-only fence, rate limit, connection retry, body-size cap.

It stands on httpx's transports, below its client: no cookies are kept, no redirect is followed, and no proxy or
credentials come from the machine.
"""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic

import httpx

from harness.environment import Environment
from harness.errors import ConfigError, Gone, NoAnswer, Unprovable
from harness.evidence.exchange import Exchange, exchanged, now, stories
from harness.evidence.ledger import Ledger
from harness.evidence.secrets import Secrets
from harness.target.body import bounded
from harness.target.canary import Canary
from harness.target.causes import cause
from harness.target.fence import Fence, may_write
from harness.target.pulse import Pulse
from harness.target.slots import Slots

MAX_BODY = 4 * 1024 * 1024  # bytes of an answer that are kept
THROTTLED_RETRIES = 3  # after 429, waiting as Retry-After says
LONGEST_WAIT_S = 5.0


class Transport:
    """Sends requests and returns exchanges; raises NoAnswer, or Unprovable where the fence refuses."""

    def __init__(
        self,
        environment: Environment,
        ledger: Ledger,
        known: Secrets | None = None,
        canary: Canary | None = None,
    ) -> None:
        access, target = environment.file.access, environment.file.target
        self._ledger = ledger
        self.known = known or Secrets()  # what an answer hands out becomes one of them
        self._fence, self._timeout_s = Fence(environment), access.timeout_s
        self._interval_s = 1 / access.requests_per_second if access.requests_per_second else 0.0
        self._next_at = 0.0
        self._tls = _tls(target.verify_tls, target.ca_file, f"{environment.path}: target.ca_file")
        self._open(access.max_concurrency)
        self.retries = 0
        self._canary = canary
        self._pulse: Pulse | None = None

    async def send(
        self,
        method: str,
        url: httpx.URL,
        headers: Mapping[str, str],
        content: bytes = b"",
        *,
        harmless: bool = False,
        timeout_s: float | None = None,
        note: str = "",
    ) -> Exchange:
        """One exchange; `note` says what it is about.

        `harmless`: allowed on a read-only target although its method is not a safe one.
        """
        if self.gone is not None:
            raise self.gone
        self._fence.pass_(method, url, harmless=harmless)
        if may_write(method, url) and not harmless:
            self._ledger.record("request", method=method, path=url.path)
        headers = self._canary.added(headers, url) if self._canary else headers
        request = httpx.Request(
            method, url, headers=headers, content=content or None, extensions={"note": note}
        )
        timeout_s = timeout_s or self._timeout_s
        connection = await self._slots.take()
        try:
            exchange = await self._exchange(connection, request, content, timeout_s)
            # "Too many requests" says nothing about the product. The connection is kept: others wait as well.
            for _ in range(THROTTLED_RETRIES):
                if exchange.response.status_code != 429:
                    break
                self.retries += 1
                await asyncio.sleep(_patience(exchange.response))
                exchange = await self._exchange(connection, request, content, timeout_s)
            if exchange.response.status_code == 429:
                raise Unprovable(
                    f"{method} {url.path} is still throttled",
                    "run again later, or set access.requests_per_second",
                )
            return exchange
        finally:
            self._slots.give(connection)

    async def _exchange(
        self,
        connection: httpx.AsyncHTTPTransport,
        request: httpx.Request,
        content: bytes,
        timeout_s: float,
    ) -> Exchange:
        try:
            return await self._attempt(connection, request, content, timeout_s, 1)
        except httpx.TransportError:
            # A server may drop the connection right after a 500 (contract, section 1): once more, on a new one.
            self.retries += 1
            try:
                return await self._attempt(connection, request, content, timeout_s, 2)
            except httpx.TransportError as error:
                why = cause(error, request.url.host)
                await self._feel(request, why)
                raise NoAnswer(f"{request.method} {request.url.path} got no answer, twice: {why}") from None

    async def _attempt(
        self,
        connection: httpx.AsyncHTTPTransport,
        request: httpx.Request,
        content: bytes,
        timeout_s: float,
        attempts: int,
    ) -> Exchange:
        await self._pace()
        started, clock = now(), monotonic()
        try:
            async with asyncio.timeout(timeout_s) as limit:
                with self._watched(limit):
                    response = await connection.handle_async_request(request)
                    try:
                        body, truncated = await bounded(response, MAX_BODY)
                    finally:
                        await response.aclose()
        except TimeoutError:
            path, why = request.url.path, f"got no complete answer within {timeout_s:g} s"
            await self._feel(request, why)
            raise NoAnswer(f"{request.method} {path} {why}") from None
        elapsed = timedelta(seconds=monotonic() - clock)
        told = stories.get()
        exchange = Exchange(
            method=request.method,
            url=request.url,
            sent_headers=tuple(request.headers.multi_items()),
            sent_body=content,
            response=response,
            content=body,
            started=started,
            elapsed=elapsed,
            attempts=attempts,
            truncated=truncated,
            note=request.extensions["note"],
            story=told if told is not None else [],
        )
        exchange.story.append(exchange)
        if (all_of_probe := exchanged.get()) is not None:
            all_of_probe.append(exchange)
        return exchange

    def watch(self, health: httpx.URL) -> None:
        """From now on a request that gets no answer raises Gone where `health` gives none either."""
        more = self._canary.headers(health) if self._canary else {}
        asking = httpx.Request("GET", health, headers=more)
        self._pulse = Pulse(lambda: _connection(self._tls), asking, self._timeout_s)

    @property
    def gone(self) -> Gone | None:
        """The target as it is no more."""
        return self._pulse.gone if self._pulse is not None else None

    async def _feel(self, request: httpx.Request, why: str) -> None:
        if self._pulse is not None:
            await self._pulse.feel(request, why)

    @contextmanager
    def _watched(self, limit: asyncio.Timeout) -> Iterator[None]:
        pulse = self._pulse
        if pulse is not None:
            pulse.under_way(limit)
        try:
            yield
        finally:
            if pulse is not None:
                pulse.ended(limit)

    async def _pace(self) -> None:
        if self._interval_s:
            self._next_at = max(monotonic(), self._next_at + self._interval_s)
            await asyncio.sleep(self._next_at - monotonic())

    def _open(self, number: int) -> None:
        # One connection each: a pool of connections costs more time than it saves here.
        self._slots = Slots(lambda: _connection(self._tls), number)

    async def reopen(self) -> None:
        """Go on with new connections: after a request that was cancelled, an old one may never be free again."""
        await self.close()
        self._open(self._slots.number)

    async def close(self) -> None:
        """Close all connections."""
        for connection in self._slots.made:
            await connection.aclose()


def _patience(response: httpx.Response) -> float:
    """How long a throttled request waits: as long as the answer says in seconds, within bounds."""
    said = response.headers.get("Retry-After", "")
    return min(float(said), LONGEST_WAIT_S) if said.isascii() and said.isdigit() else 1.0


def _connection(tls: ssl.SSLContext) -> httpx.AsyncHTTPTransport:
    # Idle for longer than that, a server may close it just when it is used again.
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=4)
    return httpx.AsyncHTTPTransport(verify=tls, trust_env=False, limits=limits)


def _tls(verify: bool, ca_file: str | None, where: str) -> ssl.SSLContext:
    if not verify or ca_file is None:
        return httpx.create_ssl_context(verify=verify, trust_env=False)
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (ssl.SSLError, OSError) as error:
        raise ConfigError(where, f"not a usable certificate file ({error})", "name a PEM file") from None
