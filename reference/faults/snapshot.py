"""Faults of the snapshot: its shape, whose it is, and how fresh."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException

from reference.accounts import Player, Session
from reference.app import Parts
from reference.changing import Answer, edit, is_call, put, without
from reference.choices import fault

SHAPE = "entitlements.snapshot"
FRESH = "entitlements.freshness"
Snapshot = dict[str, Any]


def edited(name: str, item: str, description: str, change: Callable[[Snapshot], Snapshot]) -> None:
    """Enters a fault that edits every snapshot."""

    def edit_snapshots(parts: Parts) -> None:
        whole = parts.entitlements.snapshot
        put(parts.entitlements, snapshot=lambda player: change(whole(player)))

    fault(f"entitlements.{name}", item, description)(edit_snapshots)


def changed(field: str, change: Callable[[Any], Any]) -> Callable[[Snapshot], Snapshot]:
    """An edit of one field."""
    return lambda snapshot: {**snapshot, field: change(snapshot[field])}


def entries_edited(name: str, description: str, change: Callable[[Snapshot], Snapshot]) -> None:
    """Enters a fault that edits every entry of every snapshot."""

    def edit_entries(parts: Parts) -> None:
        whole = parts.entitlements.described
        put(parts.entitlements, described=lambda *about: change(whole(*about)))

    fault(f"entitlements.{name}", SHAPE, description)(edit_entries)


# Shape

for _field, _item in {
    "server_time": FRESH,
    "version": FRESH,
    "username": SHAPE,
    "entitlements": SHAPE,
    "ttl_seconds": FRESH,
    "source": SHAPE,
}.items():
    edited(f"{_field}-missing", SHAPE, f"The snapshot has no {_field}.", without(_field))
    edited(f"{_field}-null", _item, f"The {_field} of the snapshot is null.", changed(_field, lambda _: None))

edited("username-number", SHAPE, "The username of the snapshot is a number.", lambda s: {**s, "username": 7})
edited(
    "username-of-nobody", SHAPE, "Every snapshot is anonymous's.", changed("username", lambda _: "anonymous")
)
edited("source-number", SHAPE, "The source of the snapshot is a number.", lambda s: {**s, "source": 1})
edited(
    "entitlements-list",
    SHAPE,
    "The entitlements are a list instead of an object.",
    lambda s: {**s, "entitlements": list(s["entitlements"].values())},
)
edited(
    "only-what-is-owned",
    SHAPE,
    "Standing keys that are not owned are left out.",
    lambda s: {
        **s,
        "entitlements": {
            key: entry for key, entry in s["entitlements"].items() if entry["status"] != "not_owned"
        },
    },
)
edited(
    "starter-pack-missing",
    SHAPE,
    "The STARTER_PACK is not listed.",
    lambda s: {**s, "entitlements": without("STARTER_PACK")(s["entitlements"])},
)
for _field in ("key", "status", "granted_at", "expires_at", "transaction_id", "product_id", "reason"):
    entries_edited(f"entry-{_field}-missing", f"Entries have no {_field}.", without(_field))
entries_edited(
    "entry-key-lower", "Entries name their key in lower case.", lambda e: {**e, "key": e["key"].lower()}
)
entries_edited("entry-status-null", "The status of an entry is null.", lambda e: {**e, "status": None})
entries_edited(
    "entry-status-unknown",
    "What is not owned has a status of its own making.",
    lambda e: {**e, "status": e["status"].replace("not_owned", "none")},
)
entries_edited(
    "entry-owned-inactive",
    "What is owned is called active.",
    lambda e: {**e, "status": "active" if e["status"] == "owned" else e["status"]},
)
entries_edited(
    "entry-owned-without-reason",
    "An entry that is owned has fewer fields.",
    lambda e: without("reason")(e) if e["status"] == "owned" else e,
)
entries_edited(
    "entry-transaction-number", "Transaction ids are numbers.", lambda e: {**e, "transaction_id": 7}
)
entries_edited("entry-product-list", "Product ids are lists.", lambda e: {**e, "product_id": ["no_ads"]})
entries_edited("entry-granted-never", "What is owned was never granted.", lambda e: {**e, "granted_at": None})
entries_edited(
    "entry-times-naive",
    "Times of entries have no offset.",
    lambda e: {**e, "expires_at": e["expires_at"] and e["expires_at"].replace("+00:00", "")},
)


def _shift(moment: str | None, by: timedelta) -> str | None:
    return moment and (datetime.fromisoformat(moment) + by).isoformat()


entries_edited(
    "entry-granted-tomorrow",
    "What is owned is granted tomorrow.",
    lambda e: {**e, "granted_at": _shift(e["granted_at"], timedelta(days=1))},
)
entries_edited(
    "entry-owned-after-its-end",
    "What is owned shows an end that is over.",
    lambda e: {**e, "expires_at": _shift(e["expires_at"], timedelta(days=-60))},
)


@fault("entitlements.snapshot-203", SHAPE)
def snapshot_203(app: FastAPI) -> None:
    """The snapshot is answered 203."""
    edit(app, lambda _, answer: answer.replace(203, answer.json), "snapshot", statuses=range(200, 201))


@fault("entitlements.new-player-owns", SHAPE)
def new_player_owns(parts: Parts) -> None:
    """Every player owns NO_ADS."""
    status = parts.entitlements.described
    put(
        parts.entitlements,
        described=lambda key, *about: status(key, *about) | ({"status": "owned"} if key == "NO_ADS" else {}),
    )


# Whose


def disguise(name: str, description: str, told: Callable[[Request], str | None]) -> None:
    """Enters a fault that shows the snapshot of whom a request names."""

    def show(parts: Parts) -> None:
        strict = parts.doors.session

        def session(request: Request) -> Session:
            session = strict(request)
            named = told(request) if is_call(request, "snapshot") else None
            other = parts.accounts.known_as(named) if named else None
            return Session(other, session.jti) if other else session

        put(parts.doors, session=session)

    fault(f"entitlements.shown-by-{name}", SHAPE, description)(show)


def _parameter(name: str, request: Request) -> str | None:
    return request.query_params.get(name)


def _header(name: str, request: Request) -> str | None:
    return request.headers.get(name)


for _name in ("username", "user_id"):
    disguise(
        f"query-{_name}",
        f"The parameter {_name} chooses whose snapshot is shown.",
        partial(_parameter, _name),
    )
for _name in ("X-Username", "X-User-Id", "X-Forwarded-User"):
    disguise(
        _name.lower(),
        f"The header {_name} chooses whose snapshot is shown.",
        partial(_header, _name),
    )


@fault("entitlements.shown-under-own-name", SHAPE)
def shown_under_own_name(parts: Parts, app: FastAPI) -> None:
    """The parameter username chooses whose entitlements are shown, under the caller's own name."""

    def swap(request: Request, answer: Answer) -> None:
        other = parts.accounts.known_as(request.query_params.get("username", ""))
        if other is not None:
            answer.json = {**parts.entitlements.snapshot(other), "username": answer.json["username"]}

    edit(app, swap, "snapshot", statuses=range(200, 201))


@fault("entitlements.forwarded-user-anonymous", SHAPE)
def forwarded_user_anonymous(app: FastAPI) -> None:
    """A request with X-Forwarded-User gets the snapshot of nobody."""

    def anonymous(request: Request, answer: Answer) -> None:
        if "X-Forwarded-User" in request.headers:
            answer.json = {**answer.json, "username": "anonymous"}

    edit(app, anonymous, "snapshot", statuses=range(200, 201))


@fault("entitlements.shows-another-player", SHAPE)
def shows_another_player(parts: Parts) -> None:
    """Every snapshot carries the name of the player who registered first."""
    whole = parts.entitlements.snapshot

    def snapshot(player: Player) -> Snapshot:
        first = parts.store.execute("SELECT username FROM players ORDER BY rowid LIMIT 1").fetchone()
        return {**whole(player), "username": first["username"]}

    put(parts.entitlements, snapshot=snapshot)


@fault("entitlements.snapshot-of-nobody-404", SHAPE)
def snapshot_404(parts: Parts) -> None:
    """A player who never bought anything has no snapshot."""
    whole = parts.entitlements.snapshot

    def snapshot(player: Player) -> Snapshot:
        if not parts.entitlements.grants(player):
            raise HTTPException(404, "No entitlements")
        return whole(player)

    put(parts.entitlements, snapshot=snapshot)
