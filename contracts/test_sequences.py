"""Sequences: whatever happens to players in whatever order, they own what the contract says."""

from harness import checks, probe
from harness.contract.lives import LIVES


@probe(each=LIVES)
async def life(lives, case):
    """Two players, and a long sequence of what happens to their purchases and sessions."""
    return await lives.play(case)


@checks("contract.sequences")
def test_players_own_what_the_contract_says(life, record_property):
    record_property("note", life.note)
    problem = life.problem
    assert not problem, life.told()
