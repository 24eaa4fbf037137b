"""Events from an export of any analytics: CSV with a header, or one JSON object a line."""

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.errors import Unprovable
from harness.evidence.exchange import now
from harness.postdeploy.events import Release

Event = tuple[str, datetime]
NAMES = ("event", "timestamp")
STALE = timedelta(minutes=15)


def exported(path: Path, only: Release | None = None) -> list[Event]:
    """All events, or those of a release; a time without an offset is UTC.

    Raises Unprovable for a file or line that is neither of both.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_rows(path, file, only))
    except OSError as error:
        reason = f"the export {path} cannot be read ({error.strerror})"
        raise Unprovable(reason, "mend postdeploy.export.path") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unprovable(f"the export {path} is no text of events ({error})", "export it again") from None


def until(events: list[Event], since: datetime) -> datetime:
    """Up to when an export tells what happened, excluded; events of later than now (of a wrong clock) do not count.

    Raises Unprovable where that is before the deploy, or was long ago: what is missing looks like a drop.
    """
    here = now()
    last = max((moment for _, moment in events if moment <= here), default=None)
    if last is None or last < since:
        raise Unprovable("the export ends before the deploy", "export it again")
    if last < here - STALE and since < here - STALE:
        raise Unprovable(
            f"the export ends at {last.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC", "export it again"
        )
    return last + timedelta(microseconds=1)


def _rows(path: Path, file: Iterator[str], only: Release | None) -> Iterator[Event]:
    first = next(file, "")
    rows: Iterator[tuple[int, Mapping[str, object]]]
    if first.lstrip().startswith("{"):
        rows = ((number, _object(line)) for number, line in enumerate(_again(first, file), 1) if line.strip())
    else:
        rows = enumerate(csv.DictReader(_again(first, file)), 2)
    for number, row in rows:
        if only is not None and row.get(only[0]) != only[1]:
            if only[0] not in row and not first.lstrip().startswith("{"):
                raise Unprovable(f"{path} has no column {only[0]}", "mend postdeploy.export.release_property")
            continue
        try:
            event, moment = (str(row[name]) for name in NAMES)
            yield event, _time(moment)
        except (KeyError, TypeError, ValueError, OverflowError):
            reason = f"{path}, line {number}: no event with a timestamp"
            raise Unprovable(reason, f"export the columns {' and '.join(NAMES)}") from None


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _object(line: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
