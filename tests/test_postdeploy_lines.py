"""The lines of a log since the deploy, and which of them stand for an error."""

import time
from datetime import UTC, datetime

import pytest

from harness.errors import Unprovable
from harness.postdeploy.findings import Finding, matching, told
from harness.postdeploy.lines import since
from runbook.signals import load_signals

DEPLOY = datetime(2026, 11, 24, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-11-24T01:59:59Z x", "2026-11-24T02:00:00Z x"),
        ("2026-11-24T03:59:59.999+02:00 x", "2026-11-24T04:00:00.001+0200 x"),
        ('{"ts": "2026-11-24 01:59:59.5 +00:00"}', '{"ts": "2026-11-24 02:00:00.123456789 +00:00"}'),
        ("2026-11-24 01:59:59,999 ERROR x", "2026-11-24 02:00:00,000 ERROR x"),
        ("2026-11-24 01:59:59,999Z x", "2026-11-24 02:00:00,000Z x"),
        (
            "[pod/backend-7/server] 2026-11-24T01:59:59.9Z ERROR",
            "[pod/backend-7/server] 2026-11-24T02:00:00.1Z ERROR",
        ),
        ("backend-1  | INFO: 2026-11-24T01:59:59Z x", "backend-1  | INFO: 2026-11-24T02:00:00Z x"),
        (
            'pod/7 {"a": 1, "timestamp":"2026-11-24T01:00:00Z"}',
            'pod/7 {"a": 1, "timestamp":"2026-11-24T03:00:00Z"}',
        ),
        (
            '{"expires": "2030-01-01T00:00:00Z", "time": "2026-11-24T01:00:00Z"}',
            '{"time": "2026-11-24T02:00:00Z"}',
        ),
        ("pod-7 INFO [2026-11-24T01:00:00Z] x", "pod-7 INFO [2026-11-24T12:00:00Z] x"),
    ],
)
def test_line_belongs_to_the_moment_it_shows(before, after):
    assert since(DEPLOY, [before, after]) == [after]


def test_line_without_a_time_belongs_to_the_one_before():
    lines = ["banner", "2026-11-24T01:00:00Z a", "  more of a", "2026-11-24T03:00:00Z b", "  more of b"]
    assert since(DEPLOY, lines) == lines[3:]


@pytest.mark.parametrize(
    "line",
    [
        "subscription expires 2025-01-01T00:00:00Z",
        "  ValueError: 2025-01-01T00:00:00 is over",
        "expires: 2025-01-01T00:00:00",
        '{"msg": "x", "expires_at": "2025-01-01T00:00:00Z"}',
        r'{"msg": "\"time\": \"2025-01-01T00:00:00Z\""}',
        "0001-01-01T00:00:00+14:00 x",
    ],
)
def test_date_that_a_line_speaks_of_is_not_its_own(line):
    lines = ["2026-11-24T03:00:00Z a", line, "ERROR of a"]
    assert since(DEPLOY, lines) == lines


def test_head_of_what_was_asked_for_since_the_deploy_belongs_to_it():
    lines = ["ERROR without a time", "2026-11-24T01:59:59Z old", "  more of old", "2026-11-24T03:00:00Z b"]
    assert since(DEPLOY, lines, asked_since=True) == [lines[0], lines[3]]
    assert since(DEPLOY, lines) == lines[3:]
    assert since(DEPLOY, lines[:1], asked_since=True) == lines[:1]
    with pytest.raises(Unprovable, match="the log has no line since the deploy; see"):
        since(DEPLOY, [], asked_since=True)


def test_long_line_is_read_in_time():
    lines = ["2026-11-24T03:00:00Z a", *(each * 200_000 for each in ("7", "a/", "[", '{"ts" ', "pod-7 "))]
    began = time.monotonic()
    assert len(since(DEPLOY, lines)) == 6
    assert time.monotonic() - began < 2


def test_late_line_of_another_process_is_judged_by_itself():
    lines = ["2026-11-24T03:00:00Z new", "2026-11-24T01:00:00Z old", "2026-11-24T03:00:01Z new"]
    assert since(DEPLOY, lines) == [lines[0], lines[2]]


@pytest.mark.parametrize("lines", [[], ["ERROR no time"], ["2026-99-24T03:00:00Z x"]])
def test_log_without_times_proves_nothing(lines):
    with pytest.raises(Unprovable, match="no line of the log says when it was written; set logs"):
        since(DEPLOY, lines)


def test_log_that_ended_before_the_deploy_proves_nothing():
    with pytest.raises(Unprovable, match="the log has no line since the deploy; see"):
        since(DEPLOY, ["2026-11-24T01:00:00Z x"])


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("02:00:01 ERROR server no database", "an error"),
        ("02:00:01 CRITICAL server out of memory", "an error"),
        ('{"levelname": "CRITICAL", "msg": "x"}', "an error"),
        ('{"level":"error","msg":"x"}', "an error"),
        ("level=error msg=x", "an error"),
        ("Traceback (most recent call last):", "an exception nobody caught"),
        ("Exception in ASGI application", "an exception nobody caught"),
        ("WARNING REVENUECAT_SECRET_KEY not configured", "a missing setting"),
        ("Refusing to start: JWT_SECRET_KEY not configured", "a missing setting"),
        ("INFO 0 errors in the last minute", None),
        ("INFO error_rate=0.0", None),
        ("INFO GET /api/errors 200", None),
        ("WARNING Purchase verification failed: unknown receipt", None),
        ("WARNING Webhook signature verification failed", None),
        ('{"level": "warning", "msg": "level of errors is low"}', None),
        ("INFO TERRORISER joined", None),
    ],
)
def test_which_line_stands_for_an_error(line, title):
    patterns = [(each.title, each.found) for each in load_signals().log_errors]
    assert list(matching([line], patterns)) == ([Finding(title, (line,))] if title else [])


HEAD = "Traceback (most recent call last):"
PLAIN = [
    HEAD,
    '  File "server.py", line 3, in verify',
    "    receipt = body['receipt']",
    "KeyError: 'receipt'",
]
PATTERNS = [(each.title, each.found) for each in load_signals().log_errors]


def found(*lines):
    return list(matching(lines, PATTERNS))


@pytest.mark.parametrize(
    "lines",
    [
        PLAIN,
        ["ERROR:    Exception in ASGI application", *PLAIN],
        [f"2026-11-24 02:00:01,250 INFO server {line}" for line in PLAIN],
        [f"2026-11-24T02:00:01.{'12345'[: 5 - nth]}Z stderr {line}" for nth, line in enumerate(PLAIN)],
        ["2026-11-24T02:00:01Z ERROR " + HEAD, *PLAIN[1:-1], "KeyError: '2026-11-24T02:00:01Z'"],
    ],
    ids=["plain", "announced", "a record a line", "times of several lengths", "one record"],
)
def test_traceback_is_one_finding_up_to_its_exception(lines):
    after = ["2026-11-24T02:00:02Z INFO next", "2026-11-24T02:00:02Z ERROR other"]
    first, second = found(*lines, *after)
    assert (first.lines, second.lines) == (tuple(lines), (after[1],))
    assert first.words.partition(": ")[2].startswith("KeyError: '")


@pytest.mark.parametrize(
    ("rest", "taken"),
    [
        ([], 1),
        (['  File "x.py", line 1'] * 900, 1),
        (['  File "x.py", line 1', "2026-11-24T02:00:02Z ERROR other"], 2),
    ],
    ids=["at the end", "endless", "broken off"],
)
def test_traceback_without_an_exception_takes_no_line_of_another(rest, taken):
    first, *others = found(HEAD, *rest)
    assert len(first.lines) == taken
    assert [each.lines for each in others] == [(line,) for line in rest if "ERROR" in line]


def test_message_begins_with_the_first_finding_and_its_exception():
    assert told(found(*PLAIN)).splitlines() == [
        "1 line of the log stands for an error: an exception nobody caught: KeyError: 'receipt'",
        *PLAIN,
    ]
    assert told(found("ERROR a", "x", "ERROR b")).splitlines() == [
        "2 lines of the log stand for an error; the first is: an error: ERROR a",
        "and an error: ERROR b",
    ]


def test_message_is_bounded():
    deep = [HEAD, *(f"  {nth}" for nth in range(300)), "KeyError: 1", *["ERROR x"] * 50]
    said = told(found(*deep)).splitlines()
    assert said[1:9] == [*(f"  {nth}" for nth in range(293, 300)), "KeyError: 1"]
    assert (len(said), said[-1]) == (29, "and 31 more")
