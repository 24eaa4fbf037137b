"""Guards: the commands that have to end well before anything is deployed."""

from harness import checks, probe
from harness.predeploy import commands


@probe
async def guarded(guards, release_source):
    """Each guard's command, run to its end."""
    return await commands.guarded(guards, release_source.shown)


@checks("predeploy.guards")
def test_every_guard_ends_with_0(guarded):
    broken = [f"the guard {guard.read().told}" for guard in guarded if not guard.well]
    assert broken == [], "; ".join(broken)
