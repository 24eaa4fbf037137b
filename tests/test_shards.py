"""Shards: what each takes, what it leaves, and that joined they say what a run of everything says."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError
from harness.shards import joining
from harness.shards.share import FILE, FORMAT, Share, parsed, render
from harness.shards.splitting import Durations, Shard, assigned, durations, fingerprint, shard
from harness.verdict import TestResult, Verdict, decide
from runbook.loader import load_runbook
from tests import verdict_strategies as any_
from tests.verdict_examples import (
    HOOKS,
    LOGIN,
    LOGS,
    RUNBOOK,
    STARTED,
    TODAY,
    issue,
    outcomes,
    reason,
    result,
)

FLAT = Durations(default_s=1, seconds={})


def share(*tests: TestResult, **changes) -> Share:
    plain = {
        "format": FORMAT,
        "shard": None,
        "split": "",
        "region": "",
        "aim": "https://game.example",
        "excused": frozenset(),
        "environment": "staging",
        "phase": "smoke",
        "base_url": "https://game.example",
        "version": "1.4.2",
        "started": STARTED,
        "finished": STARTED + timedelta(seconds=9),
        "partial": False,
        "left_out": frozenset(),
        "interrupted": False,
        "unreachable": None,
        "doubt": None,
        "writes": (),
        "retries": 0,
        "said": (),
        "noted": (),
        "tests": tests,
        "met": (),
    }
    return Share(**plain | changes)


def written(one: Share) -> Share:
    """As another machine reads it."""
    return parsed(render(one), "shard.json")


def judged(shares, expected=(), runbook=RUNBOOK, **rules) -> Verdict:
    given_rules = {"not_required": (), "waivers": (), "today": TODAY} | rules
    return decide(runbook, joining.facts(shares, expected), joining.results(shares), **given_rules)


def split(whole: Share, of: int, took: Durations = FLAT) -> list[Share]:
    """What `of` machines find where one finds `whole`."""
    given_to = assigned(RUNBOOK.ids, of, took)
    home = {test.nodeid: given_to[test.item] for test in whole.tests}
    return [
        replace(
            whole,
            shard=Shard(number, of),
            split=fingerprint(given_to),
            tests=tuple(test for test in whole.tests if home[test.nodeid] == number),
            met=tuple(test for test in whole.met if home[test.nodeid] == number),
            writes=whole.writes[number - 1 :: of],
            noted=whole.noted[number - 1 :: of],
            retries=whole.retries if number == of else 0,
            interrupted=whole.interrupted and number == 1,
            finished=whole.finished if number == of else whole.started,
        )
        for number in range(1, of + 1)
    ]


# --- which shard takes what


@given(st.sets(st.sampled_from(load_runbook().ids), min_size=1), st.integers(1, 40))
def test_every_item_is_in_one_shard_wherever_that_is_asked(items, of):
    given_to = assigned(items, of, durations())
    assert set(given_to) == items
    assert set(given_to.values()) <= set(range(1, of + 1))
    assert assigned(sorted(items, reverse=True), of, durations()) == given_to


def test_the_longest_goes_first_to_who_has_least_to_do():
    took = Durations(default_s=2, seconds={"a": 9, "b": 5, "c": 5})
    assert assigned(["a", "b", "c", "unknown"], 2, took) == {"a": 1, "b": 2, "c": 2, "unknown": 1}


def test_no_shard_of_three_waits_long_for_another():
    given_to = assigned(load_runbook().ids, 3, took := durations())
    loads = [
        sum(took.seconds.get(item, took.default_s) for item in given_to if given_to[item] == n)
        for n in (1, 2, 3)
    ]
    assert max(loads) <= max(max(took.seconds.values()), 1.2 * sum(loads) / 3)


@pytest.mark.parametrize(
    "text", ["", "1", "0/3", "4/3", "1/0", "a/b", "1/2/3", "-1/3", "1/9999", "\uff11/\uff12"]
)
def test_shard_that_there_is_none_of(text):
    with pytest.raises(ConfigError, match=r"^--shard: "):
        shard(text)


def test_item_of_the_durations_is_on_the_checklist(tmp_path):
    (tmp_path / "d.toml").write_text('default_s = 1\n[seconds]\n"auth.gone" = 2\n')
    with pytest.raises(ConfigError, match=r"auth\.gone"):
        durations(tmp_path / "d.toml")


# --- joined


@st.composite
def wholes(draw) -> Share:
    """A run of everything, and what it found; some checks were stopped by other items' broken promises."""
    run, extent = draw(any_.runs), draw(st.sampled_from(any_.EXTENTS))
    unreachable = draw(any_.texts) if "unreachable" in extent else None
    tests = draw(any_.results()) if unreachable is None else []
    stopped = draw(st.sets(st.sampled_from([test.nodeid for test in tests]))) if tests else set()
    met = [
        replace(test, item=draw(st.sampled_from(RUNBOOK.ids)), outcome="failed")
        for test in tests
        if test.nodeid in stopped
    ]
    tests = [replace(test, outcome="not proven") if test.nodeid in stopped else test for test in tests]
    kept = ("environment", "base_url", "version", "left_out", "finished", "writes", "retries")
    return share(
        *tests,
        **{key: run[key] for key in kept},
        noted=run["notes"],
        met=tuple(met),
        partial="partial" in extent,
        interrupted="interrupted" in extent,
        unreachable=unreachable,
        doubt=draw(st.none() | any_.words),
    )


def comparable(verdict: Verdict) -> Verdict:
    """Without the order in which machines are named; where the time went is known of one machine only."""
    return replace(
        verdict,
        notes=tuple(sorted(set(verdict.notes))),
        writes=tuple(sorted(verdict.writes, key=json.dumps)),
        known_issues=tuple(
            replace(known, tests=tuple(sorted(known.tests))) for known in verdict.known_issues
        ),
        course=(),
    )


@any_.thorough
@given(
    wholes(), st.integers(1, 7), st.dictionaries(st.sampled_from(RUNBOOK.ids), st.floats(0.1, 99)), st.data()
)
def test_joined_shards_say_what_one_run_says(whole, of, seconds, data):
    rules = {
        "runbook": data.draw(any_.runbooks()),
        "not_required": data.draw(
            st.lists(st.sampled_from([*RUNBOOK.ids, "auth.login:test_it_2*"]), max_size=3)
        ),
        "waivers": data.draw(st.lists(any_.known_issues, max_size=2)),
        "attestations": data.draw(st.lists(any_.attestations, max_size=2)),
        "earlier": data.draw(st.none() | any_.earlier_runs()),
    }
    shares = [written(each) for each in split(whole, of, Durations(default_s=1, seconds=seconds))]
    joining.check({str(number): each for number, each in enumerate(shares)})
    shares = data.draw(st.permutations(shares))
    assert comparable(judged(shares, **rules)) == comparable(judged([written(whole)], **rules))


@any_.thorough
@given(wholes(), st.integers(2, 5), st.data())
def test_without_one_shard_nothing_is_go(whole, of, data):
    shares = split(replace(whole, unreachable=None), of)
    lost = data.draw(st.sampled_from(shares))
    verdict = judged([each for each in shares if each is not lost])
    assert verdict.decision == ("NO-GO" if any(item.decides for item in verdict.items) else "INCONCLUSIVE")
    assert f"shard {lost.shard} is missing" in verdict.notes
    assert {item.outcome for item in verdict.items if item.id in {test.item for test in lost.tests}} <= {
        "not proven",
        "broken",  # met broken by a check of another shard
    }


ALL = [result(item, "passed", name=f"test_{item}") for item in RUNBOOK.ids]


def test_missing_shards_are_named():
    verdict = judged(split(share(*ALL), 3)[:1])
    assert verdict.summary.startswith("nothing broken; shards 2/3, 3/3 are missing; ")
    assert verdict.exit_code == 10


def test_what_is_broken_decides_though_a_shard_is_missing():
    verdict = judged(split(share(result(LOGIN, "failed", "no")), 3)[:1])
    assert (verdict.decision, verdict.exit_code) == ("NO-GO", 1)


def test_shard_that_did_not_reach_the_target_is_no_pass():
    first, *rest = split(share(*ALL), 3)
    verdict = judged([replace(first, unreachable="refused", version=None, tests=()), *rest])
    assert verdict.decision == "INCONCLUSIVE"
    assert "shard 1/3 did not reach the target: refused" in verdict.summary


def test_of_several_versions_nothing_is_proven():
    first, *rest = split(share(*ALL), 3)
    verdict = judged([replace(first, version="1.4.1"), *rest])
    said = "several versions were checked: 1.4.1 (shard 1/3), 1.4.2 (shard 2/3, shard 3/3)"
    assert (verdict.decision, verdict.version) == ("INCONCLUSIVE", None)
    assert set(outcomes(verdict).values()) == {"not proven"}
    assert all(said in item.reason for item in verdict.items)


def test_doubt_of_one_shard_spares_the_others():
    first, *rest = split(share(*ALL), 3)
    verdict = judged([replace(first, doubt="2 answers came from 1.4.1"), *rest])
    assert sorted(outcomes(verdict).values()) == ["not proven", "proven", "proven"]
    assert verdict.decision == "INCONCLUSIVE"


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (timedelta(minutes=61), "61 minutes"),
        (timedelta(hours=2, minutes=59), "2 hours"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(days=7, hours=5), "7 days"),
    ],
)
def test_shard_of_an_earlier_run_proves_nothing(before, said):
    old, *rest = split(share(*ALL), 3)
    ended = rest[0].started - before
    verdict = judged([replace(old, started=ended - timedelta(minutes=5), finished=ended), *rest])
    doubt = f"shard 1/3 ended {said} before shard 2/3 began: is it of an earlier run?"
    assert (verdict.decision, verdict.exit_code) == ("INCONCLUSIVE", 10)
    assert verdict.summary.startswith(f"nothing broken; {doubt}; ")
    assert {item.id for item in verdict.items if item.outcome != "proven"} == {
        test.item for test in old.tests
    }


def test_shard_that_began_late_is_of_the_same_run():
    first, *rest = split(share(*ALL), 3)
    ended = rest[0].started - timedelta(hours=1)
    assert judged([replace(first, started=ended, finished=ended), *rest]).decision == "GO"


def test_note_says_of_which_shard_it_is_unless_all_say_it():
    first, second = split(share(*ALL), 2)
    shares = [
        replace(
            first, said=("since the deploy", "asked twice"), noted=("slow", "made up with --fuzz-seed=1")
        ),
        replace(second, said=("since the deploy",), noted=("made up with --fuzz-seed=2",)),
    ]
    assert judged(shares).notes == (
        "since the deploy",
        "shard 1/2: asked twice",
        "slow",
        "shard 1/2: made up with --fuzz-seed=1",
        "shard 2/2: made up with --fuzz-seed=2",
    )
    same = [replace(each, noted=("made up with --fuzz-seed=1",), said=()) for each in shares]
    assert judged(same).notes == ("made up with --fuzz-seed=1",)


# --- regions


def test_items_by_regions():
    us = [result(LOGIN, "failed", "no"), result(LOGS, "passed"), result(HOOKS, "not proven", "no secret")]
    verdict = judged([share(*ALL, region="eu"), share(*us, region="us")])
    assert verdict.regions == ("eu", "us")
    assert {item.id: item.regions for item in verdict.items} == {
        LOGIN: {"eu": "proven", "us": "broken"},
        LOGS: {"eu": "proven", "us": "proven"},
        HOOKS: {"eu": "proven", "us": "not proven"},
    }
    assert outcomes(verdict) == {LOGIN: "broken", LOGS: "proven", HOOKS: "not proven"}
    assert reason(verdict, LOGIN) == "us: 1 of 1 case broken: no; eu: 1 case holds"
    assert reason(verdict, LOGS) == "1 case holds"
    assert [test.region for item in verdict.items for test in item.tests] == ["eu", "us"] * 3


@any_.thorough
@given(
    st.dictionaries(st.sampled_from(["eu", "us", "ap"]), any_.results(), min_size=1),
    st.lists(any_.known_issues, max_size=2),
)
def test_item_is_what_it_is_in_its_worst_region(found, known):
    worst = ("broken", "not proven", "attested", "proven").index
    shares = [share(*tests, region=region) for region, tests in found.items()]
    verdict = judged(shares, waivers=known)
    alone = {region: judged([share(*tests)], waivers=known) for region, tests in found.items()}
    for nth, item in enumerate(verdict.items):
        each = {region: verdict.items[nth] for region, verdict in alone.items()}
        assert item.regions == {region: one.outcome for region, one in each.items()}
        assert item.outcome == min(item.regions.values(), key=worst)
        assert item.decides == any(one.decides for one in each.values())
        assert item.open == any(one.open for one in each.values())


def test_known_issue_of_one_region_excuses_no_other_failure():
    known = issue(test="smoke/test_x.py::test_known")
    there = result(LOGIN, "failed", "late", name="test_known")
    rest = ALL[1:]
    tolerated = judged([share(*ALL, region="eu"), share(there, *rest, region="us")], waivers=[known])
    assert (tolerated.decision, tolerated.items[0].known_issue) == ("GO", "DH-1")
    beyond = share(result(LOGIN, "failed", "no"), *rest, region="eu")
    assert judged([beyond, share(there, *rest, region="us")], waivers=[known]).decision == "NO-GO"


def test_region_that_has_to_be_there_and_is_not():
    verdict = judged([share(*ALL, region="eu")], expected=["eu", "us"])
    assert (verdict.decision, verdict.regions) == ("INCONCLUSIVE", ("eu", "us"))
    assert "region us is missing" in verdict.summary
    assert verdict.items[0].regions == {"eu": "proven", "us": "not proven"}


def test_shards_of_regions():
    eu, us = (split(share(*ALL, region=region), 2) for region in ("eu", "us"))
    assert judged([*eu, *us]).decision == "GO"
    assert "shard 2/2 of us is missing" in judged([*eu, us[0]]).summary


# --- what is refused


def refused(shares: Mapping[str, Share]) -> str:
    with pytest.raises(ConfigError) as error:
        joining.check(shares)
    return str(error.value)


ONE, TWO = split(share(*ALL), 2)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (replace(TWO, environment="production"), "b: environment: 'production' is not 'staging', as in a; "),
        (replace(TWO, phase="all"), "b: phase: 'all' is not 'smoke', as in a; "),
        (replace(TWO, shard=Shard(2, 3)), "b: shard.of: 3 is not 2, as in a; "),
        (replace(TWO, shard=None), "b: shard.of: None is not 2, as in a; "),
        (replace(TWO, split="another"), "b: split: 'another' is not "),
        (ONE, "b: shard.number: shard 1/2 is given twice, also by a; "),
        (replace(TWO, region="eu"), "a: region: names none, and others do; "),
    ],
)
def test_shares_that_are_no_parts_of_one_whole(other, said):
    assert refused({"a": ONE, "b": other}).startswith(said)


def test_whole_run_given_twice():
    assert "the run is given twice" in refused({"a": share(), "b": share()})


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "(the whole file)"),
        ("[]", "(the whole file)"),
        ("{}", "format"),
        (b"\xff\xfe", "(the whole file)"),
        (render(ONE).replace(FORMAT, "another"), "format"),
        (render(ONE).replace('"passed"', '"fine"', 1), "tests.0.outcome"),
        (render(ONE).replace('"retries": 0', '"retries": "no"'), "retries"),
    ],
)
def test_file_that_is_no_shard_is_refused_with_its_key(text, key):
    with pytest.raises(ConfigError) as error:
        parsed(text, "x/shard.json")
    assert str(error.value).startswith(f"x/shard.json: {key}: ")


def test_shard_of_an_earlier_run_does_not_pass_for_one_that_could_not_start(suite, tmp_path):
    stale = tmp_path / "shard-1" / "local" / FILE
    stale.parent.mkdir(parents=True)
    stale.write_text("{}")
    ended = suite("--shard=1/2", "--expect-version= ", reports=tmp_path)
    assert (ended.code, stale.exists()) == (4, False)
