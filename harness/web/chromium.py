"""The browser of a run: started once, a context for each visit, closed with the run.

Playwright is imported when it starts: most runs of a part need none.
"""

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.environment import Environment
from harness.errors import Unprovable
from harness.evidence.ledger import Ledger
from harness.evidence.secrets import Secrets
from harness.target.canary import Canary
from harness.target.players import Player
from harness.web import device
from harness.web.gate import Gate
from harness.web.places import of_the_api
from harness.web.scene import Scene
from harness.web.settings import Web
from harness.web.tape import Tape
from harness.web.visit import Visit

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Playwright, ViewportSize

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PHONE: "ViewportSize" = {"width": 390, "height": 844}
ENDED = "the browser ended in the middle of the run"
AT_ONCE = 4  # visits; more of them only take longer, each
ENDS_WITHIN_S = 5
OPENS_WITHIN_S = 30  # a page of a busy host; what it has to show is judged by shows_within_s


@dataclass(frozen=True)
class Place:
    """Where the client is, how a call of the API looks from there, and which hosts belong to both."""

    base: str
    api: re.Pattern[str]
    hosts: frozenset[str]

    @classmethod
    def of(cls, web: Web, environment: Environment, origin: str) -> "Place":
        """That of an environment whose target is at `origin`."""
        base = origin + web.url if web.url.startswith("/") else web.url
        hosts = frozenset({urlsplit(base).netloc, urlsplit(origin).netloc, *web.hosts})
        return cls(base, of_the_api(environment.file.target.api_prefix, environment.file.paths), hosts)


class Chromium:
    """A running browser. `folder`: where pictures and traces go."""

    def __init__(
        self,
        environment: Environment,
        web: Web,
        place: Place,
        folder: Path,
        known: Secrets,
        ledger: Ledger,
        canary: Canary | None = None,
    ) -> None:
        self._environment, self._web, self._place, self._folder = environment, web, place, folder
        self._secrets, self._ledger, self._canary = known, ledger, canary
        self._gate = Gate(environment, web, place.base, place.hosts, canary)
        self._seats = asyncio.Semaphore(AT_ONCE)
        self._raw = Path(tempfile.mkdtemp(prefix="traces-"))
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    async def start(self, executable: str | None) -> None:
        """Raises Unprovable where the browser does not start."""
        from playwright.async_api import async_playwright

        with _ours(f"the browser {executable or self._web.browser.channel} does not start"):
            self._playwright = await async_playwright().start()
            self._browser = await self._playwright.chromium.launch(
                executable_path=executable,
                channel=self._web.browser.channel,
                args=[*ARGUMENTS, *self._gate.arguments()],
                # The run ends it, after the verdict: a Ctrl-C is for the run.
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )

    async def close(self) -> None:
        """End the browser and its driver, and remove traces that nobody asked for."""
        with suppress(Exception):  # it may be dead already
            async with asyncio.timeout(ENDS_WITHIN_S):
                if self._browser is not None:
                    await self._browser.close()
        with suppress(Exception):
            async with asyncio.timeout(ENDS_WITHIN_S):
                if self._playwright is not None:
                    await self._playwright.stop()
        shutil.rmtree(self._raw, ignore_errors=True)

    @asynccontextmanager
    async def visit(
        self, name: str, player: Player | None = None, ahead: timedelta = timedelta()
    ) -> AsyncIterator[Visit]:
        """A visit in a context of its own, signed in where a `player` is given.

        `ahead`: by how much the device's clock is ahead of the real time. Raises Unprovable where the browser has
        ended: what a player then does not see says nothing of the client.
        """
        assert self._browser is not None
        async with self._seats:
            with _ours(ENDED):
                context = await self._browser.new_context(
                    viewport=PHONE,
                    locale="en-US",
                    user_agent=device.user_agent(self._browser.version),
                    service_workers="block",
                    ignore_https_errors=not self._environment.file.target.verify_tls,
                )
            try:
                raw = self._raw / f"{name}.zip" if self._web.browser.traces else None
                scene = Scene(name, self._folder / name, [], raw)
                with _ours(ENDED):
                    visit = await self._prepared(context, scene, ahead)
                try:
                    if player is not None:
                        await visit.sign_in(player)
                    yield visit
                finally:
                    with _ours(ENDED):
                        if scene.raw:
                            await context.tracing.stop(path=scene.raw)
                        else:
                            await context.cookies()  # closing says nothing of a browser that has ended
            finally:
                with _ours(ENDED):
                    await context.close()

    async def _prepared(self, context: "BrowserContext", scene: Scene, ahead: timedelta) -> Visit:
        context.set_default_timeout(self._web.shows_within_s * 1000)
        context.set_default_navigation_timeout(OPENS_WITHIN_S * 1000)
        await context.clock.install(time=datetime.now(UTC) + ahead)
        await device.become(context)
        if scene.raw:
            await context.tracing.start(snapshots=True)
        await self._gate.guard(context, scene.tapes)
        return await self._tab(context, scene)

    async def tab(self, visit: Visit) -> Visit:
        """Another tab of a visit."""
        return await self._tab(visit.context, visit.scene)

    async def _tab(self, context: "BrowserContext", scene: Scene) -> Visit:
        page = await context.new_page()
        tape = Tape(page, self._web.telemetry, self._secrets, self._ledger if self._gate.is_open else None)
        scene.tapes.append(tape)
        return Visit(
            page,
            scene,
            tape,
            self._web,
            self._place.base,
            self._place.api,
            self._environment.file.paths,
            self._canary,
        )


@contextmanager
def _ours(what: str) -> Iterator[None]:
    """What only a browser that is well can do, and whatever the client does."""
    from playwright.async_api import Error

    try:
        yield
    except Error as error:
        why = error.message.partition("\n")[0]
        raise Unprovable(
            f"{what} ({why})", "see that it runs there, with memory enough, and run again"
        ) from None
