"""Gathers probes: each once, as soon as what it needs is there, on an event loop in a thread of its own."""

import asyncio
import threading
import traceback
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.errors import ProbeFailed, PromiseBroken, Unprovable
from harness.evidence.exchange import Exchange, exchanged, now, stories, witness
from harness.evidence.probe import CASE, RUN, Node


@dataclass(frozen=True)
class Gathered:
    """When a probe was at work, after all that it stands on, and what it exchanged."""

    node: Node
    began: datetime
    ended: datetime
    exchanges: list[Exchange]


class Gathering:
    """Runs probes on an event loop in a thread of its own; each once, as soon as what it needs is there."""

    def __init__(self, run: Any, waits: bool = True) -> None:
        self._run, self._waits = run, waits  # without waiting for the target, only resources can be made
        self._tasks: dict[Node, asyncio.Task[Any]] = {}
        self._at_work: dict[Node, None] = {}  # in the order of their beginning
        self.gathered: list[Gathered] = []
        self._at_end: list[Callable[[], Coroutine[Any, Any, None]]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="gathering", daemon=True)
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Run a coroutine on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def submit(self, nodes: Iterable[Node]) -> None:
        """Start gathering, the longest chains first."""
        ordered = sorted(set(nodes), key=Node.chain, reverse=True)
        # With all that it stands on: a chain begins at its far end.
        parts = [part for node in ordered for part in node.closure()]
        self._loop.call_soon_threadsafe(lambda: [self._task(part) for part in parts])

    def value(self, node: Node, wait: Callable[[Future[Any]], Any] = Future.result) -> Any:
        """What the node gathered, waiting for it; raises what the gathering raised."""
        task = self._tasks.get(node)
        # Once it is done, there is no need to ask the busy loop.
        done = task is not None and task.done()
        value = task.result() if task and done else wait(self.call(self._value(node)))
        if (scene := getattr(value, "scene", None)) is not None:
            witness(scene)
        return value

    def progress(self) -> tuple[int, int, str]:
        """How many probes have ended, how many were asked for, and which one has been at work for longest."""
        known = [node for node in list(self._tasks) if node.is_probe]
        oldest = next((node.title for node in list(self._at_work)), "")
        return len(self.gathered), len(known), oldest

    async def halt(self) -> bool:
        """Cancel the probes that are still out, and wait until they have ended; whether there were any."""
        still_out = [task for task in self._tasks.values() if task.cancel()]
        await asyncio.gather(*still_out, return_exceptions=True)
        return bool(still_out)

    def close(self) -> None:
        """Cancel what is still out and end the thread."""
        if self._loop.is_closed():
            return
        self.call(self._cancel()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def at_end(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do that when the gathering is closed, after the probes have ended."""
        self._at_end.append(work)

    async def _cancel(self) -> None:
        await self.halt()
        for work in reversed(self._at_end):
            await work()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _task(self, node: Node) -> asyncio.Task[Any]:
        if node not in self._tasks:
            self._tasks[node] = task = self._loop.create_task(self._make(node), name=node.title)
            # asyncio would print an error that nobody came to ask for, unscrubbed.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return self._tasks[node]

    async def _value(self, node: Node) -> Any:
        return await asyncio.shield(self._task(node))

    async def _make(self, node: Node) -> Any:
        if self._waits:
            await self._run.reached()
        needs = node.needs or {}
        # All needs are awaited before an error is raised, so that no task is left with an error nobody saw.
        outcomes = await asyncio.gather(
            *(self._task(need) for need in needs.values()), return_exceptions=True
        )
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        given = {**dict(zip(needs, outcomes, strict=True)), RUN: self._run, CASE: node.case}
        arguments = {name: given[name] for name in node.names if name in given}
        if not node.is_probe:
            return node.function(**arguments)
        began, exchanges = now(), list[Exchange]()
        self._at_work[node] = None
        exchanged.set(exchanges)
        stories.set([])  # this task's own: what the probe exchanges is one story
        try:
            return await node.function(**arguments)
        except (Unprovable, PromiseBroken):
            raise
        except Exception as error:  # noqa: BLE001 (the probe's own, or an answer that it did not foresee)
            frames = traceback.extract_tb(error.__traceback__)
            own = [frame for frame in frames if frame.filename == node.function.__code__.co_filename]
            place = (own or frames)[-1]
            said = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
            raise ProbeFailed(f"the probe {node.title} could not go on: {said}") from None
        finally:
            del self._at_work[node]
            if not self._tasks[node].cancelling():  # then its evidence never came
                self.gathered.append(Gathered(node, began, now(), exchanges))
