"""What is not proven told by its remedy, once; and what would have to hold for GO."""

import pytest

from harness.verdict import decide
from harness.verdict.report import html, markdown, terminal
from harness.verdict.waiting import NAMED, way_to_go
from runbook.loader import load_runbook
from tests.verdict_examples import (
    ALL_PASSED,
    HOOKS,
    LOGIN,
    LOGS,
    TODAY,
    facts,
    issue,
    passed,
    result,
    signed,
    verdict,
)

REMEDY = "no signing secret; set tokens.signing_secret_env"
WAITING = verdict(
    *passed(LOGIN),
    *(result(item, "not proven", REMEDY, f"test_{n}") for item in (LOGIN, LOGS, HOOKS) for n in range(2)),
)


@pytest.mark.parametrize(
    "render",
    [lambda given: "\n".join(text for text, _ in terminal.render(given, 120)), markdown.render, html.render],
    ids=["terminal", "markdown", "page"],
)
def test_remedy_of_many_items_is_told_once(render):
    told = render(WAITING)
    assert told.count("set tokens.signing_secret_env") == 1
    assert "2 of 3 cases" in told


def test_semicolon_of_a_command_does_not_end_the_reason():
    """Only what follows it is the remedy."""
    reason = "`sh -c 'a; b'` ended with 3"
    told = terminal.render(
        verdict(result(LOGIN, "not proven", f"{reason}; mend it; or leave it", "test_0")), 120
    )
    checklist = [text.strip() for text, _ in told]
    assert reason in checklist


OPEN = result(LOGS, "not proven", "no log source; set logs.source")


@pytest.mark.parametrize(
    ("given_verdict", "way"),
    [
        (verdict(*ALL_PASSED), ""),
        (verdict(*passed(LOGIN, HOOKS), result(LOGS, "failed", "x")), f"{LOGS} holds"),
        (
            verdict(*passed(HOOKS), result(LOGIN, "failed", "x"), OPEN),
            f"{LOGIN} holds; proven, or signed for: {LOGS}",
        ),
        (
            verdict(*ALL_PASSED, waivers=(issue(item=LOGS),)),
            "1 known issue to clear up: DH-1 no longer fails",
        ),
        (verdict(*passed(LOGIN, HOOKS)), f"proven, or signed for: {LOGS}"),
        (verdict(not_required=(LOGIN, LOGS, HOOKS)), "something is proven"),
        (verdict(*passed(LOGIN), partial=True), "the whole checklist has run to its end"),
        (
            verdict(result(LOGIN, "failed", "x"), OPEN, partial=True),
            f"{LOGIN} holds; proven, or signed for: {LOGS}; the whole checklist has run to its end",
        ),
        (verdict(*passed(LOGIN), interrupted=True), "the whole checklist has run to its end"),
        (verdict(unreachable="refused"), "the target answers; the whole checklist has run to its end"),
    ],
)
def test_way_to_go_names_what_stands_in_it(given_verdict, way):
    assert way_to_go(given_verdict) == (way and f"GO becomes possible when: {way}")


def test_what_was_named_makes_it_go():
    """The line is a promise: a run in which it came true is one."""
    mended = verdict(*passed(LOGIN, HOOKS), attestations=(signed(LOGS),), today=TODAY)
    assert (mended.decision, way_to_go(mended)) == ("GO", "")


def test_at_most_some_are_named():
    whole = decide(load_runbook(), facts(), [], not_required=(), waivers=(), today=TODAY)
    assert way_to_go(whole).endswith(f" and {len(load_runbook().ids) - NAMED} more")
