"""The issues that Sentry has of a release since its deploy.

Source: Sentry's API reference, "List an Organization's Issues", "Retrieve an Organization's Release" and
"Paginating Results".
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from harness.errors import Unprovable
from harness.evidence.exchange import Exchange, now, witness
from harness.postdeploy.settings import Sentry as Settings
from harness.target.asking import answered, body
from harness.target.transport import Transport
from runbook.signals import PageAtOnce

A_PAGE, PAGES = 100, 20
ALL_PROJECTS = "-1"
REGRESSION = 2  # why an issue is in Sentry's inbox
KEYS = "postdeploy.sentry (origin, organization, projects, token_env)"
_NEXT = re.compile(r'<[^>]*>;\s*rel="next";\s*results="true";\s*cursor="([\w:.-]+)"')


class Lifetime(BaseModel):
    """Of an issue, whatever span of time was asked for."""

    model_config = ConfigDict(frozen=True)

    firstSeen: AwareDatetime


class Inbox(BaseModel):
    """Since when an issue waits for somebody to look at it, and why."""

    model_config = ConfigDict(frozen=True)

    reason: int
    date_added: AwareDatetime


class Issue(BaseModel):
    """What is used of an issue; the names are Sentry's. `firstSeen`, `count`: of the span that was asked for."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    culprit: str | None = None
    level: str | None = None
    status: str
    substatus: str | None = None
    firstSeen: AwareDatetime
    lastSeen: AwareDatetime
    count: int = 0
    isUnhandled: bool | None = None
    permalink: str | None = None
    metadata: dict[str, Any] = {}
    lifetime: Lifetime | None = None
    inbox: Inbox | None = None

    @property
    def first(self) -> datetime:
        """When it was seen for the first time at all."""
        return self.lifetime.firstSeen if self.lifetime else self.firstSeen

    def news(self, since: datetime) -> str | None:
        """`new` since the deploy, `regressed`, or None; one that somebody resolved or archived is neither."""
        if self.status != "unresolved":
            return None
        return "new" if self.first >= since else "regressed" if self._is_back(since) else None

    def _is_back(self, since: datetime) -> bool:
        """Sentry calls it regressed for a week, and says in its inbox since when, unless somebody took it out."""
        back = self.inbox.date_added if self.inbox and self.inbox.reason == REGRESSION else since
        return self.substatus == "regressed" and back >= since

    def pages(self, at_once: PageAtOnce) -> bool:
        """Whether it is one of those, whatever became of it since."""
        if at_once.levels and self.level is not None and self.level not in at_once.levels:
            return False
        if at_once.uncaught and self.isUnhandled is False:
            return False
        texts = (
            self.title,
            self.culprit or "",
            *(each for each in self.metadata.values() if isinstance(each, str)),
        )
        return any(at_once.found.search(text) for text in texts)

    @property
    def words(self) -> str:
        where = f" in {self.culprit}" if self.culprit else ""
        link = f" {self.permalink}" if self.permalink else ""
        first = f"{self.first.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        return f"{self.title}{where}, {self.count} times, first {first}{link}"


_ISSUES = TypeAdapter(list[Issue])


@dataclass(frozen=True)
class Issues:
    """The issues of a release that happened since its deploy, each with the page that listed it."""

    since: datetime
    listed: tuple[tuple[Issue, Exchange], ...]

    @property
    def news(self) -> list[str]:
        """Those that are new or regressed, in words; they become evidence."""
        return list(self._told((each.news(self.since), each, page) for each, page in self.listed))

    def paging(self, patterns: Iterable[PageAtOnce]) -> list[str]:
        """Those that page at once, with why; they become evidence."""
        kinds = tuple(patterns)
        return list(
            self._told(
                (next((kind.title for kind in kinds if each.pages(kind)), None), each, page)
                for each, page in self.listed
            )
        )

    def _told(self, found: Iterable[tuple[str | None, Issue, Exchange]]) -> Iterator[str]:
        for why, issue, page in found:
            if why is not None:
                witness(page)
                yield f"{why}: {issue.words}"

    @property
    def notes(self) -> list[str]:
        """Those that are neither new nor regressed, and happen more and more."""
        rising = [
            each.words
            for each, _ in self.listed
            if each.substatus == "escalating" and not each.news(self.since)
        ]
        return [f"escalating in Sentry: {words}" for words in rising]


class Sentry:
    def __init__(
        self, transport: Transport, origin: str, settings: Settings, token: str, version: str | None
    ) -> None:
        """Raises Unprovable where the release has no name."""
        if version is None and "{version}" in settings.release:
            raise Unprovable("the target names no version, and so no release", "write --expect-version=...")
        self._transport, self._origin, self._settings = transport, origin, settings
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._release = settings.release.replace("{version}", version or "")

    async def issues(self, since: datetime) -> Issues:
        """Those with events since then; raises Unprovable where Sentry cannot be read."""
        found: list[tuple[Issue, Exchange]] = []
        query, cursor = self._query(since), ""
        for _ in range(PAGES):
            page = await self._page(query | ({"cursor": cursor} if cursor else {}))
            found += [(each, page) for each in _issues(page) if each.lastSeen >= since]
            following = _NEXT.search(page.response.headers.get("Link", ""))
            if following is None:
                if not found:
                    await self._reported_to()
                return Issues(since, tuple(found))
            cursor = following[1]
        raise Unprovable(f"Sentry has more than {PAGES * A_PAGE} issues", "set postdeploy.sentry.projects")

    async def _reported_to(self) -> None:
        """Raises Unprovable where Sentry knows no such release: that it has no issue says nothing then."""
        url = httpx.URL(self._origin + self._settings.releases + quote(self._release, safe="") + "/")
        await answered(self._known(url), "Sentry", KEYS)

    async def _known(self, url: httpx.URL) -> Exchange:
        exchange = await self._transport.send("GET", url, self._headers, note="the release")
        if exchange.response.status_code == 404:
            raise Unprovable(
                f"Sentry knows no release {self._release}",
                "mend postdeploy.sentry.release, or see whether the build reports to Sentry",
            )
        return exchange

    def _query(self, since: datetime) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "query": f'release:"{self._release}"',
            "start": _utc(since),
            "end": _utc(now()),
            "limit": str(A_PAGE),
            "expand": "inbox",
            # Without any, Sentry takes those that the token's owner is a member of, which may be none.
            "project": list(self._settings.projects) or [ALL_PROJECTS],
        }
        if self._settings.environment is not None:
            asked["environment"] = self._settings.environment
        return asked

    async def _page(self, query: dict[str, Any]) -> Exchange:
        # Never the address in the Link header: the token goes to the place that the environment names.
        url = httpx.URL(self._origin + self._settings.path, params=query)
        call = self._transport.send("GET", url, self._headers, note="issues of the release")
        return await answered(call, "Sentry", KEYS)


def _issues(page: Exchange) -> list[Issue]:
    try:
        return _ISSUES.validate_python(body(page, "Sentry", KEYS))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the answer"
        reason = f"Sentry's answer is no list of issues ({where}: {first['msg']})"
        raise Unprovable(reason, f"mend {KEYS}") from None


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
