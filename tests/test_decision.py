"""The decision: outcomes, checklist and known issues in, one verdict out."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.verdict import TestResult, check_not_required, decide
from runbook.errors import ConfigError
from tests.verdict_examples import (
    ALL_PASSED,
    HOOKS,
    LOGIN,
    LOGS,
    RUNBOOK,
    TODAY,
    facts,
    issue,
    outcomes,
    passed,
    reason,
    result,
    verdict,
)

FAILED = result(LOGIN, "failed", "expected 200, got 500\ncurl ...")
SKIPPED = result(LOGS, "not proven", "no log source; set logs.source")
YESTERDAY = TODAY - timedelta(days=1)


@pytest.mark.parametrize(
    ("results", "changes", "decision", "exit_code"),
    [
        pytest.param(ALL_PASSED, {}, "GO", 0, id="all-proven"),
        pytest.param([*passed(LOGS, HOOKS), FAILED], {}, "NO-GO", 1, id="broken"),
        pytest.param([*passed(LOGIN, HOOKS), SKIPPED], {}, "INCONCLUSIVE", 10, id="required-not-proven"),
        pytest.param([*passed(LOGIN, HOOKS), SKIPPED], {"not_required": (LOGS,)}, "GO", 0, id="not-required"),
        pytest.param(passed(LOGIN, HOOKS), {}, "INCONCLUSIVE", 10, id="item-without-test"),
        pytest.param([], {"not_required": (LOGIN, LOGS, HOOKS)}, "INCONCLUSIVE", 10, id="nothing-proven"),
        pytest.param([FAILED], {"not_required": (LOGIN,)}, "NO-GO", 1, id="broken-though-not-required"),
        pytest.param(passed(LOGIN), {"partial": True}, "PARTIAL", 0, id="partial"),
        pytest.param([FAILED], {"partial": True}, "NO-GO", 1, id="partial-and-broken"),
        pytest.param(ALL_PASSED, {"interrupted": True}, "INCONCLUSIVE", 10, id="interrupted"),
        pytest.param([FAILED], {"interrupted": True}, "NO-GO", 1, id="interrupted-and-broken"),
        pytest.param(
            passed(LOGIN),
            {"interrupted": True, "partial": True},
            "INCONCLUSIVE",
            10,
            id="interrupted-partial",
        ),
        pytest.param([], {"unreachable": "refused"}, "UNREACHABLE", 11, id="unreachable"),
        pytest.param(
            [], {"unreachable": "refused", "partial": True}, "UNREACHABLE", 11, id="unreachable-part"
        ),
        pytest.param([], {"unreachable": ""}, "UNREACHABLE", 11, id="unreachable-without-cause"),
    ],
)
def test_decision_and_exit_code(results, changes, decision, exit_code):
    given_verdict = verdict(*results, **changes)
    assert (given_verdict.decision, given_verdict.exit_code) == (decision, exit_code)


@pytest.mark.parametrize(
    ("results", "changes", "outcome", "why"),
    [
        pytest.param([result(LOGIN, "passed")], {}, "proven", "1 case holds", id="one-case"),
        pytest.param([result(LOGIN, "passed")] * 3, {}, "proven", "3 cases hold", id="three-cases"),
        pytest.param(
            [*passed(LOGIN), FAILED], {}, "broken", "1 of 2 cases broken: expected 200, got 500", id="broken"
        ),
        pytest.param(
            [FAILED, FAILED, result(LOGIN, "failed", "other"), result(LOGIN, "not proven", "no secret")],
            {},
            "broken",
            "3 of 4 cases broken: expected 200, got 500 (2 cases); other (1 case); not proven: no secret",
            id="equal-reasons-are-counted",
        ),
        pytest.param(
            [result(LOGIN, "failed", f"why {n}") for n in range(5)],
            {},
            "broken",
            "5 of 5 cases broken: why 0; why 1; why 2; and 2 other reasons",
            id="many-reasons-are-cut",
        ),
        pytest.param(
            [*passed(LOGIN), *passed(LOGIN), *[result(LOGIN, "not proven", "no secret; set it")] * 2],
            {},
            "not proven",
            "2 of 4 cases hold; not proven: no secret; set it (2 cases)",
            id="some-not-proven",
        ),
        pytest.param(
            [result(LOGIN, "not proven", "")], {}, "not proven", "no reason was given", id="without-a-reason"
        ),
        pytest.param(
            [], {}, "not proven", "no check of it exists yet; it takes calling the API", id="no-test"
        ),
        pytest.param(
            [], {"interrupted": True}, "not proven", "the run was interrupted before it", id="interrupted"
        ),
        pytest.param([], {"partial": True}, "not proven", "not selected in this partial run", id="partial"),
        pytest.param([], {"unreachable": "x"}, "not proven", "the target was not reached", id="unreachable"),
        pytest.param(passed(LOGIN), {"partial": True}, "proven", "1 selected case holds", id="in-a-part"),
        pytest.param(
            passed(LOGIN),
            {"partial": True, "left_out": frozenset({LOGIN})},
            "proven",
            "1 selected case holds; not all its checks were selected",
            id="itself-in-part",
        ),
        pytest.param(
            passed(LOGIN),
            {"interrupted": True},
            "proven",
            "1 finished case holds",
            id="proven-before-the-stop",
        ),
    ],
)
def test_outcome_of_an_item_and_why(results, changes, outcome, why):
    given_verdict = verdict(*results, **changes)
    assert (outcomes(given_verdict)[LOGIN], reason(given_verdict, LOGIN)) == (outcome, why)


@pytest.mark.parametrize(
    ("pattern", "outcome", "why"),
    [
        ("test_token[expired]", "proven", "1 case holds; 1 optional case not proven: no secret"),
        ("*expired*", "proven", "1 case holds; 1 optional case not proven: no secret"),
        ("test_token[*]", "proven", "1 case holds; 1 optional case not proven: no secret"),
        ("test_token", "not proven", "1 of 2 cases hold; not proven: no secret"),
        ("*::test_token[expired]", "not proven", "1 of 2 cases hold; not proven: no secret"),
    ],
)
def test_optional_case_is_matched_by_its_test_name(pattern, outcome, why):
    given_verdict = verdict(
        result(LOGIN, "passed"),
        result(LOGIN, "not proven", "no secret", name="TestTokens::test_token[expired]"),
        not_required=(f"{LOGIN}:{pattern}",),
    )
    assert (outcomes(given_verdict)[LOGIN], reason(given_verdict, LOGIN)) == (outcome, why)


def test_case_name_may_contain_colons():
    given_verdict = verdict(
        result(LOGIN, "passed"),
        result(LOGIN, "not proven", "no IPv6", name="test_host[::1]"),
        not_required=(f"{LOGIN}:test_host[::1]",),
    )
    assert outcomes(given_verdict)[LOGIN] == "proven"


def test_optional_cases_alone_prove_nothing():
    given_verdict = verdict(result(LOGIN, "not proven", "no secret"), not_required=(f"{LOGIN}:*",))
    assert (outcomes(given_verdict)[LOGIN], reason(given_verdict, LOGIN)) == ("not proven", "no secret")


def test_optional_case_that_fails_is_broken():
    assert verdict(*ALL_PASSED, FAILED, not_required=(f"{LOGIN}:*",)).decision == "NO-GO"


def test_optional_case_of_one_item_does_not_excuse_another():
    assert verdict(*passed(LOGIN, HOOKS), SKIPPED, not_required=(f"{LOGIN}:*",)).decision == "INCONCLUSIVE"


@pytest.mark.parametrize("entry", ["auth.nothing", "auth.nothing:*", f"{LOGIN}:", ""])
def test_not_required_entry_that_means_nothing_is_refused(entry):
    with pytest.raises(ConfigError, match=r"^staging\.toml: not_required: "):
        check_not_required(RUNBOOK, [LOGIN, entry], "staging.toml: not_required")


def test_not_required_entries_may_name_items_and_cases():
    check_not_required(RUNBOOK, [LOGIN, f"{LOGS}:test_x[a:b]"], "here")


def test_result_of_an_unknown_item_does_not_vanish():
    with pytest.raises(ConfigError, match=r"is called 'auth\.logn'; did you mean auth\.login"):
        verdict(*ALL_PASSED, result("auth.logn", "failed"))


def test_rollback_advice_comes_most_urgent_first_and_says_because_of_what():
    given_verdict = verdict(*(result(item_id, "failed", "x") for item_id in (HOOKS, LOGS, LOGIN)))
    assert [
        (advice.scenario, advice.because, advice.stop_purchases) for advice in given_verdict.rollback
    ] == [
        (1, (LOGIN,), ()),
        (2, (HOOKS,), ()),
        (3, (LOGS,), ()),  # accounts are broken, too: it is the release that has to go
    ]


def test_severity_goes_before_the_scenario_number():
    given_verdict = verdict(result(LOGS, "failed", "x"), result(HOOKS, "failed", "x"))
    assert [advice.scenario for advice in given_verdict.rollback] == [2, 3]


# --- known issues

KNOWN = result(LOGS, "failed", "no line", name="test_line[verify]")


@pytest.mark.parametrize(
    "covering",
    [
        {"item": LOGS},
        {"test": "smoke/test_x.py::test_line[verify]"},
        {"test": "*::test_line*"},
    ],
)
def test_known_issue_does_not_decide_but_shows(covering):
    given_verdict = verdict(*passed(LOGIN, HOOKS), KNOWN, waivers=(issue(**covering),))
    shown = next(item for item in given_verdict.items if item.id == LOGS)
    assert (given_verdict.decision, given_verdict.rollback) == ("GO", ())
    assert (shown.outcome, shown.known_issue) == ("broken", "DH-1")
    assert shown.reason == "known issue DH-1, Jo, expires 2026-11-23; no line"
    assert [(known.state, known.tests) for known in given_verdict.known_issues] == [
        ("fails", (KNOWN.nodeid,))
    ]


def test_failure_beside_a_known_issue_decides():
    given_verdict = verdict(
        *ALL_PASSED, KNOWN, result(LOGS, "failed", "new"), waivers=(issue(test="*[verify]"),)
    )
    assert given_verdict.decision == "NO-GO"
    assert reason(given_verdict, LOGS) == "1 of 3 cases broken: new; known: no line"


@pytest.mark.parametrize(
    ("covering", "decision"), [({"item": LOGS}, "GO"), ({"test": "*[verify]"}, "INCONCLUSIVE")]
)
def test_unproven_case_beside_a_known_test_stays_open(covering, decision):
    given_verdict = verdict(*passed(LOGIN, HOOKS), KNOWN, SKIPPED, waivers=(issue(**covering),))
    assert (given_verdict.decision, outcomes(given_verdict)[LOGS]) == (decision, "broken")


@pytest.mark.parametrize(
    ("results", "waiver", "changes", "state", "decision"),
    [
        pytest.param(
            [KNOWN], {"item": LOGS, "expires": YESTERDAY}, {}, "expired", "NO-GO", id="expired-fails"
        ),
        pytest.param(
            passed(LOGS), {"item": LOGS, "expires": YESTERDAY}, {}, "expired", "NO-GO", id="expired"
        ),
        pytest.param(passed(LOGS), {"item": LOGS}, {}, "no longer fails", "NO-GO", id="item-mended"),
        pytest.param(passed(LOGS), {"test": "*test_it"}, {}, "no longer fails", "NO-GO", id="test-mended"),
        pytest.param([SKIPPED], {"item": LOGS}, {}, "not seen", "INCONCLUSIVE", id="skipped-is-not-mended"),
        pytest.param([KNOWN, *passed(LOGS)], {"item": LOGS}, {}, "fails", "GO", id="one-case-still-fails"),
        pytest.param(passed(LOGS), {"test": "*no_such"}, {}, "not seen", "GO", id="not-seen"),
        pytest.param(
            passed(LOGS), {"item": LOGS}, {"partial": True}, "not seen", "PARTIAL", id="part-of-the-item"
        ),
        pytest.param(
            passed(LOGS),
            {"test": "smoke/test_x.py::test_it"},
            {"partial": True},
            "no longer fails",
            "NO-GO",
            id="the-very-test-in-a-part",
        ),
    ],
)
def test_known_issue_has_to_keep_failing_until_it_expires(results, waiver, changes, state, decision):
    others = [] if changes else passed(LOGIN, HOOKS)
    waivers = (issue(**waiver),)
    if waiver.get("test") == "*test_it":
        others = [result(item_id, "passed", name="test_other") for item_id in (LOGIN, HOOKS)]
    given_verdict = verdict(*others, *results, waivers=waivers, **changes)
    assert (given_verdict.known_issues[0].state, given_verdict.decision) == (state, decision)


def test_known_issue_of_what_players_meet_may_be_yet_to_come():
    """A release is not rolled back because something bad that is known has not happened since."""
    later = tuple(item.model_copy(update={"phase": "postdeploy"}) for item in RUNBOOK.items)
    runbook, waivers = replace(RUNBOOK, items=later), (issue(item=LOGS),)
    given_verdict = decide(runbook, facts(), ALL_PASSED, not_required=(), waivers=waivers, today=TODAY)
    assert (given_verdict.known_issues[0].state, given_verdict.decision) == ("not seen", "GO")


# --- in words


@pytest.mark.parametrize(
    ("results", "changes", "summary"),
    [
        (ALL_PASSED, {}, "3 of 3 required items proven"),
        (
            passed(LOGIN, HOOKS),
            {"not_required": (LOGS,)},
            "2 of 2 required items proven; 1 not proven and not required",
        ),
        (
            [*passed(LOGIN, HOOKS), KNOWN],
            {"waivers": (issue(item=LOGS),)},
            "2 of 2 required items proven; 1 broken by a known issue: purchases.logged",
        ),
        ([*passed(LOGS), FAILED], {}, "1 of 3 items broken: auth.login"),
        (
            ALL_PASSED,
            {"waivers": (issue(item=LOGS),)},
            "no item broken; 1 known issue to clear up: DH-1 no longer fails",
        ),
        (
            [*passed(LOGIN, HOOKS), SKIPPED],
            {},
            "nothing broken; 1 of 3 required items not proven: purchases.logged",
        ),
        (ALL_PASSED, {"interrupted": True}, "nothing broken; the run was interrupted"),
        (
            passed(LOGIN),
            {"partial": True},
            "nothing broken; 1 of 1 selected item proven, 2 not selected. "
            "This is not a verdict on the release",
        ),
        (
            passed(LOGIN, LOGS),
            {"partial": True, "left_out": frozenset({LOGS})},
            "nothing broken; 1 of 2 selected items proven, 1 in part, 1 not selected. "
            "This is not a verdict on the release",
        ),
        ([], {"unreachable": "connection refused\nfor 60 s"}, "no check was run: connection refused"),
    ],
)
def test_decision_in_words(results, changes, summary):
    assert verdict(*results, **changes).summary == summary


def test_notes_are_carried_and_change_no_decision():
    noted = [
        verdict(*results, notes=("broken, all of it", "b"), partial=partial)
        for results in (ALL_PASSED, [FAILED], [SKIPPED], [])
        for partial in (False, True)
    ]
    plain = [
        verdict(*results, partial=partial)
        for results in (ALL_PASSED, [FAILED], [SKIPPED], [])
        for partial in (False, True)
    ]
    assert {each.notes for each in noted} == {("broken, all of it", "b")}
    assert [replace(each, notes=()) for each in noted] == plain


# --- whatever the run gave

results_of_a_run = st.lists(
    st.builds(
        TestResult,
        nodeid=st.sampled_from(["a.py::test_a", "a.py::test_b[x]", "b.py::test_c[::1]"]),
        item=st.sampled_from(RUNBOOK.ids),
        outcome=st.sampled_from(["passed", "failed", "not proven"]),
        message=st.text(max_size=20),
    ),
    max_size=12,
)
changes_of_a_run = st.fixed_dictionaries(
    {
        "partial": st.booleans(),
        "interrupted": st.booleans(),
        "unreachable": st.none() | st.just("refused"),
        "not_required": st.lists(st.sampled_from([LOGIN, LOGS, f"{HOOKS}:*"])).map(tuple),
        "waivers": st.lists(
            st.sampled_from([issue(item=LOGS), issue(test="*[x]"), issue(item=HOOKS, expires=YESTERDAY)])
        ).map(tuple),
    }
)


@given(results_of_a_run, changes_of_a_run)
def test_no_item_is_proven_by_anything_but_passes(results, changes):
    for shown in verdict(*results, **changes).items:
        found = {test.outcome for test in shown.tests}
        if shown.outcome == "proven":
            assert "passed" in found
            assert "failed" not in found
        if "failed" in found:
            assert shown.outcome == "broken"


@given(results_of_a_run, changes_of_a_run)
def test_exit_code_0_means_that_nothing_unknown_failed_and_nothing_required_is_open(results, changes):
    given_verdict = verdict(*results, **changes)
    if given_verdict.exit_code == 0:
        assert given_verdict.rollback == ()
        assert not changes["interrupted"]
        assert changes["partial"] or not any(shown.open for shown in given_verdict.items)
    assert (
        given_verdict.exit_code
        == {
            "GO": 0,
            "PARTIAL": 0,
            "NO-GO": 1,
            "INCONCLUSIVE": 10,
            "UNREACHABLE": 11,
        }[given_verdict.decision]
    )
