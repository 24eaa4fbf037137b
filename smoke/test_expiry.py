"""Expiry: what ends is closed, whether or not an EXPIRATION has come."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import pytest

from harness import checks, probe
from harness.evidence.exchange import Exchange
from harness.evidence.probe import Cases, together
from harness.target.customers import HERO_KEY, entitlement, in_days, owned

SHORT_LIVED = {"PREMIUM_CINEMATICS_PACK", "PREMIUM"}
ROUNDING = timedelta(seconds=1)  # a target may keep an end in whole seconds


@probe
async def ageing(customers, expect):
    """A customer who buys what opens gates, for as long as it lasts."""
    return await customers.sharing("premium_cinematics", "premium", HERO_KEY + expect.heroes[1])


@dataclass(frozen=True)
class ShortLived:
    """An entitlement that ends by itself: right after the purchase, and after its end."""

    ends: datetime
    alive: Exchange
    over: Exchange
    gates: Cases


@probe(late=True)
async def short_lived(api, ageing, long_over, webhook_settings):
    """What ends soon after it was bought, by the target's own clock, without an EXPIRATION.

    A second is enough for a target that processes a webhook at once; another one gets the time that it needs, and one
    that takes longer than that to answer much more.
    """
    customer, settles = ageing, webhook_settings.settles_within_s
    for kind, lasting in (("INITIAL_PURCHASE", 1), ("RENEWAL", settles + 1), ("RENEWAL", settles + 20)):
        alive, ends, in_time = await _until_it_ends(customer, kind, lasting, settles)
        if owned(alive) & SHORT_LIVED or (in_time and kind == "RENEWAL"):
            break
    ends = max([ends, *shown_ends(alive, ends)])
    await asyncio.sleep(max(0.0, (ends - alive.time("server_time")).total_seconds() + 0.05))
    over = await customer.until(lambda seen: seen.time("server_time") > ends + timedelta(milliseconds=1))
    player = customer.player
    gates = {
        "access": closing(lambda: api.cinematic_access(player)),
        "url": closing(lambda: api.cinematic_url(player)),
        "claim": closing(lambda: api.claim(player, player.username, "premium")),
    }
    return ShortLived(ends, alive, over, await together(gates))


def shown_ends(snapshot, ends):
    """The ends of what a snapshot shows as owned, if they are `ends` give or take the second that it may round to."""
    times = [
        snapshot.time("entitlements", key, "expires_at")
        for key in sorted(owned(snapshot) & SHORT_LIVED)
        if entitlement(snapshot, key).get("expires_at")
    ]
    return [each for each in times if abs(each - ends) <= ROUNDING]


async def closing(ask):
    """A gate's answer after an end; an open one is asked again a good second later: the clock of the instance that
    answers may be a little behind that of the one which showed the snapshot."""
    answer = await ask()
    if answer.response.status_code == 200:
        await asyncio.sleep(1.1)
        answer = await ask()
    return answer


async def _until_it_ends(customer, kind, lasting, settles):
    """A snapshot that shows what was bought for so many seconds, or the first one after its end; that end; and whether
    a snapshot was seen when the purchase had to be visible."""
    ends = (await customer.snapshot()).time("server_time") + timedelta(seconds=lasting)
    bought = ("premium_cinematics", "premium")
    await customer.has(kind, *bought, expiration_at_ms=int(ends.timestamp() * 1000))
    visible_at, in_time = monotonic() + settles, False

    def is_there_or_over(seen):
        nonlocal in_time
        living = seen.time("server_time") < ends
        in_time |= living and monotonic() > visible_at
        return owned(seen) & SHORT_LIVED or not living

    return await customer.until(is_there_or_over), ends, in_time


@probe
async def long_over(api, ageing, expect):
    """A cinematic whose end had passed before its purchase was reported, as after a long outage."""
    past = {"purchased_at_ms": in_days(-31), "expiration_at_ms": in_days(-1)}
    await ageing.has("INITIAL_PURCHASE", HERO_KEY + expect.heroes[1], **past)
    return await ageing.settled(), await api.cinematic_access(ageing.player, expect.heroes[1])


@checks("entitlements.expiry")
def test_entitlement_ends_by_itself(short_lived):
    assert owned(short_lived.alive) >= SHORT_LIVED
    assert short_lived.over.time("server_time") > short_lived.ends
    assert owned(short_lived.over) & SHORT_LIVED == set()


@checks("entitlements.expiry")
@pytest.mark.parametrize("gate", ["access", "url", "claim"])
def test_gate_closes_by_itself(short_lived, gate):
    assert short_lived.gates[gate].status == 403


@checks("entitlements.expiry")
def test_what_was_over_before_it_was_reported_is_not_owned(long_over, expect):
    snapshot, _ = long_over
    assert HERO_KEY + expect.heroes[1] not in owned(snapshot)


@checks("entitlements.expiry")
def test_what_was_over_before_it_was_reported_opens_no_gate(long_over):
    _, gate = long_over
    assert gate.status == 403
