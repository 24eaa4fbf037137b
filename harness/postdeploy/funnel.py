"""The events of players since the deploy, wherever they are counted."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from harness.postdeploy.events import Counts, Release, counted, spans
from harness.postdeploy.export import exported, until
from harness.postdeploy.moment import Deploy
from harness.postdeploy.posthog import PostHog
from runbook.signals import Signals


class Funnel:
    """Counted by PostHog, up to `settles` ago: the last events are not yet counted, those of earlier days are."""

    def __init__(
        self,
        posthog: PostHog,
        healthy: Signals,
        deploy: Deploy,
        settles: timedelta,
        only: Release | None = None,
    ) -> None:
        self._posthog, self._healthy, self._only = posthog, healthy, only
        self._deploy, self._settles = deploy, settles

    async def counts(self) -> Counts:
        """Raises Unprovable before anything can have settled."""
        within = spans(self._deploy.at, self._deploy.settled(self._settles), self._healthy.window)
        return await self._posthog.counts(self._healthy.events, within, self._only)


class ExportedFunnel:
    """Counted in an export, up to its last event."""

    def __init__(self, path: Path, healthy: Signals, since: datetime, only: Release | None = None) -> None:
        self._path, self._healthy, self._since, self._only = path, healthy, since, only

    async def counts(self) -> Counts:
        events = await asyncio.to_thread(exported, self._path)
        last = until(events, self._since)
        within = spans(self._since, last, self._healthy.window)
        found = counted(events, self._healthy.events, within)
        if self._only is None:
            return found
        ours = await asyncio.to_thread(exported, self._path, self._only)
        numbers = counted(ours, self._healthy.events, within[:1]).numbers
        return replace(found, ours={event: number for event, (number,) in numbers.items()})
