"""All benchmarks, or some: python -m benchmarks [PART...] [--runs=N]. They go to benchmarks/RESULTS.md."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import checklist, fuzzing, growth, start_up, time_to_verdict
from benchmarks.peers import bench as peers
from benchmarks.peers.tools import TOOLS
from benchmarks.plots import Line, chart
from benchmarks.results import machine, merged, section

HERE = Path(__file__).parent
RESULTS, PLOTS = HERE / "RESULTS.md", HERE / "plots"
DELAYS = (0, 50, 150)
BY_HAND = "Targets"  # the section that a person writes, having read the others


@dataclass(frozen=True)
class Part:
    """`report` gives Markdown for a number of runs; `runs`: unless another number is asked for."""

    title: str
    introduction: str
    runs: int
    report: Callable[[int], Iterator[str]]


def _peers(runs: int) -> Iterator[str]:
    unproven = peers.unproven()
    if unproven:
        raise RuntimeError("\n".join(unproven))
    found = list(peers.rounds(runs, DELAYS))
    yield "Each of them passed a healthy target and failed one with a fault just before.\n\n"
    yield peers.as_table(found, DELAYS)
    lines = [
        Line(tool.name, [(delay, peers.walls(found, tool.name, delay).median) for delay in DELAYS])
        for tool in TOOLS
    ]
    text = chart("The same 24 checks", "ms added to every answer", "s", lines)
    (PLOTS / "peers.svg").write_text(text)
    yield "\n![The same 24 checks by delay](plots/peers.svg)\n"


def _verdict(runs: int) -> Iterator[str]:
    for add_ms in time_to_verdict.LIMITS:
        with tempfile.TemporaryDirectory() as folder:
            bench = time_to_verdict.Bench(add_ms, runs, Path(folder), ("smoke",))
            for line in time_to_verdict.report(bench):
                yield line + "\n"


PARTS = {
    "peers": Part("Peers", peers.INTRODUCTION, 5, _peers),
    "floor": Part(
        "The checklist and its floor",
        checklist.INTRODUCTION,
        3,
        lambda runs: checklist.report(runs, DELAYS, PLOTS),
    ),
    "chains": Part("The checklist and its longest chain", "See README.md here.", 3, _verdict),
    "growth": Part("Growth", growth.INTRODUCTION, 1, lambda runs: growth.report(runs, PLOTS)),
    "fuzzing": Part("Fuzzing", fuzzing.INTRODUCTION, 1, lambda runs: fuzzing.report(runs=runs)),
    "start-up": Part("Start-up", start_up.INTRODUCTION, 5, start_up.report),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all, unless some are named"
    )
    parser.add_argument("--runs", type=int, help="of each kind, instead of each part's own number")
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.parts) - set(PARTS)):
        parser.error(f"no such part: {', '.join(unknown)}")
    PLOTS.mkdir(exist_ok=True)
    failed = False
    for name in arguments.parts or PARTS:
        began = time.monotonic()
        try:
            write(PARTS[name], arguments.runs or PARTS[name].runs)
        except (RuntimeError, OSError) as error:  # without npm, say, the other parts can still be measured
            sys.stderr.write(f"{name}: {error}\n")
            failed = True
        sys.stdout.write(f"{name}: {time.monotonic() - began:.0f} s\n")
        sys.stdout.flush()
    return int(failed)


def write(part: Part, runs: int) -> None:
    """Measure a part, and put it in its place in the results."""
    body = "".join(part.report(runs))
    how = f"{machine()}; median of {runs}" if runs > 1 else f"{machine()}; one run of each"
    new = {part.title: section(part.title, f"{part.introduction.strip()}\n\n{body.strip()}", how)}
    before = RESULTS.read_text("utf-8") if RESULTS.exists() else ""
    order = [BY_HAND, *(each.title for each in PARTS.values())]
    RESULTS.write_text(merged(before, new, order), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
