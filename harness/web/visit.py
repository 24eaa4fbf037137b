"""A visit: one player in a browser context of their own, at the client, with what a player can do there.

Nothing here judges. A step that cannot be done at all raises PromiseBroken with the scene.
"""

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from harness.errors import PromiseBroken
from harness.paths import Paths
from harness.target.canary import Canary
from harness.target.players import Player
from harness.web import device
from harness.web.network import Network
from harness.web.offering import Card
from harness.web.places import Place, place
from harness.web.scene import Scene
from harness.web.settings import Web
from harness.web.storage import IN_DATABASES, KEPT, holding
from harness.web.tape import MARK, Call, Tape

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Locator, Page

_TURN = f"() => fetch(location.pathname + '?{MARK}').catch(() => null).then(() => null)"
# Which of [web.routes] each gate of [web.selectors] is on.
GATES = {"cinematic_gate": "hero", "battle_pass_gate": "battle_pass", "profile_gate": "profile"}
_BREATH_S, _LONGEST_BREATH_S, _SLOWER = 0.02, 0.25, 1.5
_CALM = 2  # turns in a row without anything new
_TURNS = 200
_TRIES = 5  # of signing in, where nothing comes of it


@dataclass(frozen=True)
class Look:
    """A page at one moment: its URL, which of the mapped selectors are visible, and where a token is kept."""

    url: str
    visible: frozenset[str]
    tokens: frozenset[str]


class Visit:
    """One tab. `api`: matches the URL of every call of `paths`."""

    def __init__(
        self,
        page: "Page",
        scene: Scene,
        tape: Tape,
        web: Web,
        base: str,
        api: re.Pattern[str],
        paths: Paths,
        canary: Canary | None = None,
    ) -> None:
        self._page, self._web, self._base = page, web, base
        self._api, self._paths = api, paths
        self.scene, self.tape = scene, tape
        self.network = Network(page, api, paths, canary)

    @property
    def context(self) -> "BrowserContext":
        """What the tabs of a visit share."""
        return self._page.context

    # --- what a player does

    async def open(self, route: str, **names: str) -> None:
        """Go to one of [web.routes], as by a link from elsewhere."""
        path = getattr(self._web.routes, route).format_map(names)
        with self._told(f"opening {route.replace('_', ' ')}"):
            await self._page.goto(urljoin(self._base, path), wait_until="domcontentloaded")

    async def sign_in(self, player: Player) -> None:
        """Through the login, as a player does; raises PromiseBroken where that leads nowhere."""
        await self.open("login")
        for _ in range(_TRIES):
            await self.settle()  # what was drawn by the server is deaf until its scripts have come
            with self._told("signing in"):
                await (await self._there("username")).fill(player.username)
                await (await self._there("password")).fill(player.password)
                await (await self._there("submit")).click()
            if await self.until(lambda: self.tape.to(self._paths.login), self._web.shows_within_s / _TRIES):
                break
        if await self.shown("signed_in") is None:
            await self.look("not signed in")
            raise self.broken(f"signing in did not lead to the screen {self._web.selectors.signed_in!r}")

    async def reach(self, gate: str, hero: str) -> None:
        """To the screen of a gate, until it shows and what the screen asked for has come."""
        await self.open(GATES[gate], hero_id=hero)
        await self.shown(gate)
        await self.settle()

    async def press(self, name: str, times: int = 1) -> None:
        """Press what a selector names; several times within the same moment."""
        with self._told(f"pressing {name.replace('_', ' ')}"):
            button = await self._there(name)
            if times == 1:
                await button.click()
            else:
                await button.evaluate(device.TAPS, times)

    async def back(self) -> None:
        """The browser's own way back."""
        with suppress(Exception):  # there may be nothing to go back to
            await self._page.go_back(wait_until="commit")

    async def background(self) -> None:
        await self._page.evaluate("() => window.__show('hidden')")

    async def foreground(self) -> None:
        await self._page.evaluate("() => window.__show('visible')")

    async def passes(self, seconds: float) -> None:
        """Time passes on the device, at once."""
        await self._page.clock.fast_forward(int(seconds * 1000))

    # --- what is seen

    async def shown(self, *names: str) -> str | None:
        """The first of these that becomes visible; None where none does in time."""
        wait = self._web.shows_within_s * 1000
        waiting = {asyncio.ensure_future(self._find(name).wait_for(timeout=wait)): name for name in names}
        left = set(waiting)
        try:
            while left:
                done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    if each.exception() is None:
                        return waiting[each]
            return None
        finally:
            for each in left:
                each.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def look(self, step: str) -> Look:
        """What the page shows now, with a picture of it."""
        names = list(type(self._web.selectors).model_fields)
        counts = await asyncio.gather(*(self._all(name).filter(visible=True).count() for name in names))
        await self._page.screenshot(
            path=self.scene.picture(step), type="jpeg", quality=70, animations="allow"
        )
        visible = frozenset(name for name, count in zip(names, counts, strict=True) if count)
        return Look(self._page.url, visible, await self._kept())

    def place(self, route: str) -> Place:
        """Where one of [web.routes] is."""
        return place(urljoin(self._base, getattr(self._web.routes, route)))

    async def cards(self, expected: int) -> tuple[Card, ...]:
        """The products of the paywall, once that many are there or the time is over."""
        products = self._all("product").filter(visible=True)
        with suppress(Exception):
            await products.nth(max(expected, 1) - 1).wait_for()
        await self.settle(1000)
        return tuple([await self._card(each) for each in await products.all()])

    def snapshots(self, since: int = 0) -> list[Call]:
        """The calls of the snapshot, from the `since`th call of the page on."""
        return [call for call in self.tape.to(self._paths.snapshot, since) if call.method == "GET"]

    @property
    def token(self) -> str | None:
        """The last token that the page showed to the API; what others ask for is no session."""
        return next((call.token for call in reversed(self.calls()) if call.token), None)

    @property
    def credentials(self) -> dict[str, str]:
        """The header by which the page shows who is signed in; raises PromiseBroken where it never showed one."""
        if self.token is None:
            raise self.broken("the page has asked for nothing in the player's name; a snapshot was promised")
        return {"Authorization": f"Bearer {self.token}"}

    def logouts(self, since: int = 0) -> list[Call]:
        """The calls of the logout, from the `since`th call of the page on."""
        return self.tape.to(self._paths.logout, since)

    def calls(self, since: int = 0) -> list[Call]:
        """The calls of the API, from the `since`th call of the page on."""
        return [call for call in self.tape.calls[since:] if self._api.search(call.url)]

    async def until(self, met: Callable[[], object], within_s: float | None = None) -> bool:
        """Whether that comes true in time, while the page goes on."""
        breath = _BREATH_S
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s or self._web.shows_within_s):
                while not met():
                    await self._turn()
                    if met():
                        break
                    # What has not come by now comes late or never, and each look holds up the page.
                    await asyncio.sleep(breath)
                    breath = min(breath * _SLOWER, _LONGEST_BREATH_S)
        return bool(met())

    async def settle(self, ms: int = 0) -> None:
        """Until nothing new comes; before that, timers of the next `ms` milliseconds have their turn."""
        if ms:
            await self._turn()
            await self._page.clock.run_for(ms)
        calm, known = 0, -1
        for _ in range(_TURNS):
            await self._turn()
            calm = calm + 1 if (len(self.tape.calls) == known and not self.tape.is_busy) else 0
            known = len(self.tape.calls)
            if calm == _CALM:
                return

    # --- how

    async def _there(self, name: str) -> "Locator":
        """What a selector names; raises PromiseBroken where nothing does in time."""
        if await self.shown(name) is None:
            seen = (await self.look(f"no {name.replace('_', ' ')}")).visible
            wanted = getattr(self._web.selectors, name)
            raise self.broken(
                f"{name} ({wanted}) does not show; what shows: {', '.join(sorted(seen)) or 'nothing'}"
            )
        return self._find(name)

    def _find(self, name: str) -> "Locator":
        return self._all(name).filter(visible=True).first

    def _all(self, name: str) -> "Locator":
        return self._page.locator(getattr(self._web.selectors, name))

    async def _card(self, product: "Locator") -> Card:
        selectors = self._web.selectors
        parts = [product.locator(each) for each in (selectors.product_title, selectors.product_price)]
        return Card(*[await _text(part) for part in parts])

    async def _turn(self) -> None:
        """A round trip through the page and its network: what it began before has been heard of after."""
        try:
            await self._page.evaluate(_TURN)
        except Exception:  # noqa: BLE001 (in the middle of a navigation, or the browser has ended)
            await asyncio.sleep(_BREATH_S)  # a call of an ended browser fails without giving others a turn

    async def _kept(self) -> frozenset[str]:
        """The configured keys that hold something, and every place that holds a token the page has used."""
        kept: list[tuple[str, str]] = []
        for script in (KEPT, IN_DATABASES):
            with suppress(Exception):  # a page without an origin stores nothing
                async with asyncio.timeout(self._web.shows_within_s):
                    kept += await self._page.evaluate(script)
        cookies = [(f"cookie {each['name']}", each["value"]) for each in await self._page.context.cookies()]
        calls = [call for tape in self.scene.tapes for call in tape.calls if self._api.search(call.url)]
        return holding(
            [*kept, *cookies], {call.token for call in calls if call.token}, self._web.storage.tokens
        )

    def _told(self, doing: str) -> "_Told":
        return _Told(self, doing)

    def broken(self, message: str, owner: str | None = None) -> PromiseBroken:
        """What to raise where a visit cannot go on; `owner`: the item that promised it could."""
        return PromiseBroken(f"{self.scene.title}: {message}", self.scene, owner)


class _Told:
    """Says which step a page did not get through, instead of a call log."""

    def __init__(self, visit: Visit, doing: str) -> None:
        self._visit, self._doing = visit, doing

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        from playwright.async_api import Error

        if isinstance(error, Error):
            why = error.message.partition("\n")[0]
            raise self._visit.broken(f"{self._doing} failed: {why}") from None


async def _text(locator: "Locator") -> str:
    """The text of an element; empty where there is none."""
    return " ".join((await locator.first.text_content() or "").split()) if await locator.count() else ""
