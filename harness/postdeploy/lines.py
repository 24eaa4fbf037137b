"""The lines of a log since a moment, by the time that each begins with or names as its own."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from harness.errors import Unprovable

_MOMENT = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?(?!\d)"
# What a log puts before a time: brackets, a level, the name of a pod or a container. Not any word: that a line says
# "expires 2025-01-01T00:00:00" is what it speaks of, and not when it was written.
_LEVEL = r"(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL):?"
_NAME = r"(?=[\w./-]{0,80}[\d/])[\w./-]{1,120}:?"
_PREFIX = rf"\s*(?:(?:\[[^\]]{{0,120}}\]|{_LEVEL}|{_NAME}|\|)\s+){{0,3}}?"
_BEGINS = re.compile(rf"{_PREFIX}[\[(]?(?P<at>{_MOMENT})")
_JSON = re.compile(rf"{_PREFIX}{{.*?\"@?(?:ts|time|timestamp)\"\s*:\s*\"(?P<at>{_MOMENT})\"")


def since(moment: datetime, lines: Iterable[str], asked_since: bool = False) -> list[str]:
    """A line without a time belongs to the one before it; a time without an offset is UTC, as in an export.

    `asked_since`: the source was asked for the lines since then, and so those before the first time belong to them.
    Raises Unprovable where no line shows a time and it was not, or none is of that moment or later.
    """
    found, is_in, times = list[str](), asked_since, 0
    for line in lines:
        if (at := _moment(line)) is not None:
            is_in, times = at >= moment, times + 1
        if is_in:
            found.append(line)
    if not times and not asked_since:
        raise Unprovable("no line of the log says when it was written", "set logs.source to a log with times")
    if not found:
        raise Unprovable("the log has no line since the deploy", "see whether logs.source is the right one")
    return found


def _moment(line: str) -> datetime | None:
    found = _BEGINS.match(line) or _JSON.match(line)
    if found is None:
        return None
    text = found["at"].replace(" Z", "Z").replace(" +", "+").replace(" -", "-")
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
