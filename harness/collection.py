"""Which collected tests are checks, what they need, and whether the run is whole."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from harness import phases
from harness.evidence.probe import Node, nodes_of

ENVIRONMENT = "environment"  # the user property that carries its name
MARKERS = {"contracts": "contract"}  # of folders whose checks are not marked by the folder's own name
_CHECKS = re.compile(r'^@checks\("([^"]+)"[,)]', re.MULTILINE)


def folder(test: pytest.Item) -> str | None:
    """The folder of checks that a test lies in; None for a test of the project itself."""
    try:
        first = test.path.relative_to(test.config.rootpath).parts[0]
    except ValueError:
        return None
    return first if first in phases.FOLDERS else None


def selects_checks(config: pytest.Config) -> bool:
    """Whether the command line names a place where checks are, or no place at all."""
    arguments = list(phases.arguments(config))
    every = [config.rootpath / name for name in phases.FOLDERS]
    return not arguments or any(phases.near(path, place) for path in arguments for place in every)


def is_narrowed(config: pytest.Config) -> bool:
    """Whether the command line leaves out a place where checks are."""
    if not (arguments := list(phases.arguments(config))):
        return False
    return not all(any(place.is_relative_to(path) for path in arguments) for place in phases.places(config))


def left_out(config: pytest.Config, selected: Iterable[str]) -> bool:
    """Whether a module of checks has no selected check: it was ignored, or passed over."""
    seen = {nodeid.partition("::")[0] for nodeid in selected}
    modules = (path for place in phases.places(config) for path in place.rglob("test_*.py"))
    return any(path.relative_to(config.rootpath).as_posix() not in seen for path in modules)


def passed_over(config: pytest.Config, tied: Mapping[str, str], selected: Iterable[str]) -> frozenset[str]:
    """The items of which a check was not selected. `tied`: item by node id, of all that was collected."""
    chosen = set(selected)
    found = {item for nodeid, item in tied.items() if nodeid not in chosen}
    seen = {nodeid.partition("::")[0] for nodeid in chosen}
    # Of a module that was given by node id, only those were collected.
    parts = {Path(argument.partition("::")[0]).name for argument in config.args if "::" in argument}
    for path in (path for place in phases.places(config) for path in place.rglob("test_*.py")):
        if path.name in parts or path.relative_to(config.rootpath).as_posix() not in seen:
            found |= set(_CHECKS.findall(path.read_text("utf-8")))
    return frozenset(found)


def mark(tests: Iterable[pytest.Item], environment: str) -> None:
    """Give each check the marks of its folder and of what it needs; its reports name the environment."""
    for test in tests:
        test.user_properties.append((ENVIRONMENT, environment))
        test.add_marker(MARKERS.get(name := folder(test) or "", name))
        for name in sorted({name for node in closure(test) for name in node.marks}):
            test.add_marker(name)


def leave_out(tests: list[pytest.Item], others: list[pytest.Item]) -> None:
    """Take `others` out of the tests, and say so to pytest."""
    if others:
        gone = set(others)
        tests[:] = [test for test in tests if test not in gone]
        others[0].config.hook.pytest_deselected(items=others)


def waits(test: pytest.Item) -> bool:
    """Whether a check stands on evidence that is late on purpose."""
    return folder(test) is not None and any(node.late for node in closure(test))


def closure(test: pytest.Item) -> set[Node]:
    """Every probe and resource that a check stands on."""
    return {node for root in nodes_of(test) for node in root.closure()}
