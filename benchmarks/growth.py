"""More checks, slower answers, lost connections, fewer connections: python -m benchmarks.growth."""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Series, table
from benchmarks.measuring import ROOT, Measured, measure
from benchmarks.plots import Line, chart
from benchmarks.target import Deployment
from runbook.loader import load_runbook

UNIT = 24  # as many as in the list of the peers; each stands on a probe of its own with two calls, one after the other
SIZES, DELAYS = (1, 2, 5, 10), (0, 20, 50, 150, 400)
CONNECTIONS = (1, 2, 4, 8, 16, 32, 64)
RESET, USUAL = 0.02, 48  # share of requests; connections of `--env=local`
CONFTEST = 'pytest_plugins = ("harness.plugin", "harness.fixtures")\n'
HEAD = "from harness import checks, probe\n"
CHECK = """

@probe
async def grown_{n}(api, player):
    return await api.snapshot(player), await api.cinematic_access(player)


@checks("entitlements.snapshot")
def test_grown_{n}(grown_{n}):
    snapshot, access = grown_{n}
    assert snapshot.status == 200
    assert access.status == 403
"""
INTRODUCTION = f"""\
Checks made up for this: {UNIT} and multiples, independent of each other, each with a probe of two calls in sequence.
Wall time of the whole process, {USUAL} connections where nothing else is said.
"""


@dataclass(frozen=True)
class Outcome:
    """How long the processes took, and how the last of them ended; `again`: requests that were sent once more."""

    walls: Series
    decision: str
    again: int
    said: str

    @property
    def shown(self) -> str:
        return f"{self.walls.median:.2f} s" + (f", {self.decision}" if self.decision != "GO" else "")


class Suite:
    """That many checks, in a root of their own, for use as a context."""

    def __init__(self, checks: int, connections: int = USUAL) -> None:
        self._place = tempfile.TemporaryDirectory()
        self._folder = Path(self._place.name)
        write(self._folder, checks, connections)

    def __enter__(self) -> "Suite":
        self._run("--collect-only")  # so that pytest has rewritten them, as it has where they were run before
        return self

    def __exit__(self, *_: object) -> None:
        self._place.cleanup()

    def take(self, deployment: Deployment, runs: int = 1) -> Outcome:
        """Run the checks, `runs` times, each against a fresh target."""
        ended = []
        for _ in range(runs):
            with deployment.started() as target:
                ended.append(self._run(f"--base-url={target.base_url}"))
        path = self._folder / "reports" / "grown" / "verdict.json"
        verdict = json.loads(path.read_text("utf-8")) if path.exists() else {}
        said = ["nothing", *ended[-1].said.strip().splitlines()][-1].strip("= ")
        walls = Series(tuple(each.wall_s for each in ended))
        return Outcome(walls, verdict.get("decision", "no verdict"), verdict.get("retries", 0), said)

    def _run(self, *arguments: str) -> Measured:
        options = [f"--rootdir={self._folder}", f"--env={self._folder / 'grown.toml'}", "-q"]
        options += [f"--reports={self._folder / 'reports'}", "-p", "no:cacheprovider", *arguments]
        command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pytest.ini"), *options]
        return measure([*command, str(self._folder)])


def write(folder: Path, checks: int, connections: int) -> None:
    """Modules of UNIT checks at most, and an environment."""
    (folder / "smoke").mkdir(parents=True)
    (folder / "conftest.py").write_text(CONFTEST)
    for first in range(0, checks, UNIT):
        body = "".join(CHECK.format(n=number) for number in range(first, min(first + UNIT, checks)))
        (folder / "smoke" / f"test_grown_{first}.py").write_text(HEAD + body)
    others = sorted(item.id for item in load_runbook().items if item.id != "entitlements.snapshot")
    (folder / "grown.toml").write_text(
        '[target]\nbase_url = "http://127.0.0.1:8000"\n'
        f"[access]\nmax_concurrency = {connections}\n"
        f"[checklist]\nnot_required = {json.dumps(others)}\n"
    )


def sizes(runs: int, plots: Path | None) -> Iterator[str]:
    """A table of sizes by delays."""
    found = {}
    for size in SIZES:
        with Suite(size * UNIT) as suite:
            for delay in DELAYS:
                found[size, delay] = suite.take(Deployment(add_ms=delay), runs)
    rows = [
        [f"{size}x, {size * UNIT} checks", *(found[size, delay].shown for delay in DELAYS)] for size in SIZES
    ]
    yield "\n" + table(["", *(f"{delay} ms" for delay in DELAYS)], rows)
    if plots is not None:
        lines = [
            Line(f"{delay} ms", [(size * UNIT, found[size, delay].walls.median) for size in SIZES])
            for delay in DELAYS
        ]
        (plots / "growth.svg").write_text(chart("Time by number of checks", "checks", "s", lines))
        yield "\n![Time by number of checks](plots/growth.svg)\n"


def resets(runs: int) -> Iterator[str]:
    """A table of what becomes of runs whose connections are reset now and then."""
    rows = []
    for size in (5, 10):
        with Suite(size * UNIT) as suite:
            for delay in (0, 50):
                found = suite.take(Deployment(add_ms=delay, reset=RESET), runs)
                seconds = f"{found.walls.median:.2f} s"
                rows.append([f"{size}x", f"{delay} ms", seconds, found.decision, found.again, found.said])
    yield f"\n{RESET:.0%} of the requests are not passed on, and their connections reset:\n\n"
    yield table(["checks", "added", "time", "decision", "sent again", "of the last run"], rows)


def connections(runs: int, plots: Path | None) -> Iterator[str]:
    """A table of `access.max_concurrency`, with 50 ms added."""
    found = {}
    for number in CONNECTIONS:
        with Suite(2 * UNIT, number) as suite:
            found[number] = suite.take(Deployment(add_ms=50), runs)
    yield f"\n{2 * UNIT} checks, 50 ms added, by `access.max_concurrency`:\n\n"
    yield table([str(number) for number in CONNECTIONS], [[found[number].shown for number in CONNECTIONS]])
    if plots is not None:
        line = Line(f"{2 * UNIT} checks", [(number, found[number].walls.median) for number in CONNECTIONS])
        text = chart("Time by max_concurrency, 50 ms added", "connections", "s", [line])
        (plots / "connections.svg").write_text(text)
        yield "\n![Time by max_concurrency](plots/connections.svg)\n"


def report(runs: int = 1, plots: Path | None = None) -> Iterator[str]:
    """Markdown, piece by piece."""
    yield from sizes(runs, plots)
    yield from resets(runs)
    yield from connections(runs, plots)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=INTRODUCTION)
    parser.add_argument("--runs", type=int, default=1, help="of each; the median counts")
    for text in report(parser.parse_args().runs):
        sys.stdout.write(text)
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
