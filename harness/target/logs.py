"""The target's log: from a file, or from a command such as `kubectl logs`.

One that cannot be read proves nothing: that says something of the pipeline, and nothing of the release.
"""

import asyncio
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import Unprovable
from harness.evidence.command import ran
from harness.sections import Logs

WITHIN_S = 30  # for a command to give the log
EVER = datetime(1970, 1, 1, tzinfo=UTC)


class LogSource:
    """Reads log lines; `begin` is when this run began, `offset` the size that a log file had then."""

    def __init__(self, settings: Logs, path: Path | None, begin: datetime, offset: int) -> None:
        if settings.source == "none":
            raise Unprovable("there is no log source", "set logs.source")
        self._settings, self._path, self._begin, self._offset = settings, path, begin, offset

    @property
    def is_asked_since(self) -> bool:
        """Whether the source itself leaves out what is older than the moment that it is asked for."""
        return self._path is None and any("{since}" in part for part in self._settings.command)

    async def all(self) -> list[str]:
        """Every line that the source still has."""
        return await self._lines(EVER, 0)

    async def since(self, moment: datetime) -> list[str]:
        """Lines of that moment and later; a file gives all that it has."""
        return await self._lines(moment, 0)

    async def of_this_run(self) -> list[str]:
        """The lines since this run began."""
        return await self._lines(self._begin, self._offset)

    async def until(self, met: Callable[[list[str]], bool]) -> list[str]:
        """The lines of this run as soon as they meet the condition, or when the time to become visible is over."""
        over = time.monotonic() + self._settings.visible_within_s
        for pause in itertools.chain((0.05, 0.1, 0.2, 0.4), itertools.repeat(1.0)):
            lines = await self.of_this_run()
            if met(lines) or time.monotonic() > over:
                return lines
            await asyncio.sleep(pause)
        raise AssertionError("unreachable: the pauses never end")

    async def _lines(self, since: datetime, offset: int) -> list[str]:
        if self._path is None:
            return await self._ask_command(since)
        try:
            with self._path.open("rb") as file:
                file.seek(offset)
                return file.read().decode("utf-8", "replace").splitlines()
        except OSError as error:
            reason = f"the log {self._path} cannot be read ({error.strerror})"
            raise Unprovable(reason, "mend logs.path") from None

    async def _ask_command(self, since: datetime) -> list[str]:
        command = [
            part.replace("{since}", since.strftime("%Y-%m-%dT%H:%M:%SZ")) for part in self._settings.command
        ]
        try:
            log = await ran(command, WITHIN_S)
        except OSError as error:
            reason = f"`{command[0]}` does not start ({error.strerror})"
            raise Unprovable(reason, "mend logs.command") from None
        if log.code is None:
            raise Unprovable(f"`{command[0]}` gave no log within {WITHIN_S} s", "mend logs.command")
        if not log.well:
            said = " / ".join(log.errors.strip().splitlines())[-300:]
            raise Unprovable(f"`{command[0]}` ended with {log.code}: {said}", "mend logs.command")
        return log.output.splitlines()
