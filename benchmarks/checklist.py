"""The whole checklist beside its floor, the same exchanges sent again: python -m benchmarks.checklist."""

import argparse
import asyncio
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.chains import read
from benchmarks.figures import Series, table
from benchmarks.plots import Line, chart
from benchmarks.replay import Replay, Step, depth, steps, waits
from benchmarks.target import Deployment
from benchmarks.time_to_verdict import LOCAL, Bench

RECORDED_MS = 20  # added while the exchanges are recorded: enough to see which of them follow one another
FOLDERS = {"smoke": ("smoke",), "smoke and contracts": ("smoke", "contracts")}
INTRODUCTION = """\
The API checklist (`-m "not browser"`) beside its floor: the exchanges of one run, sent again by a bare asyncio script
to the same kind of target, each as soon as what it stands on is over, over as many connections. Every request is a GET
of health there. Deliberate waits of 0.1 s and more count, and so do answers that take so much longer. The floor leaves
out: what the target does for other calls than health, TLS, building, reading and judging requests, making up what is
fuzzed (unless it kept a chain waiting), and the reports.
"""


def record(folders: tuple[str, ...], folder: Path) -> list[Step]:
    """The steps of one run in which each chain is alone."""
    bench = Bench(RECORDED_MS, 1, folder, folders)
    bench.wall("-p", "benchmarks.one_by_one", f"--timeline={bench.timeline}")
    return steps(read(bench.timeline), RECORDED_MS / 1000)


def floor(of: Sequence[Step], delay_ms: float, runs: int) -> Series:
    """What the replay takes, in seconds."""
    concurrency = tomllib.loads(LOCAL.read_text("utf-8"))["access"]["max_concurrency"]
    with Deployment(add_ms=delay_ms).started() as target:
        return Series(tuple(asyncio.run(_replayed(target.base_url, of, concurrency)) for _ in range(runs)))


async def _replayed(origin: str, of: Sequence[Step], concurrency: int) -> float:
    return await Replay(origin, of, concurrency).seconds()


def report(runs: int, delays: Sequence[int], plots: Path | None = None) -> Iterator[str]:
    """Markdown: a line about the exchanges of each selection, then a table."""
    rows, lines = [], []
    for name, folders in FOLDERS.items():
        with tempfile.TemporaryDirectory() as place:
            of = record(folders, Path(place))
            yield (
                f"- {name}: {sum(step.calls for step in of)} calls, at most {depth(of)} of them one after another; "
                f"the longest that a chain waits: {waits(of):.2f} s\n"
            )
            runs_took, floors = Line(name, []), Line(f"{name}, floor", [])
            for delay in delays:
                bench = Bench(delay, runs, Path(place), folders)
                start_up, whole = Series(tuple(bench.start_up())), Series(tuple(bench.whole()))
                if delay == delays[0]:
                    yield f"  {bench.accounts} accounts registered; its largest process holds {bench.peak_mb:.0f} MB\n"
                least = floor(of, delay, runs)
                ratio = whole.median / (start_up.median + least.median)
                runs_took.points.append((delay, whole.median))
                floors.points.append((delay, start_up.median + least.median))
                seconds = (f"{each.median:.2f} s" for each in (start_up, least, whole))
                rows.append([name, f"{delay} ms", *seconds, f"**{ratio:.2f}**", f"±{whole.spread:.0%}"])
        lines += [runs_took, floors]
    head = ["checks", "added", "start-up", "floor", "whole run", "whole run / (floor + start-up)", "spread"]
    yield "\n" + table(head, rows)
    if plots is not None:
        text = chart("The checklist and its floor with start-up", "ms added to every answer", "s", lines)
        (plots / "checklist.svg").write_text(text)
        yield "\n![The checklist and its floor](plots/checklist.svg)\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.checklist", description=INTRODUCTION)
    parser.add_argument("--runs", type=int, default=3, help="of each kind; the median counts")
    parser.add_argument("--delays", default="0,50,150", help="ms added to every answer")
    arguments = parser.parse_args()
    for text in report(arguments.runs, [int(each) for each in arguments.delays.split(",")]):
        sys.stdout.write(text)
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
