"""The events of players since the deploy, wherever they are counted."""

import asyncio
from datetime import datetime
from pathlib import Path

from harness.evidence.exchange import now
from harness.postdeploy.events import Counts, counted, spans
from harness.postdeploy.export import exported, until
from harness.postdeploy.posthog import PostHog
from runbook.signals import Signals


class Funnel:
    """Counted by PostHog, up to this moment."""

    def __init__(self, posthog: PostHog, healthy: Signals, since: datetime) -> None:
        self._posthog, self._healthy, self._since = posthog, healthy, since

    async def counts(self) -> Counts:
        within = spans(self._since, now(), self._healthy.window)
        return await self._posthog.counts(self._healthy.events, within)


class ExportedFunnel:
    """Counted in an export, up to its last event."""

    def __init__(self, path: Path, healthy: Signals, since: datetime) -> None:
        self._path, self._healthy, self._since = path, healthy, since

    async def counts(self) -> Counts:
        events = await asyncio.to_thread(exported, self._path)
        last = until(events, self._since)
        within = spans(self._since, last, self._healthy.window)
        return counted(events, self._healthy.events, within)
