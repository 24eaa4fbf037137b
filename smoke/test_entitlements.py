"""Entitlements: the snapshot that a client trusts for ttl_seconds."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import pytest

from harness import checks, probe
from harness.evidence.exchange import Exchange
from harness.evidence.probe import Cases, together
from harness.target.customers import HERO_KEY, entitlement, entries, in_days, owned

CLIENT_TTL_RANGE = range(30, 3601)  # seconds; the client clamps to this
FIELDS = {"server_time", "version", "username", "entitlements", "ttl_seconds", "source"}
ENTRY_FIELDS = {"key", "status", "granted_at", "expires_at", "transaction_id", "product_id", "reason"}
ROUNDING = timedelta(seconds=1)  # a target may show one time in whole seconds, another with fractions
STANDING_KEYS = {"PREMIUM", "PREMIUM_CINEMATICS_PACK", "NO_ADS", "STARTER_PACK"}
SHORT_LIVED = {"PREMIUM_CINEMATICS_PACK", "PREMIUM"}
STATUSES = {"owned", "not_owned", "expired", "pending", "revoked"}
DISGUISES = ("query-username", "query-user-id", "header-username", "header-user-id", "header-forwarded")


@probe
async def snapshot(api, player):
    """The caller's own entitlements."""
    return await api.snapshot(player)


@probe
async def rivals_snapshot(api, rival):
    """Another player's own entitlements."""
    return await api.snapshot(rival)


@probe
async def later_snapshot(api, player, snapshot):
    """The same, asked again.

    Where both times are equal the target may round to whole seconds: then once more, a good second later.
    """
    again = await api.snapshot(player)
    if again.time("server_time") == snapshot.time("server_time"):
        await asyncio.sleep(1.1)
        again = await api.snapshot(player)
    return again


@probe
async def disguised(api, player, rival):
    """A player asking for another one's snapshot."""
    queries = {"query-username": {"username": rival.username}, "query-user-id": {"user_id": rival.id}}
    headers = {
        "header-username": {"X-Username": rival.username},
        "header-user-id": {"X-User-Id": rival.id},
        "header-forwarded": {"X-Forwarded-User": rival.username, "X-Remote-User": rival.username},
    }
    return await together(
        {case: api.call("snapshot", by=player, query=query) for case, query in queries.items()}
        | {case: api.call("snapshot", by=player, headers=sent) for case, sent in headers.items()}
    )


@probe
async def disguised_as_owner(api, player, owner):
    """A player who owns nothing asking for the snapshot of one who owns something."""
    tricks = {"username": owner.username, "user_id": owner.id, "player_id": owner.id}
    sent = {"X-Username": owner.username, "X-User-Id": owner.id, "X-Forwarded-User": owner.username}
    return await api.call("snapshot", by=player, query=tricks, headers=sent)


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
    await asyncio.sleep(max(0.0, (ends - alive.time("server_time")).total_seconds() + 0.05))
    over = await customer.until(lambda seen: seen.time("server_time") > ends + timedelta(milliseconds=1))
    player = customer.player
    gates = {
        "access": api.cinematic_access(player),
        "url": api.cinematic_url(player),
        "claim": api.claim(player, player.username, "premium"),
    }
    return ShortLived(ends, alive, over, await together(gates))


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


@checks("entitlements.snapshot")
def test_snapshot_has_the_agreed_fields(snapshot):
    assert snapshot.status == 200
    assert set(snapshot.json) >= FIELDS


@checks("entitlements.snapshot")
def test_source_is_named(snapshot):
    assert isinstance(snapshot.field("source"), str)


@checks("entitlements.snapshot")
@pytest.mark.parametrize("key", sorted(STANDING_KEYS))
def test_standing_key_is_always_there(snapshot, key):
    entry = entries(snapshot)[key]
    assert set(entry) >= ENTRY_FIELDS
    assert entry["key"] == key
    assert entry["status"] in STATUSES


@checks("entitlements.snapshot")
def test_new_player_owns_nothing(growing):
    assert owned(growing.before) == set()


@checks("entitlements.snapshot")
def test_owned_entry_says_what_and_until_when(growing):
    entry = entitlement(growing.bought, "NO_ADS")
    assert set(entry) >= ENTRY_FIELDS
    assert entry["status"] == "owned"
    assert (
        growing.bought.time("entitlements", "NO_ADS", "granted_at")
        <= growing.bought.time("server_time") + ROUNDING
    )
    assert growing.bought.time("entitlements", "NO_ADS", "expires_at") > growing.bought.time("server_time")


@checks("entitlements.snapshot")
@pytest.mark.parametrize("field", ["transaction_id", "product_id", "reason"])
def test_field_of_an_owned_entry_is_text_or_null(growing, field):
    assert isinstance(entitlement(growing.bought, "NO_ADS")[field], str | None)


@checks("entitlements.snapshot")
def test_snapshot_is_the_callers_own(snapshot, player):
    assert snapshot.field("username").lower() == player.username.lower()


@checks("entitlements.snapshot")
def test_another_players_snapshot_is_their_own(rivals_snapshot, rival):
    assert rivals_snapshot.field("username").lower() == rival.username.lower()


@checks("entitlements.snapshot")
@pytest.mark.parametrize("disguise", DISGUISES)
def test_no_trick_shows_another_player(disguised, disguise, player, rival):
    answer = disguised[disguise]
    if answer.status == 200:  # a refusal may echo what was asked
        assert rival.username.lower() not in answer.text.lower()
        assert answer.field("username").lower() == player.username.lower()


@checks("entitlements.snapshot")
def test_no_trick_shows_what_another_player_owns(disguised_as_owner):
    assert disguised_as_owner.status != 200 or owned(disguised_as_owner) == set()


@checks("entitlements.freshness")
def test_ttl_is_one_the_client_will_honour(snapshot):
    assert type(snapshot.field("ttl_seconds")) is int
    assert snapshot.field("ttl_seconds") in CLIENT_TTL_RANGE


@checks("entitlements.freshness")
def test_server_time_is_now(snapshot, expect):
    assert abs(snapshot.clock_skew("server_time")) < timedelta(seconds=expect.clock_skew_s)


@checks("entitlements.freshness")
def test_server_time_is_utc(snapshot):
    assert snapshot.time("server_time").utcoffset() == timedelta(0)


@checks("entitlements.freshness")
def test_server_time_is_new_on_every_call(snapshot, later_snapshot):
    assert later_snapshot.time("server_time") > snapshot.time("server_time")


@checks("entitlements.freshness")
def test_no_cache_stands_before_the_snapshot(snapshot, later_snapshot):
    assert "Age" not in snapshot.headers
    assert "Age" not in later_snapshot.headers


@checks("entitlements.freshness")
def test_version_never_goes_down(growing):
    assert {type(version) for version in growing.versions} == {int}
    assert growing.versions == sorted(growing.versions)


@checks("entitlements.freshness")
def test_version_goes_up_on_a_change(growing):
    before, bought, unchanged, ended = growing.versions
    assert before < bought
    assert unchanged < ended


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
