"""The go/no-go page: what stands where."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given

from harness.verdict import words
from tests.page_examples import EXAMPLES, INTERRUPTED, NO_GO, TOLD, headings, named, page, under
from tests.verdict_examples import ALL_PASSED, HOOKS, LOGIN, LOGS, TODAY, issue, passed, result, verdict
from tests.verdict_strategies import thorough, verdicts

HEAD, RECORD = ["h1 {}", "h2 What to do now"], ["h2 Checklist", "h2 This run"]
OPEN = ["h2 Not proven, and what would prove it", "h3 Required"]
HEADINGS = {
    "NO-GO": [
        *HEAD,
        "h2 What is broken, and what to do",
        "h3 Scenario 1: Scenario title 1",
        "h2 Known issues",
        "h3 DH-1: Lines get lost.",
        *OPEN,
        "h2 Evidence",
        "h3 Title of auth.login",
        "h3 Title of webhooks.delivered",
        *RECORD,
        "h2 Notes",
        "h2 Where the time went",
    ],
    "GO": [*HEAD, *RECORD],
    "INCONCLUSIVE": [*HEAD, *OPEN, *RECORD],
    "UNREACHABLE": [*HEAD, *OPEN, *RECORD],
    "PARTIAL": [*HEAD, *OPEN, *RECORD],
}


@pytest.mark.parametrize("decision", EXAMPLES)
def test_decision_comes_first_and_evidence_before_the_record(decision):
    shown = [f"{each.tag} {each.text}" for each in headings(page(EXAMPLES[decision]))]
    assert shown == [line.format(decision) for line in HEADINGS[decision]]


@thorough
@given(verdicts())
def test_headings_go_down_one_level_at_a_time(given_verdict):
    levels = [int(each.tag[1]) for each in headings(page(given_verdict))]
    assert (levels[0], levels.count(1)) == (1, 1)
    assert [(above, below) for above, below in pairwise(levels) if below > above + 1] == []


def test_decision_says_what_it_means_and_what_to_do_now():
    box = page(NO_GO).one("div", "decision")
    assert [each.text for each in box.elements] == [
        "NO-GO",
        "A blocker is broken: the release can't stay.",
        "1 of 3 items broken: auth.login",
        "What to do now",
        "First action 1. Scenario 1: Scenario title 1. Call: contact 1 Beware: the check itself could not go on",
        "GO becomes possible when: auth.login holds; proven, or signed for: purchases.logged",
    ]


@pytest.mark.parametrize(
    ("given_verdict", "meaning", "to_do"),
    [
        (EXAMPLES["GO"], "What is required holds.", ["Keep the release."]),
        (
            verdict(*passed(LOGIN, LOGS), result(HOOKS, "failed"), waivers=(issue(item=HOOKS),)),
            "What is required holds, but for what is known.",
            ["Keep the release."],
        ),
        (verdict(*passed(LOGIN, HOOKS), result(LOGS, "failed")), "A lesser promise is broken: ", []),
        (verdict(*passed(LOGIN, LOGS), result(HOOKS, "failed")), "A critical promise is broken: ", []),
        (verdict(result(LOGS, "failed"), result(LOGIN, "failed")), "A blocker is broken: ", []),
        (
            verdict(*ALL_PASSED, waivers=(issue(item=LOGS),)),
            "Nothing new is broken, but what was agreed on a known issue no longer holds.",
            ["DH-1: Delete it from environments/known_issues.toml."],
        ),
        (EXAMPLES["INCONCLUSIVE"], "Nothing broken was found, but ", ["Prove what is not proven "]),
        (INTERRUPTED, "Nothing broken was found, but ", ["Run it again, to its end, "]),
        (EXAMPLES["PARTIAL"], "Only a part was checked", ["Run the whole checklist "]),
        (EXAMPLES["UNREACHABLE"], "Nothing was checked", ["Look at the deployment. Do not roll back "]),
    ],
)
def test_meaning_and_next_step_of_each_decision(given_verdict, meaning, to_do):
    assert words.meaning(given_verdict).startswith(meaning)
    assert [said.startswith(step) for said, step in zip(words.to_do(given_verdict), to_do, strict=False)] == [
        True for _ in to_do
    ]
    assert bool(words.to_do(given_verdict)) == bool(to_do)


@pytest.mark.parametrize(
    ("changes", "caveats"),
    [
        ({}, []),
        ({"partial": True}, ["Partial run: "]),
        ({"interrupted": True}, ["Interrupted run: "]),
        ({"partial": True, "interrupted": True}, ["Interrupted run: ", "Partial run: "]),
    ],
)
def test_no_go_of_an_incomplete_run_says_so_first(changes, caveats):
    box = page(verdict(result(LOGIN, "failed"), **changes)).one("div", "decision")
    said = [each.text for each in box.elements[1 : len(caveats) + 1]]
    assert [text.partition(": ")[0] + ": " for text in said] == caveats
    assert len(box.all("p", "caveat")) == len(caveats)


def test_whole_cause_of_an_unreachable_target_is_shown():
    assert page(EXAMPLES["UNREACHABLE"]).one("pre").raw == "not ready within 1 s:\nrefused"


def test_broken_items_stand_with_their_scenario_and_purchases_are_stopped_once():
    given_verdict = verdict(
        result(HOOKS, "failed", "no", name="test_login_works[old]"),
        *(result(HOOKS, "failed", "no", name=f"test_logout[{n}]") for n in range(3)),
        result(LOGS, "failed", "x"),
        result(LOGIN, "passed"),
    )
    broken = under(page(given_verdict), "What is broken, and what to do")
    assert [each.one("h3").text for each in broken.all("article")] == [
        "Scenario 2: Scenario title 2",
        "Scenario 3: Scenario title 3",
        "If purchases must stop meanwhile (scenario 3)",
    ]
    assert named(broken.elements[1]) == {
        "Promised": ["Promise of webhooks.delivered."],
        "Failed checks": ["login works [old] logout (3 cases)"],
        "Observed": ["4 of 4 cases broken: no"],
        "First": ["First action 2."],
        "Then": ["Step 2."],
        "Call": ["contact 2"],
        "How it shows": ["symptom 2: not looked at"],
    }
    assert broken.elements[-1].one("ol").text == "Pull the plug."


def test_scenarios_that_stop_purchases_alike_share_one_list():
    both = replace(
        NO_GO, rollback=tuple(replace(NO_GO.rollback[0], scenario=n, stop_purchases=("x",)) for n in (2, 3))
    )
    titles = [each.text for each in page(both).all("h3")]
    assert [title for title in titles if title.startswith("If")] == [
        "If purchases must stop meanwhile (scenarios 2 and 3)"
    ]


def test_a_doubt_about_some_items_of_a_scenario_is_no_doubt_about_it():
    sure = verdict(result(LOGIN, "failed", TOLD), result(LOGS, "failed", "x"))
    moved = replace(sure.rollback[0], because=(LOGIN, LOGS))
    assert page(replace(sure, rollback=(moved,))).all("span", "doubt") == []


def test_known_issue_names_owner_ticket_expiry_and_state():
    many = [result(HOOKS, "failed", name=f"test_hook[{n}]") for n in range(7)]
    bad = issue(item=LOGIN, ticket="DH-2", expires=TODAY.replace(day=1))
    listed = under(
        page(verdict(*many, *passed(LOGIN, LOGS), waivers=(issue(item=HOOKS), bad))), "Known issues"
    )
    assert [each.one("h3").text for each in listed.all("article")] == [
        "DH-2: Lines get lost.",
        "DH-1: Lines get lost.",
    ]
    assert named(listed.all("article")[0]) == {
        "State": ["expired. Mend it, or agree on a new date with its owner."],
        "Covers": ["auth.login"],
        "Owner": ["Jo"],
        "Expires": ["2026-11-01"],
    }
    assert named(listed.all("article")[1])["Failed"][0].endswith("test_hook[4] and 2 more")


def test_what_waits_for_the_same_thing_stands_together():
    given_verdict = verdict(
        result(LOGIN, "not proven", "no secret; set it", name="test_a"),
        result(LOGIN, "passed", name="test_b"),
        result(HOOKS, "not proven", "no secret; set it"),
        not_required=(LOGS,),
    )
    waiting = under(page(given_verdict), "Not proven, and what would prove it")
    assert [each.text for each in waiting.elements] == [
        "Not proven, and what would prove it",
        "Required",
        "no secret; set it Title of auth.login auth.login, 1 of 2 cases Title of webhooks.delivered "
        "webhooks.delivered, 1 of 1 case",
        "Not required",
        "no check of it exists yet; it takes calling the API Title of purchases.logged purchases.logged",
    ]


def test_many_items_that_a_run_did_not_come_to_are_folded_away():
    items = tuple(replace(NO_GO.items[0], id=f"a.{n}", outcome="not proven", tests=()) for n in "abcdef")
    assert page(replace(EXAMPLES["UNREACHABLE"], items=items)).one("summary").text == "6 items"
    assert page(replace(EXAMPLES["UNREACHABLE"], items=items[1:])).all("summary") == []
