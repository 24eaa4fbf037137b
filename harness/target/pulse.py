"""Whether the target still answers at all: asked when a request got no answer, before that is held against it."""

import asyncio
from collections.abc import Callable
from time import monotonic

import httpx

from harness.errors import Gone
from harness.evidence.exchange import now

PAUSE_S = 0.1


class Pulse:
    """Asks `health` for a sign of life, for `patience_s`; whoever asks meanwhile waits for the same answer."""

    def __init__(
        self, connect: Callable[[], httpx.AsyncHTTPTransport], health: httpx.Request, patience_s: float
    ) -> None:
        self._connect, self._health, self._patience_s = connect, health, patience_s
        self._asking: asyncio.Task[bool] | None = None
        self.gone: Gone | None = None
        self._out: set[asyncio.Timeout] = set()

    def under_way(self, limit: asyncio.Timeout) -> None:
        """Remember a request: its time is over when the target turns out to be gone."""
        self._out.add(limit)

    def ended(self, limit: asyncio.Timeout) -> None:
        """Forget it."""
        self._out.discard(limit)

    async def feel(self, request: httpx.Request, why: str) -> None:
        """Raises Gone where the target answers nothing any more, as `request` got no answer for the reason `why`."""
        if (request.url.host, request.url.port) != (self._health.url.host, self._health.url.port):
            return  # of another deployment
        if self.gone is None:
            if self._asking is None:
                self._asking = asyncio.create_task(self._answers())
            asking = self._asking
            alive = await asyncio.shield(asking)
            self._asking = None if self._asking is asking else self._asking
            if not alive and self.gone is None:
                asked = f"asked {request.method} {request.url.path}, {why}"
                self.gone = Gone(
                    f"the target stopped answering at {now():%H:%M:%S} UTC ({asked})",
                    "look at the deployment, and run again",
                )
                for limit in [limit for limit in self._out if not limit.expired()]:
                    limit.reschedule(asyncio.get_running_loop().time())
        if self.gone is not None:
            raise self.gone

    async def _answers(self) -> bool:
        """Whether health gives an answer, whatever it is, before the patience is over."""
        over = monotonic() + self._patience_s
        connection = self._connect()
        try:
            while monotonic() < over:
                try:
                    async with asyncio.timeout(over - monotonic()):
                        response = await connection.handle_async_request(self._health)
                        await response.aclose()
                        return True
                except (httpx.TransportError, TimeoutError):
                    await asyncio.sleep(min(PAUSE_S, max(0, over - monotonic())))
            return False
        finally:
            await connection.aclose()
