"""Rounds of all tools against fresh targets, shuffled within each round, and the table of what they took."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.figures import Series, table
from benchmarks.measuring import Measured
from benchmarks.peers.tools import FLOOR, TOOLS, Tool, install
from benchmarks.target import Deployment

SEED = 20261123
INTRODUCTION = """\
The same 24 checks (40 requests) in seven ways, each run against a fresh target: wall time of the whole process, median
(in brackets: the ratio to the bare asyncio + httpx script, and how far the quartiles lie from the median).
"""


@dataclass(frozen=True)
class Run:
    tool: str
    delay_ms: float
    measured: Measured


def unproven() -> list[str]:
    """Where a tool calls the healthy target broken, or does not notice its fault."""
    install()
    found = []
    for tool in TOOLS:
        for fault in ("", tool.fault):
            with Deployment(fault=fault).started() as target:
                ended = tool.run(target)
            if (ended.code != 0) != bool(fault):
                found.append(
                    f"{tool.name}, {fault or 'healthy'}: exit code {ended.code}\n{ended.said[-1500:]}"
                )
    return found


def order(tools: Sequence[Tool], runs: int) -> Iterator[list[Tool]]:
    """For each round its tools, shuffled; the same every time."""
    dice = random.Random(SEED)
    for _ in range(runs):
        yield dice.sample(tools, len(tools))


def rounds(runs: int, delays: Sequence[float]) -> Iterator[Run]:
    """All runs, each against a target of its own; raises RuntimeError for one that fails."""
    install()
    for delay_ms in delays:
        for tools in order(TOOLS, runs):
            for tool in tools:
                with Deployment(add_ms=delay_ms).started() as target:
                    measured = tool.run(target)
                if measured.code != 0:
                    raise RuntimeError(f"{tool.name} failed on a healthy target:\n{measured.said[-3000:]}")
                yield Run(tool.name, delay_ms, measured)


def walls(runs: Sequence[Run], tool: str, delay_ms: float) -> Series:
    """The wall times of a tool with a delay."""
    return Series(
        tuple(each.measured.wall_s for each in runs if each.tool == tool and each.delay_ms == delay_ms)
    )


def as_table(runs: Sequence[Run], delays: Sequence[float]) -> str:
    """One row for each tool, the fastest without delay first."""
    names = sorted({run.tool for run in runs}, key=lambda name: walls(runs, name, delays[0]).median)
    return table(
        ["tool", *(f"{delay:g} ms" for delay in delays), "CPU", "memory"],
        [_row(runs, name, delays) for name in names],
    )


def _row(runs: Sequence[Run], name: str, delays: Sequence[float]) -> list[str]:
    cells = []
    for delay in delays:
        series = walls(runs, name, delay)
        ratio = series.over(walls(runs, FLOOR, delay))
        cells.append(f"{series.median:.2f} s ({ratio:.2f}, ±{series.spread:.0%})")
    own = [run.measured for run in runs if run.tool == name]
    cpu, memory = Series(tuple(each.cpu_s for each in own)), max(each.peak_mb for each in own)
    return [name, *cells, f"{cpu.median:.2f} s", f"{memory:.0f} MB"]
