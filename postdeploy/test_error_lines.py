"""The log: no line since the deploy speaks of an error."""

from harness import checks, probe
from harness.postdeploy.lines import matching, since
from harness.verdict.signals import Signal

SHOWN = 20


@probe
async def error_lines(logs, deploy, healthy, measured):
    """The lines since the deploy that stand for an error."""
    lines = since(deploy.at, await logs.since(deploy.at))
    found = list(matching(lines, ((each.title, each.found) for each in healthy.log_errors)))
    measured(
        Signal("log-errors", "lines of the log that stand for an error", "count", len(found), broken_above=0)
    )
    return found


@checks("postdeploy.logs")
def test_no_line_speaks_of_an_error(error_lines):
    assert error_lines[:SHOWN] == [], f"{len(error_lines)} lines"
