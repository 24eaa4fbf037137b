"""How events are counted and judged after a deploy: thresholds, samples, days, exports."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ConfigError, Unprovable
from harness.postdeploy import export, moment
from harness.postdeploy.events import Change, Conversion, Counts, counted, of_release, spans
from harness.postdeploy.export import exported, until
from harness.postdeploy.funnel import ExportedFunnel, Funnel
from runbook.signals import FILE, Window, load_signals

SINCE = datetime(2026, 11, 24, 2, tzinfo=UTC)
SIGNALS = load_signals()
ATTEMPTS, SUCCESSES = SIGNALS.funnel.attempts, SIGNALS.funnel.successes
DENIED, STORE = SIGNALS.stable.denied, SIGNALS.stable.store
DAY = timedelta(days=1)


def test_thresholds_are_those_of_the_contract():
    """Section 7: above 10 % is healthy, below 5 % is to be investigated; 70 % and 50 %."""
    assert (ATTEMPTS.of, ATTEMPTS.to) == ("paywall_opened", "purchase_attempt")
    assert (ATTEMPTS.healthy_above, ATTEMPTS.investigate_below) == (0.10, 0.05)
    assert (SUCCESSES.of, SUCCESSES.to) == ("purchase_attempt", "purchase_success")
    assert (SUCCESSES.healthy_above, SUCCESSES.investigate_below) == (0.70, 0.50)
    assert (DENIED.event, STORE.event) == ("premium_gate_denied", "store_opened")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "healthy_above = 0.10",
            "healthy_above = 0.01",
            "investigate_below lies above healthy_above; exchange them",
        ),
        ("healthy_above = 0.10", "healthy_above = 10", "funnel.attempts.healthy_above"),
        ("least = 100", "least = 0", "funnel.attempts.least"),
        ("broken_above = 2.0", "", "needs one bound; set broken_above or broken_below"),
        ("found = 'RuntimeError", "found = '(RuntimeError", "no regular expression"),
        ("[stable.store]", "[stable.shop]", "stable.s"),
        ("longest_h = 24", "longest_h = 25", "window.longest_h"),
        ("settles_m = 5", "settles_m = -1", "window.settles_m"),
    ],
)
def test_slip_in_the_file_is_named(tmp_path, old, new, told):
    text = FILE.read_text("utf-8")
    assert old in text
    (tmp_path / "signals.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigError, match=told.replace("(", r"\(")):
        load_signals(tmp_path / "signals.toml")


@pytest.mark.parametrize(
    ("went_on", "is_broken", "is_noted"),
    [
        (0, True, False),
        (49, True, False),
        (50, False, True),
        (100, False, True),
        (101, False, False),
        (2000, False, False),
    ],
)
def test_share_of_a_step_is_broken_noted_or_well(went_on, is_broken, is_noted):
    step = Conversion("attempts", ATTEMPTS, 1000, went_on).judged()
    assert (step.read() < ATTEMPTS.investigate_below, step.signal.is_broken) == (is_broken, is_broken)
    assert (step.note is not None) == is_noted
    assert step.signal.state == ("broken" if is_broken else "doubtful" if is_noted else "well")


@pytest.mark.parametrize("came", [0, 1, 99])
def test_too_small_a_sample_says_how_many_it_takes(came):
    step = Conversion("attempts", ATTEMPTS, came, 0)
    assert (step.signal.value, step.signal.sample, step.signal.is_broken) == (None, came, False)
    with pytest.raises(Unprovable) as caught:
        step.judged()
    assert (
        str(caught.value)
        == f"{came} paywall_opened, and 100 are needed to judge; run again after {100 - came} more"
    )


def test_note_of_a_step_says_what_is_healthy():
    note = Conversion("attempts", ATTEMPTS, 400, 28).note
    assert note == "purchase_attempt is 7 % of 400 paywall_opened: healthy is more than 10 %"


@pytest.mark.parametrize(
    ("level", "number", "earlier", "strange"),
    [
        (DENIED, 100, (50, 50, 50), None),
        (DENIED, 101, (50, 50, 50), "spike"),
        (DENIED, 0, (50, 50, 50), None),
        (DENIED, 60, (0, 0, 0), "spike"),
        (DENIED, 110, (50, 60, 1000), None),
        (STORE, 25, (50, 50, 50), None),
        (STORE, 24, (50, 50, 50), "drop"),
        (STORE, 0, (50, 50, 50), "drop"),
        (STORE, 500, (50, 50, 50), None),
        (STORE, 30, (1, 60, 55), None),
    ],
)
def test_number_is_compared_with_the_median_of_earlier_days(level, number, earlier, strange):
    change = Change("x", level, number, earlier, 3).judged()
    assert (change.read(), change.signal.is_broken) == (strange, strange is not None)


@pytest.mark.parametrize(
    ("number", "earlier", "told"),
    [
        (500, (50, 50), "2 earlier days have events, and 3 are needed"),
        (49, (0, 10, 20), "49 premium_gate_denied, and 50 are needed to judge; run again after 1 more"),
        (0, (20, 30, 40), "30 premium_gate_denied, and 50 are needed"),
    ],
)
def test_what_is_usual_takes_days_and_events(number, earlier, told):
    change = Change("denied", DENIED, number, earlier, 3)
    assert change.signal.value is None
    with pytest.raises(Unprovable, match=told):
        change.judged()


def test_day_without_any_event_does_not_count():
    counts = Counts({"a": (9, 1, 0, 0), "b": (9, 0, 0, 3)})
    assert (counts.earlier("a"), counts.earlier("b"), counts.earlier("c")) == ([1, 0], [0, 3], [0, 0])
    assert (counts.now("a"), counts.now("c")) == (9, 0)


# --- spans of time


def test_spans_are_the_same_hours_of_each_day():
    found = spans(
        SINCE, SINCE + timedelta(hours=2), Window(longest_h=24, earlier_days=2, least_days=1, settles_m=0)
    )
    assert found == tuple((SINCE - n * DAY, SINCE - n * DAY + timedelta(hours=2)) for n in range(3))


def test_of_a_long_time_the_last_hours_count():
    found = spans(SINCE, SINCE + 3 * DAY, Window(longest_h=24, earlier_days=1, least_days=1, settles_m=0))
    assert found[0] == (SINCE + 2 * DAY, SINCE + 3 * DAY)


@given(st.integers(1, 10**6), st.integers(1, 24), st.integers(1, 28))
def test_spans_never_overlap(seconds, longest_h, days):
    found = spans(
        SINCE,
        SINCE + timedelta(seconds=seconds),
        Window(longest_h=longest_h, earlier_days=days, least_days=1, settles_m=0),
    )
    assert len(found) == days + 1
    assert all(begin < end for begin, end in found)
    assert all(earlier[1] <= later[0] for later, earlier in pairwise(found))


def counting(monkeypatch, since_deploy, settles_m):
    """The spans of which a PostHog is asked so long after a deploy."""
    monkeypatch.setattr(moment, "now", lambda: SINCE + since_deploy)

    class Asked:
        async def counts(self, wanted, within, only):
            return within

    settles = timedelta(minutes=settles_m)
    return asyncio.run(_counts(Funnel(Asked(), SIGNALS, moment.Deploy(SINCE, "x"), settles)))


async def _counts(funnel):
    return await funnel.counts()


def test_what_has_not_settled_is_not_counted(monkeypatch):
    (now, before, *_) = counting(monkeypatch, timedelta(minutes=20), 5)
    assert now == (SINCE, SINCE + timedelta(minutes=15))
    assert before == (SINCE - DAY, SINCE - DAY + timedelta(minutes=15))
    assert counting(monkeypatch, timedelta(minutes=20), 0)[0][1] == SINCE + timedelta(minutes=20)


@pytest.mark.parametrize("minutes", [0, 4.9, 5])
def test_before_anything_has_settled_nothing_is_proven(monkeypatch, minutes):
    told = r"counts from 02:00:00 UTC on, and what happened shows 5 minutes later; run again .*--deployed-at"
    with pytest.raises(Unprovable, match=told):
        counting(monkeypatch, timedelta(minutes=minutes), 5)


# --- exports

EVENTS = [("paywall_opened", SINCE), ("purchase_attempt", SINCE + timedelta(minutes=1))]


@pytest.mark.parametrize(
    "text",
    [
        "event,timestamp\npaywall_opened,2026-11-24T02:00:00Z\npurchase_attempt,2026-11-24T03:01:00+01:00\n",
        "timestamp,person,event\n2026-11-24 02:00:00,Jo,paywall_opened\n2026-11-24 02:01:00.000,,purchase_attempt\n",
        '\ufeff"event","properties","timestamp"\r\npaywall_opened,"{""a"": ""b,\n""}",2026-11-24T02:00:00Z\r\n'
        'purchase_attempt,"x",2026-11-24T02:01:00Z\r\n',
        '{"timestamp": "2026-11-24T02:00:00Z", "event": "paywall_opened", "properties": {"source": "x"}}\n\n'
        '{"event": "purchase_attempt", "timestamp": "2026-11-24T02:01:00+00:00"}',
    ],
    ids=["csv", "columns in another order", "quoted, with a byte order mark", "lines of JSON"],
)
def test_export_is_read_whatever_it_looks_like(tmp_path, text):
    (tmp_path / "events").write_bytes(text.encode())
    assert exported(tmp_path / "events") == EVENTS


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"name,when\nx,y\n", "line 2: no event with a timestamp; export the columns event and timestamp"),
        (b"event,timestamp\nx,2026-11-24T02:00:00Z\nx,yesterday\n", "line 3: no event with"),
        (b"event,timestamp\nx\n", "line 2: no event with"),
        (b'{"event": "x", "timestamp": "2026-11-24T02:00:00Z"}\n{"event": "x"', "line 2: no event with"),
        (b'{"event": "x", "timestamp": 5}\n', "line 1: no event with"),
        (b"event,timestamp\n\xff\xfe\n", "is no text of events"),
    ],
)
def test_export_of_something_else_proves_nothing(tmp_path, content, told):
    (tmp_path / "events").write_bytes(content)
    with pytest.raises(Unprovable, match=told):
        exported(tmp_path / "events")


def test_export_that_is_not_there_proves_nothing(tmp_path):
    with pytest.raises(Unprovable, match=r"cannot be read \(No such file or directory\); mend postdeploy"):
        exported(tmp_path / "none.csv")


@pytest.fixture
def at(monkeypatch):
    """Makes it so late after the deploy."""
    return lambda **after: monkeypatch.setattr(export, "now", lambda: SINCE + timedelta(**after))


def test_event_of_a_clock_that_is_ahead_does_not_count(at):
    at(minutes=10)
    ahead = [
        ("paywall_opened", SINCE + timedelta(days=1700)),
        ("x", SINCE + timedelta(minutes=10, seconds=1)),
    ]
    assert until([*EVENTS, *ahead], SINCE) == SINCE + timedelta(minutes=1, microseconds=1)
    with pytest.raises(Unprovable, match="the export ends before the deploy"):
        until(ahead, SINCE)


def test_export_that_ended_long_ago_proves_nothing(at):
    at(minutes=16)
    assert until(EVENTS, SINCE) == SINCE + timedelta(
        minutes=1, microseconds=1
    )  # not a quarter of an hour ago
    at(minutes=16, seconds=1)
    with pytest.raises(Unprovable, match="the export ends at 2026-11-24 02:01:00 UTC; export it again"):
        until(EVENTS, SINCE)


def test_time_that_no_calendar_has_is_refused_with_its_line(tmp_path):
    (tmp_path / "events").write_text("event,timestamp\nx,0001-01-01T00:00:00+14:00\n")
    with pytest.raises(Unprovable, match="line 2: no event with a timestamp"):
        exported(tmp_path / "events")


def test_export_tells_up_to_its_last_event(at):
    at(minutes=10)
    assert until(EVENTS, SINCE) == SINCE + timedelta(minutes=1, microseconds=1)
    for events in ([], EVENTS):
        with pytest.raises(Unprovable, match="the export ends before the deploy; export it again"):
            until(events, SINCE + DAY)


def test_events_of_an_export_are_counted_by_span():
    within = ((SINCE, SINCE + timedelta(minutes=1)), (SINCE - DAY, SINCE - DAY + timedelta(minutes=1)))
    events = [
        *EVENTS,
        ("paywall_opened", SINCE - DAY),
        ("other", SINCE),
        ("paywall_opened", SINCE - timedelta(hours=1)),
    ]
    counts = counted(events, ["paywall_opened", "purchase_attempt"], within)
    assert counts.numbers == {"paywall_opened": [1, 1], "purchase_attempt": [0, 0]}


async def exported_counts(path, only=None):
    return await ExportedFunnel(path, SIGNALS, SINCE, only).counts()


def test_funnel_is_that_of_this_release_and_what_is_usual_that_of_all(tmp_path, at):
    at(minutes=10)
    rows = [
        ("paywall_opened", "1"),
        ("purchase_attempt", "1"),
        ("paywall_opened", "2"),
        ("store_opened", "1"),
    ]
    text = "".join(f"{event},{SINCE.isoformat()},{release}\n" for event, release in rows)
    (tmp_path / "events.csv").write_text("event,timestamp,build\n" + text)
    counts = asyncio.run(exported_counts(tmp_path / "events.csv", ("build", "2")))
    step = counts.conversion("attempts", ATTEMPTS)
    assert (step.came, step.went_on, counts.now("store_opened")) == (1, 0, 1)
    every = asyncio.run(exported_counts(tmp_path / "events.csv")).conversion("attempts", ATTEMPTS)
    assert (every.came, every.went_on) == (2, 1)


def test_export_without_the_column_of_the_release_proves_nothing(tmp_path):
    (tmp_path / "events.csv").write_text("event,timestamp\nx,2026-11-24T02:00:00Z\n")
    with pytest.raises(Unprovable, match=r"has no column build; mend postdeploy\.export\.release_property"):
        exported(tmp_path / "events.csv", ("build", "2"))
    (tmp_path / "events.jsonl").write_text('{"event": "x", "timestamp": "2026-11-24T02:00:00Z"}\n')
    assert exported(tmp_path / "events.jsonl", ("build", "2")) == []


@pytest.mark.parametrize("version", [None, "", "1' OR '1", "1\\", "a b", "1" * 201])
def test_version_that_cannot_stand_in_a_query_proves_nothing(version):
    with pytest.raises(
        Unprovable, match="names no version by which events could be told apart; write --expect"
    ):
        of_release("build", version)
    assert of_release(None, version) is None


def test_release_is_told_apart_by_its_version():
    assert of_release("build", "game@1.4.2+7") == ("build", "game@1.4.2+7")


def test_last_event_of_an_export_counts(tmp_path, at):
    at(minutes=10)
    path = tmp_path / "events.jsonl"
    lines = [
        {"event": "store_opened", "timestamp": (SINCE + timedelta(seconds=n)).isoformat()} for n in range(5)
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    assert asyncio.run(exported_counts(path)).now("store_opened") == 5
