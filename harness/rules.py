"""What a run is judged by: the runbook, excuses, signatures, and the run before it."""

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from harness.course import course
from harness.environment import KNOWN_ISSUES, Environment
from harness.evidence.exchange import now
from harness.phases import excuses, title
from harness.results import Results, doubted
from harness.run import SCENES, Run
from harness.verdict import (
    KnownIssue,
    RunFacts,
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
        self._attestations = [each for each in signed if each.item in self.runbook.ids]
        self._environment = environment.name
        self._previous = Previous()

    def _concerns(self, issue: KnownIssue) -> bool:
        return excuses(issue.test, self._phases) if issue.test else issue.item in self.runbook.ids

    def clear(self, reports: Path) -> None:
        """Remove the reports and pictures of an earlier run, and keep what this one is compared with."""
        self._previous = set_aside(reports, self._environment)
        for folder in (reports / SCENES, *reports.glob(f"{SCENES}-*")):
            shutil.rmtree(folder, ignore_errors=True)

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

    def judge(
        self,
        run: Run,
        results: Results,
        *,
        partial: bool,
        left_out: frozenset[str],
        interrupted: bool,
        unreachable: str | None,
    ) -> Verdict:
        """The verdict on a run that ends now.

        `left_out`: items of which checks were not selected. `unreachable`: the cause why no check was run.
        """
        facts = RunFacts(
            environment=run.environment.name,
            phase=title(self._phases),
            base_url=run.site.origin,
            version=run.site.version,
            started=run.started,
            finished=now(),
            partial=partial and unreachable is None,
            interrupted=interrupted or results.gone,
            unreachable=unreachable,
            writes=tuple(results.writes),
            retries=results.retries,
            notes=(
                *([run.doubt] if run.doubt else []),
                *results.said,
                *_left(run, results),
                *results.notes,
                *self._previous.notes,
            ),
            left_out=left_out,
            course=course(run.gathering.gathered, run.started),
        )
        return decide(
            self.runbook,
            facts,
            [] if unreachable else doubted(results.tests(), run.doubt),
            not_required=self._not_required,
            waivers=self._known_issues,
            today=date.today(),
            attestations=self._attestations,
            earlier=self._previous.run,
        )


def _left(run: Run, results: Results) -> list[str]:
    """What stays on a target that does not end with the run."""
    accounts = sum(write["kind"] == "account" for write in results.writes)
    if not accounts or run.environment.file.target.start:
        return []
    prefix = run.environment.file.accounts.prefix
    return [f"left on the target: {accounts} accounts named {prefix}_*; nothing in the contract deletes one"]
