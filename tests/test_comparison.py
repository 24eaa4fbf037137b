"""What changed since the last whole run: what a comparison says, and which run it is made with."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import environment
from harness.postdeploy.moment import Deploy
from harness.postdeploy.rounds import WATCH, written
from harness.rules import Rules
from harness.verdict.comparison import earlier, in_short, lines, of_item
from harness.verdict.previous import BASE, LAST, set_aside
from harness.verdict.report import NAMES, json_file, write_reports
from tests.page_examples import named, page, under
from tests.verdict_examples import ALL_PASSED, HOOKS, LOGIN, LOGS, before, issue, passed, result, verdict
from tests.verdict_strategies import earlier_runs, thorough, verdicts

LISTS = ("newly_broken", "still_broken", "fixed", "found_broken", "unsettled", "added", "removed")
HEALTHY = verdict(*ALL_PASSED)
ILL = verdict(result(LOGIN, "failed"), result(LOGS, "not proven", "why"), *passed(HOOKS))


def changed(given_verdict):
    """The lists of a comparison that are not empty."""
    compared = given_verdict.comparison
    return {name: getattr(compared, name) for name in LISTS if getattr(compared, name)}


def since(then, *results, **changes):
    return changed(verdict(*results, then=before(then), **changes))


# --- what it says


@pytest.mark.parametrize(
    ("was", "now", "change"),
    [
        ("passed", "failed", {"newly_broken": (LOGIN,)}),
        ("failed", "failed", {"still_broken": (LOGIN,)}),
        ("failed", "passed", {"fixed": (LOGIN,)}),
        ("not proven", "failed", {"found_broken": (LOGIN,)}),
        ("failed", "not proven", {"unsettled": (LOGIN,)}),
        ("passed", "passed", {}),
        ("not proven", "passed", {}),
        ("passed", "not proven", {}),
        ("not proven", "not proven", {}),
    ],
)
def test_change_of_an_item(was, now, change):
    then = verdict(result(LOGIN, was), *passed(LOGS, HOOKS))
    assert since(then, result(LOGIN, now), *passed(LOGS, HOOKS)) == change


def test_item_that_failed_otherwise_then_is_still_broken():
    then = verdict(result(LOGIN, "failed", name="test_a"), result(LOGIN, "passed", name="test_b"))
    now = [result(LOGIN, "passed", name="test_a"), result(LOGIN, "failed", name="test_b")]
    assert since(then, *now) == {"still_broken": (LOGIN,)}


def test_known_issue_is_broken_and_says_so():
    then = verdict(*passed(LOGIN, LOGS), result(HOOKS, "failed"), waivers=(issue(item=HOOKS),))
    now = verdict(
        *passed(LOGIN, LOGS), result(HOOKS, "failed"), waivers=(issue(item=HOOKS),), then=before(then)
    )
    assert changed(now) == {"still_broken": (HOOKS,)}
    assert ("Still broken", "webhooks.delivered (known issue DH-1)") in list(lines(now.comparison, now.items))


def test_known_issue_that_is_tolerated_no_more_is_still_broken():
    then = verdict(*passed(LOGIN, LOGS), result(HOOKS, "failed"), waivers=(issue(item=HOOKS),))
    assert since(then, *passed(LOGIN, LOGS), result(HOOKS, "failed")) == {"still_broken": (HOOKS,)}


def test_what_fails_beyond_a_known_issue_is_newly_broken():
    known = issue(test="*::test_known")
    failed = result(HOOKS, "failed", name="test_known")
    then = verdict(failed, result(HOOKS, "passed", name="test_new"), waivers=(known,))
    now = [failed, result(HOOKS, "failed", name="test_new")]
    assert since(then, *now, waivers=(known,)) == {"newly_broken": (HOOKS,)}


def test_items_that_came_and_went_are_named():
    data = json.loads(json_file.render(ILL))
    data["items"] = [*data["items"][1:], data["items"][0] | {"id": "auth.gone"}]
    now = verdict(result(LOGIN, "failed"), *passed(LOGS, HOOKS), then=earlier(json.dumps(data)))
    assert changed(now) == {"found_broken": (LOGIN,), "added": (LOGIN,), "removed": ("auth.gone",)}


def test_partial_run_compares_only_what_it_judged():
    then = verdict(result(LOGIN, "failed"), result(HOOKS, "failed"), result(LOGS, "failed"))
    assert since(then, *passed(LOGIN), result(HOOKS, "failed"), partial=True) == {
        "fixed": (LOGIN,),
        "still_broken": (HOOKS,),
    }


def test_item_is_not_fixed_by_a_partial_run_without_what_failed():
    then = verdict(result(LOGIN, "failed", name="test_a"), result(LOGIN, "passed", name="test_b"))
    assert since(then, result(LOGIN, "passed", name="test_b"), partial=True) == {"unsettled": (LOGIN,)}


def test_unreachable_target_is_compared_with_nothing():
    assert verdict(unreachable="refused", then=before(HEALTHY)).comparison is None


@thorough
@given(verdicts(), earlier_runs())
def test_every_item_that_is_broken_stands_in_one_list(given_verdict, then):
    compared = given_verdict.comparison
    if compared is not None:
        told = [*compared.newly_broken, *compared.still_broken, *compared.found_broken]
        assert sorted(told) == sorted(item.id for item in given_verdict.items if item.outcome == "broken")
        assert set(told).isdisjoint([*compared.fixed, *compared.unsettled])


def test_comparison_in_words():
    now = verdict(*passed(LOGIN, LOGS), result(HOOKS, "failed"), then=before(ILL))
    assert in_short(now.comparison) == "1 newly broken, 0 still broken, 1 fixed"
    assert [of_item(now.comparison, each) for each in (LOGIN, HOOKS)] == ["", "newly broken"]
    assert of_item(None, HOOKS) == ""
    assert list(lines(now.comparison, now.items)) == [
        ("Newly broken", HOOKS),
        ("Still broken", "none"),
        ("Fixed", LOGIN),
    ]


def test_page_says_with_which_run_and_what_is_news():
    now = page(verdict(*passed(LOGIN, LOGS), result(HOOKS, "failed"), then=before(ILL)))
    assert now.one("p", "since").text == (
        "Since the last whole run (NO-GO, version 1.4.2, 2026-11-23 01:02:03 UTC): "
        "1 newly broken, 0 still broken, 1 fixed."
    )
    assert named(under(now, "Since the last whole run")) == {
        "Newly broken": [HOOKS],
        "Still broken": ["none"],
        "Fixed": [LOGIN],
    }
    assert now.one("div", "breakage").elements[0].text.endswith("critical, newly broken, webhooks.delivered")


# --- with which run


def keep(folder, given_verdict, environment="staging"):
    """The state of a folder in which a run ended, when the next one begins."""
    write_reports(given_verdict, folder)
    return set_aside(folder, environment)


def base(folder):
    return json.loads((folder / BASE).read_text("utf-8"))["decision"]


@pytest.mark.parametrize(
    "given_verdict", [HEALTHY, ILL, verdict(*passed(LOGIN))], ids=["GO", "NO-GO", "INCONCLUSIVE"]
)
def test_whole_run_is_what_the_next_one_is_compared_with(tmp_path, given_verdict):
    previous = keep(tmp_path, given_verdict)
    assert (previous.run.decision, previous.notes) == (given_verdict.decision, ())
    assert [path.name for path in tmp_path.iterdir()] == [BASE]


@pytest.mark.parametrize(
    "changes",
    [{"partial": True}, {"interrupted": True}, {"unreachable": "refused"}],
    ids=["partial", "interrupted", "unreachable"],
)
def test_run_that_was_not_whole_is_passed_over(tmp_path, changes):
    keep(tmp_path, ILL)
    results = [] if "unreachable" in changes else passed(LOGIN)
    previous = keep(tmp_path, verdict(*results, **changes))
    assert (previous.run.decision, previous.notes, base(tmp_path)) == ("NO-GO", (), "NO-GO")


def test_round_of_a_watch_is_compared_with_what_was_before_it(tmp_path):
    keep(tmp_path, HEALTHY)
    for _ in range(2):
        write_reports(ILL, tmp_path)
        previous = set_aside(tmp_path, "staging", goes_on=True)
        assert (previous.run.decision, [path.name for path in tmp_path.iterdir()]) == ("GO", [BASE])


@pytest.mark.parametrize(
    ("phases", "deployed_at", "compared_with"),
    [
        (("postdeploy",), "2026-01-02T03:04:05Z", "GO"),
        (("postdeploy",), "2026-01-02T09:09:09Z", "NO-GO"),  # another deploy's
        (("smoke",), "2026-01-02T03:04:05Z", "NO-GO"),
    ],
)
def test_run_after_a_round_of_the_same_deploy_goes_on_with_its_watch(
    tmp_path, phases, deployed_at, compared_with
):
    keep(tmp_path, HEALTHY)
    deployed = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).isoformat()
    a_round = {"at": deployed, "deployed_at": deployed, "version": "1.4.2", "decision": "GO"}
    written(tmp_path / WATCH, a_round | {"watched_s": 1, "signals": {}})
    write_reports(ILL, tmp_path)
    chosen = replace(
        environment.load("local", phases=()),
        phases=phases,
        deploy=Deploy(datetime.fromisoformat(deployed_at), ""),
    )
    Rules(replace(chosen, name="staging"), tmp_path).clear(tmp_path)
    assert base(tmp_path) == compared_with


def test_round_of_a_watch_before_which_there_was_nothing_is_compared_with_nothing(tmp_path):
    write_reports(ILL, tmp_path)
    assert set_aside(tmp_path, "staging", goes_on=True).run is None


def test_run_that_dies_leaves_what_the_next_one_is_compared_with(tmp_path):
    keep(tmp_path, ILL)
    previous = set_aside(tmp_path, "staging")
    assert (previous.run.decision, [path.name for path in tmp_path.iterdir()]) == ("NO-GO", [BASE])


def test_first_run_is_compared_with_nothing(tmp_path):
    assert set_aside(tmp_path / "missing", "staging") == set_aside(tmp_path, "staging")
    assert (set_aside(tmp_path, "staging").run, set_aside(tmp_path, "staging").notes) == (None, ())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no JSON object"),
        (b"\xff\xfe", "no JSON object"),
        (b"[" * 5000, "no JSON object"),
        (b"[]", "no JSON object"),
        (b"{}", "decision: missing"),
        (b'{"decision": "MAYBE"}', "decision: literal_error"),
        (json_file.render(ILL).replace("auth.login", "<b>"), "items.0.id: string_pattern_mismatch"),
        (json_file.render(ILL).replace("+00:00", ""), "started: timezone_aware"),
        (json_file.render(ILL).replace("staging", "prod"), "it is of another environment, 'prod'"),
    ],
    ids=["empty", "bytes", "deep", "list", "object", "foreign", "markup", "no-offset", "environment"],
)
def test_unusable_file_is_a_note_and_the_run_before_it_is_taken(tmp_path, content, why):
    keep(tmp_path, ILL)
    (tmp_path / LAST).write_bytes(content if isinstance(content, bytes) else content.encode())
    previous = set_aside(tmp_path, "staging")
    assert previous.run.decision == "NO-GO"
    assert previous.notes == (f"verdict.json of an earlier run could not be used to compare with: {why}",)
    (tmp_path / BASE).write_text("damaged", "utf-8")
    assert [note.partition(" ")[0] for note in set_aside(tmp_path, "staging").notes] == [BASE]


def test_base_that_is_a_folder_is_a_note(tmp_path):
    (tmp_path / BASE).mkdir()
    assert "previous.json of an earlier run could not be used" in set_aside(tmp_path, "staging").notes[0]


def test_file_of_an_older_verifier_is_read():
    """Without the keys that came later; what a comparison does not need may be missing."""
    data = json.loads(json_file.render(ILL))
    items = [{"id": item["id"], "outcome": item["outcome"]} for item in data["items"]]
    needed = ("decision", "environment", "version", "started", "partial", "interrupted", "unreachable")
    then = earlier(json.dumps({key: data[key] for key in needed} | {"items": items, "new": 1}))
    assert changed(verdict(*ALL_PASSED, then=then)) == {"fixed": (LOGIN,)}


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_whatever_the_file_holds_is_refused_in_words(content):
    with pytest.raises(ValueError, match=r"^(no JSON object|[a-z_.0-9]+: [a-z_]+)$"):
        earlier(content)


def test_reports_of_the_run_before_are_gone(tmp_path):
    write_reports(HEALTHY, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(NAMES)
    set_aside(tmp_path, "staging")
    assert {path.name for path in tmp_path.iterdir()} == {BASE}
