"""Patterns that excuse tests have to match some: one that matches none is misspelt, or its test was renamed."""

from collections.abc import Sequence

from harness.verdict.decision import test_name
from harness.verdict.waivers import matches
from runbook.errors import ConfigError

REMEDY = "mend the pattern, or remove it"


def check_cases(entries: Sequence[str], nodeids: Sequence[str], where: str) -> None:
    """Raises ConfigError for an `item.id:pattern` that matches no collected test."""
    for entry in entries:
        pattern = entry.partition(":")[2]
        if pattern and not any(matches(test_name(nodeid), pattern) for nodeid in nodeids):
            raise ConfigError(where, f"{entry!r} matches no check", REMEDY)


def check_tests(patterns: Sequence[str], nodeids: Sequence[str], where: str) -> None:
    """Raises ConfigError for a pattern of node ids that matches no collected test."""
    for pattern in patterns:
        if not any(matches(nodeid, pattern) for nodeid in nodeids):
            raise ConfigError(where, f"{pattern!r} matches no check", REMEDY)
