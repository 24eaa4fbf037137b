"""Faults that show only after a sequence of transfers."""

from dataclasses import replace

from starlette.exceptions import HTTPException

from reference.accounts import Player
from reference.app import Parts
from reference.catalogue import hero_key, now_ms
from reference.changing import put
from reference.choices import fault
from reference.entitlements import Grant
from reference.faults.sequences import ITEM

PACK = "PREMIUM_CINEMATICS_PACK"


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


@fault("sequence.transfer-replaces", ITEM)
def transfer_replaces(parts: Parts) -> None:
    """What the new owner in a TRANSFER had before, the same key or another, is lost."""
    whole = parts.entitlements.move

    def move(source: Player, target: Player, as_of: int) -> None:
        before = _owned(parts, target)
        whole(source, target, as_of)
        for grant in parts.entitlements.grants(target):
            if grant.key in before:
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
