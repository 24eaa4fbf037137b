"""What becomes of a page's requests, where that is not left to the target."""

import json
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from harness.paths import Paths
from harness.target.canary import Canary
from harness.web.tape import MARK

if TYPE_CHECKING:
    from playwright.async_api import APIResponse, Page, Route

_OUTSIDE = re.compile(rf"^(?!data:|blob:|about:)(?!.*{re.escape(MARK)})")


class Network:
    """That of one page; everything is as usual again at the end of each block.

    `canary`: what requests to the target carry besides.
    """

    def __init__(
        self, page: "Page", api: re.Pattern[str], paths: Paths, canary: Canary | None = None
    ) -> None:
        self._page, self._api, self._paths, self._canary = page, api, paths, canary

    @asynccontextmanager
    async def gone(self) -> AsyncIterator[None]:
        """There is none, for all tabs."""
        context = self._page.context

        async def lose(route: "Route") -> None:
            await route.abort("internetdisconnected")

        await context.set_offline(True)
        await context.route(_OUTSIDE, lose)  # what the gate fetches for a page does not know of it
        try:
            yield
        finally:
            await context.unroute(_OUTSIDE, lose)
            await context.set_offline(False)

    @asynccontextmanager
    async def answering(self, status: int) -> AsyncIterator[None]:
        """Every call of the API is answered with that status, and reaches nobody."""

        async def answer(route: "Route") -> None:
            # "*" is not enough for what comes with cookies.
            origin = await route.request.header_value("origin")
            headers = {
                "Access-Control-Allow-Origin": origin or "*",
                "Access-Control-Allow-Credentials": "true",
            }
            await route.fulfill(status=status, json={"detail": "Try again later"}, headers=headers)

        async with self._intercepted(self._api, answer):
            yield

    @asynccontextmanager
    async def snapshots(self, change: Callable[[dict[str, Any]], None]) -> AsyncIterator[None]:
        """Snapshots are changed, in place, on their way to the page."""

        async def answer(route: "Route") -> None:
            answered = await self._fetched(route)
            try:
                body = json.loads(await answered.text())
                change(body)
            except (ValueError, KeyError, TypeError):  # no snapshot: not ours to judge
                await route.fulfill(response=answered)
            else:
                await route.fulfill(response=answered, json=body)

        async with self._intercepted(
            lambda url: url.partition("?")[0].endswith(self._paths.snapshot), answer
        ):
            yield

    async def _fetched(self, route: "Route") -> "APIResponse":
        if self._canary is None:
            return await route.fetch()
        headers = self._canary.added(route.request.headers, route.request.url)
        return await route.fetch(headers=headers, max_redirects=0)  # it must not go along to another host

    @asynccontextmanager
    async def _intercepted(
        self,
        matches: re.Pattern[str] | Callable[[str], bool],
        answer: Callable[["Route"], Coroutine[Any, Any, None]],
    ) -> AsyncIterator[None]:
        await self._page.route(matches, answer)
        try:
            yield
        finally:
            await self._page.unroute(matches, answer)
