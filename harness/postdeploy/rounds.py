"""The rounds of a watch, a line of JSON each, as they were written down."""

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from harness.verdict.signals import Round, Signal

WATCH = "watch.jsonl"


class Line(BaseModel):
    """What is used of a line."""

    at: AwareDatetime
    deployed_at: AwareDatetime
    version: str | None
    decision: str
    watched_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    signals: dict[str, Signal]


def lines(path: Path, deployed_at: datetime, version: str | None) -> Iterator[dict[str, Any]]:
    """Those of this deploy, in the order of time; of any version where none is given.

    What is no such line, or was not finished, is left out.
    """
    try:
        written = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    for text in written:
        try:
            line = Line.model_validate_json(text)
        except ValidationError:
            continue
        if line.deployed_at == deployed_at and (version is None or line.version in (version, None)):
            yield json.loads(text) | {"signals": {name: asdict(each) for name, each in line.signals.items()}}


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
