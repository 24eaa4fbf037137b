"""--check-env: what this environment can prove and what it can't, without running a check."""

from collections.abc import Iterable
from typing import Any

import pytest

from harness import collection
from harness.errors import Unprovable
from harness.evidence.probe import Gathering
from harness.run import Run
from harness.target.lifecycle import Site
from harness.verdict.checks import item_id
from runbook.loader import Runbook


def report(reporter: Any, run: Run, runbook: Runbook, tests: Iterable[pytest.Item]) -> None:
    """Print every checklist item with what stands in the way of proving it here."""
    obstacles = _obstacles(run, tests)
    reporter.section(f"what {run.environment.name} can prove")
    for item in runbook.items:
        required = "" if item.id not in run.environment.file.checklist.not_required else " (not required)"
        if item.id not in obstacles:
            reporter.write_line(f"no check    {item.id}{required}: the suite does not prove this item")
        elif not obstacles[item.id]:
            reporter.write_line(f"can prove   {item.id}")
        else:
            reasons = "; and ".join(sorted(obstacles[item.id]))
            reporter.write_line(f"can't prove {item.id}{required}: {reasons}")


def reached(reporter: Any, site: Site) -> None:
    """Say that the target answers."""
    reporter.write_line(f"reached     {site.origin}, version {site.version or '(none named)'}")


def _obstacles(run: Run, tests: Iterable[pytest.Item]) -> dict[str, set[str]]:
    # Resources are made without waiting for the target: a gathering of their own, with nothing to wait for.
    gathering = Gathering(run, waits=False)
    found: dict[str, set[str]] = {}
    for test in tests:
        reasons = found.setdefault(item_id(test), set())
        for node in collection.closure(test):
            if not node.is_probe:
                try:
                    gathering.value(node)
                except Unprovable as reason:
                    reasons.add(str(reason))
    gathering.close()
    return found
