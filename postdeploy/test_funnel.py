"""The funnel: do players come to the paywall and through a purchase as they did before this release?"""

from harness import checks, probe

STEPS = ("attempts", "successes")
STABLE = ("denied", "store")


@probe
async def counts(funnel):
    """Events since the deploy, and in the same hours of earlier days."""
    return await funnel.counts()


@probe(each=STEPS)
async def conversion(counts, healthy, measured, case):
    """A step of the funnel, if there were enough to judge it."""
    found = counts.conversion(case, getattr(healthy.funnel, case))
    measured(found.signal)
    return found.judged()


@probe(each=STABLE)
async def change(counts, healthy, measured, case):
    """An event whose number is stable, if there is enough to compare it with."""
    found = counts.change(case, getattr(healthy.stable, case), healthy.window.least_days)
    measured(found.signal)
    return found.judged()


@checks("postdeploy.funnel")
def test_enough_players_go_on(conversion, both_builds, record_property):
    if both_builds:
        record_property("note", both_builds)
    if conversion.note:
        record_property("note", conversion.note)
    assert conversion.read() >= conversion.step.investigate_below, conversion.words


@checks("postdeploy.funnel")
def test_event_is_as_frequent_as_on_earlier_days(change):
    assert change.read() is None, change.words
