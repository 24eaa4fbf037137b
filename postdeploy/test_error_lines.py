"""The log: no line since the deploy speaks of an error."""

from harness import checks, probe
from harness.postdeploy.findings import matching, told
from harness.postdeploy.lines import since
from harness.verdict.signals import Signal


@probe
async def error_lines(logs, deploy, healthy, settles, measured):
    """The lines since the deploy that stand for an error."""
    lines = since(deploy.at, await logs.since(deploy.at), logs.is_asked_since)
    found = list(matching(lines, ((each.title, each.found) for each in healthy.log_errors)))
    measured(
        Signal("log-errors", "lines of the log that stand for an error", "count", len(found), broken_above=0)
    )
    if not found:  # what is there breaks the promise at once; that nothing is there takes time to show
        deploy.settled(settles)
    return found


@checks("postdeploy.logs")
def test_no_line_speaks_of_an_error(error_lines):
    number = len(error_lines)
    assert number == 0, told(error_lines)
