"""Probes: evidence gathered concurrently, each piece once.

`@probe` turns an async function into a session-scoped pytest fixture whose parameters are other probes or
resources. `@resource` does the same for an object that probes work with (an API client, a signer): making one
does no I/O, and raises Unprovable where the environment lacks what it needs. Tests receive a `Handle`, which the
plugin replaces by the gathered value just before the test runs: an error in gathering fails the test, not its set-up.
"""

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from harness.evidence.exchange import Exchange, breadth, stories

RUN = "run"  # the parameter by which a resource asks for the run itself
CASE = "case"  # the parameter by which a probe of several cases learns which one it gathers


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
        return list(dict.fromkeys(name for name in [*self.names, *more] if name not in (RUN, CASE)))

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

    def probes_below(self) -> "Iterator[Node]":
        """The probes that it waits for itself, or through its resources."""
        for need in (self.needs or {}).values():
            if need.is_probe:
                yield need
            else:
                yield from need.probes_below()

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


async def abreast(paths: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
    """What each path comes to; the probe's story parts for them, and goes on with all of it.

    Raises the first error, once all have ended.
    """
    told = stories.get()
    told = [] if told is None else told
    common, parts = len(told), list[list[Exchange]]()

    async def walked(path: Coroutine[Any, Any, Any]) -> Any:
        own = told[:common]
        parts.append(own)
        stories.set(own)
        return await path

    outcomes = await asyncio.gather(*(walked(path) for path in paths), return_exceptions=True)
    told += sorted((each for part in parts for each in part[common:]), key=lambda each: each.started)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return outcomes


async def _branch(call: Coroutine[Any, Any, Any], beside: int) -> Any:
    """A call whose story is that of the probe so far and its own, without what happens beside it."""
    breadth.set(beside)
    stories.set([*(stories.get() or [])])
    return await call
