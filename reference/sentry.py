"""A stand-in for Sentry: an organization's releases, and its issues page by page, in their documented shape."""

import hmac
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from reference.catalogue import iso, now_ms

ORGANIZATION, PROJECT = "divine-heroes", "4501"
PAGE = 2  # issues; the real one has more on a page, but who reads one page alone is to be found out
WEEK_MS = 7 * 24 * 3_600_000
NEW, REGRESSION = 0, 2  # why an issue is in the inbox
_TERM = re.compile(r'(?P<key>[\w.]+):(?:"(?P<quoted>[^"]*)"|(?P<plain>\S+))\s*')


class Sentry:
    """Issues in the order in which they were last seen, the latest first."""

    def __init__(self, token: str, release: str) -> None:
        self.token, self.release = token, release
        self.issues: list[dict[str, Any]] = []
        self._releases: dict[str, str] = {}
        # Of every release there are some.
        self.report("TimeoutError: the feed was slow", "feed/refresh", first_ms=now_ms() - WEEK_MS)
        self.report("TypeError: x is undefined", "arena/board.tsx", first_ms=now_ms() - 2 * WEEK_MS)
        self.report("KeyError: 'hero_9'", "heroes/album.tsx", first_ms=now_ms() - WEEK_MS)
        self.report("ValueError: not of this release", "app/_layout.tsx", substatus="new", release="0.9.0")

    def report(
        self,
        title: str,
        culprit: str,
        *,
        first_ms: int | None = None,
        back_ms: int | None = None,
        level: str = "error",
        status: str = "unresolved",
        substatus: str | None = "ongoing",
        release: str | None = None,
        handled: bool = False,
    ) -> None:
        """Adds an issue that was last seen just now; `first_ms` None: first seen, too.

        `back_ms`: since when one is back that is called regressed; None: just now.
        """
        now, number = now_ms(), str(5_000 + len(self.issues))
        kind, _, value = title.partition(": ")
        issue = {
            "id": number,
            "shortId": f"HEROES-{number}",
            "title": title,
            "culprit": culprit,
            "level": level,
            "status": status,
            "substatus": substatus,
            "isUnhandled": not handled,
            "firstSeen": _time(first_ms or now),
            "lastSeen": _time(now),
            "count": "12",
            "userCount": 3,
            "inbox": _inbox(substatus, back_ms or now),
            "type": "error",
            "metadata": {"type": kind, "value": value, "filename": culprit},
            "permalink": f"https://{ORGANIZATION}.sentry.invalid/issues/{number}/",
            "project": {"id": PROJECT, "slug": "heroes", "name": "heroes"},
        }
        self.issues.insert(0, issue)
        self._releases[number] = release or self.release

    def known(self, release: str) -> bool:
        """Whether somebody has ever reported to it, or created it."""
        return release == self.release or release in self._releases.values()

    def rename(self, release: str) -> None:
        """The SDKs report this release under another name."""
        self._releases = {
            number: release if each == self.release else each for number, each in self._releases.items()
        }
        self.release = release

    def refusal(self, authorization: str, organization: str, projects: Iterable[str]) -> JSONResponse | None:
        """Sentry's answer to who may not see these issues."""
        scheme, _, token = authorization.partition(" ")
        if (
            scheme != "Bearer"
            or not self.token
            or not hmac.compare_digest(token.encode(), self.token.encode())
        ):
            return JSONResponse({"detail": "Invalid token"}, 401)
        if organization != ORGANIZATION:
            return JSONResponse({"detail": "The requested resource does not exist"}, 404)
        if set(projects) - {PROJECT, "-1"}:
            return JSONResponse({"detail": "You do not have permission to perform this action."}, 403)
        return None

    def found(self, terms: dict[str, str], start: str | None, end: str | None) -> list[dict[str, Any]]:
        """Those that a query and a span of time ask for; without a query those that are unresolved."""
        terms = terms or {"is": "unresolved"}
        return [
            _within(each, start)
            for each in self.issues
            if terms.get("release", self._releases[each["id"]]) == self._releases[each["id"]]
            and terms.get("is", each["status"]) == each["status"]
            and (start is None or each["lastSeen"] >= start[:19])
            and (end is None or each["firstSeen"] <= f"{end}Z")
        ]


def sentry_routes(sentry: Sentry) -> APIRouter:
    routes = APIRouter()

    @routes.get("/api/0/organizations/{organization}/issues/")
    async def issues(
        request: Request,
        organization: str,
        query: str = "",
        project: Annotated[list[str], Query()] = [],  # noqa: B006 (FastAPI copies it)
        start: str | None = None,
        end: str | None = None,
        limit: int = 100,
        cursor: str = "0:0:0",
        expand: Annotated[list[str], Query()] = [],  # noqa: B006
    ) -> JSONResponse:
        if (
            refused := sentry.refusal(request.headers.get("Authorization", ""), organization, project)
        ) is not None:
            return refused
        terms = _terms(query)
        if terms is None:
            return JSONResponse({"detail": f"Error parsing search query: {query}"}, 400)
        # Without projects Sentry takes those that the token's owner is a member of: this one is of none.
        found = sentry.found(terms, start, end) if project else []
        begin, size = int(cursor.split(":")[1]), min(limit, PAGE)
        page = [_expanded(each, expand) for each in found[begin : begin + size]]
        return JSONResponse(page, headers={"Link": _links(str(request.url), begin, size, len(found))})

    @routes.get("/api/0/organizations/{organization}/releases/{version}/")
    async def release(request: Request, organization: str, version: str) -> JSONResponse:
        if (
            refused := sentry.refusal(request.headers.get("Authorization", ""), organization, ())
        ) is not None:
            return refused
        if not sentry.known(version):
            return JSONResponse({"detail": "The requested resource does not exist"}, 404)
        shown = {
            "version": version,
            "shortVersion": version,
            "status": "open",
            "dateCreated": _time(now_ms()),
        }
        return JSONResponse({**shown, "projects": [{"id": int(PROJECT), "slug": "heroes"}]})

    return routes


def _inbox(substatus: str | None, back_ms: int) -> dict[str, Any] | None:
    """Where an issue waits for somebody to look at it; nobody has to look at one that goes on."""
    reasons = {"new": NEW, "regressed": REGRESSION}
    if substatus not in reasons:
        return None
    return {"reason": reasons[substatus], "reason_details": None, "date_added": _time(back_ms)}


def _within(issue: dict[str, Any], start: str | None) -> dict[str, Any]:
    """As Sentry lists it for a span of time: what it says itself is of the span, and `lifetime` of all of it."""
    numbers = {name: issue[name] for name in ("count", "userCount", "firstSeen", "lastSeen")}
    is_older = start is not None and issue["firstSeen"] < start
    span = {**numbers, "firstSeen": issue["lastSeen"]} if is_older else numbers
    return {**issue, **span, "filtered": span, "lifetime": numbers}


def _expanded(issue: dict[str, Any], expand: Iterable[str]) -> dict[str, Any]:
    return issue if "inbox" in expand else {name: each for name, each in issue.items() if name != "inbox"}


def _terms(query: str) -> dict[str, str] | None:
    """The terms of a search by key; None for what is no such search."""
    terms, rest = dict[str, str](), query.strip()
    while rest:
        if (term := _TERM.match(rest)) is None or term["key"] not in ("is", "release"):
            return None
        terms[term["key"]] = term["quoted"] if term["quoted"] is not None else term["plain"]
        rest = rest[term.end() :]
    return terms


def _links(url: str, begin: int, size: int, number: int) -> str:
    """Both neighbours, whether or not they have results, as Sentry gives them."""
    before, after = f"0:{max(begin - size, 0)}:1", f"0:{begin + size}:0"
    return ", ".join(
        f'<{url}&cursor={cursor}>; rel="{name}"; results="{str(has).lower()}"; cursor="{cursor}"'
        for name, cursor, has in (("previous", before, begin > 0), ("next", after, begin + size < number))
    )


def _time(moment_ms: int) -> str:
    """As Sentry writes it."""
    return datetime.fromisoformat(iso(moment_ms)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
