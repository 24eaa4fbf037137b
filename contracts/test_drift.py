"""Drift: the document that the target publishes of itself still keeps what the contract promises."""

from harness import checks, probe
from harness.contract.drift import compare


@probe
async def published(publication):
    """The target's own OpenAPI document, asked for without credentials."""
    return await publication.document()


@checks("contract.drift")
def test_published_contract_breaks_nothing(published, promised, record_property):
    drift = compare(promised.document, published.json, promised.paths)
    for note in drift.notes:
        record_property("note", note)
    breaking = drift.breaking
    assert not breaking, "\n".join(breaking)
