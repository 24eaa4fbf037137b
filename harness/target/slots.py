"""Connections to the target, lent one call at a time: to the chains of calls first, to broad matrices last."""

import asyncio
import heapq
import itertools

import httpx

from harness.evidence.exchange import breadth


class Slots:
    """Lends connections, the last used one first; who waits is served by `breadth`, then in turn."""

    def __init__(self, connections: list[httpx.AsyncHTTPTransport]) -> None:
        self._free = list(connections)
        self._waiting: list[tuple[int, int, asyncio.Future[httpx.AsyncHTTPTransport]]] = []
        self._turns = itertools.count()

    async def take(self) -> httpx.AsyncHTTPTransport:
        """A connection of one's own, until it is given back."""
        if self._free:
            return self._free.pop()
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
