"""Errors: what Sentry has of this release since the deploy."""

from harness import checks, probe
from harness.verdict.signals import Signal


@probe
async def issues(sentry, deploy, healthy, settles, measured):
    """The issues of this release that happened since the deploy."""
    found = await sentry.issues(deploy.at)
    number = len({*found.news, *found.paging(healthy.page_at_once)})
    measured(Signal("errors", "new, regressed or paging issues in Sentry", "count", number, broken_above=0))
    if not number:  # what is there breaks the promise at once; that nothing is there takes time to show
        deploy.settled(settles)
    return found


@checks("postdeploy.errors")
def test_no_issue_is_new_or_regressed(issues, record_property):
    for note in issues.notes:
        record_property("note", note)
    news = issues.news
    assert news == [], f"Sentry has since the deploy: {'; '.join(news)}"


@checks("postdeploy.errors")
def test_no_issue_pages_at_once(issues, healthy):
    paging = issues.paging(healthy.page_at_once)
    assert paging == [], f"Sentry has what pages at once: {'; '.join(paging)}"
