"""Tokens: every hostile one is refused on every protected route."""

import pytest

from harness import checks, probe
from harness.evidence.probe import together
from harness.target.api import PROTECTED_READS, PROTECTED_WRITES
from harness.target.tokens import FORGED, MINTED


async def attempts(api, tokens, kinds, routes, player, other):
    """Each kind of hostile token on each route, by (kind, route)."""
    headers = {kind: tokens.headers(kind, player, other) for kind in kinds}
    pairs = [(kind, route) for kind in kinds for route in routes]
    return await together({pair: api.protected(pair[1], headers[pair[0]], player.username) for pair in pairs})


@probe
async def forged_reads(api, tokens, player, login):
    """Tokens that anybody can make, on the routes that read."""
    return await attempts(api, tokens, FORGED, PROTECTED_READS, player, login)


@probe
async def forged_writes(api, tokens, player, login, writing):
    """Tokens that anybody can make, on the routes that write."""
    return await attempts(api, tokens, FORGED, PROTECTED_WRITES, player, login)


@probe
async def minted_reads(api, minting, player, login):
    """Tokens signed with the target's own secret, on the routes that read."""
    return await attempts(api, minting, MINTED, PROTECTED_READS, player, login)


@probe
async def minted_writes(api, minting, player, login, writing):
    """Tokens signed with the target's own secret, on the routes that write."""
    return await attempts(api, minting, MINTED, PROTECTED_WRITES, player, login)


@probe
async def revoked(api, sessions):
    """The token of a session that logged out, on every protected route."""
    routes = PROTECTED_READS + PROTECTED_WRITES
    return await together(
        {route: api.protected(route, sessions.ended, sessions.ended.username) for route in routes}
    )


@probe
async def refused_logouts(api, tokens, player, login, writing):
    """Logging out with nothing, and with a token that somebody changed: few, as logout is throttled."""
    kinds = ("no-header", "tampered-payload")
    return await together({kind: api.logout(tokens.headers(kind, player, login)) for kind in kinds})


@checks("auth.token-refusal")
@pytest.mark.parametrize("route", PROTECTED_READS)
@pytest.mark.parametrize("kind", FORGED)
def test_forged_token_reads_nothing(forged_reads, kind, route):
    assert forged_reads[kind, route].status == 401


@checks("auth.token-refusal")
@pytest.mark.parametrize("route", PROTECTED_WRITES)
@pytest.mark.parametrize("kind", FORGED)
def test_forged_token_writes_nothing(forged_writes, kind, route):
    assert forged_writes[kind, route].status == 401


@checks("auth.token-refusal")
@pytest.mark.parametrize("route", PROTECTED_READS)
@pytest.mark.parametrize("kind", MINTED)
def test_invalid_claims_read_nothing(minted_reads, kind, route):
    assert minted_reads[kind, route].status == 401


@checks("auth.token-refusal")
@pytest.mark.parametrize("route", PROTECTED_WRITES)
@pytest.mark.parametrize("kind", MINTED)
def test_invalid_claims_write_nothing(minted_writes, kind, route):
    assert minted_writes[kind, route].status == 401


@checks("auth.token-refusal")
@pytest.mark.parametrize("route", PROTECTED_READS + PROTECTED_WRITES)
def test_token_revoked_by_logout_is_dead_everywhere(revoked, route):
    assert revoked[route].status == 401


@checks("auth.token-refusal")
@pytest.mark.parametrize("kind", ["no-header", "tampered-payload"])
def test_forged_token_logs_nobody_out(refused_logouts, kind):
    assert refused_logouts[kind].status == 401
