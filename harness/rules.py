"""What a run is judged by: the runbook, excuses, signatures, and the run before it."""

import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from harness.environment import KNOWN_ISSUES, Environment
from harness.phases import excuses
from harness.postdeploy.rounds import WATCH, lines
from harness.run import SCENES
from harness.shards import joining
from harness.shards.share import Share
from harness.verdict import (
    KnownIssue,
    Verdict,
    check_not_required,
    decide,
    load_attestations,
    load_known_issues,
)
from harness.verdict.attestations import FILE
from harness.verdict.excuses import check_cases, check_tests
from harness.verdict.previous import Previous, set_aside
from runbook.loader import load_runbook


class Rules:
    """What is said of items of other phases is read, and not applied.

    Raises ConfigError where a file is unusable. `reports`: where the environment's attestations are.
    """

    def __init__(self, environment: Environment, reports: Path) -> None:
        whole, self._phases = load_runbook(), environment.phases
        self.runbook = whole.of(self._phases)
        self._where = f"{environment.path}: checklist.not_required"
        not_required = environment.file.checklist.not_required
        check_not_required(whole, not_required, self._where)
        self._not_required = [each for each in not_required if each.partition(":")[0] in self.runbook.ids]
        issues = load_known_issues(KNOWN_ISSUES, whole, environment.name)
        self._known_issues = [issue for issue in issues if self._concerns(issue)]
        signed = load_attestations(reports / FILE, whole)
        self._attestations = [each for each in signed if each.item in self.runbook.signable]
        self._environment, self._file = environment.name, environment.file
        self._deploy = environment.deploy if "postdeploy" in environment.phases else None
        self._previous = Previous()

    def _concerns(self, issue: KnownIssue) -> bool:
        return excuses(issue.test, self._phases) if issue.test else issue.item in self.runbook.ids

    def clear(self, reports: Path) -> None:
        """Remove the reports and pictures of an earlier run, and keep what this one is compared with."""
        self._previous = set_aside(reports, self._environment, goes_on=self._was_watched(reports))
        for folder in (reports / SCENES, *reports.glob(f"{SCENES}-*")):
            shutil.rmtree(folder, ignore_errors=True)

    def _was_watched(self, reports: Path) -> bool:
        """Whether rounds of a watch of this deploy came before."""
        if self._deploy is None:
            return False
        return any(lines(reports / WATCH, self._deploy.at, self._file.expect.version))

    def check_excuses(self, nodeids: Sequence[str]) -> None:
        """Raises ConfigError for an excuse that excuses none of all checks: the next failure would go unseen."""
        check_cases(self._not_required, nodeids, self._where)
        patterns = [issue.test for issue in self._known_issues if issue.test is not None]
        check_tests(patterns, nodeids, f"{KNOWN_ISSUES}: issues.test")

    def known_issue(self, item: str, nodeid: str) -> KnownIssue | None:
        """The known issue that covers the failures of a test today, if one does."""
        today = date.today()
        valid = (issue for issue in self._known_issues if not issue.expired(today))
        return next((issue for issue in valid if issue.covers(item, nodeid)), None)

    def judge(self, shares: Sequence[Share], regions: Sequence[str] = ()) -> Verdict:
        """The verdict on a run, or on several that are parts of one. `regions`: those that have to be among them."""
        writes = [write for share in shares for write in share.writes]
        return decide(
            self.runbook,
            joining.facts(shares, regions, self._left(writes), self._previous.notes),
            joining.results(shares),
            not_required=self._not_required,
            waivers=self._known_issues,
            today=date.today(),
            attestations=self._attestations,
            earlier=self._previous.run,
        )

    def _left(self, writes: Sequence[Mapping[str, Any]]) -> list[str]:
        """What stays on a target that does not end with the run."""
        accounts = sum(write.get("kind") == "account" for write in writes)
        if not accounts or self._file.target.start:
            return []
        prefix = self._file.accounts.prefix
        return [
            f"left on the target: {accounts} accounts named {prefix}_*; nothing in the contract deletes one"
        ]
