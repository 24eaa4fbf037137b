"""Conformance: every answer to a valid request is one that contracts/openapi.yaml documents."""

from harness import checks, probe
from harness.contract.document import operations


@probe(each=operations())
async def conforming(fuzzing, case):
    """Valid requests of one operation: the examples, the boundaries, and random ones."""
    return await fuzzing.send("valid", case)


@checks("contract.conformance")
def test_operation(conforming):
    departures = conforming.departures()
    assert not departures, "\n".join(departures)


@checks("contract.conformance")
def test_authentication_is_not_ignored(conforming):
    assert {refused.status for refused in conforming.tokenless} <= {401}
