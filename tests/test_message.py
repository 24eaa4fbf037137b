"""The message for a chat: what it says, Slack's limits, and that nothing in it calls anybody."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.verdict import words
from harness.verdict.report import message
from harness.verdict.report.message import BLOCKS, HEADER, ITEMS, SECTION, cut, escaped
from tests.page_examples import EXAMPLES
from tests.verdict_examples import ALL_PASSED, HOOKS, LOGIN, LOGS, before, issue, passed, result, verdict
from tests.verdict_strategies import HOSTILE, thorough, verdicts

MENTIONS = (
    "<!channel>",
    "<!here|x>",
    "<@U123>",
    "<#C1>",
    "<https://evil.example|click>",
    "@here",
    "(@channel)",
)


def read(given_verdict, where="reports/staging/verdict.html"):
    return json.loads(message.render(given_verdict, where))


def texts(sent):
    """All that is shown."""
    objects = [each["text"] for each in sent["blocks"] if "text" in each]
    objects += [element for each in sent["blocks"] for element in each.get("elements", [])]
    return [sent["text"], *(each["text"] for each in objects)]


def test_message_says_what_is_broken_what_to_do_and_whom_to_call():
    known = (issue(item=LOGS),)
    results = [result(LOGIN, "failed", "expected 200, got 500"), *passed(HOOKS), result(LOGS, "failed", "x")]
    then = before(verdict(*passed(LOGIN), result(HOOKS, "failed")))
    sent = read(verdict(*results, waivers=known, then=then))
    assert sent["text"] == "NO-GO: staging: 1 of 3 items broken: auth.login"
    assert texts(sent)[1:] == [
        "NO-GO: staging, version 1.4.2",
        "*A blocker is broken: the release can't stay.*\n1 of 3 items broken: auth.login",
        "*Scenario 1: Scenario title 1*\n*First:* First action 1.\n*Call:* contact 1\n"
        "• Title of auth.login (`auth.login`, blocker, newly broken): 1 of 1 case broken: expected 200, got 500",
        "*Since the last whole run: NO-GO, version 1.4.2, 2026-11-23 01:02:03 UTC*\n"
        "newly broken: auth.login; still broken: none; fixed: webhooks.delivered; "
        "broken, and not proven then: purchases.logged (known issue DH-1)",
        "*This run*\nNot proven: 0 required, 0 not required\nKnown issues: 1\n"
        "Checks: 3 (1 passed, 2 failed, 0 not proven)\nAddress: https://game.example\n"
        "Started: 2026-11-23 01:02:03 UTC, took 12.3 s",
        "The page: reports/staging/verdict.html",
    ]


@pytest.mark.parametrize("decision", EXAMPLES)
def test_each_decision_leads_and_says_what_to_do(decision):
    sent = read(EXAMPLES[decision])
    assert sent["blocks"][0]["text"]["text"].startswith(f"{decision}: staging")
    assert sent["text"].startswith(f"{decision}: ")
    everything = "\n".join(texts(sent))
    steps = words.to_do(EXAMPLES[decision]) or [EXAMPLES[decision].rollback[0].first_action]
    assert [step for step in steps if step not in everything] == []


def test_incomplete_run_says_so():
    sent = read(verdict(result(LOGIN, "failed"), interrupted=True))
    assert "Interrupted run: it was stopped before its end" in sent["blocks"][1]["text"]["text"]


def test_build_is_a_link_and_a_path_is_none():
    address = "https://ci.example/runs/7?a=1&b=2"
    (link,) = read(EXAMPLES["GO"], address)["blocks"][-1]["elements"]
    assert link["text"] == "<https://ci.example/runs/7?a=1&amp;b=2|The build, with the page verdict.html>"
    for odd in ("https://x/|<!here>", "javascript:alert(1)", "https://a@b.example/"):
        (shown,) = read(EXAMPLES["GO"], odd)["blocks"][-1]["elements"]
        assert shown["text"].startswith("The page: ")


def test_many_broken_items_are_counted():
    one = verdict(result(LOGIN, "failed"))
    items = tuple(replace(one.items[0], id=f"a.{letter}") for letter in "bcdefghij")
    many = replace(one, items=items, rollback=(replace(one.rollback[0], because=tuple(i.id for i in items)),))
    told = read(many)["blocks"][2]["text"]["text"]
    assert (told.count("\n• Title"), told.splitlines()[-1]) == (ITEMS, f"• and {len(items) - ITEMS} more")


# --- Slack's limits


@thorough
@given(verdicts())
def test_message_keeps_the_limits(given_verdict):
    sent = read(given_verdict)
    assert len(sent["blocks"]) <= BLOCKS
    for block in sent["blocks"]:
        if block["type"] == "header":
            assert block["text"]["type"] == "plain_text"
            assert 0 < units(block["text"]["text"]) <= HEADER
        else:
            for shown in block.get("elements", [block.get("text")]):
                assert (shown["type"], shown["verbatim"]) == ("mrkdwn", True)
                assert 0 < units(shown["text"]) <= SECTION
    assert 0 < units(sent["text"]) <= SECTION


def test_longest_texts_keep_the_limits():
    long = "&<>" * 400 + "\U0001f389" * 1000
    given_verdict = verdict(result(LOGIN, "failed", long), environment=long, version=long, base_url=long)
    advice = replace(given_verdict.rollback[0], title=long, first_action=long, escalate_to=(long,) * 9)
    sent = read(replace(given_verdict, rollback=(advice,) * 99), long)
    assert (len(sent["blocks"]), max(map(units, texts(sent))) <= SECTION) == (BLOCKS - 2, True)
    assert HEADER - 5 < units(sent["blocks"][0]["text"]["text"]) <= HEADER
    assert [text for text in texts(sent) if re.search(r"&(?!amp;|lt;|gt;)", text)] == []


def units(text):
    """Length as Slack may count it, in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


@given(st.text(alphabet="a&<>\U0001f389"), st.integers(1, 12))
def test_cut_text_is_short_and_ends_in_no_half_entity(text, limit):
    kept = cut(escaped(text), limit)
    assert units(kept) <= limit
    assert not re.search(r"&(?!amp;|lt;|gt;)", kept)
    assert escaped(text).startswith(kept.removesuffix("…"))


# --- whatever the target sent


@pytest.mark.parametrize("text", [*MENTIONS, *HOSTILE])
def test_nobody_is_called_and_nothing_is_a_link(text):
    failed = [result(LOGIN, "failed", text), result(LOGS, "not proven", text)]
    given_verdict = verdict(*failed, environment=text, base_url=text, version=text, notes=(text,))
    for sent in (read(given_verdict, text), read(verdict(unreachable=text), text)):
        for shown in texts(sent):
            assert not re.search(r"[<>]|(?<!\w)@\w|[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800]", shown)


def test_ticket_calls_nobody_either():
    sent = read(verdict(*ALL_PASSED, waivers=(issue(item=LOGIN, ticket="@here <!channel>"),)))
    told = [shown for shown in texts(sent) if "here" in shown]
    assert len(told) == 3
    assert [shown for shown in told if "@here" in shown or "<" in shown] == []


def test_mail_addresses_stay_as_they_are():
    assert escaped("jo@game.example, @here") == "jo@game.example, @\u200bhere"
