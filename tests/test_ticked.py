"""The ticked runbook: what is ticked is what was proven, and the rest of the file is as it was."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.verdict import Verdict, decide
from harness.verdict.own_runbook import ticked_report
from harness.verdict.report import ticked
from runbook.boxes import read
from runbook.errors import ConfigError
from runbook.loader import load_runbook
from runbook.matching import match
from tests.verdict_examples import (
    HOOKS,
    LOGIN,
    LOGS,
    RUNBOOK,
    TODAY,
    facts,
    issue,
    passed,
    result,
    signed,
    verdict,
)
from tests.verdict_strategies import HOSTILE, verdicts

THREE = f"- [ ] a <!-- item: {LOGIN} -->\n- [x] b <!-- item: {LOGS} -->\n- [ ] c <!-- item: {HOOKS} -->\n"
FAILED = result(LOGIN, "failed", "expected 200, got 500")


def rendered(text: str, given_verdict: Verdict) -> str:
    checklist = read(text)
    return ticked.render(given_verdict, checklist, match(checklist, RUNBOOK, "x.md"), "x.md")


def body(text: str, given_verdict: Verdict) -> str:
    """Without head and foot."""
    return rendered(text, given_verdict).partition("for nothing.\n\n")[2].partition("\n---\n")[0]


# --- one line


def test_lines_are_ticked_marked_and_explained():
    given_verdict = verdict(
        FAILED, *passed(LOGS), result(HOOKS, "not proven", "no secret; set webhook.secret_env")
    )
    assert body(THREE, given_verdict) == (
        f"- [ ] a <!-- item: {LOGIN} -->\n"
        "  <br>**BROKEN**: `auth.login` (blocker, rollback scenario 1): 1 of 1 case broken: expected 200, got 500. "
        "[Evidence](verdict.html#evidence-auth.login)\n"
        f"- [x] b <!-- item: {LOGS} -->\n"
        "  <br>**proven**: `purchases.logged`: 1 case holds\n"
        f"- [ ] c <!-- item: {HOOKS} -->\n"
        "  <br>**not proven**: `webhooks.delivered`: no secret; set webhook.secret_env\n"
    )


def test_known_issue_is_shown_with_its_ticket_and_is_no_tick():
    shown = body(THREE, verdict(FAILED, *passed(LOGS, HOOKS), waivers=(issue(item=LOGIN),)))
    assert shown.startswith(
        f"- [ ] a <!-- item: {LOGIN} -->\n  <br>**known issue DH-1**: `auth.login` is broken: "
    )


def test_attested_line_is_ticked_with_who_signed():
    shown = body(THREE, verdict(*passed(LOGIN, HOOKS), attestations=(signed(LOGS),)))
    assert "- [x] b" in shown
    assert (
        "**attested**: `purchases.logged`: signed by Jo, 2026-11-23 01:02 UTC: Saw it work.; not proven by"
        in shown
    )


def test_what_is_broken_stays_unticked_though_somebody_signed():
    shown = body(THREE, verdict(FAILED, attestations=(signed(LOGIN),)))
    assert shown.startswith("- [ ] a")
    assert "**BROKEN**: `auth.login`" in shown


def test_tick_by_hand_does_not_survive():
    shown = body(f"{THREE}- [X] mine\n", verdict(*passed(LOGIN, HOOKS)))
    assert "- [ ] b" in shown
    assert shown.count("\n  <br>it was ticked by hand, and is not any more\n") == 1
    assert shown.endswith(
        "- [ ] mine\n  <br>**not covered by the suite**; it was ticked by hand, and is not any more\n"
    )


@pytest.mark.parametrize(
    ("results", "mark"), [(passed(LOGIN, LOGS), "x"), (passed(LOGIN), " "), ([FAILED, *passed(LOGS)], " ")]
)
def test_line_of_two_items_is_ticked_only_if_both_hold(results, mark):
    shown = body(f"- [ ] a <!-- item: {LOGIN}, {LOGS} -->\n", verdict(*results))
    assert (shown[3], shown.count("<br>")) == (mark, 2)


@pytest.mark.parametrize(
    ("changes", "marks"),
    [
        ({"partial": True, "left_out": frozenset({LOGS})}, ["x", " ", " "]),
        ({"interrupted": True}, ["x", "x", " "]),
        ({"unreachable": "refused", "version": None}, [" ", " ", " "]),
    ],
    ids=["partial", "interrupted", "unreachable"],
)
def test_run_that_was_not_whole_ticks_only_what_is_wholly_proven(changes, marks):
    results = [] if "unreachable" in changes else passed(LOGIN, LOGS)
    given_verdict = verdict(*results, **changes)
    shown = rendered(THREE, given_verdict)
    assert re.findall(r"^- \[(.)\]", shown, re.MULTILINE) == marks
    assert f"> **{given_verdict.decision}**: " in shown
    if "partial" in changes:
        assert "1 selected case holds; not all its checks were selected; run the whole checklist" in shown


LISTINGS = "- [x] The stores' listings are right\n"


@pytest.mark.parametrize(
    ("signatures", "mark", "said"),
    [
        (
            (),
            " ",
            "**to be signed**: only a person can do this: `pytest --env=staging --attest=stores.listings ",
        ),
        (
            (signed("stores.listings"),),
            "x",
            "**attested**: `stores.listings`: signed by Jo, 2026-11-23 01:02 UTC",
        ),
        ((signed("stores.listings", version="1"),), " ", "**to be signed**"),
    ],
    ids=["unsigned", "signed", "void"],
)
def test_what_no_check_can_see_is_ticked_once_signed_and_decides_nothing(signatures, mark, said):
    runbook = load_runbook()
    rules: dict[str, Any] = {"not_required": (), "waivers": (), "today": TODAY}
    given_verdict = decide(runbook, facts(), [], attestations=signatures, **rules)
    lines = match(read(LISTINGS), runbook, "x.md")
    shown = ticked.render(given_verdict, read(LISTINGS), lines, "x.md").partition("for nothing.\n\n")[2]
    assert (shown[3], said in shown) == (mark, True)
    unsigned = decide(runbook, facts(), [], **rules)
    assert (given_verdict.decision, given_verdict.items) == (unsigned.decision, unsigned.items)


BY_PERSON = "- [ ] Send a test webhook from the RevenueCat dashboard\n"


@pytest.mark.parametrize(
    ("signatures", "mark", "said"),
    [
        (
            (),
            " ",
            "**to be signed**: only a person can do this: `pytest --env=staging --attest=webhooks.delivered ",
        ),
        (
            (signed(HOOKS),),
            "x",
            "**attested**: signed by Jo, 2026-11-23 01:02 UTC: Saw it work.; what this run",
        ),
        ((signed(HOOKS, version="1"),), " ", "**to be signed**"),
    ],
    ids=["unsigned", "signed", "void"],
)
def test_what_only_a_person_can_do_is_ticked_once_signed(signatures, mark, said):
    line = match(read(BY_PERSON), load_runbook(), "x.md")
    assert (line[0].items, line[0].by_person) == ((HOOKS,), True)
    given_verdict = verdict(*passed(LOGIN, LOGS, HOOKS), attestations=signatures)
    shown = ticked.render(given_verdict, read(BY_PERSON), line, "x.md").partition("for nothing.\n\n")[2]
    assert shown[3] == mark
    assert said in shown
    assert "what this run can prove of `webhooks.delivered` is proven" in shown
    unproven = verdict(attestations=signatures)
    shown = ticked.render(unproven, read(BY_PERSON), line, "x.md").partition("for nothing.\n\n")[2]
    assert (shown[3], "`webhooks.delivered` is not proven\n" in shown) == (mark, True)


# --- above and below


def test_head_says_what_was_checked_and_foot_what_was_not():
    text = f"---\r\ntitle: T\r\n---\r\n# Mine\r\n- [ ] a <!-- item: {LOGIN} -->\r\n- [x] new <b>*icons*</b>\r\n- [] c"
    shown = rendered(text, verdict(*passed(LOGIN), FAILED, interrupted=True))
    head, _, foot = shown.partition("# Mine\r\n")
    assert "\n" not in shown.replace("\r\n", "")
    assert head == (
        "---\r\ntitle: T\r\n---\r\n<!-- ticked by the release verifier -->\r\n"
        "> **NO-GO**: 1 of 3 items broken: auth.login\r\n>\r\n"
        "> **Interrupted run: it was stopped before its end, and more may be broken than it saw.**\r\n>\r\n"
        "> - Runbook: x.md: 2 lines: 1 broken, 1 not covered by the suite\r\n"
        "> - Environment: staging, `https://game.example`\r\n"
        "> - Version: 1.4.2\r\n"
        "> - Checked: 2026-11-23 01:02:03 UTC, took 12.3 s\r\n>\r\n"
        "> A tick says that this run proved it, or that a person signed for this version. "
        "What was ticked by hand counts for nothing.\r\n\r\n"
    )
    assert foot.partition("- [] c")[2].replace("\r\n", "\n") == (
        "\n\n---\n\n## Not covered by the suite\n\n- line 6, ticked by hand: new icons\n\n"
        "## Not in your runbook\n\n- `purchases.logged`: Title of purchases.logged: not proven\n"
        "- `webhooks.delivered`: Title of webhooks.delivered: not proven\n\n"
        "## Not read as boxes\n\n"
        "- line 7: write it as an entry of a list, with a space between the brackets: `- [ ] ...`\n"
    )


def test_nothing_left_out_is_said_too():
    shown = rendered(THREE, verdict(*passed(LOGIN)))
    assert "## Not covered by the suite\n\nNothing: every line is.\n" in shown
    assert "## Not in your runbook\n\nNothing: every item of the suite has its line.\n" in shown


def test_broken_item_without_a_line_is_told():
    shown = rendered(f"- [ ] c <!-- item: {HOOKS} -->", verdict(FAILED, *passed(HOOKS)))
    assert "- `auth.login`: Title of auth.login: **BROKEN**\n" in shown


# --- any checklist, any verdict

# A verdict takes long to make up, and to explain what of it mattered takes minutes.
few = settings(max_examples=40, phases=set(Phase) - {Phase.explain})

ids = st.sampled_from(["", *(f" <!-- item: {item} -->" for item in (*RUNBOOK.ids, f"{LOGIN}, {LOGS}"))])
pieces = st.builds(
    "{}{} {} {}{}".format,
    st.sampled_from(["", "  ", "    ", "> ", ">> ", "\t"]),
    st.sampled_from(["-", "*", "1.", "- -", "> -"]),
    st.sampled_from(["[ ]", "[x]", "[X]", "[]", "x"]),
    st.sampled_from(["a", "`b`", "c | d", "# e", "<i>f", "[g](h)", "~~i~~", "\u2028"]),
    ids,
) | st.sampled_from(
    ["", "text", "===", "---", "    code", "  more", "```", "<!-- x -->", "|a|b|", "|-|-|", "# H"]
)
checklists = st.builds(
    lambda lines, end: end.join(lines), st.lists(pieces, max_size=12), st.sampled_from(["\n", "\r\n"])
)


def usable(text: str) -> bool:
    checklist = read(text)
    return checklist.closed and not checklist.stray


@few
@given(checklists.filter(usable), verdicts())
def test_all_but_boxes_and_evidence_is_kept_and_ticks_are_proofs(text, given_verdict):
    checklist = read(text)
    lines = match(checklist, RUNBOOK, "x.md")
    shown = ticked.render(given_verdict, checklist, lines, "x.md")
    holds = {
        item.id
        for item in given_verdict.items
        if item.outcome == "attested" or (item.outcome == "proven" and item.complete)
    }
    place = shown.index("counts for nothing.") + len("counts for nothing.") + 2 * len(checklist.newline)
    done = checklist.body
    for line in lines:
        kept = text[done : line.box.mark]
        assert shown[place : place + len(kept)] == kept
        mark = shown[place + len(kept)]
        assert (mark in "xX") == (bool(line.items) and set(line.items) <= holds)
        rest = text[line.box.mark + 1 : line.box.end]
        place += len(kept) + 1
        assert shown[place : place + len(rest)] == rest
        place, done = place + len(rest), line.box.end
        evidence = re.match(r"(?:(?:\r\n|\n)[>\s]*?<br>[^\r\n]*)*", shown[place:])[0]
        assert evidence.count("<br>") >= len(line.items)
        place += len(evidence)
    assert shown[place:].startswith(text[done:])
    assert shown[place + len(text[done:]) :].lstrip("\r\n").startswith("---")


@few
@given(checklists.filter(usable), verdicts())
def test_what_is_added_leaves_the_files_own_blocks_as_they_were(text, given_verdict):
    def blocks(shown):
        parsed = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(shown)
        return [(token.type, token.level, token.info) for token in parsed]

    shown = rendered(text, given_verdict)
    own = shown[shown.index("counts for nothing.") + len("counts for nothing.") :]
    own = own[: own.index("## Not covered by the suite")].rstrip("\r\n")[: -len("---")]
    assert blocks(own) == blocks(text[read(text).body :])


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_target_said_is_inert(text):
    given_verdict = verdict(result(LOGIN, "failed", text), version=text, base_url=text)
    shown = rendered(THREE, given_verdict)
    html = MarkdownIt("commonmark").render(shown)
    tags = set(re.findall(r"<(?!!--)/?(\w+)", html))
    assert tags <= {"blockquote", "p", "strong", "ul", "li", "br", "code", "a", "h2", "hr"}
    assert set(re.findall(r'href="([^"]+)"', html)) == {"verdict.html#evidence-auth.login"}
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066\u200b]", shown)


# --- files


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("missing.md", None, "no such file; name a Markdown file"),
        ("", None, "is a folder; name a Markdown file in it"),
        ("a.md", b"- [ ] \xff", "is not UTF-8 (byte 6); save it as UTF-8"),
        ("a.md", b"# Nothing\n", 'holds no box; write its lines as "- [ ] ..."'),
        ("a.md", b"| [ ] | Health |\n|---|---|\n", "holds no box"),
        ("a.md", b"- [ ] a\n\n```\n", "a code block or a comment in it never ends; close it"),
        ("a.md", b"- [ ] a <!-- item: auth.logn -->", "a.md:1: no checklist item is called 'auth.logn'"),
        ("a.md", f"{ticked.MARKER}\n- [ ] a".encode(), "is a report of this verifier already"),
        ("verdict.md", b"- [ ] a", "its report would be verdict.md, which is the verdict's; rename the file"),
        ("Verdict.txt", b"- [ ] a", "its report would be Verdict.md, which is the verdict's"),
        ("reports/a.md", b"- [ ] a", "its report would replace it; keep it elsewhere"),
    ],
)
def test_unusable_file_is_one_line(tmp_path, name, content, told):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(told)) as caught:
        ticked_report(path, RUNBOOK, tmp_path / "reports", str)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_report_is_called_like_the_file_and_holds_no_secret(tmp_path: Path):
    path = tmp_path / "release.markdown"
    path.write_bytes(b"- [ ] use canary-1\r\n")
    name, render = ticked_report(path, RUNBOOK, tmp_path, lambda text: text.replace("canary-1", "<it>"))
    shown = render(verdict(*passed(LOGIN)))
    assert (name, "canary" in shown, "- [ ] use <it>\r\n" in shown) == ("release.md", False, True)
