"""Events counted by PostHog's query API.

Source: PostHog's API reference, "Query": POST /api/projects/{id}/query/ with a HogQLQuery; it takes a personal API key
with the scope query:read, and writes nothing.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import httpx

from harness.errors import Unprovable
from harness.evidence.exchange import Exchange
from harness.postdeploy.events import Counts, Release, Spans
from harness.postdeploy.settings import PostHog as Settings
from harness.target.asking import answered, body
from harness.target.transport import Transport

KEYS = "postdeploy.posthog (origin, project, key_env)"
WITHIN_S = 60.0  # for a query over a week of events


class PostHog:
    def __init__(self, transport: Transport, origin: str, settings: Settings, key: str) -> None:
        self._transport, self._url, self._key = transport, httpx.URL(origin + settings.path), key

    async def counts(self, wanted: Sequence[str], within: Spans, only: Release | None = None) -> Counts:
        """One query for all spans, with the events of a release beside; raises Unprovable where it cannot be read."""
        body = {
            "query": {"kind": "HogQLQuery", "query": hogql(wanted, within, only)},
            "name": "release verifier",
        }
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        call = self._transport.send(
            "POST",
            self._url,
            headers,
            json.dumps(body).encode(),
            harmless=True,
            timeout_s=WITHIN_S,
            note="events since the deploy",
        )
        return _counts(await answered(call, "PostHog", KEYS), len(within), only is not None)


def hogql(wanted: Sequence[str], within: Spans, only: Release | None = None) -> str:
    """A row for each event: its name, how often it happened in each of the spans, and in the first of a release."""
    columns = [
        f"countIf(timestamp >= {_moment(begin)} AND timestamp < {_moment(end)}) AS days_ago_{nth}"
        for nth, (begin, end) in enumerate(within)
    ]
    if only is not None:
        (begin, end), (name, release) = within[0], only
        columns.append(
            f"countIf(timestamp >= {_moment(begin)} AND timestamp < {_moment(end)} "
            f"AND JSONExtractString(properties, '{name}') = '{release}') AS of_release"
        )
    names = ", ".join(f"'{event}'" for event in wanted)
    first, last = min(begin for begin, _ in within), max(end for _, end in within)
    return (
        f"SELECT event, {', '.join(columns)} FROM events WHERE event IN ({names}) "
        f"AND timestamp >= {_moment(first)} AND timestamp < {_moment(last)} GROUP BY event"
    )


def _moment(moment: datetime) -> str:
    return f"toDateTime('{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}')"


def _counts(answer: Exchange, spans: int, has_release: bool) -> Counts:
    numbers: dict[str, list[int]] = {}
    ours: dict[str, int] = {}
    found = body(answer, "PostHog", KEYS)
    rows = found.get("results") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise Unprovable("PostHog's answer has no list of results", f"mend {KEYS}")
    for row in rows:
        try:
            event, *counts = row
            numbers[str(event)] = [int(each) for each in counts][:spans]
            ours[str(event)] = int(counts[-1])
        except (TypeError, ValueError, IndexError):
            counts = []
        if len(counts) != spans + has_release:
            raise Unprovable("PostHog's answer has another row than was asked for", f"mend {KEYS}")
    return Counts(numbers, answer, ours if has_release else None)
