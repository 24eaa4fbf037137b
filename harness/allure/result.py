"""A test as Allure is told of it: the checklist's words around it, and an outcome that is the verdict's."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from allure_commons.model2 import (
    Label,
    Link,
    Parameter,
    Status,
    StatusDetails,
    TestResult,
    TestStepResult,
)

from harness.allure.files import KNOWN, NOT_PROVEN
from harness.evidence.exchange import Exchange
from harness.rules import Rules
from harness.verdict import TestResult as Outcome
from harness.verdict.words import first_line, in_words
from runbook.loader import Item, Scenario

RUNBOOK, ISSUE = "runbook", "issue"  # types of links, for --allure-link-pattern
BESIDE = "../verdict.html#scenario-{}"
SHOWN = 20  # exchanges of a test; a fuzzed one reads hundreds


class Teller:
    """Tells of checks in one environment; `links`: patterns of addresses, by the type of link."""

    def __init__(self, rules: Rules, environment: str, links: Mapping[str, str]) -> None:
        self._rules, self.environment, self._links = rules, environment, links

    def tell(self, result: TestResult, nodeid: str, outcome: Outcome) -> None:
        """Complete a result; `nodeid` is what it is known by, and differs from the outcome's where two tell of one."""
        item = self._rules.runbook.item(outcome.item)
        result.name = name(outcome.nodeid)
        identify(result, nodeid, self.environment)
        self._place(result, item, self._rules.runbook.scenario(item.scenario))
        self._judge(result, outcome)

    def _place(self, result: TestResult, item: Item, scenario: Scenario) -> None:
        """Put it where its item is: environment, section, item; with the promise, and what to do if it is broken."""
        told = {
            "epic": self.environment,
            "feature": item.section,
            "story": item.title,
            "severity": item.severity,
            "item": item.id,
        }
        result.labels += [Label(name=name, value=value) for name, value in told.items()]
        # Without an address: the page of the verdict, as seen from where `make report` puts its own.
        self._link(result, RUNBOOK, scenario.number, f"Scenario {scenario.number}: {scenario.title}", BESIDE)
        result.description = (
            f"{item.promise}\n\nWhere it is broken, scenario {scenario.number} applies: {scenario.title}. "
            f"{scenario.first_action}"
        )

    def _judge(self, result: TestResult, outcome: Outcome) -> None:
        """Give it the verdict's outcome.

        A failure stays broken where allure-pytest found it so: it was no assertion, and may be the suite's own.
        """
        first = first_line(outcome.message)
        if outcome.outcome == "passed":
            result.status, result.statusDetails = Status.PASSED, None
            return
        if outcome.outcome == "not proven":
            result.status, result.name = Status.SKIPPED, f"Not proven: {result.name}"
            result.labels.append(Label(name="tag", value="not proven"))
            result.statusDetails = StatusDetails(message=f"{NOT_PROVEN}{first}", trace=outcome.message)
            return
        if result.status not in (Status.FAILED, Status.BROKEN):
            result.status = Status.BROKEN
        issue = self._rules.known_issue(outcome.item, outcome.nodeid)
        if issue is not None:
            first = f"{KNOWN}{issue.ticket} ({issue.owner}, until {issue.expires}): {first}"
            result.labels.append(Label(name="tag", value=f"{KNOWN}{issue.ticket}"))
            self._link(result, ISSUE, issue.ticket, issue.ticket, "{}")
        # Allure does not count what is known among the failures, as the verdict does not.
        result.statusDetails = StatusDetails(known=issue is not None, message=first, trace=outcome.message)

    def _link(self, result: TestResult, kind: str, to: object, name: str, default: str) -> None:
        result.links.append(Link(kind, self._links.get(kind, default).format(to), name))


def identify(result: TestResult, nodeid: str, environment: str) -> None:
    """Make it one test of one environment, by its node id alone: so a result written for a lost test is its own.

    Allure 2 goes by the history id, Allure 3 by the test case and the parameters that are not excluded.
    """
    for parameter in result.parameters:
        parameter.excluded = True
    result.parameters.insert(0, Parameter(name="environment", value=environment))
    result.fullName = nodeid
    result.testCaseId = _digest(nodeid)
    result.historyId = _digest(f"{environment} {nodeid}")
    result.titlePath = [part for part in nodeid.partition("[")[0].replace("::", "/").split("/")[:-1] if part]


def name(nodeid: str) -> str:
    """The title of a test, in plain words: what it claims."""
    path, bracket, case = nodeid.partition("[")
    claim = in_words(path.rpartition("::")[2] + bracket + case)
    return claim[:1].upper() + claim[1:]


def story(evidence: Sequence[Exchange]) -> list[Exchange]:
    """The exchanges that led to the evidence, and those themselves: each once, in order of time."""
    told: dict[int, Exchange] = {}
    for read in evidence:
        before = read.story[: read.story.index(read)] if read in read.story else []
        told |= {id(exchange): exchange for exchange in (*before, read)}
    return sorted(told.values(), key=lambda exchange: exchange.started)


def last(exchanges: Sequence[Exchange], failed: Exchange | None) -> list[Exchange]:
    """Those that are shown: the last ones, and `failed`, even if it lies before them."""
    shown = list(exchanges[-SHOWN:])
    return shown if failed is None or failed in shown else [failed, *shown[1:]]


def steps(exchanges: Iterable[Exchange], failed: Exchange | None) -> list[TestStepResult]:
    """A step for each exchange; `failed`: the one that a failure is about."""
    return [
        TestStepResult(
            name=exchange.title,
            status=Status.FAILED if exchange is failed else Status.PASSED,
            start=round(exchange.started.timestamp() * 1000),
            stop=round((exchange.started + exchange.elapsed).timestamp() * 1000),
        )
        for exchange in exchanges
    ]


def _digest(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
