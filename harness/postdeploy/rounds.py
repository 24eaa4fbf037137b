"""The rounds of a watch, a line of JSON each, as they were written down."""

import json
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.verdict.signals import Round, Signal

WATCH = "watch.jsonl"


def lines(path: Path, deployed_at: datetime, version: str | None) -> Iterator[dict[str, Any]]:
    """Those of this deploy, in the order of time; of any version where none is given.

    A line that was not finished is left out.
    """
    try:
        written = path.read_text("utf-8").splitlines()
    except OSError:
        return
    for text in written:
        try:
            line = json.loads(text)
        except ValueError:
            continue
        same = version is None or line["version"] in (version, None)
        if same and datetime.fromisoformat(line["deployed_at"]) == deployed_at:
            yield line


def rounds(path: Path, deployed_at: datetime, version: str | None) -> tuple[Round, ...]:
    """What the page draws of them."""
    return tuple(
        Round(
            datetime.fromisoformat(line["at"]),
            line["decision"],
            {name: signal["value"] for name, signal in line["signals"].items()},
        )
        for line in lines(path, deployed_at, version)
    )


def unmeasured(
    path: Path, deployed_at: datetime, version: str | None, measured: Collection[str]
) -> Iterator[Signal]:
    """What the round before measured, and this one did not, without values."""
    found = list(lines(path, deployed_at, version))
    for name, signal in (found[-1]["signals"] if found else {}).items():
        if name not in measured:
            yield Signal(**signal | {"value": None, "sample": None})


def written(path: Path, line: dict[str, Any]) -> None:
    """Add a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
