"""Two players on the target, and the means to let things happen to them."""

import asyncio
import random
import secrets
from typing import Any

from harness.contract.conforming import departures
from harness.contract.document import operations
from harness.contract.model import SUBSCRIPTIONS, Step
from harness.errors import PromiseBroken
from harness.evidence.exchange import Exchange
from harness.target.api import UNKNOWN_PURCHASE, Api
from harness.target.customers import HERO_KEY, Customer, entries, in_days, owned
from harness.target.players import Player, Players
from harness.target.revenuecat import StandIn
from harness.target.webhooks import Event, transfer

HOUR_MS = 3_600_000
ENDED_DAYS = -0.001  # over, also by a clock that is behind ours
SNAPSHOT, VERIFY = operations()["GET /api/entitlements/snapshot"], operations()["POST /api/purchases/verify"]
EVENTS = {
    "renews": "RENEWAL",
    "cancels": "CANCELLATION",
    "uncancels": "UNCANCELLATION",
    "fails to pay": "BILLING_ISSUE",
    "pauses": "SUBSCRIPTION_PAUSED",
    "is refunded": "CANCELLATION",
    "expires": "EXPIRATION",
}
GRANTS = ("INITIAL_PURCHASE", "NON_RENEWING_PURCHASE", "RENEWAL", "UNCANCELLATION")
ENTITLEMENTS = {  # RevenueCat's names
    "premium": "premium",
    "pack": "premium_cinematics",
    "no ads": "no_ads",
    "starter pack": "starter_pack",
}
KEYS = {
    "premium": "PREMIUM",
    "pack": "PREMIUM_CINEMATICS_PACK",
    "no ads": "NO_ADS",
    "starter pack": "STARTER_PACK",
}
PRODUCTS = {"no ads": "no_ads_forever", "starter pack": "starter_pack"}


class Stage:
    """Two new players, and the means to let things happen to them."""

    def __init__(
        self,
        api: Api,
        accounts: Players,
        customers: dict[str, Customer],
        stand_in: StandIn | None,
        hero: str,
        seed: int,
    ) -> None:
        self._api, self._accounts, self._customers = api, accounts, customers
        self._stand_in, self._hero = stand_in, hero
        # One each: they act side by side.
        self._random = {actor: random.Random(f"{seed} {actor}") for actor in customers}
        self._players = {actor: [customer.player] for actor, customer in customers.items()}
        self._ended: list[Player] = []
        self._bought: dict[tuple[str, str], dict[str, Any]] = {}  # the subscription, by whose it is
        self._seen: dict[str, set[str]] = {}  # what each player owned when the gates were last tried
        self._versions: dict[str, int] = {}  # of the last snapshot of each player
        self._claimed: set[str] = set()  # who claimed a reward
        self._sent: dict[str, list[tuple[str, Event]]] = {actor: [] for actor in customers}

    async def let(self, step: Step, things: set[str]) -> Exchange:
        """Let a step happen to a player who owns these things."""
        customer, player = self._customers[step.actor], self._players[step.actor][-1]
        match step.happening:
            case "hands over":
                return await self._hand_over(step, things)
            case "is reported again":
                return await self._report(step, self._earlier(step, things))
            case "verifies":
                return await self._verify(player, step.thing)
            case "verifies nothing":
                unknown = {**UNKNOWN_PURCHASE, "idempotency_key": f"life-{secrets.token_hex(8)}"}
                return await self._api.verify_purchase(player, unknown)
            case "logs in":
                session = await self._accounts.login(player.username, player.password)
                self._players[step.actor].append(session)
                customer.player = session
                return session.entrance
            case "logs out":
                self._ended.append(self._players[step.actor].pop(0))
                return (await self._api.logout(self._ended[-1])).expect(200, owner="auth.login")
        return await self._report(step, self._event(step, customer))

    async def disagreement(
        self, actor: str, things: set[str], *, last: bool = False
    ) -> tuple[str, Exchange | None]:
        """How the snapshot or a gate differs from the model, and where that shows; empty if they don't.

        Gates are tried when what the player owns has changed, and at `last`.
        """
        expected = {self._key(thing) for thing in things}
        reader = self._customers[actor]
        snapshot = await reader.until(lambda seen: _own(seen) == expected)
        if _own(snapshot) != expected:
            return (
                f"{actor} should own {_list(expected)}, and the snapshot says {_list(_own(snapshot))}",
                snapshot,
            )
        version, before = snapshot.field("version"), self._versions.get(actor, 0)
        if isinstance(version, int):  # else it departs from the schema
            self._versions[actor] = version
            if version < before:
                return f"the version of {actor}'s snapshot went down from {before} to {version}", snapshot
        if self._seen.get(actor) == things and not last:
            return "", None
        self._seen[actor] = things
        if malformed := [*departures(SNAPSHOT, snapshot), *_misnamed(snapshot)]:
            return f"{actor}'s snapshot: {malformed[0]}", snapshot
        player = self._players[actor][-1]
        gate, claim = await asyncio.gather(
            self._api.cinematic_access(player, self._hero), self._api.claim(player, player.username)
        )
        # That a level is claimed only once is not promised, and not forbidden.
        again = (409,) if actor in self._claimed else ()
        self._claimed |= {actor} if claim.response.status_code == 200 else set()
        for answer, is_open, others in (
            (gate, bool({"pack", "hero"} & things), ()),
            (claim, "premium" in things, again),
        ):
            if answer.response.status_code not in (200 if is_open else 403, *others):
                said = "should be open" if is_open else "should be closed"
                return f"{actor} owns {_list(expected)}, so {answer.url.path} {said}", answer
        return "", None

    async def sessions(self) -> tuple[str, Exchange | None]:
        """A session that should live and is dead, or the other way round; empty if there is none."""
        living = [player for sessions in self._players.values() for player in sessions]
        for player in living + self._ended:
            answer = await self._api.verify(player)
            wanted = 200 if player in living else 401
            if answer.response.status_code != wanted:
                return f"a session that should be {'alive' if wanted == 200 else 'dead'} is not", answer
        return "", None

    async def settle(self, actor: str) -> None:
        """Wait until all that was reported must have taken effect."""
        await self._customers[actor].settled()

    def _key(self, thing: str) -> str:
        return KEYS.get(thing, f"{HERO_KEY}{self._hero}")

    def _event(self, step: Step, customer: Customer) -> Event:
        place, fields = (step.actor, step.thing), dict[str, Any]()
        entitlement = ENTITLEMENTS.get(step.thing, f"{HERO_KEY}{self._hero}")
        once = step.thing not in SUBSCRIPTIONS
        kind = EVENTS.get(step.happening, "NON_RENEWING_PURCHASE" if once else "INITIAL_PURCHASE")
        if step.happening == "buys":
            self._bought.pop(place, None)
        elif step.happening == "is reported late":
            kind = "RENEWAL" if self._bought[place]["type"] == "EXPIRATION" else "EXPIRATION"
        elif step.happening == "is refunded":
            fields["cancel_reason"] = "CUSTOMER_SUPPORT"
        elif step.happening == "cancels":
            fields["cancel_reason"] = "UNSUBSCRIBE"
        over = kind == "EXPIRATION" or step.happening == "is refunded"
        fields["expiration_at_ms"] = None if once else in_days(ENDED_DAYS if over else 30)
        known = self._bought.get(place, {})
        # A renewal is a transaction of its own.
        kept = (
            ("original_transaction_id",)
            if kind == "RENEWAL"
            else ("transaction_id", "original_transaction_id")
        )
        same = {name: known[name] for name in kept if name in known}
        event = customer.event(kind, entitlement, **same, **fields)
        if step.happening == "is reported late":
            event["event_timestamp_ms"] = known["event_timestamp_ms"] - HOUR_MS
        elif step.happening in ("buys", "renews", "expires"):
            self._bought[place] = event
        return event

    def _earlier(self, step: Step, things: set[str]) -> Event:
        """An event that was reported before, preferably one that would change something if it counted again."""
        sent = self._sent[step.actor]
        telling = [event for thing, event in sent if _would_tell(thing, event, things)]
        return self._random[step.actor].choice(telling or [event for _, event in sent])

    async def _report(self, step: Step, event: Event) -> Exchange:
        if step.happening != "is reported again":
            self._sent[step.actor].append((step.thing, event))
        answer = await self._customers[step.actor].deliver(event)
        return answer.expect(200, owner="webhooks.delivered")

    async def _hand_over(self, step: Step, things: set[str]) -> Exchange:
        giver, taker = self._customers[step.actor], self._customers[step.other]
        for place in {(step.actor, thing) for thing in things} & self._bought.keys():
            self._bought[step.other, place[1]] = self._bought.pop(place)
        return await self._report(step, transfer(giver.app_user_id, taker.app_user_id))

    async def _verify(self, player: Player, thing: str) -> Exchange:
        assert self._stand_in is not None
        receipt = self._stand_in.receipt(PRODUCTS[thing], KEYS[thing])
        await self._stand_in.buy(player, receipt)
        answer = await self._api.verify_purchase(player, receipt.body(f"life-{secrets.token_hex(8)}"))
        answer.expect(200, owner="purchases.granted")
        if malformed := departures(VERIFY, answer):
            raise PromiseBroken(f"{answer.title}: {malformed[0]}", answer)
        return answer


def _own(snapshot: Exchange) -> set[str]:
    return {key for key in owned(snapshot) if not key.startswith(f"{HERO_KEY}settled_")}


def _misnamed(snapshot: Exchange) -> list[str]:
    known = entries(snapshot).items()
    return [
        f"the entry {key} calls itself {entry.get('key')!r}"
        for key, entry in known
        if entry.get("key") != key
    ]


def _would_tell(thing: str, event: Event, things: set[str]) -> bool:
    """Whether an event of a thing, counted once more, would be seen by a player who owns these things."""
    if event["type"] == "TRANSFER":
        return bool(things)
    ends = event["type"] == "EXPIRATION" or event.get("cancel_reason") == "CUSTOMER_SUPPORT"
    return (ends or event["type"] in GRANTS) and ends == (thing in things)


def _list(keys: set[str]) -> str:
    return ", ".join(sorted(keys)) or "nothing"
