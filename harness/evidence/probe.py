"""Probes: evidence gathered concurrently, each piece once.

`@probe` turns an async function into a session-scoped pytest fixture whose parameters are other probes or
resources. `@resource` does the same for an object that probes work with (an API client, a signer): making one
does no I/O, and raises Unprovable where the environment lacks what it needs. Tests receive a `Handle`, which the
plugin replaces by the gathered value just before the test runs: an error in gathering fails the test, not its set-up.
"""

import asyncio
import inspect
import threading
import traceback
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from harness.errors import ProbeFailed, PromiseBroken, Unprovable
from harness.evidence.exchange import Exchange, breadth, exchanged, now, stories, witness

_RUN = "run"  # the parameter by which a resource asks for the run itself
_CASE = "case"  # the parameter by which a probe of several cases learns which one it gathers


@dataclass(eq=False)
class Node:
    """A probe or a resource, the marks it gives to tests that need it, and (once collected) what it needs.

    `case`: which one of its cases a probe of several gathers, None for all others; `cases`: what it needs for each of
    them beside its parameters; `of`: their nodes.
    """

    function: Callable[..., Any]
    is_probe: bool
    marks: tuple[str, ...] = ()
    late: bool = False
    needs: "dict[str, Node] | None" = None
    case: str | None = None
    cases: Mapping[str, Iterable[str]] = field(default_factory=dict)
    of: "dict[str, Node]" = field(default_factory=dict)

    @property
    def parameters(self) -> list[str]:
        """What it asks for by name, and what any of its cases needs."""
        more = [name for case in self.cases.values() for name in case]
        return list(dict.fromkeys(name for name in [*self.names, *more] if name not in (_RUN, _CASE)))

    @property
    def wanted(self) -> list[str]:
        """What it needs: of the parameters of a probe of several cases, those of its own case."""
        more = self.cases[self.case] if self.case is not None else ()
        return [name for name in self.parameters if name in {*self.names, *more}]

    @property
    def title(self) -> str:
        case = f"[{self.case}]" if self.case is not None else ""
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}{case}"

    @property
    def names(self) -> Iterable[str]:
        """The parameters of the function."""
        return inspect.signature(self.function).parameters

    def at(self, case: str) -> "Node":
        """The node that gathers one case."""
        return self.of.setdefault(case, replace(self, case=case))

    def closure(self) -> "Iterator[Node]":
        """This node and all that it stands on, each at least once."""
        yield self
        for node in (self.needs or {}).values():
            yield from node.closure()

    def chain(self) -> int:
        """How many probes stand on top of each other here; long chains are started first."""
        return self.is_probe + max((node.chain() for node in (self.needs or {}).values()), default=0)


@dataclass(frozen=True)
class Handle:
    """What pytest passes around instead of the evidence, until the test is called."""

    node: Node


def probe(
    function: Callable[..., Coroutine[Any, Any, Any]] | None = None,
    *,
    late: bool = False,
    each: Mapping[str, Iterable[str]] | Iterable[str] = (),
) -> Any:
    """Declare a piece of evidence; the function's parameters are probes and resources.

    `late`: it waits on purpose, so that its tests had better be judged after all others. `each`: it is gathered once
    for each of these cases, which the parameter `case` names; a test that asks for it is run for each of them. As a
    mapping it names the resources that a case needs beside those of all.
    """
    if function is None:
        return lambda function: probe(function, late=late, each=each)
    cases: dict[str, Iterable[str]] = dict(each) if isinstance(each, Mapping) else {case: () for case in each}
    return _fixture(Node(function, is_probe=True, late=late, cases=cases))


def resource(*marks: str) -> Callable[[Callable[..., Any]], Any]:
    """Declare an object that probes work with; tests that need it get the `marks`."""
    return lambda function: _fixture(Node(function, is_probe=False, marks=marks))


def _fixture(node: Node) -> Any:
    def handle(request: Any = None, **_: Handle) -> Handle:
        return Handle(node.at(request.param) if node.cases else node)

    # pytest reads the parameters from here: that is how it knows the whole closure of a test.
    names = [*(["request"] if node.cases else []), *node.parameters]
    parameters = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names]
    handle.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    handle.__name__, handle.__doc__ = node.function.__name__, node.function.__doc__
    handle.__module__ = node.function.__module__
    handle.node = node  # type: ignore[attr-defined]
    return pytest.fixture(scope="session", params=list(node.cases) or None)(handle)


def nodes_of(item: pytest.Item) -> list[Node]:
    """The probes and resources that a test asks for, bound to what they stand on."""
    # There is no public way to ask which definition of a fixture a test sees.
    definitions: Mapping[str, Any] = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]

    cases: Mapping[str, str] = item.callspec.params if hasattr(item, "callspec") else {}

    def bound(name: str) -> Node | None:
        node = getattr(definitions[name][-1].func, "node", None) if name in definitions else None
        if node is not None and name in cases:
            node = node.at(cases[name])
        if node is not None and node.needs is None:
            node.needs = {need: found for need in node.wanted if (found := bound(need)) is not None}
            for need in node.needs.values():
                if need.case is not None:  # it would be gathered once, from the first case
                    raise pytest.UsageError(
                        f"{node.title} stands on {need.title}, one case of several; only a test can ask for it"
                    )
        return node

    return [node for node in map(bound, asked_for(item)) if node is not None]


def asked_for(item: pytest.Item) -> Iterable[str]:
    """The fixtures that a test asks for itself, without those that these stand on."""
    names: Iterable[str] = item._fixtureinfo.initialnames  # type: ignore[attr-defined]
    return names


class Cases(Mapping[Any, Any]):
    """Exchanges (or whatever was gathered) by case; one that failed raises its reason when it is asked for."""

    def __init__(self, outcomes: Mapping[Any, Any]) -> None:
        self._outcomes = outcomes

    def __getitem__(self, case: Any) -> Any:
        outcome = self._outcomes[case]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def __iter__(self) -> Iterator[Any]:
        return iter(self._outcomes)

    def __len__(self) -> int:
        return len(self._outcomes)


async def together(calls: Mapping[Any, Coroutine[Any, Any, Any]]) -> Cases:
    """Make all calls at once; an error stays with its own case."""
    branches = (_branch(call, len(calls)) for call in calls.values())
    answers = await asyncio.gather(*branches, return_exceptions=True)
    return Cases(dict(zip(calls, answers, strict=True)))


async def _branch(call: Coroutine[Any, Any, Any], beside: int) -> Any:
    """A call whose story is that of the probe so far and its own, without what happens beside it."""
    breadth.set(beside)
    stories.set([*(stories.get() or [])])
    return await call


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

    def value(self, node: Node) -> Any:
        """What the node gathered, waiting for it; raises what the gathering raised."""
        task = self._tasks.get(node)
        # Once it is done, there is no need to ask the busy loop.
        done = task is not None and task.done()
        value = task.result() if task and done else self.call(self._value(node)).result()
        if (scene := getattr(value, "scene", None)) is not None:
            witness(scene)
        return value

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
        given = {**dict(zip(needs, outcomes, strict=True)), _RUN: self._run, _CASE: node.case}
        arguments = {name: given[name] for name in node.names if name in given}
        if not node.is_probe:
            return node.function(**arguments)
        began, exchanges = now(), list[Exchange]()
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
            self.gathered.append(Gathered(node, began, now(), exchanges))
