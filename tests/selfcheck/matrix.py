"""The kill matrix: which item noticed which fault, which assertion was never seen failing, who cried wolf."""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.phases import FOLDERS
from selfcheck.runs import ROOT, Ended

PLACE = re.compile(rf"\(((?:{'|'.join(FOLDERS)})/\w+\.py:\d+)\)$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """One run: against a fault (`item` has to break) or a variant (`expected` is the decision)."""

    name: str
    description: str
    item: str | None
    expected: str
    decision: str | None
    broken: list[str]
    failed: list[str]
    places: list[str]
    seconds: float

    @property
    def right(self) -> bool:
        """Whether the run ended as it should."""
        return self.decision == self.expected and (self.item is None or self.item in self.broken)


def row(name: str, description: str, item: str | None, expected: str, ended: Ended) -> Row:
    """What a run contributes to the matrix."""
    verdict: dict[str, Any] = ended.verdict or {"decision": None, "items": [], "duration_s": 0.0}
    failed = [test for each in verdict["items"] for test in each["tests"] if test["outcome"] == "failed"]
    broken = [each["id"] for each in verdict["items"] if each["outcome"] == "broken"]
    places = sorted({place for test in failed for place in PLACE.findall(test["message"])})
    nodeids = [test["nodeid"] for test in failed]
    seconds = verdict["duration_s"]
    return Row(name, description, item, expected, verdict["decision"], broken, nodeids, places, seconds)


@dataclass(frozen=True)
class Matrix:
    """All rows, and the assertions that no fault made fail."""

    faults: list[Row]
    variants: list[Row]
    decorative: list[str] = field(default_factory=list)

    @property
    def missed(self) -> list[Row]:
        return [each for each in self.faults if not each.right]

    @property
    def false_alarms(self) -> list[Row]:
        return [each for each in self.variants if not each.right]

    @property
    def holds(self) -> bool:
        """Whether every check can fail and none cries wolf."""
        return bool(self.faults) and not (self.missed or self.false_alarms or self.decorative)


def build(rows: Iterable[Row], whole: bool) -> Matrix:
    """The matrix; which assertions never failed can be told of a `whole` selfcheck only."""
    rows = sorted(rows, key=lambda each: each.name)
    faults = [each for each in rows if each.item is not None]
    seen = {place for each in faults for place in each.places}
    decorative = [place for place in assertions() if whole and place not in seen]
    return Matrix(faults, [each for each in rows if each.item is None], decorative)


def assertions() -> list[str]:
    """Every assertion of the checks, as file:line."""
    found = []
    for path in (path for folder in FOLDERS for path in sorted((ROOT / folder).glob("test_*.py"))):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Assert):
                found.append(f"{path.parent.name}/{path.name}:{node.lineno}")
    return found


def save(folder: Path, each: Row) -> None:
    """Keep a row for the matrix; workers write, the controlling process reads."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{each.name}.row.json").write_text(json.dumps(asdict(each)), "utf-8")


def saved(folder: Path, since: float) -> list[Row]:
    """The rows kept in a folder from that moment (Unix seconds) on."""
    paths = [path for path in sorted(folder.glob("*.row.json")) if path.stat().st_mtime >= since]
    return [Row(**json.loads(path.read_text("utf-8"))) for path in paths]


def as_json(matrix: Matrix) -> str:
    """The matrix for machines."""
    return json.dumps({**asdict(matrix), "holds": matrix.holds}, indent=1) + "\n"


def as_markdown(matrix: Matrix) -> str:
    """The matrix for people."""
    return "\n".join(_lines(matrix)) + "\n"


def _lines(matrix: Matrix) -> Iterator[str]:
    caught = len(matrix.faults) - len(matrix.missed)
    yield "# Kill matrix"
    yield ""
    yield f"- faults caught by the item they belong to: {caught} of {len(matrix.faults)}"
    yield f"- assertions never seen failing: {len(matrix.decorative)} of {len(assertions())}"
    yield f"- false alarms: {len(matrix.false_alarms)} of {len(matrix.variants)} legal variants"
    for title, rows in (("Missed", matrix.missed), ("False alarms", matrix.false_alarms)):
        if rows:
            yield from ("", f"## {title}", "")
            for each in rows:
                yield f"- `{each.name}`: {each.decision}, broken: {', '.join(each.broken) or 'nothing'}"
    if matrix.decorative:
        yield from ("", "## Never seen failing", "", *(f"- {place}" for place in matrix.decorative))
    yield from (
        "",
        "## Faults",
        "",
        "| fault | what is broken | item | also noticed by | tests |",
        "|---|---|---|---|---|",
    )
    for each in matrix.faults:
        others = ", ".join(item for item in each.broken if item != each.item)
        yield f"| {each.name} | {each.description} | {each.item} | {others} | {len(each.failed)} |"
    yield from ("", "## Legal variants", "", "| variant | what it chose | decision |", "|---|---|---|")
    for each in matrix.variants:
        yield f"| {each.name} | {each.description} | {each.decision} |"
