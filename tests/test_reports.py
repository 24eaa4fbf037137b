"""The reports: one verdict, told the same way everywhere, and inert whatever the target sent."""

import html
import json
import re
from pathlib import Path

import pytest

from harness.verdict import Verdict, words
from harness.verdict.model import Leg
from harness.verdict.report import NAMES, json_file, markdown, message, scrubbed, terminal, write_reports
from harness.verdict.report import html as page
from harness.verdict.report.inert import code, fenced, plain
from harness.verdict.report.inert import markdown as inert_markdown
from tests.verdict_examples import (
    ALL_PASSED,
    HOOKS,
    LOGIN,
    LOGS,
    before,
    issue,
    passed,
    result,
    verdict,
)

NO_GO = verdict(
    result(LOGIN, "failed", "expected 200, got 500\ncurl -X POST https://game.example", name="test_login"),
    result(LOGS, "not proven", "no log source; set logs.source"),
    result(HOOKS, "failed", "no line", name="test_hook[TEST]"),
    waivers=(issue(item=HOOKS),),
    course=(Leg("test_x.life", 1, 2, (), 3),),
)
HOSTILE = (
    "\x1b[31mred\x1b[0m \x1b]0;title\x07| `tick` ```fence``` <script>x</script> *b* \u202e\ud800\r\nnext\x00"
)


def screen(given_verdict: Verdict, width: int = 80) -> str:
    return "\n".join(text for text, _ in terminal.render(given_verdict, width))


# --- terminal


def test_terminal_shows_checklist_breakage_advice_and_the_decision_last():
    assert (
        screen(NO_GO)
        == """\
CHECKLIST
BROKEN      auth.login                   Title of auth.login
            1 of 1 case broken: expected 200, got 500
not proven  purchases.logged             Title of purchases.logged
            no log source
broken      webhooks.delivered           Title of webhooks.delivered
            known issue DH-1, Jo, expires 2026-11-23; no line

BROKEN
  auth.login: Title of auth.login (blocker)
    promised: Promise of auth.login.
    observed: 1 of 1 case broken: expected 200, got 500
      smoke/test_x.py::test_login

WHAT TO DO
  Scenario 1: Scenario title 1 (because of auth.login)
    first: First action 1.
    then:  1. Step 1.
    shows: symptom 1: not looked at
    call:  contact 1

KNOWN ISSUES
  DH-1 (fails): webhooks.delivered: Lines get lost. Owner Jo, expires
    2026-11-23.

NOT PROVEN, and what would prove it
  required: purchases.logged (1 of 1 case)
    no log source; set logs.source

THIS RUN
  checks: 3 (0 passed, 2 failed, 1 not proven)
  wrote on the target: 2 x account, 1 x webhook
  requests sent again (connection errors, throttling): 2

NO-GO: 1 of 3 items broken: auth.login
  staging, https://game.example, version 1.4.2
  2026-11-23 01:02:03 UTC, took 12.3 s
  GO becomes possible when: auth.login holds; proven, or signed for:
    purchases.logged"""
    )


def test_a_good_run_is_short():
    assert (
        screen(verdict(*ALL_PASSED, version=None, writes=(), retries=0))
        == """\
CHECKLIST
proven      auth.login                   Title of auth.login
proven      purchases.logged             Title of purchases.logged
proven      webhooks.delivered           Title of webhooks.delivered

THIS RUN
  checks: 3 (3 passed, 0 failed, 0 not proven)
  wrote on the target: nothing
  requests sent again (connection errors, throttling): 0

GO: 3 of 3 required items proven
  staging, https://game.example, version unknown
  2026-11-23 01:02:03 UTC, took 12.3 s"""
    )


IN_PART = verdict(*passed(LOGIN, LOGS), partial=True, left_out=frozenset({LOGS}))


def test_terminal_says_what_is_proven_in_part_and_names_once_what_was_not_selected():
    shown = screen(IN_PART)
    assert shown.startswith(
        """\
CHECKLIST
proven      auth.login                   Title of auth.login
proven      purchases.logged             Title of purchases.logged
            1 selected case holds; not all its checks were selected

WHAT TO DO
  Run the whole checklist before you decide on the release.

NOT PROVEN, and what would prove it
  required: webhooks.delivered
    not selected in this partial run
"""
    )
    assert shown.count(HOOKS) == 1


@pytest.mark.parametrize("render", [markdown.render, page.render, json_file.render])
def test_every_report_says_what_is_proven_in_part(render):
    assert render(IN_PART).count("not all its checks were selected") == 1
    assert "not all its checks" not in render(verdict(*passed(LOGIN, LOGS), partial=True))


def test_notes_stand_after_what_is_not_proven():
    shown = screen(verdict(*passed(LOGIN, HOOKS), notes=("first " * 20, "second")))
    assert "\nNOTES\n  first first" in shown.partition("NOT PROVEN")[2]
    assert "\n    first" in shown  # of a note that takes two lines
    assert "\n  second\n\nTHIS RUN\n" in shown


def test_emergency_stop_stands_with_the_scenarios_that_call_for_it():
    lines = screen(verdict(*passed(LOGIN, HOOKS), result(LOGS, "failed", "x"))).splitlines()
    start = lines.index("    if purchases must stop meanwhile:")
    assert lines[start + 1] == "           1. Pull the plug."


def test_what_is_not_required_says_so():
    shown = screen(verdict(*passed(LOGIN, HOOKS), not_required=(LOGS,)))
    assert "            not required: no check of it exists yet\n" in shown
    assert "  not required: purchases.logged\n" in shown


def test_long_reasons_and_long_lists_of_tests_are_cut():
    many = [result(LOGIN, "failed", "word " * 60, name=f"test_it[{n}]") for n in range(8)]
    shown = screen(verdict(*many, *passed(LOGS, HOOKS)))
    table, _, rest = shown.partition("\nBROKEN\n")
    assert table.splitlines()[3].endswith(" ...")
    assert rest.count("::test_it[") == 5
    assert "      and 3 more" in rest


def test_equal_reasons_stand_once_with_all_their_items():
    assert "  required: auth.login, purchases.logged, webhooks.delivered\n    the target was not reached" in (
        screen(verdict(unreachable="connection refused"))
    )


UNFINISHED = verdict(result(LOGIN, "failed", "x"), interrupted=True)
SILENT = verdict(unreachable="not ready\nSECRET_KEY is not set")


@pytest.mark.parametrize(
    "given_verdict", [NO_GO, UNFINISHED, SILENT, IN_PART, verdict(), verdict(*ALL_PASSED)]
)
@pytest.mark.parametrize(
    "render", [screen, markdown.render, page.render, lambda each: message.render(each, "x")]
)
def test_every_report_says_what_to_do_and_whether_the_run_was_whole(render, given_verdict):
    told = " ".join(html.unescape(render(given_verdict)).split())
    steps = words.to_do(given_verdict) if given_verdict.decision != "GO" or render is not screen else []
    assert [text for text in (*words.caveats(given_verdict), *steps) if text not in told] == []
    assert render is screen or words.meaning(given_verdict) in told


@pytest.mark.parametrize("render", [markdown.render, page.render])
def test_whole_cause_of_an_unreachable_target_is_told(render):
    assert "SECRET_KEY is not set" in render(SILENT)


@pytest.mark.parametrize(("seconds", "shown"), [(0.04, "0.0 s"), (59.9, "59.9 s"), (125, "2 min 5 s")])
def test_duration_is_readable(seconds, shown):
    assert terminal.duration(seconds) == shown


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width):
    long = result(LOGIN, "failed", "x" * 300, name=f"test_it[{'y' * 300}]")
    for given_verdict in (NO_GO, verdict(long, base_url="https://" + "z" * 300)):
        assert max(len(text) for text, _ in terminal.render(given_verdict, width)) <= width


@pytest.mark.parametrize("width", range(60, 90))
def test_names_with_hyphens_are_never_broken(width):
    shown = screen(verdict(result(LOGIN, "not proven", "set the-one-key-here " * 9)), width)
    assert {word for word in shown.split() if word.startswith("the-")} == {"the-one-key-here"}


# --- Markdown


def test_markdown_leads_with_what_asks_for_action():
    assert (
        markdown.render(NO_GO)
        == """\
# NO-GO: 1 of 3 items broken: auth.login

**A blocker is broken: the release can't stay.**

- Environment: staging, `https://game.example`
- Version: 1.4.2
- Started: 2026-11-23T01:02:03+00:00, took 12.3 s
- Checks: 3 (0 passed, 2 failed, 1 not proven)
- Exit code: 1

What to do now:

- **First action 1.** Scenario 1: Scenario title 1. Call: contact 1

**GO becomes possible when: auth.login holds; proven, or signed for: purchases.logged**

## What is broken

### Scenario 1: Scenario title 1

- **First: First action 1.**
- Then: Step 1.
- Shows: symptom 1: not looked at
- **Call: contact 1**

#### Title of auth.login (`auth.login`, blocker)

- Promised: Promise of auth.login.
- Observed: 1 of 1 case broken: expected 200, got 500

Failed: `smoke/test_x.py::test_login`

```text
expected 200, got 500
curl -X POST https://game.example
```

## Known issues

- DH-1 (fails): `webhooks.delivered`: Lines get lost. Owner Jo, expires 2026-11-23.

## Not proven, and what would prove it

- no log source; set logs.source (required): `purchases.logged` (1 of 1 case)

## Checklist

| Outcome | Item | What | Required | Tests | Why |
|---|---|---|---|---|---|
| **broken** | `auth.login` | Title of auth.login | yes | 1 failed | 1 of 1 case broken: expected 200, got 500 |
| not proven | `purchases.logged` | Title of purchases.logged | yes | 1 not proven | no log source |
| broken | `webhooks.delivered` | Title of webhooks.delivered | yes | 1 failed | \
known issue DH-1, Jo, expires 2026-11-23; no line |

## What this run changed on the target

2 x account, 1 x webhook

## Retries

Connection errors retried: 2
"""
    )


def test_markdown_lists_the_notes_before_the_checklist():
    page = markdown.render(verdict(*ALL_PASSED, notes=("one", "two | *three*")))
    assert "\n## Notes\n\n- one\n- two \\| \\*three\\*\n\n## Checklist\n" in page


def test_equal_messages_stand_once_with_their_tests():
    same = [result(LOGIN, "failed", "same", name=f"test_it[{n}]") for n in range(7)]
    shown = markdown.render(verdict(*same))
    assert shown.count("```text\nsame\n```") == 1
    assert "test_it[4]`, and 2 more\n" in shown


def test_very_long_messages_are_cut_and_say_where_the_rest_is():
    shown = markdown.render(verdict(result(LOGIN, "failed", "x" * 5000)))
    assert "x" * 1000 + "\n... (cut; the whole is in verdict.json)\n" + "x" * 3000 + "\n```" in shown


# --- whatever the target sent


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil\x07link\x1b]8;;\x07", "]8;;http://evillink]8;;"),
        ("\x9dnever ends, took 1 s", "never ends, took 1 s"),
        ("\x9b, took 1 s", ", took 1 s"),
        ("\x9b31mred", "red"),
        ("a\x00b\x08c\x7fd", "abcd"),
        ("a\tb\r\nc\rd", "a    b\ncd"),
        ("a\u202eb\u200bc\ud800d", "abcd"),
        ("a\u2028b", "a\nb"),
    ],
)
def test_plain_text_has_no_control_characters(text, shown):
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a | b", r"a \| b"),
        ("`x` *y* [z](u)", r"\`x\` \*y\* \[z\](u)"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("set snake_case and _this_", r"set snake_case and \_this\_"),
        ("# no heading\n- no list", r"\# no heading - no list"),
        ("1. no list", r"1\. no list"),
        ("1.4.2", "1.4.2"),
        ("back\\slash", r"back\\slash"),
    ],
)
def test_markdown_text_means_only_itself(text, shown):
    assert inert_markdown(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"), [("a", "`a`"), ("a`b", "``a`b``"), ("`a", "`` `a ``"), ("", "` `")]
)
def test_code_span_survives_its_content(text, shown):
    assert code(text) == shown


def test_fence_is_longer_than_any_in_its_content():
    assert fenced("a\n````\nb") == "`````text\na\n````\nb\n`````"


def test_hostile_text_reaches_no_report_alive():
    failed = result(LOGIN, "failed", HOSTILE, name=f"test_it[{HOSTILE}]")
    given_verdict = verdict(failed, version=HOSTILE, notes=(HOSTILE,))
    on_screen, page = screen(given_verdict), markdown.render(given_verdict)
    data = json_file.render(given_verdict)
    for text in (on_screen, page, data):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800]", text)
    outside_code = re.sub(
        r"(`{3,})text\n.*?\n\1\n|(?<!\\)(`+)(?!`).*?(?<!`)\2(?!`)", "", page, flags=re.DOTALL
    )
    assert "<script>" not in outside_code
    assert all(line.count(" | ") == 5 for line in page.splitlines() if line.startswith("| "))
    assert json.loads(data)["version"].startswith("\x1b[31mred")


# --- JSON and files


def test_json_has_the_documented_keys_in_order():
    data = json.loads(json_file.render(NO_GO))
    assert {key: data[key] for key in list(data)[:13]} == {
        "decision": "NO-GO",
        "exit_code": 1,
        "summary": "1 of 3 items broken: auth.login",
        "environment": "staging",
        "phase": "smoke",
        "base_url": "https://game.example",
        "version": "1.4.2",
        "started": "2026-11-23T01:02:03+00:00",
        "finished": "2026-11-23T01:02:15.345600+00:00",
        "duration_s": 12.346,
        "partial": False,
        "interrupted": False,
        "unreachable": None,
    }
    assert list(data)[13:] == [
        "items",
        "rollback",
        "known_issues",
        "writes",
        "retries",
        "notes",
        "comparison",
        "course",
        "regions",
        "signals",
        "by_hand",
    ]
    assert data["items"][0] == {
        "id": "auth.login",
        "section": "auth",
        "title": "Title of auth.login",
        "promise": "Promise of auth.login.",
        "proof": "calling the API",
        "severity": "blocker",
        "required": True,
        "outcome": "broken",
        "reason": "1 of 1 case broken: expected 200, got 500",
        "known_issue": None,
        "open": False,
        "complete": True,
        "attestations": [],
        "scenario": 1,
        "tests": [
            {
                "nodeid": "smoke/test_x.py::test_login",
                "outcome": "failed",
                "message": "expected 200, got 500\ncurl -X POST https://game.example",
                "visits": [],
                "region": "",
            }
        ],
        "regions": {},
    }
    assert list(data["items"][0]) == list(data["items"][2])
    assert data["rollback"] == [
        {
            "scenario": 1,
            "title": "Scenario title 1",
            "because": ["auth.login"],
            "symptoms": [{"text": "symptom 1", "state": "not looked at", "because": []}],
            "first_action": "First action 1.",
            "steps": ["Step 1."],
            "escalate_to": ["contact 1"],
            "stop_purchases": [],
            "stop_first": False,
        }
    ]
    assert data["known_issues"] == [
        {
            "item": "webhooks.delivered",
            "test": None,
            "environments": ["staging"],
            "owner": "Jo",
            "ticket": "DH-1",
            "reason": "Lines get lost.",
            "expires": "2026-11-23",
            "state": "fails",
            "tests": ["smoke/test_x.py::test_hook[TEST]"],
        }
    ]
    assert (data["writes"][1], data["retries"]) == ({"kind": "webhook"}, 2)
    noted = json.loads(json_file.render(verdict(*ALL_PASSED, notes=("one", "two"))))
    assert (data["notes"], noted["notes"]) == ([], ["one", "two"])


def hide(text: str) -> str:
    return text.replace('pass|"word', "<secret>")


def test_reports_are_written_whole_and_without_secrets(tmp_path):
    secret = 'pass|"word'
    leaky = verdict(
        result(LOGIN, "failed", f'body: {secret} and pass\x00|"word', name=f"test_it[{secret}]"),
        base_url=f"https://{secret}@game.example",
        writes=({"kind": "account", "name": {"deep": [secret]}},),
        waivers=(issue(item=LOGS, reason=secret),),
        notes=(f"it said {secret}",),
    )
    folder = tmp_path / "reports" / "staging"
    for _ in range(2):
        written = write_reports(scrubbed(leaky, hide), folder)
    assert sorted(folder.iterdir()) == sorted(written)
    assert [path.name for path in written] == list(NAMES)
    data = json.loads((folder / "verdict.json").read_text())
    page = (folder / "verdict.md").read_text()
    assert data["base_url"] == "https://<secret>@game.example"
    assert data["writes"] == [{"kind": "account", "name": {"deep": ["<secret>"]}}]
    assert data["notes"] == ["it said <secret>"]
    assert data["items"][0]["tests"][0]["message"] == "body: <secret> and <secret>"
    for_a_browser = html.unescape((folder / "verdict.html").read_text())
    for text in (page, json.dumps(data), for_a_browser, screen(scrubbed(leaky, hide))):
        assert 'pass|"' not in text.replace("\\", "")


def test_a_secret_that_equals_one_of_our_words_changes_no_decision():
    clean = scrubbed(NO_GO, lambda text: "***")
    assert (clean.decision, clean.exit_code) == ("NO-GO", 1)
    assert [(item.id, item.outcome) for item in clean.items] == [(i.id, i.outcome) for i in NO_GO.items]


def test_a_secret_that_equals_an_id_leaves_reports_that_can_be_written(tmp_path):
    clean = scrubbed(verdict(result(LOGIN, "failed"), then=before(NO_GO)), lambda text: "***")
    assert (clean.rollback[0].because, clean.comparison.still_broken) == ((LOGIN,), (LOGIN,))
    assert len(write_reports(clean, tmp_path)) == len(NAMES)


# --- documentation


def test_documentation_names_every_key_of_the_json():
    documented = (Path(__file__).parent.parent / "docs" / "verdict.md").read_text()
    example = json.loads(documented.partition("```json\n")[2].partition("```")[0])
    data = json.loads(json_file.render(NO_GO))
    assert list(example) == list(data)
    assert [list(example[key][0]) for key in ("items", "rollback")] == [
        list(data[key][0]) for key in ("items", "rollback")
    ]
    table = documented.partition("## verdict.json")[2].partition("```json")[0]
    compared = json.loads(json_file.render(verdict(*ALL_PASSED, then=before(NO_GO))))["comparison"]
    assert list(example["comparison"]) == list(compared)
    assert list(example["course"][0]) == list(data["course"][0])
    for key in {*data, *data["items"][0], *data["rollback"][0], *data["course"][0], *compared}:
        assert re.search(rf"`[a-z_]*(\[\])?\.?{key}`", table), key
