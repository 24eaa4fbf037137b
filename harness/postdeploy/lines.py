"""The lines of a log since a moment, by the time that each begins with."""

import re
from collections.abc import Iterable
from datetime import datetime

from harness.errors import Unprovable

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?")


def since(moment: datetime, lines: Iterable[str]) -> list[str]:
    """A line without a time belongs to the one before it; a time without an offset is that of this machine.

    Raises Unprovable where no line shows a time, or none is of that moment or later.
    """
    found, is_in, times = list[str](), False, 0
    for line in lines:
        if (at := _moment(line)) is not None:
            is_in, times = at >= moment, times + 1
        if is_in:
            found.append(line)
    if not times:
        raise Unprovable("no line of the log says when it was written", "set logs.source to a log with times")
    if not found:
        raise Unprovable("the log has no line since the deploy", "see whether logs.source is the right one")
    return found


def _moment(line: str) -> datetime | None:
    found = _TIME.search(line)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(
            found[0].replace(" Z", "Z").replace(" +", "+").replace(" -", "-")
        ).astimezone()
    except ValueError:
        return None
