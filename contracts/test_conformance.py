"""Conformance: every answer to a valid request is one that contracts/openapi.yaml documents."""

import pytest

from harness import checks, probe
from harness.contract.document import needs, operations

SECURED = [label for label, operation in operations().items() if operation.secured]


@probe(each={label: needs(operation) for label, operation in operations().items()})
async def conforming(fuzzing, case):
    """Valid requests of one operation: the examples, the boundaries, and random ones."""
    return await fuzzing.send("valid", case)


@checks("contract.conformance")
def test_operation(conforming, record_property):
    for note in conforming.notes:
        record_property("note", note)
    departures = conforming.departures()
    assert not departures, "\n".join(departures)


@checks("contract.conformance")
@pytest.mark.parametrize("conforming", SECURED, indirect=True)
def test_authentication_is_not_ignored(conforming):
    assert {answer.status for answer in conforming.tokenless} == {401}
