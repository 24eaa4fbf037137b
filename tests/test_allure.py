"""What Allure is told, piece by piece: exchanges, files about the run, and the place and outcome of a result."""

import json
import re
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import quote, quote_plus

import httpx
import pytest
from allure_commons.model2 import Parameter
from allure_commons.model2 import TestResult as Told
from hypothesis import given
from hypothesis import strategies as st

from harness.allure import files, lost
from harness.allure.attachment import LARGEST, REDACTED, attachment
from harness.allure.result import SHOWN, Teller, identify, last, name, steps, story
from harness.evidence.secrets import Secrets
from harness.results import BLOCKED_BY, Results
from harness.verdict import TestResult as Outcome
from harness.verdict.checks import PROPERTY
from harness.verdict.report.inert import one_line
from runbook.loader import load_runbook
from tests.verdict_examples import STARTED, issue, verdict

CHECK = "smoke/test_x.py::test_door_stays_closed[by-night]"
AWKWARD = "p/ä\"ss\\w'ord+&\n?"


def shown(exchange, known=None, **how):
    return json.loads(attachment(exchange, (known or Secrets()).scrub, **how))


# --- an exchange


def test_exchange_is_shown_whole(make_exchange):
    exchange = make_exchange(
        {"ok": True},
        201,
        method="POST",
        url=httpx.URL("http://h/api/a?b=c%20d"),
        sent_headers=(("Host", "h"), ("Content-Type", "application/json")),
        sent_body=b'{"a": 1}',
    )
    start = round(STARTED.timestamp() * 1000)
    assert shown(exchange) == {
        "schemaVersion": 1,
        "start": start,
        "stop": start + 200,
        "request": {
            "method": "POST",
            "url": "http://h/api/a",
            "query": [{"name": "b", "value": "c d"}],
            "headers": [
                {"name": "Host", "value": "h"},
                {"name": "Content-Type", "value": "application/json"},
            ],
            "body": {
                "contentType": "application/json",
                "encoding": "utf8",
                "value": '{"a": 1}',
                "size": 8,
                "truncated": False,
            },
        },
        "response": {
            "status": 201,
            "statusText": "Created",
            "headers": [
                {"name": "x-kind", "value": "test"},
                {"name": "content-type", "value": "application/json"},
            ],
            "body": {
                "contentType": "application/json",
                "encoding": "utf8",
                "value": '{"ok": true}',
                "size": 12,
                "truncated": False,
            },
        },
    }


def test_credentials_are_masked_even_those_that_nobody_knows(make_exchange):
    sent = (("Authorization", "Bearer made-up"), ("COOKIE", "a=b"), ("X-Signature", "t=1"), ("X-Other", "o"))
    answer = httpx.Response(200, headers=[("Set-Cookie", "session=1"), ("Set-Cookie", "other=2")])
    told = shown(
        make_exchange(sent_headers=sent, response=answer),
        masked={"authorization", "cookie", "set-cookie", "x-signature"},
    )
    assert [header["value"] for header in told["request"]["headers"]] == [REDACTED, REDACTED, REDACTED, "o"]
    assert [header["value"] for header in told["response"]["headers"]] == [REDACTED, REDACTED]


def strings(value):
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(child)


@pytest.mark.parametrize("secret", [AWKWARD, "plain-secret", 'quo"ted', "back\\slash", "Straße 5 €"])
def test_no_secret_is_in_an_attachment_in_any_form(make_exchange, secret):
    known = Secrets()
    known.add(secret, "password")
    header = secret.encode("ascii", "ignore").decode().replace("\n", "")
    known.add(header, "in a header")
    exchange = make_exchange(
        {"echo": secret},
        url=httpx.URL("http://h/x", params={"token": secret}),
        sent_headers=(("X-Token", header),),
        sent_body=json.dumps({"password": secret}, ensure_ascii=False).encode(),
        response=httpx.Response(200, headers={"X-Echo": header}),
    )
    written = known.scrub(attachment(exchange, known.scrub))
    forms = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], header}
    read = json.loads(written)
    texts = [written, *(text for side in ("request", "response") for text in strings(read[side]))]
    assert {form for form in forms for text in texts if form in text} == set()
    assert len(re.findall("<password>|<in a header>", written)) == 5  # bodies, query and headers


def test_secret_at_the_cut_is_found_before_it(make_exchange):
    known = Secrets()
    known.add("canary-of-the-cut", "canary")
    body = shown(make_exchange(b"x" * (LARGEST - 6) + b"canary-of-the-cut, and more"), known)["response"][
        "body"
    ]
    assert (body["value"][-8:], len(body["value"]), body["truncated"]) == ("xx<canar", LARGEST, True)


def test_answer_that_was_cut_off_says_so(make_exchange):
    assert shown(make_exchange(truncated=True))["response"]["body"]["truncated"] is True


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_any_bytes_are_shown(make_exchange, sent, answered):
    told = shown(make_exchange(answered, sent_body=sent))
    assert ("body" in told["request"], "body" in told["response"]) == (sent != b"", answered != b"")


# --- files about the run


def properties(text):
    """A properties file as Java reads it, as far as ours goes."""
    read = {}
    for line in text.splitlines():
        key, _, value = line.partition("=")
        read[key] = re.sub(r"\\(\\|u([0-9a-f]{4}))", lambda m: chr(int(m[2], 16)) if m[2] else "\\", value)
    return {key: value.encode("utf-16", "surrogatepass").decode("utf-16") for key, value in read.items()}


def test_environment_tells_what_was_run_and_what_came_of_it():
    assert properties(files.environment_properties(verdict(unreachable="no answer"))) == {
        "environment": "staging",
        "address": "https://game.example",
        "version": "1.4.2",
        "verdict": "UNREACHABLE: no check was run: no answer",
        "started": "2026-11-23T01:02:03+00:00",
    }


@given(st.text())
def test_whatever_the_target_calls_its_version_is_one_line_of_ascii(version):
    written = files.environment_properties(verdict(version=version))
    assert (written.isascii(), written.count("\n")) == (True, 5)
    assert properties(written)["version"] == one_line(version or "unknown")


GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://forge.example",
    "GITHUB_REPOSITORY": "team/game",
    "GITHUB_RUN_ID": "777",
    "GITHUB_RUN_NUMBER": "42",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_WORKFLOW": "deploy",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_SERVER_URL": "https://lab.example",
    "CI_PIPELINE_IID": "42",
    "CI_PIPELINE_URL": "https://lab.example/p/777",
    "CI_JOB_NAME": "smoke",
    "CI_JOB_URL": "https://lab.example/j/9",
}
JENKINS = {
    "JENKINS_URL": "https://ci.example/",
    "JOB_NAME": "deploy/main",
    "BUILD_NUMBER": "42",
    "BUILD_URL": "https://ci.example/job/42/",
}


@pytest.mark.parametrize(
    ("variables", "kind", "build", "url"),
    [
        (GITHUB, "github", "deploy #42", "https://forge.example/team/game/actions/runs/777/attempts/2"),
        (GITLAB, "gitlab", "smoke #42", "https://lab.example/j/9"),
        (JENKINS, "jenkins", "deploy/main #42", "https://ci.example/job/42/"),
    ],
    ids=["github", "gitlab", "jenkins"],
)
def test_executor_names_the_build(variables, kind, build, url):
    told = files.executor(variables, "staging")
    assert (told["type"], told["buildName"], told["buildOrder"], told["buildUrl"]) == (kind, build, 42, url)
    assert told["reportName"] == "Release checklist, staging"


@pytest.mark.parametrize(
    "variables",
    [{"GITHUB_ACTIONS": "true"}, {"GITLAB_CI": "1"}, {"JENKINS_URL": "x"}],
    ids=lambda v: next(iter(v)),
)
def test_executor_leaves_out_what_the_runner_does_not_say(variables):
    told = files.executor(variables, "staging")
    assert {"buildOrder", "buildUrl", "buildName"} & set(told) == set()
    assert {"name", "type", "reportName"} <= set(told)


@pytest.mark.parametrize("number", ["x", "4²", "-1", ""])
def test_build_number_that_is_none_gives_no_order(number):
    assert "buildOrder" not in files.executor({**JENKINS, "BUILD_NUMBER": number}, "staging")


def test_no_runner_no_executor():
    assert files.executor({"JOB_NAME": "a shell's own variable"}, "staging") is None


# --- a result

RUNBOOK = load_runbook()
ISSUE = issue(item="gates.enforced")


def teller(issue=None, links=()):
    return Teller(SimpleNamespace(runbook=RUNBOOK, known_issue=lambda *_: issue), "staging", dict(links))


def told(outcome, message="", status=None, **how):
    result = Told(status=status)
    teller(**how).tell(result, CHECK, Outcome(CHECK, "gates.enforced", outcome, message))
    return result


def labels(result):
    return {label.name: label.value for label in result.labels if label.name != "tag"}


def tags(result):
    return [label.value for label in result.labels if label.name == "tag"]


def category(result):
    """The categories that take a result, as Allure 2 does it: the pattern has to match the whole message."""
    message = result.statusDetails.message if result.statusDetails else ""
    return [
        each["name"]
        for each in files.CATEGORIES
        if result.status in each["matchedStatuses"] and re.fullmatch(each["messageRegex"], message)
    ]


def test_result_stands_where_its_item_does():
    result = told("passed", status="passed")
    item = RUNBOOK.item("gates.enforced")
    assert labels(result) == {
        "epic": "staging",
        "feature": "gates",
        "story": item.title,
        "severity": item.severity,
        "item": "gates.enforced",
    }
    assert (result.name, result.status, result.statusDetails) == (
        "Door stays closed [by-night]",
        "passed",
        None,
    )
    assert result.description.startswith(
        f"{item.promise}\n\nWhere it is broken, scenario {item.scenario} applies"
    )
    assert category(result) == []


@pytest.mark.parametrize(
    ("links", "url"),
    [
        ({}, "../verdict.html#scenario-1"),
        ({"runbook": "https://wiki.example/s/{}"}, "https://wiki.example/s/1"),
    ],
    ids=["beside", "elsewhere"],
)
def test_result_leads_to_its_scenario(links, url):
    link = told("passed", links=links).links[0]
    assert (link.type, link.url, link.name) == ("runbook", url, f"Scenario 1: {RUNBOOK.scenario(1).title}")


@pytest.mark.parametrize(
    ("outcome", "status", "issue", "expected", "message", "categories"),
    [
        ("failed", "failed", None, "failed", "answered 200\nassert 200 == 403", ["Broken promise"]),
        ("failed", "broken", None, "broken", "could not go on", ["Suite error"]),
        ("failed", None, None, "broken", "worker 'gw0' crashed", ["Suite error"]),
        ("failed", "failed", ISSUE, "failed", "answered 200\nassert", ["Known issue"]),
        ("failed", "broken", ISSUE, "broken", "could not go on", ["Known issue"]),
        ("not proven", "skipped", None, "skipped", "no secret; set it", ["Not proven"]),
        ("not proven", "failed", ISSUE, "skipped", "stopped on its way", ["Not proven"]),
    ],
)
def test_outcome_is_the_verdicts_and_falls_into_one_category(
    outcome, status, issue, expected, message, categories
):
    result = told(outcome, message, status, issue=issue)
    assert (result.status, category(result)) == (expected, categories)
    assert result.statusDetails.trace == message
    assert result.statusDetails.message.endswith(message.partition("\n")[0])
    assert bool(result.statusDetails.known) == (categories == ["Known issue"])


def test_known_issue_is_named_with_its_owner_and_its_ticket():
    result = told("failed", "answered 200", "failed", issue=ISSUE, links={"issue": "https://t.example/{}"})
    assert result.statusDetails.message == "known issue DH-1 (Jo, until 2026-11-23): answered 200"
    assert tags(result) == ["known issue DH-1"]
    last = result.links[-1]
    assert (last.type, last.url, last.name) == ("issue", "https://t.example/DH-1", "DH-1")


def test_what_is_not_proven_says_so_wherever_it_is_seen():
    result = told("not proven", "no secret; set it", "skipped")
    assert (result.name, tags(result)) == ("Not proven: Door stays closed [by-night]", ["not proven"])
    assert result.statusDetails.message == "not proven: no secret; set it"


def identity(nodeid, environment, *parameters):
    """What Allure 2 and what Allure 3 know a test by."""
    result = Told(parameters=[Parameter(name, value) for name, value in parameters])
    identify(result, nodeid, environment)
    counted = [(each.name, each.value) for each in result.parameters if not each.excluded]
    return result.historyId, (result.testCaseId, *counted)


def test_same_check_of_two_environments_is_two_tests_and_one_of_two_runs_is_one():
    staging, production = (identity(CHECK, each, ("a", "'b'")) for each in ("staging", "production"))
    other = identity(CHECK.replace("night", "day"), "staging")
    for kind in range(2):
        assert len({staging[kind], production[kind], other[kind]}) == 3
    # A lost test's result has no parameters, and is nevertheless the same test's.
    assert identity(CHECK, "staging") == staging


@pytest.mark.parametrize(
    ("nodeid", "title"),
    [
        ("smoke/test_x.py::test_it_holds", "It holds"),
        ("contracts/test_x.py::test_operation[POST /api/a::b]", "Operation [POST /api/a::b]"),
    ],
)
def test_title_is_what_the_test_claims(nodeid, title):
    assert name(nodeid) == title


# --- steps


def test_steps_are_the_story_of_what_was_read_in_order_of_time(make_exchange):
    tale = []
    first, second, third = (
        make_exchange(note=str(n), started=STARTED + timedelta(seconds=n), story=tale) for n in range(3)
    )
    tale += [first, second, third]
    alone = make_exchange(note="alone", started=STARTED - timedelta(seconds=1))
    assert story([second, alone, first]) == [alone, first, second]
    told = steps([first, second], second)
    assert [(step.status, step.name) for step in told] == [
        ("passed", "GET /api/health (0) answered 200"),
        ("failed", "GET /api/health (1) answered 200"),
    ]
    assert [step.stop - step.start for step in told] == [200, 200]


def test_many_exchanges_are_cut_but_for_the_one_that_failed(make_exchange):
    many = [make_exchange(note=str(n)) for n in range(SHOWN + 5)]
    assert last(many, None) == many[5:]
    assert last(many, many[9]) == many[5:]
    assert last(many, many[2]) == [many[2], *many[6:]]
    assert last(many[:3], many[1]) == many[:3]


# --- what no process could write


def report(nodeid, when, outcome="passed", **properties):
    longrepr = "it broke" if outcome == "failed" else None
    listed = list(properties.items())
    return pytest.TestReport(nodeid, ("x", 1, "it"), {}, outcome, longrepr, when, user_properties=listed)


def results(*reports, selected=()):
    gathered = Results()
    for each in reports:
        gathered.add(each)
    owned = {nodeid: "gates.enforced" for nodeid in (*selected, *(each.nodeid for each in reports))}
    gathered.items = {**owned, **gathered.items}
    gathered.selected = list(selected)
    return gathered


def whole(nodeid, outcome="passed", **properties):
    owned = {PROPERTY: "gates.enforced", **properties}
    phases = [("setup", "passed"), ("call", outcome), ("teardown", "passed")]
    return [report(nodeid, when, ended, **owned) for when, ended in phases]


def added(gathered, **facts):
    found = lost.added(teller(), gathered, verdict(**facts))
    return [(result.fullName, result.status, result.statusDetails.message) for result in found]


def test_nothing_is_added_where_all_was_written():
    assert (
        added(results(*whole("a"), *whole("b", "failed"), *whole("c", "skipped"), selected=["a", "b", "c"]))
        == []
    )


def test_test_in_which_a_worker_died_is_added():
    died = report("b", "???", "failed")
    assert added(results(*whole("a"), died, selected=["a", "b"])) == [("b", "broken", "it broke")]


def test_test_that_did_not_run_or_was_interrupted_is_added():
    said = "not proven: the run ended before this check; run it again"
    begun = report("b", "setup")
    expected = [("b", "skipped", said), ("c", "skipped", said)]
    assert added(results(*whole("a"), begun, selected=["a", "b", "c"]), interrupted=True) == expected


def test_promise_that_was_met_broken_on_the_way_is_added_once_no_test_tells_of_it():
    met = whole("a", "failed", **{BLOCKED_BY: "auth.login"})
    assert added(results(*met, selected=["a"])) == [("a (auth.login)", "failed", "it broke")]


def test_unreachable_environment_is_one_result_with_the_cause():
    gathered = results(selected=["a", "b"])
    assert added(gathered, unreachable="refused\nthree times") == [
        ("environment answers", "broken", "environment unreachable: refused")
    ]
    only = next(lost.added(teller(), gathered, verdict(unreachable="refused\nthree times")))
    assert category(only) == ["Environment unreachable"]
    assert only.statusDetails.trace.startswith("refused\nthree times\nNothing was checked")


def test_doubt_about_all_that_passed_is_a_result():
    doubt = "after the checks, version 1.4.1 answers too: it is not known what they checked"
    (only,) = lost.added(teller(), results(*whole("a"), selected=["a"]), verdict(), doubt)
    assert (only.status, category(only)) == ("skipped", ["Not proven"])
    assert only.statusDetails.message == f"not proven: {doubt}; so is all that is shown as passed"


def test_module_that_could_not_be_collected_is_a_suite_error():
    gathered = results(*whole("a"), selected=["a"])
    gathered.uncollected = ["smoke/test_y.py", "smoke/test_y.py"]  # once from each worker
    only = list(lost.added(teller(), gathered, verdict()))
    assert [(result.fullName, category(result)) for result in only] == [("smoke/test_y.py", ["Suite error"])]
