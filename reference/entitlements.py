"""What a player owns, as events and purchases left it, and the gates that open for it."""

import math
import secrets
import sqlite3
from dataclasses import astuple, dataclass, replace
from typing import Any

from starlette.exceptions import HTTPException

from reference.accounts import Player
from reference.catalogue import ALWAYS_LISTED, hero_key, iso, now_ms

TTL_SECONDS = 300
VIDEO_SECONDS = 300


@dataclass(frozen=True)
class Grant:
    """What one product did for one entitlement key of a player. Times are Unix milliseconds."""

    key: str
    product_id: str  # empty: the event named none
    status: str  # owned, expired or revoked, as last written; Entitlements.status says what holds now
    granted_at: int | None
    expires_at: int | None  # None: never
    transaction_id: str | None
    reason: str
    as_of: int  # when what we know happened; older news about the same product is late


class Entitlements:
    def __init__(self, store: sqlite3.Connection) -> None:
        self.store = store

    # Reading

    def status(self, grant: Grant, now: int) -> str:
        """The status that holds now: access ends at expires_at even when no EXPIRATION has come."""
        return "expired" if grant.status == "owned" and self.has_lapsed(grant, now) else grant.status

    def has_lapsed(self, grant: Grant, now: int) -> bool:
        return grant.expires_at is not None and grant.expires_at <= now

    def grants(self, player: Player) -> list[Grant]:
        rows = self.store.execute(
            "SELECT key, product_id, status, granted_at, expires_at, transaction_id, reason, as_of"
            " FROM grants WHERE player_id = ?",
            (player.id,),
        )
        return [Grant(*row) for row in rows]

    def standing(self, player: Player, now: int) -> dict[str, Grant]:
        """Per key the grant that counts: the owned one that lasts longest, else the latest to change."""

        def weight(grant: Grant) -> tuple[bool, float, int]:
            owned = self.status(grant, now) == "owned"
            lasts = math.inf if grant.expires_at is None else grant.expires_at
            return owned, lasts if owned else 0, grant.as_of

        return {grant.key: grant for grant in sorted(self.grants(player), key=weight)}

    def owns(self, player: Player, key: str) -> bool:
        now = now_ms()
        grant = self.standing(player, now).get(key)
        return grant is not None and self.status(grant, now) == "owned"

    def version(self, player: Player, now: int) -> int:
        """Goes up with every change, also when time alone ends an access (see _write)."""
        row = self.store.execute("SELECT version FROM players WHERE id = ?", (player.id,)).fetchone()
        return int(row["version"]) + sum(self._just_lapsed(grant, now) for grant in self.grants(player))

    def snapshot(self, player: Player) -> dict[str, Any]:
        now = now_ms()
        standing = self.standing(player, now)
        owned_heroes = [
            key for key in standing if key not in ALWAYS_LISTED and self.status(standing[key], now) == "owned"
        ]
        return {
            "server_time": iso(now),
            "version": self.version(player, now),
            "username": player.username,
            "entitlements": {
                key: self.described(key, standing.get(key), now) for key in (*ALWAYS_LISTED, *owned_heroes)
            },
            "ttl_seconds": TTL_SECONDS,
            "source": "server",
        }

    def described(self, key: str, grant: Grant | None, now: int) -> dict[str, Any]:
        return {
            "key": key,
            "status": self.status(grant, now) if grant else "not_owned",
            "granted_at": iso(grant.granted_at) if grant and grant.granted_at is not None else None,
            "expires_at": iso(grant.expires_at) if grant and grant.expires_at is not None else None,
            "transaction_id": grant.transaction_id if grant else None,
            "product_id": (grant.product_id or None) if grant else None,
            "reason": grant.reason if grant else None,
        }

    # Changing: callers hold the transaction

    def is_late(self, known: Grant | None, as_of: int) -> bool:
        """Whether news of that moment is older than what is already known about the same product."""
        return known is not None and as_of < known.as_of

    def grant(self, player: Player, new: Grant) -> None:
        known = self._known(player, new.key, new.product_id)
        if self.is_late(known, new.as_of):
            return
        if known and self.status(known, now_ms()) == "owned":
            new = replace(new, granted_at=known.granted_at)
        self._write(player, new, known)

    def end(self, player: Player, ended: Grant) -> None:
        """Ends what that product gave; without a product id, what any product gave."""
        about = self._about(player, ended)
        for known in about:
            if not self.is_late(known, ended.as_of):
                self._write(player, self._ended(known, ended), known)
        if not about:  # its purchase may still arrive, and will be late
            self._write(player, ended, None)

    def reschedule(self, player: Player, news: Grant) -> None:
        """Access that goes on now ends at another moment. When it was known to begin stays as it is, so
        that a purchase that arrives after its own cancellation is not taken for late."""
        for known in self._about(player, news):
            if known.status == "owned" and not self.is_late(known, news.as_of):
                self._write(player, replace(known, expires_at=news.expires_at), known)

    def move(self, source: Player, target: Player, as_of: int) -> None:
        """All that the source owns becomes the target's."""
        now = now_ms()
        for grant in self.grants(source):
            if self.status(grant, now) != "owned" or self.is_late(grant, as_of):
                continue
            if not self._lasts_as_long(self._known(target, grant.key, grant.product_id), grant, now):
                self.grant(target, replace(grant, reason="transfer", as_of=as_of))
            self._write(source, replace(grant, status="revoked", reason="transfer", as_of=as_of), grant)
        moved = (target.id, source.id)
        self.store.execute("UPDATE transactions SET player_id = ? WHERE player_id = ?", moved)

    def _ended(self, known: Grant, ended: Grant) -> Grant:
        return replace(
            ended,
            product_id=known.product_id,
            granted_at=known.granted_at,
            transaction_id=ended.transaction_id or known.transaction_id,
        )

    def _known(self, player: Player, key: str, product_id: str) -> Grant | None:
        found = (g for g in self.grants(player) if (g.key, g.product_id) == (key, product_id))
        return next(found, None)

    def _about(self, player: Player, news: Grant) -> list[Grant]:
        return [
            grant
            for grant in self.grants(player)
            if grant.key == news.key and news.product_id in ("", grant.product_id)
        ]

    def _lasts_as_long(self, mine: Grant | None, other: Grant, now: int) -> bool:
        if mine is None or self.status(mine, now) != "owned":
            return False
        return mine.expires_at is None or (
            other.expires_at is not None and mine.expires_at >= other.expires_at
        )

    def _just_lapsed(self, grant: Grant, now: int) -> bool:
        return grant.status == "owned" and self.has_lapsed(grant, now)

    def _write(self, player: Player, new: Grant, known: Grant | None) -> None:
        """Stores a grant. The version rises by one if it changed, and by one more if what it replaces
        had lapsed unseen: version() counted that, and must not fall when it no longer does."""
        self.store.execute(
            "INSERT OR REPLACE INTO grants VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (player.id, *astuple(new))
        )
        if known is None or replace(new, as_of=known.as_of) != known:
            rise = 2 if known and self._just_lapsed(known, now_ms()) else 1
            self.store.execute("UPDATE players SET version = version + ? WHERE id = ?", (rise, player.id))


class Gates:
    """Each method returns when the gate is open and raises 403 when it is not."""

    def __init__(self, entitlements: Entitlements) -> None:
        self.entitlements = entitlements

    def cinematic(self, player: Player, hero_id: str) -> None:
        if not any(
            self.entitlements.owns(player, key) for key in ("PREMIUM_CINEMATICS_PACK", hero_key(hero_id))
        ):
            raise HTTPException(403, "This cinematic needs the Premium Cinematics Pack")

    def video(self, hero_id: str) -> dict[str, Any]:
        """An address that serves for a few minutes. The ticket is what the video server would check."""
        address = f"https://cdn.divine-heroes.example/{hero_id}.mp4?ticket={secrets.token_urlsafe(16)}"
        return {"hero_id": hero_id, "video_url": address, "expires_in": VIDEO_SECONDS}

    def battle_pass(self, player: Player, username: str, track: str) -> None:
        if username.lower() != player.username.lower():
            raise HTTPException(403, "Rewards can be claimed for your own account only")
        if track == "premium" and not self.entitlements.owns(player, "PREMIUM"):
            raise HTTPException(403, "The premium track needs Premium")

    def claimed(self, player: Player, track: str, level: int) -> dict[str, Any]:
        """A reward, handed out."""
        reward = {"username": player.username, "track": track, "level": level}
        return {"success": True, **reward, "message": "Claimed"}
