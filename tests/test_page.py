"""The go/no-go page: what stands where, that it says what the JSON says, and that nothing in it is alive."""

import json
import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings

from harness.verdict import ItemVerdict, Verdict, words
from harness.verdict.failure import Checked, explain
from harness.verdict.message import parts
from harness.verdict.report import append_summary, html, json_file, markdown
from harness.verdict.report.html.markup import tag
from harness.verdict.report.inert import one_line
from tests import html_tree
from tests.html_tree import Element
from tests.verdict_examples import (
    ALL_PASSED,
    HOOKS,
    LOGIN,
    LOGS,
    RUNBOOK,
    TODAY,
    issue,
    passed,
    result,
    verdict,
)
from tests.verdict_strategies import HOSTILE, verdicts

STYLE = (Path(html.__file__).parent / "style.css").read_text("utf-8")
TOLD = """\
GET /api/health answered 500: assert 500 == 200
    +  where 500 = <GET /api/health answered 500>.status
    step 1: A buys
    curl -i -X POST http://game.example/buy
checked    health is well (smoke/x.py:7)
promised   Promise of auth.login.
           [auth.login, blocker]
before     POST /api/user/register answered 201
before     POST /api/purchases/verify answered 200
observed   GET /api/health answered 500 in 3 ms
           {"status":
           "ill"}
repeat     curl -i -X GET -H 'authorization: Bearer <token>' http://game.example/api/health
beware     the check itself could not go on
rollback   scenario 1: Scenario title 1"""
NO_GO = verdict(
    result(LOGIN, "failed", TOLD, name="test_health_is_well"),
    result(LOGIN, "passed", name="test_other"),
    result(LOGS, "not proven", "no log source; set logs.source"),
    result(HOOKS, "failed", "no line", name="test_hook[TEST]"),
    waivers=(issue(item=HOOKS),),
    notes=("A word.",),
)
INTERRUPTED = verdict(*passed(LOGIN), interrupted=True)
# To explain what of a whole verdict mattered takes minutes, and says little.
thorough = settings(phases=set(Phase) - {Phase.explain})
EXAMPLES = {
    "NO-GO": NO_GO,
    "GO": verdict(*ALL_PASSED),
    "INCONCLUSIVE": verdict(*passed(LOGIN), result(HOOKS, "not proven", "no secret; set it")),
    "UNREACHABLE": verdict(unreachable="not ready within 1 s:\nrefused"),
    "PARTIAL": verdict(*passed(LOGIN), partial=True),
}
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
        *RECORD,
        "h2 Notes",
        "h2 Evidence",
        "h3 Title of auth.login",
        "h3 Title of webhooks.delivered",
    ],
    "GO": [*HEAD, *RECORD],
    "INCONCLUSIVE": [*HEAD, *OPEN, *RECORD],
    "UNREACHABLE": [*HEAD, *OPEN, *RECORD],
    "PARTIAL": [*HEAD, *OPEN, *RECORD],
}


def page(given_verdict: Verdict) -> Element:
    return html_tree.read(html.render(given_verdict))


def headings(root: Element) -> list[Element]:
    return [each for each in root.walk() if re.fullmatch(r"h\d", each.tag)]


def named(root: Element) -> dict[str, list[str]]:
    """What stands beside each name in the lists of names and values."""
    found: dict[str, list[str]] = {}
    for listed in (each for each in root.walk() if each.tag == "dl"):
        for pair in listed.elements:
            found.setdefault(pair.one("dt").text, []).append(pair.one("dd").text)
    return found


def under(root: Element, title: str) -> Element:
    """The section that its h2 names."""
    (found,) = [each for each in root.all("section") if each.elements[0].text == title]
    return found


# --- what stands where


@pytest.mark.parametrize("decision", EXAMPLES)
def test_decision_comes_first_and_evidence_last(decision):
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
        result(LOGIN, "failed", "no", name="test_login_works[old]"),
        *(result(LOGIN, "failed", "no", name=f"test_logout[{n}]") for n in range(3)),
        result(LOGS, "failed", "x"),
        result(HOOKS, "passed"),
    )
    broken = under(page(given_verdict), "What is broken, and what to do")
    assert [each.one("h3").text for each in broken.all("article")] == [
        "Scenario 1: Scenario title 1",
        "Scenario 3: Scenario title 3",
        "If purchases must stop meanwhile (scenario 3)",
    ]
    assert named(broken.elements[1]) == {
        "Promised": ["Promise of auth.login."],
        "Failed checks": ["login works [old] logout (3 cases)"],
        "Observed": ["4 of 4 cases broken: no"],
        "First": ["First action 1."],
        "Then": ["Step 1."],
        "Call": ["contact 1"],
        "How it shows": ["symptom 1"],
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


# --- evidence


def test_evidence_is_laid_out():
    shown = under(page(NO_GO), "Evidence").all("article")[0]
    assert shown.elements[1].text == "auth.login, blocker: 1 of 2 tests failed"
    assert shown.elements[2].text == "Promised: Promise of auth.login."
    details = shown.one("details")
    assert details.elements[
        0
    ].text == "health is well (smoke/x.py:7) smoke/x.py::test_health_is_well".replace(
        "smoke/x.py::", "smoke/test_x.py::"
    )
    rows = {row.one("dt").text: row.one("dd") for row in details.one("dl").elements}
    assert list(rows) == ["Wrong", "Before", "Observed", "Repeat by hand", "Beware"]
    assert [(each.raw, each.attributes.get("class")) for each in rows["Wrong"].all("pre")] == [
        (
            "GET /api/health answered 500: assert 500 == 200\n"
            "    +  where 500 = <GET /api/health answered 500>.status\n    step 1: A buys",
            None,
        ),
        ("curl -i -X POST http://game.example/buy", "command"),
    ]
    assert [each.text for each in rows["Before"].all("li")] == [
        "POST /api/user/register answered 201",
        "POST /api/purchases/verify answered 200",
    ]
    assert rows["Observed"].one("pre").raw == 'GET /api/health answered 500 in 3 ms\n{"status":\n"ill"}'
    command = rows["Repeat by hand"].one("pre", "command")
    assert command.raw == "curl -i -X GET -H 'authorization: Bearer <token>' http://game.example/api/health"
    assert re.search(r"\.command \{[^}]*user-select: all", STYLE)


def test_messages_are_taken_apart_as_they_are_put_together(make_exchange):
    item = RUNBOOK.item(LOGIN)
    body = b"first\nrepeat     curl -i evil\nchecked    all is well"
    failure = Checked("test_it", "assert 1 == 2\n  + where", "smoke/x.py:7", stuck=True)
    message = explain(item, RUNBOOK.scenario(1), failure, [make_exchange(body)], str)
    told = parts(message)
    assert [label for label, _ in told] == [
        "",
        "checked",
        "promised",
        "observed",
        "repeat",
        "beware",
        "rollback",
    ]
    assert dict(told)["observed"].endswith("in 200 ms\n" + body.decode())


def test_message_without_labels_is_shown_as_it_is():
    assert parts("one\n  two") == [("", "one\n  two")]
    assert parts("") == []
    details = page(verdict(result(LOGIN, "failed", "")))
    assert named(details.one("details"))["Wrong"] == ["no reason was given"]


def test_first_failure_of_each_item_is_open():
    failed = [
        result(item, "failed", f"m{n}", name=f"test_it[{n}]") for item in (LOGIN, HOOKS) for n in range(3)
    ]
    opened = [
        ["open" in each.attributes for each in item.all("details")] for item in evidence(verdict(*failed))
    ]
    assert opened == [[True, False, False]] * 2


def evidence(given_verdict: Verdict) -> list[Element]:
    return under(page(given_verdict), "Evidence").all("article")


def test_each_reason_is_shown_before_another_failure_of_the_same():
    failed = [result(LOGIN, "failed", f"same\n{n}", name=f"test_same[{n}]") for n in range(7)]
    failed += [result(LOGIN, "failed", "other", name=f"test_other[{n}]") for n in range(2)]
    *full, rest = evidence(verdict(*failed))[0].all("details")
    assert [each.one("summary").text.rpartition("::")[2] for each in full] == [
        "test_same[0]",
        "test_other[0]",
        "test_same[1]",
        "test_same[2]",
        "test_same[3]",
    ]
    assert rest.one("summary").text == "4 more failed tests, told in verdict.json"
    names = [each.text.rpartition("::")[2] for each in rest.all("li")]
    assert names == ["test_same[4]", "test_same[5]", "test_same[6]", "test_other[1]"]


def test_failures_that_are_known_say_so():
    failed = [result(HOOKS, "failed", "same", name=f"test_hook[{n}]") for n in range(2)]
    known, new = evidence(verdict(*failed, result(LOGIN, "failed"), waivers=(issue(item=HOOKS),)))[::-1]
    assert all(
        "(known issue DH-1)" in each.text for each in [*known.all("summary")[:1], *known.all("li")[-1:]]
    )
    assert "known issue" not in new.text


def test_failures_whose_known_issue_has_expired_are_not_called_known():
    expired = issue(item=HOOKS, expires=TODAY.replace(day=1))
    assert "known issue" not in evidence(verdict(result(HOOKS, "failed"), waivers=(expired,)))[0].text


def test_very_long_answers_are_cut_and_say_where_the_rest_is():
    shown = evidence(verdict(result(LOGIN, "failed", "x" * 5000)))[0].one("pre").raw
    assert shown == "x" * 4000 + "\n... (cut; the whole is in verdict.json)"


# --- agreement with the JSON


@thorough
@given(verdicts())
def test_page_says_what_the_json_says(given_verdict):
    data = json.loads(json_file.render(given_verdict))
    root = page(given_verdict)
    assert root.one("h1").text == data["decision"]
    assert root.one("p", "summary").text == shown(given_verdict.summary)
    facts = named(root.one("main").elements[1])
    assert facts["Environment"] + facts["Address"] == [
        shown(given_verdict.environment),
        shown(given_verdict.base_url),
    ]
    assert facts["Version"] == [shown(given_verdict.version or "unknown")]
    assert facts["Exit code"] == [str(data["exit_code"])]
    assert root.all("time")[0].attributes["datetime"] == data["started"]
    assert [*rows(root)] == [item["id"] for item in data["items"]]
    assert rows(root) == {item.id: expected(item) for item in given_verdict.items}
    run = named(under(root, "This run"))
    assert list(run.values())[1] == [str(data["retries"])]
    kinds = Counter(str(write.get("kind", "write")) for write in given_verdict.writes)
    wrote = ", ".join(f"{number} x {kind}" for kind, number in kinds.most_common()) or "nothing"
    assert run["Wrote on the target"] == [shown(wrote)]


def shown(text: str) -> str:
    return one_line(text)


def rows(root: Element) -> dict[str, tuple[str, str, list[str], Counter[str]]]:
    """Of the checklist, by item: title, outcome, what is said beside it, and how many tests came to what."""
    found = {}
    for row in root.one("table").all("tr"):
        head, *cells = row.elements
        if cells and head.attributes["scope"] == "row":
            title = head.text.removesuffix(head.one("span").text).strip()
            beside = [each.text for each in cells[0].all("span", "aside")]
            counts = [each.text.partition(" ") for each in cells[1].all("li")]
            number = Counter({outcome: int(count) for count, _, outcome in counts if count != "no"})
            found[head.one("code").text] = (title, cells[0].one("b").text, beside, number)
    return found


def expected(item: ItemVerdict) -> tuple[str, str, list[str], Counter[str]]:
    beside = [shown(f"known issue {item.known_issue}")] * (item.known_issue is not None)
    beside += ["not required"] * (not item.required)
    return shown(item.title), item.outcome, beside, Counter(test.outcome for test in item.tests)


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
        ):
            assert shown(text) in told
    issues = [(each.one("h3").text, named(each)) for each in root.all("article", "issue")]
    assert sorted(
        (title, each["Owner"], each["Expires"], each["State"][0].split(".")[0]) for title, each in issues
    ) == sorted(
        (
            shown(f"{known.issue.ticket}: {known.issue.reason}"),
            [shown(known.issue.owner)],
            [str(known.issue.expires)],
            known.state,
        )
        for known in given_verdict.known_issues
    )
    for item in given_verdict.items:
        failed = [test for test in item.tests if test.outcome == "failed"]
        assert [test.nodeid for test in failed if shown(test.nodeid) not in told] == []
        waiting = item.outcome == "not proven" or item.open
        assert not waiting or item.id in under(root, "Not proven, and what would prove it").text
    assert [note for note in given_verdict.notes if shown(note) not in told] == []


# --- nothing in it is alive

ATTRIBUTES = {
    "aria-hidden": "true",
    "aria-label": "On this page",
    "aria-labelledby": "[a-z-]+",
    "charset": "utf-8",
    "class": "[a-z-]+( [a-z-]+)*",
    "colspan": "3",
    "content": ".*",
    "datetime": r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d\+00:00)?",
    "href": "#[a-z0-9.-]+",
    "http-equiv": "Content-Security-Policy",
    "id": "[a-z0-9.-]+",
    "lang": "en",
    "name": "viewport|color-scheme|referrer",
    "open": "",
    "scope": "col|row|rowgroup",
    "tabindex": "0",
}


@thorough
@given(verdicts())
def test_whatever_was_sent_is_text(given_verdict):
    written = html.render(given_verdict)
    root = html_tree.read(written)
    odd = [
        (each.tag, name, value)
        for each in root.walk()
        for name, value in each.attributes.items()
        if name not in ATTRIBUTES or not re.fullmatch(ATTRIBUTES[name], value)
    ]
    assert odd == []
    assert root.one("style").raw.strip() == STYLE.strip()
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]", written
    )


def test_text_in_an_attribute_stays_in_it():
    assert tag("p", title="\"><b>'") == '<p title="&quot;&gt;&lt;b&gt;&#x27;"></p>\n'


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_nothing_else(text):
    given_verdict = verdict(
        result(LOGIN, "failed", f"{text}\nobserved   {text}\nrepeat     {text}", name=f"test_it[{text}]"),
        result(LOGS, "not proven", text),
        environment=text,
        base_url=text,
        version=text,
        notes=(text,),
        writes=({"kind": text},),
    )
    harmless = verdict(
        result(LOGIN, "failed", "x\nobserved   x\nrepeat     x", name="test_it[x]"),
        result(LOGS, "not proven", "x"),
        environment="x",
        notes=("x",),
    )
    root = page(given_verdict)
    assert [each.tag for each in root.walk()] == [each.tag for each in page(harmless).walk()]
    facts = named(root.one("main").elements[1])
    assert facts["Address"] == facts["Version"] == [shown(text)]


def test_nothing_comes_from_elsewhere():
    root = page(NO_GO)
    (policy,) = [each for each in root.all("meta") if "http-equiv" in each.attributes]
    rules = policy.attributes["content"].split("; ")
    assert rules[:2] == ["default-src 'none'", "style-src 'unsafe-inline'"]
    assert not re.search(r"url\(|@import|@font-face|src:", STYLE)
    assert {each.tag for each in root.walk()} & {"script", "link", "img", "iframe", "base", "form"} == set()


# --- how it looks


def colours(scheme: str) -> dict[str, str]:
    """The custom properties that hold colours, by name."""
    light, _, rest = STYLE.partition("@media screen and (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([a-z-]+): #([0-9a-f]{6});", light))
    return found | dict(re.findall(r"--([a-z-]+): #([0-9a-f]{6});", rest)) if scheme == "dark" else found


def luminance(colour: str) -> float:
    """Relative, from 0 to 1 (WCAG 2.2)."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_what_is_behind_them(scheme):
    found = colours(scheme)
    panels = {"good": "good-panel", "bad": "bad-panel", "open": "open-panel"}
    pairs = [(ink, "paper") for ink in ("ink", "faint", "link", *panels)] + list(panels.items())
    pairs += [
        (ink, panel) for ink in ("ink", "faint", "link", "open") for panel in ("panel", *panels.values())
    ]
    contrast = {}
    for ink, behind in pairs:
        dark, light = sorted((luminance(found[ink]), luminance(found[behind])))
        contrast[ink, behind] = (light + 0.05) / (dark + 0.05)
    assert {pair: ratio for pair, ratio in contrast.items() if ratio < 4.5} == {}


def test_style_is_of_this_page():
    """No rule for what is on no page, and no colour that one scheme lacks."""
    pages = [
        page(each) for each in (*EXAMPLES.values(), NO_GO, verdict(result(LOGIN, "failed"), partial=True))
    ]
    pages.append(page(verdict(*passed(LOGIN), waivers=(issue(item=LOGIN),))))
    used = {
        name for root in pages for each in root.walk() for name in each.attributes.get("class", "").split()
    }
    assert set(re.findall(r"\.([a-z][a-z-]*)", re.sub(r"/\*.*?\*/", "", STYLE))) - used == {"attested"}
    assert set(re.findall(r"var\(--([a-z-]+)\)", STYLE)) == set(colours("light")) == set(colours("dark"))


def test_signs_are_hidden_from_who_hears_the_page():
    hidden = {each.attributes["class"] for each in page(NO_GO).walk() if "aria-hidden" in each.attributes}
    assert hidden == {"sign"}
    assert not re.search("[✓✗◐]", page(NO_GO).text)


# --- the step summary


def test_summary_is_added_to_what_other_steps_wrote(tmp_path):
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", "utf-8")
    assert [append_summary(NO_GO, summary) for _ in range(2)] == ["", ""]
    assert summary.read_text("utf-8") == "before\n" + (markdown.render(NO_GO) + "\n") * 2


def test_summary_that_cannot_be_written_is_a_warning(tmp_path):
    assert append_summary(NO_GO, tmp_path).startswith("warning: the step summary could not be written: ")
    assert append_summary(NO_GO, None) == ""
