"""A player of this run as RevenueCat's customer: what happens to the purchase, and what the player then owns."""

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

from harness.errors import PromiseBroken
from harness.evidence.exchange import Exchange
from harness.sections import Webhook
from harness.target.api import Api
from harness.target.players import Player, Players
from harness.target.revenuecat import ENTITLEMENT_IDS
from harness.target.webhooks import Event, Webhooks, event

DAY_MS = 86_400_000
HERO_KEY = "PREMIUM_CINEMATIC_OWNED:"


def in_days(days: float) -> int:
    """A moment that many days from now, in ms since 1970."""
    return int(time.time() * 1000 + days * DAY_MS)


def entitlement(snapshot: Exchange, key: str) -> dict[str, Any]:
    """The entry of `key` in a snapshot; an empty one where the player has none."""
    entry = entries(snapshot).get(key)
    return entry if isinstance(entry, dict) else {}


def entries(snapshot: Exchange) -> dict[str, Any]:
    """All entitlements in a snapshot, by key; raises PromiseBroken where it shows none."""
    found = snapshot.expect(200).field("entitlements")
    if not isinstance(found, dict):
        raise PromiseBroken(
            f"{snapshot.title}: promised entitlements by key, and they are {found!r}", snapshot
        )
    return found


def owned(snapshot: Exchange, *others: str) -> set[str]:
    """The keys that a snapshot calls owned, of those that the contract names, and of `others`.

    What else a deployment has, and may give to everybody, is its own affair.
    """
    named = {*ENTITLEMENT_IDS, *others}
    keys = {key for key in entries(snapshot) if key in named or key.startswith(HERO_KEY)}
    return {key for key in keys if _owns(snapshot, key)}


class Customer:
    """A player whose purchases this run makes up."""

    def __init__(self, player: Player, api: Api, webhooks: Webhooks, settings: Webhook) -> None:
        self.player, self._api, self._webhooks, self._settings = player, api, webhooks, settings
        self._markers = itertools.count(1)

    @property
    def app_user_id(self) -> str:
        """The name under which RevenueCat knows the player."""
        return self.player.known_as(self._settings.app_user_id)

    def event(self, kind: str, *entitlements: str, **fields: Any) -> Event:
        """An event about this customer."""
        return event(kind, self.app_user_id, entitlements, **fields)

    async def has(self, kind: str, *entitlements: str, **fields: Any) -> Event:
        """RevenueCat reports an event about this customer, and the target takes it; returns the event."""
        sent = self.event(kind, *entitlements, **fields)
        (await self.deliver(sent)).expect(200, owner="webhooks.delivered")
        return sent

    async def deliver(self, sent: Event) -> Exchange:
        """RevenueCat delivers an event; the answer, whatever it is."""
        return await self._webhooks.deliver(sent)

    async def snapshot(self) -> Exchange:
        return await self._api.snapshot(self.player)

    async def until(self, met: Callable[[Exchange], bool]) -> Exchange:
        """The first snapshot that meets the condition, or the last one before the window to settle is over."""
        over = time.monotonic() + self._settings.settles_within_s
        for pause in itertools.chain((0.02, 0.05, 0.1, 0.2), itertools.repeat(0.4)):
            snapshot = await self.snapshot()
            if met(snapshot) or time.monotonic() > over:
                return snapshot
            await asyncio.sleep(pause)
        raise AssertionError("unreachable: the pauses never end")

    async def until_owned(self, *keys: str) -> Exchange:
        return await self.until(lambda snapshot: owned(snapshot) >= set(keys))

    async def until_lost(self, key: str) -> Exchange:
        return await self.until(lambda snapshot: not _owns(snapshot, key))

    async def settled(self) -> Exchange:
        """A snapshot in which everything reported so far must have taken effect.

        A purchase reported afterwards (of a hero nobody plays) is visible in it, or the window is over.
        """
        key = f"{HERO_KEY}settled_{next(self._markers)}"
        await self.has("NON_RENEWING_PURCHASE", key)
        return await self.until_owned(key)


class Customers:
    """Makes customers of new players."""

    def __init__(self, players: Players, api: Api, webhooks: Webhooks, settings: Webhook) -> None:
        self._players, self._api, self._webhooks, self._settings = players, api, webhooks, settings
        self._shared: list[tuple[set[str], asyncio.Future[Customer]]] = []

    async def new(self) -> Customer:
        return self.of(await self._players.register())

    async def sharing(self, *entitlements: str) -> Customer:
        """A customer of several checks at once, of which this one alone changes these entitlements.

        Who looks at gates asks for all that opens them.
        """
        free = next((each for each in self._shared if each[0].isdisjoint(entitlements)), None)
        if free is None:
            free = set(), asyncio.ensure_future(self.new())
            self._shared.append(free)
        taken, customer = free
        taken.update(entitlements)
        return await asyncio.shield(customer)

    async def owner(self) -> Player:
        """A new player who owns every hero's cinematics and the premium battle pass."""
        customer = await self.new()
        await asyncio.gather(
            customer.has("NON_RENEWING_PURCHASE", "premium_cinematics"),
            customer.has("INITIAL_PURCHASE", "premium", expiration_at_ms=in_days(30)),
        )
        await customer.until_owned("PREMIUM_CINEMATICS_PACK", "PREMIUM")
        return customer.player

    def of(self, player: Player, api: Api | None = None) -> Customer:
        """A player as a customer (of the deployment behind `api`)."""
        api = api or self._api
        return Customer(player, api, self._webhooks.on(api), self._settings)


def _owns(snapshot: Exchange, key: str) -> bool:
    return entitlement(snapshot, key).get("status") == "owned"
