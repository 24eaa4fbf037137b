"""Entitlements: the snapshot that a client trusts for ttl_seconds."""

import asyncio
from datetime import timedelta

import pytest

from harness import checks, probe
from harness.evidence.probe import together
from harness.target.customers import entitlement, entries, owned

CLIENT_TTL_RANGE = range(30, 3601)  # seconds; the client clamps to this
FIELDS = {"server_time", "version", "username", "entitlements", "ttl_seconds", "source"}
ENTRY_FIELDS = {"key", "status", "granted_at", "expires_at", "transaction_id", "product_id", "reason"}
ROUNDING = timedelta(seconds=1)  # a target may show one time in whole seconds, another with fractions
STANDING_KEYS = {"PREMIUM", "PREMIUM_CINEMATICS_PACK", "NO_ADS", "STARTER_PACK"}
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
    """Another, not a later one: the clocks of two instances behind one address may differ."""
    assert later_snapshot.time("server_time") != snapshot.time("server_time")


@checks("entitlements.freshness")
def test_no_cache_stands_before_the_snapshot(snapshot, later_snapshot):
    """One that only passes answers on, as some do, says 0."""
    assert snapshot.headers.get("Age", "0") == "0"
    assert later_snapshot.headers.get("Age", "0") == "0"


@checks("entitlements.freshness")
def test_version_never_goes_down(growing):
    assert {type(version) for version in growing.versions} == {int}
    assert growing.versions == sorted(growing.versions)


@checks("entitlements.freshness")
def test_version_goes_up_on_a_change(growing):
    before, bought, unchanged, ended = growing.versions
    assert before < bought
    assert unchanged < ended
