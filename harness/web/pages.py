"""Lists of RevenueCat's REST v2, from page to page.

A project that cannot be read proves nothing of the release (see harness/target/asking.py), so all that goes wrong in
reading it is Unprovable.
"""

from collections.abc import Mapping
from typing import Any

import httpx

from harness.errors import Unprovable
from harness.evidence.exchange import Exchange
from harness.target.asking import answered, body
from harness.target.transport import Transport

SERVICE = "RevenueCat"
MOST = 50  # pages of a reading: far more than an offering has


class Pages:
    """Reads lists below one project, with its key; only from `origin`, whatever a page says of the next.

    `section`: of the environment file, where the project is named.
    """

    def __init__(self, transport: Transport, origin: str, project: str, key: str, section: str) -> None:
        self._transport, self._origin = transport, httpx.URL(origin)
        self._below = f"/v2/projects/{project}/"
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        self._keys = f"{section} (the origin, project or key)"
        self._read = 0

    async def all(self, name: str, expand: str = "") -> tuple[Exchange, list[dict[str, Any]]]:
        """A list of the project by its name: the answer with its first page, and the items of all pages.

        `expand`: what the answers have to tell in full.
        """
        url = self._origin.copy_with(path=self._below + name)
        answer, page = await self._get(url.copy_merge_params({"expand": expand}) if expand else url)
        return answer, await self.items(page, expand)

    async def items(self, page: Any, expand: str = "") -> list[dict[str, Any]]:
        """All of a list of which this is the first page; raises Unprovable where it was not told in full.

        `expand`: what the following pages have to tell in full.
        """
        found = self._of(page)
        while following := page.get("next_page"):
            url = self._inside(str(following))
            if expand and "expand" not in url.params:
                url = url.copy_merge_params({"expand": expand})
            _, page = await self._get(url)
            found += self._of(page)
        return found

    def _of(self, page: Any) -> list[dict[str, Any]]:
        items = page.get("items") if isinstance(page, Mapping) else None
        if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
            raise self.unreadable("has no list of items where one is promised")
        return [*items]

    def _inside(self, following: str) -> httpx.URL:
        """The address of a next page: the key goes nowhere else."""
        try:
            url = self._origin.join(following)
        except httpx.InvalidURL:
            raise self.unreadable("has a `next_page` that is no address") from None
        same = (url.scheme, url.host, url.port) == (self._origin.scheme, self._origin.host, self._origin.port)
        if not same or not url.path.startswith(self._below) or ".." in url.path.split("/"):
            raise self.unreadable("has a `next_page` that leads out of the project")
        if self._read >= MOST:
            raise self.unreadable(f"is page {MOST} of its lists, and there are more")
        return url

    async def _get(self, url: httpx.URL) -> tuple[Exchange, Any]:
        self._read += 1
        answer = await answered(self._transport.send("GET", url, self._headers), SERVICE, self._keys)
        return answer, body(answer, SERVICE, self._keys)

    def unreadable(self, how: str) -> Unprovable:
        """What an answer raises that is not as RevenueCat documents it."""
        return Unprovable(f"{SERVICE}'s answer {how}", f"mend {self._keys}")
