"""Robustness: invalid requests break nothing, grant nothing, and are refused where the contract says so."""

from harness import checks, probe
from harness.contract.document import operations


@probe(each=operations())
async def robust(fuzzing, case):
    """Requests of one operation that break the contract: a bad path, a wrong kind of value, a body that is none."""
    return await fuzzing.send("invalid", case)


@checks("contract.robustness")
def test_invalid_requests_break_nothing(robust):
    mishaps = robust.mishaps()
    assert not mishaps, "\n".join(mishaps)


@checks("contract.robustness")
def test_invalid_requests_grant_nothing(robust):
    assert robust.gained() == set()
