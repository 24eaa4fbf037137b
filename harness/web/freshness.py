"""How long a client may trust a snapshot."""

from harness.target.api import Api
from harness.target.players import Player

SHORTEST_S, LONGEST_S = 30, 3600  # a client clamps to this (contract, section 3)


async def ttl_s(api: Api, player: Player) -> int:
    """The seconds for which a client trusts this player's snapshot."""
    said = (await api.snapshot(player)).expect(200, owner="entitlements.snapshot").field("ttl_seconds")
    return min(LONGEST_S, max(SHORTEST_S, int(said)))
