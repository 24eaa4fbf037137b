"""What may leave a page; where the target may not be written to, its fence decides about every call of the API.

There the browser has no network. What may leave is fetched for it, one request at a time, so that nothing depends on
a list of the ways in which a page can send: the beacon of a page that closes, or a shared worker, leads nowhere.
"""

import html
import posixpath
import re
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from harness.environment import Environment
from harness.errors import Unprovable
from harness.target.canary import Canary
from harness.target.fence import SAFE, Fence, may_write
from harness.web import telemetry
from harness.web.places import of_the_api
from harness.web.settings import Web
from harness.web.tape import MARK, OTHER_HOST, Tape

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Request, Route, WebSocket, WebSocketRoute

WITHIN_MS = 30_000  # for one answer
MOVES = 10  # redirects that are followed
NOWHERE = "net::ERR_NAME_NOT_RESOLVED"
NO_HOST = "MAP * ~NOTFOUND"
# No datagrams to an address in digits, for which nobody resolves a name.
NO_DATAGRAMS = "--force-webrtc-ip-handling-policy=disable_non_proxied_udp"


class Gate:
    """That of all pages. `base`: where the client is; `hosts`: what belongs to it or to the target.

    `canary`: what requests to the target carry besides.
    """

    def __init__(
        self,
        environment: Environment,
        web: Web,
        base: str,
        hosts: frozenset[str],
        canary: Canary | None = None,
    ) -> None:
        self._canary = canary
        self.is_open = environment.file.access.writes
        self._telemetry, self._hosts = web.telemetry, hosts
        self._files = {urlsplit(base).netloc, *web.hosts}
        self._prefix = environment.file.target.api_prefix
        self._api = of_the_api(self._prefix, environment.file.paths)
        self._fence = Fence(environment)

    def arguments(self) -> tuple[str, ...]:
        """Those of the browser: the hosts that it can reach."""
        known = [f"EXCLUDE {urlsplit(f'//{host}').hostname}" for host in sorted(self._hosts)]
        rules = ", ".join([NO_HOST, *known] if self.is_open else [NO_HOST])
        return f"--host-resolver-rules={rules}", NO_DATAGRAMS

    def refusal(self, method: str, url: str) -> str | None:
        """Why a request may not leave; None where it may."""
        try:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or parts.netloc not in self._hosts:
                return OTHER_HOST
            if self.is_open:
                return None
            asked = httpx.URL(url)
            if may_write(method, asked) or not self._is_file(url):
                self._fence.pass_(method, asked)
        except (httpx.InvalidURL, ValueError):
            return "not a URL that can be read"
        except Unprovable as unprovable:
            return unprovable.reason
        return None

    async def guard(self, context: "BrowserContext", tapes: list[Tape]) -> None:
        """Stand between the pages of a context and the network; `tapes`: those of the pages, now or later."""

        async def refuse(route: "Route") -> None:
            await self._refuse(route, OTHER_HOST, tapes)

        async def let_or_refuse(route: "Route") -> None:
            await self._answer(route, tapes)

        async def mark(route: "Route") -> None:
            await route.fulfill(status=204)

        def lead_away(request: "Request") -> None:
            # By a redirect, or ahead of time: what does not come by here, the browser finds nowhere.
            if self._is_elsewhere(request.url) and request.failure == NOWHERE:
                for tape in tapes:
                    tape.lead_away(request)

        async def fail(socket: "WebSocket") -> None:
            if self._is_elsewhere(socket.url):
                await tapes[-1].block_socket(socket.url, OTHER_HOST)

        async def shut(socket: "WebSocketRoute") -> None:
            await tapes[-1].block_socket(socket.url, "what a WebSocket sends may write")
            await socket.close()

        if self._canary is not None or not self.is_open:
            # With a canary's header, too: what a browser sends besides goes along where it is redirected, and what
            # comes from a page that was fetched for it may not call hosts of a private network by itself.
            await context.route(re.compile("^(?!data:|blob:|about:)"), let_or_refuse)
        else:
            known = "|".join(re.escape(host) for host in sorted(self._hosts))
            others = re.compile(rf"^(?!(https?|wss?)://({known})([/?#]|$))(?!data:|blob:|about:)")
            await context.route(others, refuse)
            context.on("requestfailed", lead_away)
            context.on("page", lambda page: page.on("websocket", fail))
        if not self.is_open:
            await context.route_web_socket(re.compile(""), shut)
        await context.route(re.compile(re.escape(MARK)), mark)

    async def _refuse(self, route: "Route", why: str, tapes: list[Tape]) -> None:
        """Telemetry is taken for delivered."""
        if self._is_telemetry(route.request):
            await route.fulfill(status=204, headers={"Access-Control-Allow-Origin": "*"})
            return
        await _block(route, why, tapes)

    async def _answer(self, route: "Route", tapes: list[Tape]) -> None:
        """With what the server says, redirects included, as far as all of them may be asked for."""
        from playwright.async_api import Error

        request = route.request
        url, headers = request.url, None
        try:
            if not self.is_open and _is_sent_to_be_counted(request) and self._is_telemetry(request):
                return await self._refuse(route, "telemetry", tapes)
            for _ in range(MOVES):
                if (why := self.refusal(request.method, url)) is not None:
                    return await self._refuse(route, why, tapes)
                sent = self._canary.added(headers or request.headers, url) if self._canary else headers
                answer = await route.fetch(url=url, headers=sent, max_redirects=0, timeout=WITHIN_MS)
                if not 300 <= answer.status < 400 or "location" not in answer.headers:
                    if answer.status < 400 and _is_displaced(request, url):
                        moved = f"GET {urlsplit(request.url).path} has moved, and cannot be followed here"
                        return await _block(route, moved, tapes)
                    return await route.fulfill(response=answer)
                before, url = url, urljoin(url, answer.headers["location"])
                if request.is_navigation_request():  # the page has to know where it is
                    moved = f'<meta http-equiv="refresh" content="0; url={html.escape(url)}">'
                    return await route.fulfill(content_type="text/html; charset=utf-8", body=moved)
                if urlsplit(before).netloc != urlsplit(url).netloc:
                    headers = {
                        name: said for name, said in request.headers.items() if name != "authorization"
                    }
                if url.startswith("http:") and before.startswith("https:"):
                    break
            await _give_up(route, "redirected too often, or from https to http", tapes)
        except (
            Error,
            ValueError,
        ) as error:  # no answer, or sent to what is no URL; or there is no page any more
            await _give_up(route, str(error).partition("\n")[0], tapes)

    def _is_telemetry(self, request: "Request") -> bool:
        return self._telemetry.via == "request" and telemetry.matches(self._telemetry.match, request.url)

    def _is_elsewhere(self, url: str) -> bool:
        parts = urlsplit(url)
        return bool(parts.netloc) and parts.netloc not in self._hosts

    def _is_file(self, url: str) -> bool:
        """Whether it is the client itself that is asked for, or what it needs of another host."""
        parts = urlsplit(url)
        path = posixpath.normpath("/" + unquote(unquote(parts.path)).replace("\\", "/").lstrip("/"))
        below = bool(self._prefix) and f"{path}/".startswith(f"{self._prefix}/")
        called = self._api.search(f"{parts.scheme}://{parts.netloc}{path}") is not None
        return parts.netloc in self._files and not below and not called


def _is_sent_to_be_counted(request: "Request") -> bool:
    """Whether a request says something, rather than asks for it; of a script whose name matches, it is not true."""
    asks = request.resource_type in ("fetch", "xhr") and urlsplit(request.url).query
    return request.method not in SAFE or request.resource_type in ("image", "ping", "beacon") or bool(asks)


def _is_displaced(request: "Request", url: str) -> bool:
    """Whether what came from `url` would look for its parts in a wrong folder, that of the address asked for."""
    looks = request.resource_type in ("script", "stylesheet")
    return looks and urljoin(request.url, ".") != urljoin(url, ".")


async def _block(route: "Route", why: str, tapes: list[Tape]) -> None:
    for tape in tapes:
        await tape.block(route.request, why)
    await route.abort("blockedbyclient")


async def _give_up(route: "Route", why: str, tapes: list[Tape]) -> None:
    from playwright.async_api import Error

    for tape in tapes:
        tape.give_up(route.request, why)
    with suppress(Error):
        await route.abort()
