"""Faults of freshness and expiry: times, versions, caches, and what is over."""

import math
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException

from reference.accounts import Player, Session
from reference.app import Parts
from reference.catalogue import now_ms
from reference.changing import Answer, edit, is_call, put
from reference.choices import fault
from reference.entitlements import Grant
from reference.faults.snapshot import FRESH, Snapshot, changed, edited

EXPIRY = "entitlements.expiry"


def _with_ttl(ttl: Any, snapshot: Snapshot) -> Snapshot:
    return {**snapshot, "ttl_seconds": ttl}


for _ttl in (0, 29, 3601, "300", 300.5, -1):
    edited(
        f"ttl-{_ttl}" if type(_ttl) is int else f"ttl-{type(_ttl).__name__}",
        FRESH,
        f"The ttl_seconds is {_ttl!r}.",
        partial(_with_ttl, _ttl),
    )


def _moved(text: str, seconds: float) -> str:
    return (datetime.fromisoformat(text) + timedelta(seconds=seconds)).isoformat()


def _at(text: str, hours: int) -> str:
    return datetime.fromisoformat(text).astimezone(timezone(timedelta(hours=hours))).isoformat()


for _name, _description, _change in (
    ("time-stale", "The server_time is a minute old.", lambda text: _moved(text, -60)),
    ("time-ahead", "The server_time lies a minute ahead.", lambda text: _moved(text, 60)),
    ("time-naive", "The server_time has no offset.", lambda text: text[:-6]),
    ("time-local", "The server_time is local time with its offset.", lambda text: _at(text, 2)),
    ("time-local-as-utc", "The server_time is local time said to be UTC.", lambda text: _moved(text, 7200)),
    ("time-epoch", "The server_time is a number.", lambda text: datetime.fromisoformat(text).timestamp()),
    ("time-words", "The server_time is no ISO 8601 time.", lambda text: f"on {text}"),
):
    edited(
        _name,
        FRESH,
        _description,
        changed("server_time", _change),
    )
edited("version-text", FRESH, "The version is a text.", lambda s: {**s, "version": str(s["version"])})
edited("version-float", FRESH, "The version is no integer.", lambda s: {**s, "version": s["version"] + 0.5})
edited("version-constant", FRESH, "The version never changes.", lambda s: {**s, "version": 1})
edited("version-goes-down", FRESH, "The version goes down.", lambda s: {**s, "version": 10**6 - s["version"]})


@fault("entitlements.version-ignores-the-end", FRESH)
def version_ignores_the_end(parts: Parts) -> None:
    """The version rises with purchases only, not when they end."""
    whole = parts.entitlements._write

    def write(player: Player, new: Grant, known: Grant | None) -> None:
        version = parts.entitlements.version(player, 0)
        whole(player, new, known)
        if new.status != "owned":
            parts.store.execute("UPDATE players SET version = ? WHERE id = ?", (version, player.id))

    put(parts.entitlements, _write=write)


@fault("entitlements.snapshot-cached", FRESH)
def snapshot_cached(parts: Parts) -> None:
    """A snapshot is kept, with its time, until something changes."""
    whole, version = parts.entitlements.snapshot, parts.entitlements.version
    kept: dict[tuple[str, int], dict[str, Any]] = {}

    def snapshot(player: Player) -> dict[str, Any]:
        at = (player.id, version(player, now_ms()))
        return kept.setdefault(at, whole(player))

    put(parts.entitlements, snapshot=snapshot)


@fault("entitlements.snapshot-cached-for-its-ttl", FRESH)
def snapshot_cached_for_its_ttl(parts: Parts) -> None:
    """A snapshot is kept for its ttl_seconds, whatever changes."""
    whole = parts.entitlements.snapshot
    kept: dict[str, dict[str, Any]] = {}
    put(parts.entitlements, snapshot=lambda player: kept.setdefault(player.id, whole(player)))


@fault("entitlements.age-told", FRESH)
def age_told(app: FastAPI) -> None:
    """A cache stands before the snapshot: it tells its Age."""
    edit(app, lambda _, answer: answer.headers.update({"Age": "12"}), "snapshot")


@fault("entitlements.age-told-again", FRESH)
def age_told_again(app: FastAPI) -> None:
    """A cache stands before the snapshot: from a player's second call on it tells its Age."""
    seen: set[str] = set()

    def tell(request: Request, answer: Answer) -> None:
        caller = request.headers.get("Authorization", "")
        if caller in seen:
            answer.headers["Age"] = "12"
        seen.add(caller)

    edit(app, tell, "snapshot")


# What is over


@fault("entitlements.end-ignored", EXPIRY)
def end_ignored(parts: Parts) -> None:
    """An entitlement ends by its EXPIRATION only."""
    put(parts.entitlements, has_lapsed=lambda grant, now: False)


@fault("entitlements.end-ignored-by-snapshot", EXPIRY)
def end_ignored_by_snapshot(parts: Parts) -> None:
    """The snapshot calls an entitlement owned after its end."""
    whole = parts.entitlements.described

    def described(key: str, grant: Grant | None, now: int) -> dict[str, Any]:
        entry = whole(key, grant, now)
        return {**entry, "status": "owned"} if grant and grant.status == "owned" else entry

    put(parts.entitlements, described=described)


def _stored(parts: Parts, player: Player, *keys: str) -> bool:
    return any(grant.key in keys and grant.status == "owned" for grant in parts.entitlements.grants(player))


@fault("entitlements.end-ignored-by-cinematics", EXPIRY)
def end_ignored_by_cinematics(parts: Parts) -> None:
    """The cinematic gates stay open after an entitlement's end."""
    strict = parts.gates.cinematic

    def cinematic(player: Player, hero_id: str) -> None:
        if not _stored(parts, player, "PREMIUM_CINEMATICS_PACK"):
            strict(player, hero_id)

    put(parts.gates, cinematic=cinematic)


@fault("entitlements.end-ignored-by-video", EXPIRY)
def end_ignored_by_video(parts: Parts) -> None:
    """The video stays available after an entitlement's end."""
    strict = parts.gates.cinematic

    asked_for_video = False

    def session(request: Request) -> Session:
        nonlocal asked_for_video
        asked_for_video = is_call(request, "url")
        return known(request)

    def cinematic(player: Player, hero_id: str) -> None:
        if not (asked_for_video and _stored(parts, player, "PREMIUM_CINEMATICS_PACK")):
            strict(player, hero_id)

    known = parts.doors.session
    put(parts.doors, session=session)
    put(parts.gates, cinematic=cinematic)


@fault("entitlements.end-ignored-by-battle-pass", EXPIRY)
def end_ignored_by_battle_pass(parts: Parts) -> None:
    """The premium track stays open after an entitlement's end."""
    strict = parts.gates.battle_pass

    def battle_pass(player: Player, username: str, track: str) -> None:
        strict(player, username, "free" if _stored(parts, player, "PREMIUM") else track)

    put(parts.gates, battle_pass=battle_pass)


@fault("entitlements.ends-early", EXPIRY)
def ends_early(parts: Parts) -> None:
    """An entitlement ends an hour before its time."""
    whole = parts.entitlements.has_lapsed
    put(parts.entitlements, has_lapsed=lambda grant, now: whole(grant, now + 3_600_000))


@fault("entitlements.clock-stops-for-owners", EXPIRY)
def clock_stops_for_owners(parts: Parts) -> None:
    """From a player's first purchase on, server_time stands still."""
    whole, stopped = parts.entitlements.snapshot, dict[str, Any]()

    def snapshot(player: Player) -> dict[str, Any]:
        seen = whole(player)
        if parts.entitlements.grants(player):
            seen["server_time"] = stopped.setdefault(player.id, seen["server_time"])
        return seen

    put(parts.entitlements, snapshot=snapshot)


@fault("entitlements.end-in-the-past-is-forever", EXPIRY)
def end_in_the_past_is_forever(parts: Parts) -> None:
    """A purchase reported after its end is granted for good."""
    whole = parts.entitlements.grant

    def grant(player: Player, new: Grant) -> None:
        over = new.expires_at is not None and new.expires_at < now_ms()
        whole(player, replace(new, expires_at=None) if over else new)

    put(parts.entitlements, grant=grant)


@fault("entitlements.reported-late-opens-gates", EXPIRY)
def reported_late_opens_gates(parts: Parts) -> None:
    """A purchase that was over for long opens gates, though the snapshot does not show it."""
    strict = parts.gates.cinematic

    def cinematic(player: Player, hero_id: str) -> None:
        ends = [grant.expires_at or math.inf for grant in parts.entitlements.grants(player)]
        if not any(end < now_ms() - 3_600_000 for end in ends):
            strict(player, hero_id)

    put(parts.gates, cinematic=cinematic)


@fault("entitlements.snapshot-crashes-after-an-end", EXPIRY)
def snapshot_crashes_after_an_end(parts: Parts) -> None:
    """A snapshot with something that is over is a 500."""
    whole = parts.entitlements.snapshot

    def snapshot(player: Player) -> dict[str, Any]:
        if any(parts.entitlements.has_lapsed(grant, now_ms()) for grant in parts.entitlements.grants(player)):
            raise HTTPException(500, "Internal error")
        return whole(player)

    put(parts.entitlements, snapshot=snapshot)
