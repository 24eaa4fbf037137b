"""One verdict, told in seven ways that cannot disagree: whatever was found, in whatever words."""

import json
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from _pytest.junitxml import LogXML
from allure_commons.model2 import TestResult as AllureResult
from hypothesis import given
from hypothesis import strategies as st

from harness.allure.result import Teller
from harness.results import Results
from harness.verdict import Verdict
from harness.verdict.report import html, json_file, markdown, message, terminal
from harness.verdict.report.inert import one_line
from tests import report_readers
from tests.page_examples import named, page, under
from tests.report_readers import Told
from tests.verdict_examples import (
    HOOKS,
    LOGIN,
    LOGS,
    RUNBOOK,
    STARTED,
    before,
    issue,
    passed,
    result,
    verdict,
)
from tests.verdict_strategies import known_issues, texts, thorough, verdicts
from tests.visit_examples import PAYWALL, looked

OF_EVERYTHING = {"decision", "totals", "duration", "states", "scenarios", "not proven", "comparison"}
OF_A_RUN = OF_EVERYTHING | {"outcomes", "retries", "writes"}


def differences(verdict: Verdict, told: Told) -> dict[str, object]:
    """What a report says otherwise than the JSON, as (it, JSON)."""
    said = report_readers.of_json(verdict)
    return {name: (value, said[name]) for name, value in told.items() if value != said[name]}


@thorough
@given(verdicts())
def test_page_says_what_the_json_says(given_verdict):
    told = report_readers.of_page(given_verdict)
    assert set(told) == OF_A_RUN | {"counts", "visits"}
    assert differences(given_verdict, told) == {}


@thorough
@given(verdicts())
def test_markdown_says_what_the_json_says(given_verdict):
    told = report_readers.of_markdown(given_verdict)
    assert set(told) == OF_A_RUN | {"counts", "visits"}
    assert differences(given_verdict, told) == {}


@thorough
@given(verdicts())
def test_terminal_says_what_the_json_says(given_verdict):
    told = report_readers.of_terminal(given_verdict)
    assert set(told) == OF_A_RUN | {"failed"}
    assert differences(given_verdict, told) == {}


@thorough
@given(verdicts())
def test_message_says_what_the_json_says(given_verdict):
    said = report_readers.of_json(given_verdict)
    counted = {"not proven": tuple(map(len, said["not proven"])), "states": len(said["states"])}
    told = report_readers.of_message(given_verdict)
    assert set(told) == OF_EVERYTHING
    assert told == {name: said[name] for name in OF_EVERYTHING} | counted


@thorough
@given(verdicts())
def test_json_says_what_the_verdict_is(given_verdict):
    data = json.loads(json_file.render(given_verdict))
    assert (data["decision"], data["exit_code"]) == (given_verdict.decision, given_verdict.exit_code)
    assert [(item["id"], item["outcome"]) for item in data["items"]] == [
        (item.id, item.outcome) for item in given_verdict.items
    ]


@thorough
@given(verdicts())
def test_page_shows_the_words_of_the_verdict(given_verdict):
    root = page(given_verdict)
    assert root.one("p", "summary").text == one_line(given_verdict.summary)
    facts = named(root.one("main").elements[1])
    assert facts["Environment"] + facts["Address"] == [
        one_line(given_verdict.environment),
        one_line(given_verdict.base_url),
    ]
    assert facts["Version"] == [one_line(given_verdict.version or "unknown")]
    assert facts["Exit code"] == [str(given_verdict.exit_code)]
    assert root.all("time")[0].attributes["datetime"] == given_verdict.started.isoformat()


@thorough
@given(verdicts())
def test_page_tells_all_that_asks_for_action(given_verdict):
    root = page(given_verdict)
    told = root.text
    for advice in given_verdict.rollback:
        for text in (
            advice.title,
            advice.first_action,
            *advice.steps,
            *advice.escalate_to,
            *advice.stop_purchases,
            *(symptom.text for symptom in advice.symptoms),
        ):
            assert one_line(text) in told
    issues = [(each.one("h3").text, named(each)) for each in root.all("article", "issue")]
    assert sorted(
        (title, each["Owner"], each["Expires"], each["State"][0].split(".")[0]) for title, each in issues
    ) == sorted(
        (
            one_line(f"{known.issue.ticket}: {known.issue.reason}"),
            [one_line(known.issue.owner)],
            [str(known.issue.expires)],
            known.state,
        )
        for known in given_verdict.known_issues
    )
    for item in given_verdict.items:
        failed = [test for test in item.tests if test.outcome == "failed"]
        assert [test.nodeid for test in failed if one_line(test.nodeid) not in told] == []
        waiting = item.outcome == "not proven" or item.open
        assert not waiting or item.id in under(root, "Not proven, and what would prove it").text
    assert [note for note in given_verdict.notes if one_line(note) not in told] == []


# --- Allure and JUnit are told of each test while it runs, not of the verdict at the end

PHASES = st.sampled_from(
    [
        {"setup": "passed", "call": "passed", "teardown": "passed"},
        {"setup": "passed", "call": "failed", "teardown": "passed"},
        {"setup": "passed", "call": "skipped", "teardown": "passed"},
        {"setup": "failed", "teardown": "passed"},
        {"setup": "skipped", "teardown": "passed"},
    ]
)


def reported(nth, ended, message):
    """pytest's reports of a test, one for each phase."""
    owned = [("item", RUNBOOK.ids[nth % 3]), ("environment", "staging")]
    said = {"passed": None, "failed": message or "x", "skipped": ("x.py", 1, f"Skipped: {message}")}
    nodeid = f"smoke/x.py::test_it[{nth}]"
    return [
        pytest.TestReport(nodeid, ("x", 1, "x"), {}, outcome, said[outcome], when, user_properties=owned)
        for when, outcome in ended.items()
    ]


@thorough
@given(st.lists(st.tuples(PHASES, texts), min_size=1, max_size=8), st.lists(known_issues, max_size=2))
def test_allure_and_junit_say_what_the_json_says(tmp_path_factory, tests, waivers):
    gathered, junit = Results(), LogXML(tmp_path_factory.mktemp("junit") / "junit.xml", None)
    reports = [each for nth, (ended, message) in enumerate(tests) for each in reported(nth, ended, message)]
    junit.pytest_sessionstart()
    for each in reports:
        gathered.add(each)
        junit.pytest_runtest_logreport(each)
    junit.pytest_sessionfinish()
    said = report_readers.of_json(verdict(*gathered.tests(), waivers=tuple(waivers)))
    counted = {
        "totals": said["totals"],
        "counts": {item: told for item, told in said["counts"].items() if told},
    }
    assert report_readers.of_junit(Path(junit.logfile)) == counted
    rules = SimpleNamespace(
        runbook=RUNBOOK,
        known_issue=lambda *test: next((issue for issue in waivers if issue.covers(*test)), None),
    )
    told = [AllureResult() for _ in tests]
    for each, outcome in zip(told, gathered.tests(), strict=True):
        Teller(rules, "staging", {}).tell(each, outcome.nodeid, outcome)
    assert report_readers.of_allure(told) == counted


# --- and the readers would notice


SOME = verdict(
    looked(LOGIN, "failed", PAYWALL), *passed(LOGS), result(HOOKS, "failed"), waivers=(issue(item=HOOKS),)
)
OTHER = verdict(
    *passed(LOGIN, HOOKS),
    result(LOGS, "not proven", "why"),
    finished=STARTED,
    retries=1,
    writes=(),
    then=before(SOME),
)


@pytest.mark.parametrize(
    "read",
    [
        report_readers.of_json,
        report_readers.of_page,
        report_readers.of_markdown,
        report_readers.of_terminal,
        report_readers.of_message,
    ],
)
def test_each_reader_tells_verdicts_apart(read):
    """What is compared above is read, not made up: of another verdict everything reads otherwise."""
    assert {name for name, value in read(SOME).items() if value == read(OTHER)[name]} == set()


def test_three_hundred_tests_are_rendered_within_a_second():
    long = "GET /api/x answered 500\nchecked    it\nobserved   GET /api/x\n" + "x" * 3000
    outcomes = ["failed"] * 100 + ["passed"] * 100 + ["not proven"] * 100
    many = [
        result((LOGIN, LOGS, HOOKS)[nth % 3], outcome, f"{long}{nth}", name=f"test_it[{nth}]")
        for nth, outcome in enumerate(outcomes)
    ]
    given_verdict = verdict(*many, then=before(SOME))
    began = time.process_time()
    for render in (html.render, markdown.render, json_file.render, terminal.render):
        assert render(given_verdict)
    assert message.render(given_verdict, "x")
    assert time.process_time() - began < 1
