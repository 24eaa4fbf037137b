"""Time to verdict on the embedded deployment, beside its longest chain of probes.

See README.md here for what is measured and how. It reports, and fails on no time.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import median

from benchmarks.chains import Chain, chains, read
from benchmarks.measuring import ROOT, measure

LOCAL = ROOT / "environments" / "local.toml"
COMMAND = 'command = ["{python}", '
SHOWN = 6
LIMITS = {0: 2.0, 100: 1.5}  # of (whole run - start-up) / chain, by the ms added to every answer


class Bench:
    """Runs of the checklist, or of the `folders` of it, against one kind of deployment, in processes of their own."""

    def __init__(self, add_ms: int, runs: int, folder: Path, folders: tuple[str, ...] = ()) -> None:
        self.add_ms, self.runs, self.folder, self.folders = add_ms, runs, folder, folders
        self.timeline = folder / "timeline.jsonl"
        self.peak_mb = 0.0  # the most that a process of a run held
        text = LOCAL.read_text("utf-8")
        if add_ms:
            relayed = f'{COMMAND}"-m", "benchmarks.delayed", "--add-ms={add_ms}", "{{python}}", '
            text = text.replace(COMMAND, relayed)
            assert relayed in text, f"{LOCAL} no longer starts its target with {COMMAND}"
        self.environment = folder / "bench.toml"
        self.environment.write_text(text, "utf-8")

    def wall(self, *arguments: str) -> float:
        """Seconds from the start of the process to its end."""
        options = [f"--env={self.environment}", f"--reports={self.folder}", "-q", "-p", "no:cacheprovider"]
        options += ["-m", "not browser"]  # what a browser takes is not a matter of chains of calls
        ended = measure([sys.executable, "-m", "pytest", *options, *arguments, *self.folders], limit_s=600)
        if ended.code != 0:
            sys.stderr.write(f"exit code {ended.code}, so its time says little:\n{ended.said[-2000:]}\n")
        self.peak_mb = max(self.peak_mb, ended.peak_mb)
        return ended.wall_s

    @property
    def accounts(self) -> int:
        """How many accounts the last run registered."""
        verdict = json.loads((self.folder / "bench" / "verdict.json").read_text("utf-8"))
        return sum(write["kind"] == "account" for write in verdict["writes"])

    def start_up(self) -> list[float]:
        """Everything but checks: start, collect, reach the target, stop. In order of length."""
        return sorted(self.wall("--check-env") for _ in range(self.runs))

    def whole(self) -> list[float]:
        """The checklist, as its users run it, in order of length; `timeline` is that of the last run."""
        return sorted(self.wall(f"--timeline={self.timeline}") for _ in range(self.runs))

    def alone(self) -> list[Chain]:
        """Every chain with nothing beside it, the longest first; of each chain its median run."""
        by_end: dict[str, list[Chain]] = {}
        for _ in range(min(self.runs, 3)):  # these runs are long
            self.wall("-p", "benchmarks.one_by_one", f"--timeline={self.timeline}")
            for chain in chains(read(self.timeline)):
                by_end.setdefault(chain.last, []).append(chain)
        medians = [sorted(each, key=seconds)[len(each) // 2] for each in by_end.values()]
        return sorted(medians, key=seconds, reverse=True)

    def gathering(self) -> float:
        """Seconds from the first probe's beginning to the last one's end, in the last run."""
        probes = read(self.timeline)
        return float(max(probe["end_s"] for probe in probes) - min(probe["start_s"] for probe in probes))


def seconds(chain: Chain) -> float:
    return chain.seconds


def report(bench: Bench) -> Iterator[str]:
    """What one deployment took, as Markdown."""
    start_up, whole = bench.start_up(), bench.whole()
    gathering = bench.gathering()
    crowded = {chain.last: chain.seconds for chain in chains(read(bench.timeline))}
    calls = sum(len(probe["exchanges"]) for probe in read(bench.timeline))
    alone = bench.alone()
    ratio = (median(whole) - median(start_up)) / alone[0].seconds
    best, limit = (whole[0] - start_up[0]) / alone[0].seconds, LIMITS[bench.add_ms]
    yield f"### {bench.add_ms} ms added to every answer\n"
    yield "| | median | fastest |\n|---|---|---|"
    yield f"| start-up | {median(start_up):.2f} s | {start_up[0]:.2f} s |"
    yield f"| whole run | {median(whole):.2f} s | {whole[0]:.2f} s |"
    yield f"| of that: gathering, {calls} calls | {gathering:.2f} s | |"
    yield f"| gathering one chain after another | {bench.gathering():.2f} s | |"
    yield f"| longest chain, alone | {alone[0].seconds:.2f} s | |"
    yield f"| (whole run - start-up) / longest chain; aim: {limit:g} at most | **{ratio:.2f}** | {best:.2f} |\n"
    yield "| the longest chains | alone | calls | waits | in the whole run |\n|---|---|---|---|---|"
    for chain in alone[:SHOWN]:
        names = " → ".join(name.removeprefix("test_") for name in chain.probes)
        figures = (
            f"{chain.seconds:.2f} s | {chain.calls} | {chain.waits_s:.2f} s | {crowded[chain.last]:.2f} s"
        )
        yield f"| `{names}` | {figures} |"
    yield ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.time_to_verdict", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each kind; the median counts")
    runs = parser.parse_args().runs
    python = platform.python_version()
    sys.stdout.write(f"{date.today()}, {os.cpu_count()} cores, Python {python}, median of {runs}\n\n")
    for add_ms in LIMITS:
        with tempfile.TemporaryDirectory() as folder:
            for line in report(Bench(add_ms, runs, Path(folder))):
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
