"""Events from an export of any analytics: CSV with a header, or one JSON object a line."""

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness.errors import Unprovable

Event = tuple[str, datetime]
NAMES = ("event", "timestamp")


def exported(path: Path) -> list[Event]:
    """All events; a time without an offset is UTC. Raises Unprovable for a file or line that is neither of both."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_rows(path, file))
    except OSError as error:
        reason = f"the export {path} cannot be read ({error.strerror})"
        raise Unprovable(reason, "mend postdeploy.export.path") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unprovable(f"the export {path} is no text of events ({error})", "export it again") from None


def until(events: list[Event], since: datetime) -> datetime:
    """Up to when an export tells what happened, excluded; raises Unprovable where that is before the deploy."""
    last = max((moment for _, moment in events), default=None)
    if last is None or last < since:
        raise Unprovable("the export ends before the deploy", "export it again")
    return last + timedelta(microseconds=1)


def _rows(path: Path, file: Iterator[str]) -> Iterator[Event]:
    first = next(file, "")
    rows: Iterator[tuple[int, Mapping[str, object]]]
    if first.lstrip().startswith("{"):
        rows = ((number, _object(line)) for number, line in enumerate(_again(first, file), 1) if line.strip())
    else:
        rows = enumerate(csv.DictReader(_again(first, file)), 2)
    for number, row in rows:
        try:
            event, moment = (str(row[name]) for name in NAMES)
            yield event, _time(moment)
        except (KeyError, TypeError, ValueError):
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
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
