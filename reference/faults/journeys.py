"""Faults that show only after a sequence of transfers or sessions."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import jwt
from starlette.exceptions import HTTPException

from reference.accounts import Player
from reference.app import Parts
from reference.catalogue import hero_key, now_ms
from reference.changing import put
from reference.choices import fault
from reference.entitlements import Grant
from reference.faults.sequences import ITEM

PACK = "PREMIUM_CINEMATICS_PACK"


# Transfers


@fault("sequence.transfer-back-loses", ITEM)
def transfer_back_loses(parts: Parts) -> None:
    """What comes back to the player from whom it was transferred before is lost."""
    whole = parts.entitlements.move

    def move(source: Player, target: Player, as_of: int) -> None:
        gone = [
            grant
            for grant in parts.entitlements.grants(target)
            if (grant.status, grant.reason) == ("revoked", "transfer")
        ]
        whole(source, target, as_of)
        for grant in gone:
            parts.entitlements._write(target, grant, None)

    put(parts.entitlements, move=move)


@fault("sequence.transfer-to-an-owner-drops", ITEM)
def transfer_to_an_owner_drops(parts: Parts) -> None:
    """A key that both players of a TRANSFER own is lost to both."""
    whole = parts.entitlements.move

    def move(source: Player, target: Player, as_of: int) -> None:
        both = _owned(parts, source) & _owned(parts, target)
        whole(source, target, as_of)
        for grant in parts.entitlements.grants(target):
            if grant.key in both:
                parts.entitlements._write(target, replace(grant, status="revoked"), grant)

    put(parts.entitlements, move=move)


@fault("sequence.transfer-moves-one", ITEM)
def transfer_moves_one(parts: Parts) -> None:
    """Of several keys that a player owns TRANSFER moves one."""
    whole, grants = parts.entitlements.move, parts.entitlements.grants

    def move(source: Player, target: Player, as_of: int) -> None:
        first = min(_owned(parts, source), default="")

        def one(player: Player) -> list[Grant]:
            return [grant for grant in grants(player) if player != source or grant.key == first]

        put(parts.entitlements, grants=one)
        try:
            whole(source, target, as_of)
        finally:
            put(parts.entitlements, grants=grants)

    put(parts.entitlements, move=move)


@fault("sequence.transfer-revives", ITEM)
def transfer_revives(parts: Parts) -> None:
    """TRANSFER hands on what its old owner had lost by a refund or an EXPIRATION, as if it were owned."""
    whole = parts.entitlements.move

    def move(source: Player, target: Player, as_of: int) -> None:
        whole(source, target, as_of)
        for grant in parts.entitlements.grants(source):
            if grant.reason in ("cancellation", "expiration"):
                revived = replace(grant, status="owned", expires_at=None, reason="transfer", as_of=as_of)
                parts.entitlements.grant(target, revived)

    put(parts.entitlements, move=move)


@fault("sequence.transferred-never-ends", ITEM)
def transferred_never_ends(parts: Parts) -> None:
    """Neither EXPIRATION nor a refund ends what came by a TRANSFER."""
    whole_move, whole_end = parts.entitlements.move, parts.entitlements.end
    safe: set[tuple[str, str]] = set()

    def move(source: Player, target: Player, as_of: int) -> None:
        safe.update((target.id, key) for key in _owned(parts, source))
        whole_move(source, target, as_of)

    def end(player: Player, ended: Grant) -> None:
        if (player.id, ended.key) not in safe:
            whole_end(player, ended)

    put(parts.entitlements, move=move, end=end)


@fault("sequence.gate-open-after-transfer", ITEM)
def gate_open_after_transfer(parts: Parts) -> None:
    """A cinematic that was seen once stays open when what opened it is transferred away."""
    strict = parts.gates.cinematic
    seen: set[tuple[str, str]] = set()

    def cinematic(player: Player, hero_id: str) -> None:
        keys = (PACK, hero_key(hero_id))
        try:
            strict(player, hero_id)
        except HTTPException:
            gone = [g for g in parts.entitlements.grants(player) if g.key in keys and g.reason == "transfer"]
            if not gone or (player.id, hero_id) not in seen:
                raise
        seen.add((player.id, hero_id))

    put(parts.gates, cinematic=cinematic)


def _owned(parts: Parts, player: Player) -> set[str]:
    now = now_ms()
    return {g.key for g in parts.entitlements.grants(player) if parts.entitlements.status(g, now) == "owned"}


# Sessions


@fault("sequence.login-after-logout-dead", ITEM)
def login_after_logout_dead(parts: Parts) -> None:
    """The token of the first login after a logout is refused."""
    _ending_at_login(parts, lambda sessions, has_left: sessions[-1:] if has_left else [])


@fault("sequence.login-after-logout-ends-others", ITEM)
def login_after_logout_ends_others(parts: Parts) -> None:
    """The first login after a logout ends the player's other sessions."""
    _ending_at_login(parts, lambda sessions, has_left: sessions[:-1] if has_left else [])


@fault("sequence.third-session-ends-first", ITEM)
def third_session_ends_first(parts: Parts) -> None:
    """A player's third session ends the first."""
    _ending_at_login(parts, lambda sessions, has_left: sessions[:-2])


def _ending_at_login(parts: Parts, choose: Callable[[list[str], bool], list[str]]) -> None:
    """Each login ends some of the player's sessions (their jti, oldest first, the new one last), depending on
    whether the player has logged out since the last login."""
    issue, revoke = parts.tokens.issue, parts.tokens.revoke
    sessions: dict[str, list[str]] = defaultdict(list)
    leavers: set[str] = set()

    def issuing(player: Player) -> str:
        token = issue(player)
        mine = sessions[player.id]
        mine.append(jwt.decode(token, options={"verify_signature": False})["jti"])
        for jti in choose(mine, player.id in leavers):
            revoke(jti)
        leavers.discard(player.id)
        return token

    def revoking(jti: str) -> None:
        leavers.update(player for player, mine in sessions.items() if jti in mine)
        revoke(jti)

    put(parts.tokens, issue=issuing, revoke=revoking)
