"""Robustness: invalid requests break nothing, grant nothing, and are refused where the contract says so."""

import pytest

from harness import checks, probe
from harness.contract.document import needs, operations
from harness.contract.fuzzing import GRANTING

TAKING = {label: needs(operation) for label, operation in operations().items() if operation.has_input}
MIGHT_GRANT = [label for label, operation in operations().items() if operation.name in GRANTING]


@probe(each=TAKING)
async def robust(fuzzing, case):
    """Requests of one operation that break the contract: a bad path, a wrong kind of value, a body that is none."""
    return await fuzzing.send("invalid", case)


@checks("contract.robustness")
def test_invalid_requests_break_nothing(robust, record_property):
    for note in robust.notes:
        record_property("note", note)
    mishaps = robust.mishaps()
    assert not mishaps, "\n".join(mishaps)


@checks("contract.robustness")
@pytest.mark.parametrize("robust", MIGHT_GRANT, indirect=True)
def test_invalid_requests_grant_nothing(robust):
    assert robust.gained() == set()
