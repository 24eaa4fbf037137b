"""Guards: the commands that have to end well before anything is deployed."""

from harness import checks, probe
from harness.evidence.command import ran
from harness.predeploy.settings import argv


@probe
async def guarded(guards):
    """Each guard's command, run to its end; they may share a folder, so one after the other."""
    return [await ran(argv(guard.command), guard.takes_at_most_s, cwd=guard.within) for guard in guards]


@checks("predeploy.guards")
def test_every_guard_ends_with_0(guarded):
    broken = [f"the guard {guard.read().told}" for guard in guarded if not guard.well]
    assert broken == [], "; ".join(broken)
