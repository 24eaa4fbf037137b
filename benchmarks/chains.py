"""A timeline of gathering (`pytest --timeline=FILE`), and the chains of probes in it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Chain:
    """Probes that waited for each other, first to last, and their time at work, in seconds.

    `calls`: how many exchanges followed one another in it; `waits_s`: how long it waited for something else
    than an answer (for a moment to pass, for a second deployment to start).
    """

    probes: tuple[str, ...]
    seconds: float
    calls: int
    waits_s: float

    @property
    def last(self) -> str:
        return self.probes[-1]


def read(path: Path) -> list[dict[str, Any]]:
    """The lines of a timeline."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def chains(timeline: Iterable[dict[str, Any]]) -> list[Chain]:
    """For each probe that no other stands on, the longest chain that leads to it; the longest first."""
    probes = {probe["name"]: probe for probe in timeline}
    found: dict[str, Chain] = {}

    def chain_to(name: str) -> Chain:
        if name not in found:
            probe = probes[name]
            below = max(map(chain_to, probe["needs"]), key=lambda chain: chain.seconds, default=None)
            before = below or Chain((), 0.0, 0, 0.0)
            seconds = probe["end_s"] - probe["start_s"]
            sequence = one_after_another(probe["exchanges"])
            answered = sum(exchange["elapsed_s"] for exchange in sequence)
            found[name] = Chain(
                (*before.probes, name),
                before.seconds + seconds,
                before.calls + len(sequence),
                before.waits_s + max(0.0, seconds - answered),
            )
        return found[name]

    below_others = {need for probe in probes.values() for need in probe["needs"]}
    ends = [chain_to(name) for name in probes if name not in below_others]
    return sorted(ends, key=lambda chain: chain.seconds, reverse=True)


def one_after_another(exchanges: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The exchanges that a probe had to wait for: from the last one back, each time the last that was over by then."""
    sequence: list[dict[str, Any]] = []
    left = sorted(exchanges, key=_end)
    while left:
        last = left.pop()
        sequence.insert(0, last)
        left = [each for each in left if _end(each) <= last["start_s"]]
    return sequence


def _end(exchange: dict[str, Any]) -> float:
    return float(exchange["start_s"] + exchange["elapsed_s"])
