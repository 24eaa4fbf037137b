"""Outcomes of tests, as pytest reports them, for the verdict; joined from all worker processes."""

from typing import Any

import pytest

from harness.run import Run
from harness.verdict import TestResult

NOT_RUN = "the run ended before this check; run it again"


class Results:
    """What each check came to, and what its process wrote and retried."""

    def __init__(self) -> None:
        self.items: dict[str, str] = {}  # checklist item by node id
        self.selected: list[str] = []  # node ids of the checks that are to run
        self.writes: list[dict[str, Any]] = []
        self.retries = 0
        self._reports: dict[str, list[pytest.TestReport]] = {}

    def add(self, report: pytest.TestReport, item: str | None) -> None:
        """Take a report of one phase of a test; a crashed worker's report names no item."""
        if item is not None:
            self.items[report.nodeid] = item
        self._reports.setdefault(report.nodeid, []).append(report)

    def of_worker(self, run: Run) -> dict[str, Any]:
        """What a process adds besides its reports: plain values, as they go over the wire."""
        writes = [entry for entry in run.ledger.entries if entry["kind"] != "request"]
        return {
            "items": self.items,
            "selected": self.selected,
            "writes": writes,
            "retries": run.transport.retries,
        }

    def join(self, other: dict[str, Any] | None) -> None:
        """Add what a process said; None from one that crashed."""
        if other is not None:
            self.items |= other["items"]
            self.selected = other["selected"] or self.selected
            self.writes += other["writes"]
            self.retries += other["retries"]

    def tests(self) -> list[TestResult]:
        """One result a check: failed if any phase failed, not proven if any was skipped or it did not run."""
        known = [(nodeid, reports) for nodeid, reports in self._reports.items() if nodeid in self.items]
        results = [_result(nodeid, self.items[nodeid], reports) for nodeid, reports in known]
        missed = [nodeid for nodeid in self.selected if nodeid not in self._reports]
        return results + [TestResult(nodeid, self.items[nodeid], "not proven", NOT_RUN) for nodeid in missed]


def _result(nodeid: str, item: str, reports: list[pytest.TestReport]) -> TestResult:
    seconds = sum(report.duration for report in reports)
    for report in reports:
        if report.failed:
            return TestResult(nodeid, item, "failed", report.longreprtext, seconds)
    for report in reports:
        if report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
            return TestResult(nodeid, item, "not proven", reason.removeprefix("Skipped: "), seconds)
    return TestResult(nodeid, item, "passed", "", seconds)
