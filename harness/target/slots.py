"""Connections to the target, lent one call at a time: to the chains of calls first, to broad matrices last."""

import asyncio
import heapq
import itertools
from collections.abc import Callable

import httpx

from harness.evidence.exchange import breadth


class Slots:
    """Lends connections, the last used one first; who waits is served by `breadth`, then in turn.

    They are made when they are needed, `number` at most.
    """

    def __init__(self, make: Callable[[], httpx.AsyncHTTPTransport], number: int) -> None:
        self._make, self.number = make, number
        self.made: list[httpx.AsyncHTTPTransport] = []
        self._free: list[httpx.AsyncHTTPTransport] = []
        self._waiting: list[tuple[int, int, asyncio.Future[httpx.AsyncHTTPTransport]]] = []
        self._turns = itertools.count()

    async def take(self) -> httpx.AsyncHTTPTransport:
        """A connection of one's own, until it is given back."""
        if self._free:
            return self._free.pop()
        if len(self.made) < self.number:
            self.made.append(self._make())
            return self.made[-1]
        lent: asyncio.Future[httpx.AsyncHTTPTransport] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (breadth.get(), next(self._turns), lent))
        try:
            return await lent
        except asyncio.CancelledError:
            if lent.done() and not lent.cancelled():
                self.give(lent.result())
            raise

    def give(self, connection: httpx.AsyncHTTPTransport) -> None:
        """Back to whoever waits."""
        while self._waiting:
            _, _, lent = heapq.heappop(self._waiting)
            if not lent.done():
                lent.set_result(connection)
                return
        self._free.append(connection)
