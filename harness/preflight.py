"""Before a run: where it goes; for --check-env, what this environment can prove and what it can't."""

from collections.abc import Iterable
from typing import Any

import pytest

from harness import collection, commands, phases
from harness.environment import Environment
from harness.errors import Unprovable
from harness.evidence.gathering import Gathering
from harness.run import Run
from harness.target.lifecycle import Site
from harness.verdict.checks import item_id
from harness.verdict.report import inert
from runbook.loader import Runbook


def header(environment: Environment) -> str:
    """Where a run goes, in a line."""
    target = environment.file.target.base_url or "started by this run"
    writes = "" if environment.file.access.writes else ", read-only"
    phase = "" if environment.phases == (phases.USUAL,) else f", phase {phases.title(environment.phases)}"
    return f"environment: {environment.name} -> {target}{writes}{phase}"


def report(reporter: Any, run: Run, runbook: Runbook, tests: Iterable[pytest.Item]) -> None:
    """Print every checklist item with what stands in the way of proving it here."""
    obstacles = _obstacles(run, tests)
    reporter.section(f"what {run.environment.name} can prove")
    for item in runbook.items:
        checks = obstacles.get(item.id, [])
        stopped = [reasons for reasons in checks if reasons]
        if not checks:
            word, why = "no check", ["the suite does not prove this item yet"]
        elif not stopped:
            word, why = "can prove", []
        else:
            word = (
                f"{len(checks) - len(stopped)} of {len(checks)}"
                if len(stopped) < len(checks)
                else "can't prove"
            )
            why = sorted({reason for reasons in stopped for reason in reasons})
        required = "" if item.id not in run.environment.file.checklist.not_required else " (not required)"
        reporter.write_line(f"{word:12} {item.id}{required}")
        for reason in why:
            reporter.write_line(f"{'':15}{reason}")


def reach(reporter: Any, run: Run, site: Site | None, cause: str | None) -> None:
    """Say that the target answers, or the cause why it does not; and that the values of variables were not tried."""
    if site is None:
        reporter.write_line(f"unreachable  {inert.one_line(cause or '')}")
    else:
        version = inert.one_line(run.secrets.scrub(site.version or "(none named)"))
        reporter.write_line(f"reached      {site.origin}, version {version}")
    start = run.environment.file.target.start
    made_up = start.generate if start else ()
    if names := ", ".join(name for name in run.environment.variables if name not in made_up):
        reporter.write_line(
            f"not tried    {names}: they are set, and whether their values are right shows in a run only"
        )


def _obstacles(run: Run, tests: Iterable[pytest.Item]) -> dict[str, list[set[str]]]:
    """For each item, what stands in the way of each of its checks; an empty set where nothing does."""
    # Resources are made without waiting for the target: a gathering of their own, with nothing to wait for.
    gathering = Gathering(run, waits=False)
    found: dict[str, list[set[str]]] = {}
    for test in tests:
        reasons: set[str] = set()
        for node in collection.closure(test):
            if not node.is_probe:
                try:
                    gathering.value(node)
                except Unprovable as reason:
                    reasons.add(str(reason))
                else:
                    reasons |= set(commands.missing(run.environment.file, node.function.__name__))
        found.setdefault(item_id(test), []).append(reasons)
    gathering.close()
    return found
