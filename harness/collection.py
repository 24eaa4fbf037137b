"""Which collected tests are checks, what they need, and whether the run is whole."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from harness.evidence.probe import Node, nodes_of

ENVIRONMENT = "environment"  # the user property that carries its name
FOLDERS = {"smoke": "smoke", "contracts": "contract"}  # folder of checks → its marker


def folder(test: pytest.Item) -> str | None:
    """The folder of checks that a test lies in; None for a test of the project itself."""
    try:
        first = test.path.relative_to(test.config.rootpath).parts[0]
    except ValueError:
        return None
    return first if first in FOLDERS else None


def selects_checks(config: pytest.Config) -> bool:
    """Whether the command line names a place where checks are."""
    return any(_near(path, place) for path in _arguments(config) for place in _places(config))


def is_narrowed(config: pytest.Config) -> bool:
    """Whether the command line leaves out a place where checks are."""
    arguments = list(_arguments(config))
    return not all(any(place.is_relative_to(path) for path in arguments) for place in _places(config))


def left_out(config: pytest.Config, selected: Iterable[str]) -> bool:
    """Whether a module of checks has no selected check: it was ignored, or passed over."""
    seen = {nodeid.partition("::")[0] for nodeid in selected}
    modules = (path for place in _places(config) for path in place.rglob("test_*.py"))
    return any(path.relative_to(config.rootpath).as_posix() not in seen for path in modules)


def mark(tests: Iterable[pytest.Item], environment: str) -> None:
    """Give each check the marks of its folder and of what it needs; its reports name the environment."""
    for test in tests:
        test.user_properties.append((ENVIRONMENT, environment))
        test.add_marker(FOLDERS[folder(test) or ""])
        for name in sorted({name for node in closure(test) for name in node.marks}):
            test.add_marker(name)


def waits(test: pytest.Item) -> bool:
    """Whether a check stands on evidence that is late on purpose."""
    return folder(test) is not None and any(node.late for node in closure(test))


def closure(test: pytest.Item) -> set[Node]:
    """Every probe and resource that a check stands on."""
    return {node for root in nodes_of(test) for node in root.closure()}


def _arguments(config: pytest.Config) -> Iterable[Path]:
    for argument in config.args:
        # As pytest itself: without following symbolic links.
        yield Path(os.path.abspath(config.invocation_params.dir / argument.partition("::")[0]))


def _places(config: pytest.Config) -> list[Path]:
    return [place for name in FOLDERS if (place := config.rootpath / name).is_dir()]


def _near(path: Path, place: Path) -> bool:
    return path.is_relative_to(place) or place.is_relative_to(path)
