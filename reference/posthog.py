"""A stand-in for PostHog: events of players, and HogQL queries of them, which SQLite answers."""

import hmac
import json
import re
import sqlite3
from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from reference.catalogue import now_ms

PROJECT = "7301"
DAYS = 8  # the last of them today
ROWS = 100  # of an answer, unless the query says how many
DAY_S = 24 * 3600
# How many there are at the moment at which this process starts; on earlier days as many at the same time of day.
USUAL = {
    "paywall_opened": 400,
    "purchase_attempt": 72,
    "purchase_success": 60,
    "premium_gate_denied": 250,
    "store_opened": 300,
    "session_started": 900,
}


class HogQL(BaseModel):
    kind: Literal["HogQLQuery"]
    query: str


class Asked(BaseModel):
    query: HogQL
    name: str | None = None


class PostHog:
    """`numbers`: of each event, today and on the days before."""

    def __init__(self, key: str, release: str) -> None:
        self.key, self.release = key, release  # the latter is a property of every event
        self.numbers = {event: [usual] * DAYS for event, usual in USUAL.items()}
        self.before: dict[str, int] = {}  # today, of players who still have the release before
        self._started = now_ms() / 1000
        self._events: sqlite3.Connection | None = None

    def today(self, **numbers: int) -> None:
        """So many of these events since the start."""
        for event, number in numbers.items():
            self.numbers[event][0] = number

    def refusal(self, authorization: str, project: str) -> JSONResponse | None:
        """PostHog's answer to who may not query this project."""
        scheme, _, key = authorization.partition(" ")
        if scheme != "Bearer" or not self.key or not hmac.compare_digest(key.encode(), self.key.encode()):
            return _refusal(401, "authentication_error", "Invalid Personal API key.")
        return None if project == PROJECT else _refusal(404, "invalid_request", "Project not found.")

    def answer(self, hogql: str) -> tuple[list[str], list[list[Any]]]:
        """Columns and rows; raises sqlite3.Error for what is no query."""
        if self._events is None:
            self._events = self._filled()
        limit = "" if re.search(r"\blimit\b", hogql, re.IGNORECASE) else f" LIMIT {ROWS}"
        cursor = self._events.execute(hogql + limit)
        return [column[0] for column in cursor.description], [list(row) for row in cursor]

    def _filled(self) -> sqlite3.Connection:
        events = sqlite3.connect(":memory:", check_same_thread=False)
        events.create_function("toDateTime", 1, _seconds, deterministic=True)
        events.create_function("JSONExtractString", 2, _text, deterministic=True)
        events.create_aggregate("countIf", 1, _CountIf)
        events.execute("CREATE TABLE events (event TEXT, timestamp REAL, properties TEXT)")
        events.executemany(
            "INSERT INTO events VALUES (?, ?, ?)",
            (
                (event, self._started - day * DAY_S, json.dumps({"release": self.release}))
                for event, numbers in self.numbers.items()
                for day, number in enumerate(numbers)
                for _ in range(number)
            ),
        )
        events.executemany(
            "INSERT INTO events VALUES (?, ?, ?)",
            (
                (event, self._started, json.dumps({"release": "0.9.0"}))
                for event, number in self.before.items()
                for _ in range(number)
            ),
        )
        events.execute("PRAGMA query_only = true")
        return events


class _CountIf:
    """HogQL's aggregate of that name."""

    def __init__(self) -> None:
        self._number = 0

    def step(self, holds: int | None) -> None:
        self._number += bool(holds)

    def finalize(self) -> int:
        return self._number


def posthog_routes(posthog: PostHog) -> APIRouter:
    routes = APIRouter()

    @routes.post("/api/projects/{project}/query/")
    async def query(request: Request, project: str, body: Asked) -> JSONResponse:
        if (refused := posthog.refusal(request.headers.get("Authorization", ""), project)) is not None:
            return refused
        try:
            columns, results = posthog.answer(body.query.query)
        except sqlite3.Error as error:
            return _refusal(400, "validation_error", f"Unable to parse query: {error}")
        said = {"columns": columns, "results": results, "types": [], "query": body.query.query}
        return JSONResponse(
            {**said, "hogql": body.query.query, "is_cached": False, "hasMore": False, "error": None}
        )

    return routes


def _refusal(status: int, kind: str, detail: str) -> JSONResponse:
    return JSONResponse({"type": kind, "code": kind, "detail": detail, "attr": None}, status)


def _text(properties: str, name: str) -> str:
    """As HogQL reads a property: empty where there is none."""
    found = json.loads(properties).get(name)
    return found if isinstance(found, str) else ""


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
