"""Lists of RevenueCat's REST v2, from page to page."""

from collections.abc import Mapping
from typing import Any

import httpx

from harness.errors import PromiseBroken
from harness.evidence.exchange import Exchange
from harness.target.transport import Transport

MOST = 50  # pages of a reading: far more than an offering has


class Pages:
    """Reads lists below one project, with its key; only from `origin`, whatever a page says of the next."""

    def __init__(self, transport: Transport, origin: str, project: str, key: str) -> None:
        self._transport, self._origin = transport, httpx.URL(origin)
        self._below = f"/v2/projects/{project}/"
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        self._read = 0

    async def first(self, name: str, expand: str = "") -> Exchange:
        """The first page of a list of the project, by the list's name."""
        url = self._origin.copy_with(path=self._below + name)
        return await self._get(url.copy_merge_params({"expand": expand}) if expand else url)

    async def items(
        self, page: Mapping[str, Any], answer: Exchange, expand: str = ""
    ) -> list[dict[str, Any]]:
        """All of a list of which `answer` holds a page; `expand`: what the following pages have to tell in full.

        Raises PromiseBroken where a next page lies outside of the project, or there is no end of them.
        """
        found = list(page.get("items") or [])
        while following := page.get("next_page"):
            url = self._inside(str(following), answer)
            if expand and "expand" not in url.params:
                url = url.copy_merge_params({"expand": expand})
            answer = await self._get(url)
            page = {"items": answer.field("items"), "next_page": answer.json.get("next_page")}
            found += page["items"]
        return found

    def _inside(self, following: str, answer: Exchange) -> httpx.URL:
        """The address of a next page: the key goes nowhere else."""
        try:
            url = self._origin.join(following)
        except httpx.InvalidURL:
            raise PromiseBroken(f"{answer.title}: `next_page` is no address", answer) from None
        same = (url.scheme, url.host, url.port) == (self._origin.scheme, self._origin.host, self._origin.port)
        if not same or not url.path.startswith(self._below) or ".." in url.path.split("/"):
            raise PromiseBroken(f"{answer.title}: `next_page` leads out of the project", answer)
        if self._read >= MOST:
            raise PromiseBroken(f"{answer.title}: page {MOST} of its lists, and there are more", answer)
        return url

    async def _get(self, url: httpx.URL) -> Exchange:
        self._read += 1
        return (await self._transport.send("GET", url, self._headers)).expect(200)
