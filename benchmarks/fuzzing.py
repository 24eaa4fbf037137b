"""How fast requests are made up and sent, and how soon planted faults are found: python -m benchmarks.fuzzing."""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.chains import read
from benchmarks.figures import Series, table
from benchmarks.measuring import ROOT, measure

SEED = 20261123
ITEMS = ("contract.conformance", "contract.robustness", "contract.sequences")
SAMPLE = 10
INTRODUCTION = """\
`contracts/` alone against the embedded deployment: how many requests it sends a second, and how long it takes from the
start of the process until it ends at the first failure (`-x`), for a sample of the faults that only made-up requests or
sequences find.
"""


@dataclass(frozen=True)
class Fault:
    name: str
    item: str
    description: str


def faults() -> list[Fault]:
    """The planted faults of the items that are fuzzed."""
    command = [sys.executable, "-m", "reference", "--catalogue"]
    listed = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)["faults"]
    return [Fault(**each) for each in listed if each["item"] in ITEMS]


def sample(of: Sequence[Fault], size: int) -> list[Fault]:
    """Some of them, the same every time; from each item at least one, as far as `size` allows."""
    dice = random.Random(SEED)
    shuffled = dice.sample(of, len(of))
    first = [next(each for each in shuffled if each.item == item) for item in sorted({f.item for f in of})]
    chosen = [*first, *(each for each in shuffled if each not in first)][:size]
    return sorted(chosen, key=lambda fault: (fault.item, fault.name))


def _run(folder: Path, *options: str, fault: str = "") -> tuple[float, int]:
    """Wall time and exit code of `contracts/`."""
    command = [sys.executable, "-m", "pytest", "--env=local", f"--reports={folder}", "-q", "contracts"]
    command += ["-p", "no:cacheprovider", f"--fuzz-seed={SEED}", *options]
    ended = measure(command, {"REFERENCE_FAULTS": fault})
    return ended.wall_s, ended.code


def report(size: int = SAMPLE, runs: int = 1) -> Iterator[str]:
    """Markdown: the rate, then the faults."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        timeline = folder / "timeline.jsonl"
        walls, rates = [], []
        for _ in range(runs):
            walls.append(_run(folder, f"--timeline={timeline}")[0])
            probes = read(timeline)
            sent = sum(len(probe["exchanges"]) for probe in probes)
            spent = max(probe["end_s"] for probe in probes) - min(probe["start_s"] for probe in probes)
            rates.append(sent / spent)
        yield (
            f"- healthy: {sent} requests, {Series(tuple(rates)).median:.0f} a second while gathering; "
            f"{Series(tuple(walls)).median:.1f} s in all\n\n"
        )
        rows = []
        for fault in sample(faults(), size):
            wall_s, code = _run(folder, "-x", fault=fault.name)
            found = f"{wall_s:.1f} s" if code == 1 else f"**not found** ({wall_s:.1f} s, exit code {code})"
            rows.append([f"`{fault.name}`", fault.item, fault.description, found])
        yield table(["fault", "item", "what is broken", "found after"], rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzzing", description=INTRODUCTION)
    parser.add_argument("--sample", type=int, default=SAMPLE, metavar="N", help="faults that are tried")
    for text in report(parser.parse_args().sample):
        sys.stdout.write(text)
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
