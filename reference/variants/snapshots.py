"""Variants of snapshots: times, versions, entitlements."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from fastapi import FastAPI

from reference.accounts import Player
from reference.app import Parts
from reference.bodies import WebhookEvent
from reference.catalogue import LAST_MOMENT_MS, iso, now_ms
from reference.changing import edit_json, put
from reference.choices import variant
from reference.entitlements import Grant


def _times(value: Any, write: Callable[[str], str], name: str = "") -> Any:
    """All times in an answer, written otherwise."""
    if isinstance(value, dict):
        return {key: _times(each, write, key) for key, each in value.items()}
    is_time = isinstance(value, str) and (name.endswith("_at") or name in ("server_time", "timestamp"))
    return write(value) if is_time else value


@variant("times-with-z")
def times_with_z(app: FastAPI) -> None:
    """Times end with Z instead of +00:00."""
    edit_json(app, lambda body: _times(body, lambda text: text.replace("+00:00", "Z")))


@variant("whole-seconds")
def whole_seconds(app: FastAPI) -> None:
    """Times have no fractions of a second."""

    def whole(text: str) -> str:
        return datetime.fromisoformat(text).replace(microsecond=0).isoformat()

    edit_json(app, lambda body: _times(body, whole))


@variant("milliseconds-with-z")
def milliseconds_with_z(app: FastAPI) -> None:
    """Times have exactly three digits of a second, and end with Z."""

    def written(text: str) -> str:
        return datetime.fromisoformat(text).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    edit_json(app, lambda body: _times(body, written))


def clock(seconds: float) -> None:
    """Puts the clock forward."""
    now, now_ns = time.time, time.time_ns
    put(time, time=lambda: now() + seconds, time_ns=lambda: now_ns() + int(seconds * 1e9))


@variant("clock-ahead")
def clock_ahead() -> None:
    """The clock is 5 s ahead."""
    clock(5)


@variant("clock-behind")
def clock_behind() -> None:
    """The clock is 5 s behind."""
    clock(-5)


def _snapshots(parts: Parts, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    whole = parts.entitlements.snapshot
    put(parts.entitlements, snapshot=lambda player: change(whole(player)))


@variant("ttl-30")
def ttl_30(parts: Parts) -> None:
    """The shortest ttl_seconds that the client honours."""
    _snapshots(parts, lambda snapshot: {**snapshot, "ttl_seconds": 30})


@variant("ttl-3600")
def ttl_3600(parts: Parts) -> None:
    """The longest ttl_seconds that the client honours."""
    _snapshots(parts, lambda snapshot: {**snapshot, "ttl_seconds": 3600})


@variant("more-entitlements")
def more_entitlements(parts: Parts) -> None:
    """The snapshot lists keys more, with fields more."""

    def wider(snapshot: dict[str, Any]) -> dict[str, Any]:
        more = {
            key: {**dict.fromkeys(snapshot["entitlements"]["PREMIUM"]), "key": key, "status": "not_owned"}
            for key in ("SEASON_PASS", "SKIN:dragon")
        }
        return {**snapshot, "entitlements": {**more, **snapshot["entitlements"]}}

    _snapshots(parts, wider)


@variant("version-steps-of-2")
def version_steps(parts: Parts) -> None:
    """The version rises by two."""
    _snapshots(parts, lambda snapshot: {**snapshot, "version": 2 * snapshot["version"]})


@variant("version-is-a-time")
def version_is_a_time(parts: Parts) -> None:
    """The version is the millisecond of the latest change."""
    whole = parts.entitlements.version
    changed: dict[str, tuple[int, int]] = {}

    def version(player: Player, now: int) -> int:
        counted = whole(player, now)
        known, moment = changed.get(player.id, (0, 0))
        if counted != known:
            moment = max(now, moment + 1)
            changed[player.id] = counted, moment
        return moment

    put(parts.entitlements, version=version)


@variant("version-is-now")
def version_is_now(parts: Parts) -> None:
    """The version is the millisecond of the answer."""
    put(parts.entitlements, version=lambda player, now: now)


@variant("version-of-all-players")
def version_of_all_players(parts: Parts) -> None:
    """The version counts the changes of all players."""

    def version(player: Player, now: int) -> int:
        changes = parts.store.execute("SELECT SUM(version) FROM players").fetchone()[0]
        return int(changes) + sum(
            parts.entitlements._just_lapsed(grant, now) for grant in parts.entitlements.grants(player)
        )

    put(parts.entitlements, version=version)


@variant("expired-is-not-owned")
def expired_is_not_owned(parts: Parts) -> None:
    """What has expired or was refunded is shown as not_owned, without its times."""
    whole = parts.entitlements.described

    def described(key: str, grant: Grant | None, now: int) -> dict[str, Any]:
        entry = whole(key, grant, now)
        return entry if entry["status"] == "owned" else whole(key, None, now)

    put(parts.entitlements, described=described)


@variant("granted-on-arrival")
def granted_on_arrival(parts: Parts) -> None:
    """granted_at is the moment at which the backend heard of a purchase."""
    whole = parts.entitlements._write

    def write(player: Player, new: Grant, known: Grant | None) -> None:
        fresh = known is None or known.status != "owned"
        now = int(time.time() * 1000)
        granted = {"granted_at": now} if fresh and new.status == "owned" else {}
        whole(player, Grant(**{**vars(new), **granted}), known)

    put(parts.entitlements, _write=write)


@variant("plain-entries")
def plain_entries(parts: Parts) -> None:
    """Entries carry no transaction, product or reason."""
    whole = parts.entitlements.described
    blank = dict.fromkeys(("transaction_id", "product_id", "reason"))
    put(parts.entitlements, described=lambda *about: {**whole(*about), **blank})


@variant("times-with-compact-offset")
def times_with_compact_offset(app: FastAPI) -> None:
    """Times end with +0000 instead of +00:00."""
    edit_json(app, lambda body: _times(body, lambda text: text.replace("+00:00", "+0000")))


@variant("everybody-owns-the-game")
def everybody_owns_the_game(parts: Parts) -> None:
    """The snapshot lists a key more, which everybody owns."""

    def wider(snapshot: dict[str, Any]) -> dict[str, Any]:
        blank = dict.fromkeys(snapshot["entitlements"]["PREMIUM"])
        more = {"BASE_GAME": {**blank, "key": "BASE_GAME", "status": "owned"}}
        return {**snapshot, "entitlements": {**snapshot["entitlements"], **more}}

    _snapshots(parts, wider)


@variant("ended-heroes-are-listed")
def ended_heroes_are_listed(parts: Parts) -> None:
    """A hero's key stays listed after its end."""
    whole = parts.entitlements.snapshot

    def snapshot(player: Player) -> dict[str, Any]:
        shown, now = whole(player), now_ms()
        standing = parts.entitlements.standing(player, now).items()
        ever = {key: parts.entitlements.described(key, grant, now) for key, grant in standing}
        return {**shown, "entitlements": {**ever, **shown["entitlements"]}}

    put(parts.entitlements, snapshot=snapshot)


@variant("ends-in-whole-seconds")
def ends_in_whole_seconds(parts: Parts) -> None:
    """What is bought ends with the second in which its end lies."""
    news = parts.effects.news

    def rounded(key: str, event: WebhookEvent, status: str) -> Grant:
        grant = news(key, event, status)
        if grant.expires_at is None or status != "owned":
            return grant
        return replace(grant, expires_at=math.ceil(grant.expires_at / 1000) * 1000)

    put(parts.effects, news=rounded)


@variant("what-never-ends-ends-in-9999")
def what_never_ends(parts: Parts) -> None:
    """What does not expire is shown with an end in the year 9999."""
    whole = parts.entitlements.described

    def described(key: str, grant: Grant | None, now: int) -> dict[str, Any]:
        entry = whole(key, grant, now)
        is_endless = entry["status"] == "owned" and entry["expires_at"] is None
        return {**entry, "expires_at": iso(LAST_MOMENT_MS)} if is_endless else entry

    put(parts.entitlements, described=described)
