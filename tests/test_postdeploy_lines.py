"""The lines of a log since the deploy, and which of them stand for an error."""

from datetime import UTC, datetime

import pytest

from harness.errors import Unprovable
from harness.postdeploy.lines import matching, since
from runbook.signals import load_signals

DEPLOY = datetime(2026, 11, 24, 2, tzinfo=UTC)


def local(moment):
    """As a log without offsets writes it on this machine."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S,250")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2026-11-24T01:59:59Z x", "2026-11-24T02:00:00Z x"),
        ("2026-11-24T03:59:59.999+02:00 x", "2026-11-24T04:00:00.001+0200 x"),
        ('{"ts": "2026-11-24 01:59:59.5 +00:00"}', '{"ts": "2026-11-24 02:00:00.123456789 +00:00"}'),
        (local(DEPLOY.replace(hour=1)), local(DEPLOY)),
        ("pod-7 INFO [2026-11-24T01:00:00Z] x", "pod-7 INFO [2026-11-24T12:00:00Z] x"),
    ],
)
def test_line_belongs_to_the_moment_it_shows(before, after):
    assert since(DEPLOY, [before, after]) == [after]


def test_line_without_a_time_belongs_to_the_one_before():
    lines = ["banner", "2026-11-24T01:00:00Z a", "  more of a", "2026-11-24T03:00:00Z b", "  more of b"]
    assert since(DEPLOY, lines) == lines[3:]


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
    assert list(matching([line], patterns)) == ([f"{title}: {line}"] if title else [])
