"""Outcomes of tests, as pytest reports them, for the verdict; joined from all worker processes."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from harness.collection import ENVIRONMENT
from harness.evidence.exchange import Evidence
from harness.run import Run
from harness.verdict import TestResult, Verdict
from harness.verdict.checks import GAVE_AWAY, PROPERTY, gave_away
from harness.verdict.signals import Signal
from harness.verdict.visits import Visited, from_plain
from harness.web.scene import Scene

BLOCKED_BY = "blocked_by"  # the user property that names the item whose broken promise stopped a check
EVIDENCE = pytest.StashKey[list[Evidence]]()  # what a test read
VISITS = "visits"  # the attribute of a report that holds what visits of the web client left, as plain values
NOTE = "note"  # the user property by which a check says something for the report, see record_property
PHASES = {"setup", "call", "teardown"}  # xdist reports the test in which a worker died as another
OWN_WORDS = (PROPERTY, BLOCKED_BY, ENVIRONMENT, GAVE_AWAY)  # user properties that hold no text of others
NOT_RUN = "the run ended before this check; run it again"


class Results:
    """What each check came to, and what its process wrote and retried."""

    def __init__(self) -> None:
        self.items: dict[str, str] = {}  # checklist item by node id
        self.selected: list[str] = []  # node ids of the checks that are to run
        self.narrowed = False  # whether checks were left out
        self.elsewhere: list[str] = []  # node ids of the checks that another shard runs
        self.uncollected: list[str] = []  # what could not be collected
        self.writes: list[dict[str, Any]] = []
        self.retries = 0
        self.gone = False  # whether the target stopped answering
        self.signals: dict[str, Signal] = {}  # what was measured, by name
        self.said: list[str] = []  # what the processes have to say of the run itself
        self._reports: dict[str, list[pytest.TestReport]] = {}

    def note_owner(self, test: pytest.Item, owner: str | None) -> None:
        """Note on a test whose promise it met broken, where that is another section's."""
        section = self.items[test.nodeid].partition(".")[0]
        if owner is not None and not owner.startswith(f"{section}."):
            test.user_properties.append((BLOCKED_BY, owner))

    def add(self, report: pytest.TestReport) -> None:
        """Take a report of one phase of a test; a crashed worker's report names no item."""
        item = _property([report], PROPERTY)
        if item is not None:
            self.items[report.nodeid] = item
        self._reports.setdefault(report.nodeid, []).append(report)

    def of_worker(self, run: Run) -> dict[str, Any]:
        """What a process adds besides its reports: plain values, as they go over the wire."""
        writes = [entry for entry in run.ledger.entries if entry["kind"] != "request"]
        return {
            "items": self.items,
            "selected": self.selected,
            "elsewhere": self.elsewhere,
            "narrowed": self.narrowed,
            "writes": writes,
            "retries": run.transport.retries,
            "said": run.notes,
            "signals": [asdict(signal) for signal in run.signals],
            "gone": run.transport.gone is not None,
        }

    def join(self, other: dict[str, Any] | None) -> None:
        """Add what a process said; None from one that crashed."""
        if other is not None:
            self.items |= other["items"]
            self.selected = other["selected"] or self.selected
            self.elsewhere = other["elsewhere"] or self.elsewhere
            self.narrowed |= other["narrowed"]
            self.writes += other["writes"]
            self.retries += other["retries"]
            self.said += other["said"]
            self.signals |= {each["name"]: Signal(**each) for each in other["signals"]}
            self.gone |= other["gone"]

    @property
    def notes(self) -> tuple[str, ...]:
        """What the checks noted, each note once, in the order in which they came."""
        reports = (
            report for nodeid in self._reports if nodeid in self.items for report in self._reports[nodeid]
        )
        noted = (str(value) for report in reports for key, value in report.user_properties if key == NOTE)
        return tuple(dict.fromkeys(noted))

    @property
    def failed_elsewhere(self) -> bool:
        """Whether a test failed that is no check: of the project's own, or one that nobody knows."""
        return any(
            report.failed
            for nodeid, reports in self._reports.items()
            if nodeid not in self.items
            for report in reports
        )

    @property
    def unfinished(self) -> bool:
        """Whether a check was not collected, or did not come to its end."""
        return bool(self.uncollected) or any(nodeid not in self._reports for nodeid in self.selected)

    def exit_code(self, verdict: Verdict, *, stopped: bool = False) -> int:
        """The verdict's, unless pytest has something worse to say that the verdict does not know of.

        `stopped`: whether somebody stopped the run.
        """
        if verdict.exit_code == 0 and self.failed_elsewhere:
            return 1
        # Ctrl-C in a terminal ends what was started, too: that the target is gone is not what ended the run.
        if verdict.decision != "NO-GO" and (stopped or (verdict.interrupted and not self.gone)):
            return 2
        return verdict.exit_code

    def ended(self, nodeid: str) -> bool:
        """Whether the process of a check saw it to its end: it may not have come to it, or died in it."""
        phases = {report.when for report in self._reports.get(nodeid, ())}
        return "teardown" in phases and phases <= PHASES

    def test(self, nodeid: str) -> tuple[TestResult, TestResult | None]:
        """What a check came to: failed if any phase failed, not proven if any was skipped or it did not run.

        One that another section's broken promise stopped on its way is not proven; the second result is then that
        promise's, which is broken.
        """
        reports = self._reports.get(nodeid, [])
        result = _result(nodeid, self.items[nodeid], reports)
        owner = _property(reports, BLOCKED_BY)
        if owner is None or result.outcome != "failed":
            return result, None
        reason = f"stopped on its way by {owner}, which is broken; mend that first"
        return replace(result, outcome="not proven", message=reason), replace(result, item=owner)

    def tests(self) -> list[TestResult]:
        """One result a check, and one for each broken promise that was only met on the way to others."""
        return settled(*self.found())

    def found(self) -> tuple[list[TestResult], list[TestResult]]:
        """One result a check, and every broken promise of another item that a check met on its way."""
        results, met = [], []
        for nodeid in dict.fromkeys([*self._reports, *self.selected]):
            if nodeid in self.items:
                result, stopped_by = self.test(nodeid)
                results.append(result)
                if stopped_by is not None:
                    met.append(stopped_by)
        return results, met


def settled(results: Sequence[TestResult], met: Sequence[TestResult]) -> list[TestResult]:
    """The results, with what was only met on the way to others where no check of that item failed.

    By name: which came first differs from machine to machine.
    """
    by_name = sorted(met, key=lambda result: result.nodeid)
    broken = {(result.item, result.region) for result in results if result.outcome == "failed"}
    return [*results, *(each for each in by_name if (each.item, each.region) not in broken)]


def doubted(results: Sequence[TestResult], doubt: str | None) -> Sequence[TestResult]:
    """The results, of which none that passed proves anything where there is a doubt about the run as a whole."""
    if doubt is None:
        return results
    return [
        replace(result, outcome="not proven", message=doubt) if result.outcome == "passed" else result
        for result in results
    ]


def without_secrets(
    properties: list[tuple[str, object]], scrub: Callable[[str], str]
) -> list[tuple[str, object]]:
    """User properties as JUnit files and notes may show them; our own words stay as they are."""
    return [(key, value if key in OWN_WORDS else scrub(str(value))) for key, value in properties]


def fit_to_print(
    report: pytest.TestReport,
    test: pytest.Item,
    call: pytest.CallInfo[None],
    explain: Callable[..., str] | None,
    reports: Path,
    scrub: Callable[[str], str],
) -> None:
    """Let a report say what went wrong, by `explain` where a check failed, and show no secret."""
    if report.failed and call.excinfo is not None and explain is not None:
        report.longrepr = explain(call.excinfo, test.stash.get(EVIDENCE, []), scrub)
        if gave_away(test, call.excinfo.value):
            report.user_properties.append((GAVE_AWAY, "yes"))
    elif isinstance(report.longrepr, tuple):
        path, line, reason = report.longrepr
        report.longrepr = (path, line, scrub(reason))
    if report.when == "call":
        looked_at(report, test, reports, scrub)
    report.user_properties = without_secrets(report.user_properties, scrub)
    report.sections = [(title, scrub(text)) for title, text in report.sections]


def looked_at(
    report: pytest.TestReport, test: pytest.Item, reports: Path, scrub: Callable[[str], str]
) -> None:
    """Note on a report which visits its test looked at; after a failure, keep all that is known of them."""
    scenes = [each for each in test.stash.get(EVIDENCE, []) if isinstance(each, Scene)]
    if report.failed:
        for scene in scenes:
            scene.keep(scrub)
    setattr(report, VISITS, [asdict(scene.left(reports)) for scene in scenes])


def _property(reports: list[pytest.TestReport], name: str) -> str | None:
    values = [str(value) for report in reports for key, value in report.user_properties if key == name]
    return values[0] if values else None


def _result(nodeid: str, item: str, reports: list[pytest.TestReport]) -> TestResult:
    seconds = sum(report.duration for report in reports)
    visits: tuple[Visited, ...] = tuple(
        each for report in reports for each in from_plain(getattr(report, VISITS, ()))
    )
    for report in reports:
        if report.failed:
            away = _property([report], GAVE_AWAY) is not None
            return TestResult(nodeid, item, "failed", _text(report), seconds, visits, away)
    for report in reports:
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else _text(report)
            return TestResult(nodeid, item, "not proven", reason.removeprefix("Skipped: "), seconds, visits)
    if not any(report.when == "call" and report.passed for report in reports):
        return TestResult(nodeid, item, "not proven", NOT_RUN, seconds)  # only set up, or interrupted
    return TestResult(nodeid, item, "passed", "", seconds, visits)


def _text(report: pytest.TestReport) -> str:
    # Not `longreprtext`: under xdist that begins with a line about the worker.
    return report.longrepr if isinstance(report.longrepr, str) else report.longreprtext
