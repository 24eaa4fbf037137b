"""The exchanges of one run, sent again by a bare script: each as early as what it stands on allows.

A stand-in (GET of health) takes the place of every request, so a deployment with a delay answers each after that.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

DELIBERATE_S = 0.1  # a shorter pause is work, not a wait
IDLE_S = 4.0  # idle for longer, a connection may be closed just when it is used again


@dataclass(frozen=True)
class Step:
    """`after`: the places of the steps that have to be over. Then it waits, and calls, unless it only ends a probe.

    `waits_s` is waited before the call, `answers_s` is how much longer than others the answer takes.
    """

    after: tuple[int, ...]
    calls: bool
    waits_s: float = 0.0
    answers_s: float = 0.0


def steps(timeline: Sequence[dict[str, Any]], delay_s: float) -> list[Step]:
    """The steps of a timeline (of a run with that delay), each after those that it stands on.

    A probe ends with a step of its own, on which those stand that need it.
    """
    probes = {probe["name"]: probe for probe in timeline}
    found: list[Step] = []
    ends: dict[str, int] = {}

    def add(name: str) -> int:
        if name not in ends:
            needs = tuple(add(need) for need in probes[name]["needs"])
            first = len(found)
            found.extend(_of_probe(probes[name], needs, first, delay_s))
            ends[name] = len(found) - 1
        return ends[name]

    for name in probes:
        add(name)
    return found


def _of_probe(probe: dict[str, Any], needs: tuple[int, ...], first: int, delay_s: float) -> list[Step]:
    exchanges = probe["exchanges"]
    # An exchange that was answered earlier may follow one that stands behind it in the list.
    order = sorted(range(len(exchanges)), key=lambda place: exchanges[place]["start_s"])
    at = {place: first + number for number, place in enumerate(order)}
    made = []
    for place in order:
        exchange = exchanges[place]
        before = [exchanges[each] for each in exchange["follows"]]
        ready = max(map(_end, before), default=probe["start_s"])
        after = tuple(at[each] for each in exchange["follows"]) or needs
        waits, answers = exchange["start_s"] - ready, exchange["elapsed_s"] - delay_s
        made.append(Step(after, True, _deliberate(waits), _deliberate(answers)))
    left = probe["end_s"] - max(map(_end, exchanges), default=probe["start_s"])
    return [*made, Step((*needs, *at.values()), False, _deliberate(left))]


def _end(exchange: dict[str, Any]) -> float:
    return float(exchange["start_s"] + exchange["elapsed_s"])


def _deliberate(seconds: float) -> float:
    return seconds if seconds >= DELIBERATE_S else 0.0


def depth(of: Sequence[Step]) -> int:
    """The most calls that follow one another."""
    calls: list[int] = []
    for step in of:
        calls.append(step.calls + max((calls[each] for each in step.after), default=0))
    return max(calls, default=0)


def waits(of: Sequence[Step]) -> float:
    """The longest that a chain of steps waits on purpose, in seconds."""
    seconds: list[float] = []
    for step in of:
        before = max((seconds[each] for each in step.after), default=0.0)
        seconds.append(before + step.waits_s + step.answers_s)
    return max(seconds, default=0.0)


class Replay:
    """Steps sent to one origin, over at most `concurrency` connections."""

    def __init__(self, origin: str, of: Sequence[Step], concurrency: int) -> None:
        self._host, _, port = urlsplit(origin).netloc.rpartition(":")
        self._port, self._steps = int(port), of
        self._over = [asyncio.Event() for _ in of]
        self._leave = asyncio.Semaphore(concurrency)
        self._idle: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def seconds(self) -> float:
        """How long it took, from the first step's beginning to the last one's end."""
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for place in range(len(self._steps)):
                group.create_task(self._take(place))
        took = time.perf_counter() - began
        for _, _, writer in self._idle:
            writer.close()
        return took

    async def _take(self, place: int) -> None:
        step = self._steps[place]
        for each in step.after:
            await self._over[each].wait()
        if step.waits_s:
            await asyncio.sleep(step.waits_s)
        if step.calls:
            async with self._leave:
                await self._call()
                if step.answers_s:
                    await asyncio.sleep(step.answers_s)
        self._over[place].set()

    async def _call(self) -> None:
        reader, writer = await self._connection()
        writer.write(b"GET /api/health HTTP/1.1\r\nHost: replay\r\n\r\n")
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))
        self._idle.append((time.monotonic(), reader, writer))

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            since, reader, writer = self._idle.pop()
            if time.monotonic() - since < IDLE_S:
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._host, self._port)
