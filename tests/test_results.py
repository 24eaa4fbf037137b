"""What the reports of tests come to: notes, and what of them may leave the process."""

import pytest

from harness.results import BLOCKED_BY, Results, without_secrets
from harness.verdict.checks import PROPERTY
from tests.verdict_examples import verdict

CHECK, OTHER = "smoke/test_x.py::test_it", "smoke/test_x.py::test_other"


def report(nodeid, *properties, outcome="passed", item="health.basic"):
    owned = [(PROPERTY, item)] if item else []
    return pytest.TestReport(
        nodeid, ("x", 1, "it"), {}, outcome, None, "call", user_properties=[*owned, *properties]
    )


def noted(*reports):
    results = Results()
    for each in reports:
        results.add(each)
    return results.notes


@pytest.mark.parametrize("outcome", ["passed", "failed", "skipped"])
def test_note_is_taken_whatever_became_of_the_check(outcome):
    assert noted(report(CHECK, ("note", "slow"), outcome=outcome)) == ("slow",)


def test_notes_stand_in_the_order_of_their_coming_and_once_each():
    setup = report(CHECK, ("note", "b"))
    call = report(CHECK, ("note", "b"), ("note", "a"))
    assert noted(setup, call, report(OTHER, ("note", "c"), ("note", "a"))) == ("b", "a", "c")


def test_other_properties_are_no_notes():
    assert noted(report(CHECK, ("latency_ms", 3), ("note", 7))) == ("7",)


def test_test_that_is_no_check_notes_nothing():
    assert noted(report(CHECK, ("note", "a")), report("tests/test_y.py::test", ("note", "b"), item=None)) == (
        "a",
    )


def test_properties_lose_their_secrets_but_not_our_own_words():
    properties = [(PROPERTY, "auth.login"), (BLOCKED_BY, "auth.login"), ("note", "auth"), ("ms", 7)]
    clean = without_secrets(properties, lambda text: text.replace("auth", "<secret>"))
    assert clean == [(PROPERTY, "auth.login"), (BLOCKED_BY, "auth.login"), ("note", "<secret>"), ("ms", "7")]


@pytest.mark.parametrize(
    ("gone", "stopped", "changes", "code"),
    [
        (False, False, {}, 10),
        (False, False, {"interrupted": True}, 2),
        (True, False, {"interrupted": True}, 10),
        (True, True, {"interrupted": True}, 2),
    ],
)
def test_what_a_person_stopped_ends_with_2_and_a_target_that_is_gone_does_not(gone, stopped, changes, code):
    results = Results()
    results.gone = gone
    assert results.exit_code(verdict(**changes), stopped=stopped) == code
