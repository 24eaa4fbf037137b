"""Players, their passwords, and the tokens that stand for them."""

import hashlib
import hmac
import re
import secrets
import sqlite3
import time
import uuid
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Any

import jwt
from jwt.types import Options
from starlette.exceptions import HTTPException

from reference.catalogue import iso, now_ms

LOGOUTS_PER_MINUTE = 10


@dataclass(frozen=True)
class Player:
    id: str
    username: str
    created_at: int


@dataclass(frozen=True)
class Session:
    player: Player
    jti: str


def not_signed_in() -> HTTPException:
    return HTTPException(401, "Not signed in", {"WWW-Authenticate": "Bearer"})


class Accounts:
    def __init__(self, store: sqlite3.Connection) -> None:
        self.store = store

    def register(self, username: str, password: str) -> Player:
        """A new player; 409 when the name is taken in any spelling of its case."""
        salt = secrets.token_bytes(16)
        player = Player(str(uuid.uuid4()), username, now_ms())
        row = (player.id, username, username.lower(), salt, self.hashed(password, salt), player.created_at)
        try:
            self.store.execute(
                "INSERT INTO players (id, username, username_canon, password_salt, password_hash, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
        except sqlite3.IntegrityError:
            raise HTTPException(409, "This username is taken") from None
        return player

    def login(self, username: str, password: str) -> Player:
        """The player; 401, in the same words and after the same work, for a wrong name or password."""
        row = self.store.execute(
            "SELECT * FROM players WHERE username_canon = ?", (username.lower(),)
        ).fetchone()
        hashed = self.hashed(password, row["password_salt"] if row else b"nobody")
        if row is None or not hmac.compare_digest(hashed, row["password_hash"]):
            raise HTTPException(401, "Wrong username or password", {"WWW-Authenticate": "Bearer"})
        return self._player(row)

    def known_as(self, name: str) -> Player | None:
        """By user name in any case, or by id."""
        row = self.store.execute(
            "SELECT * FROM players WHERE username_canon = ? OR id = ?", (name.lower(), name.lower())
        ).fetchone()
        return self._player(row) if row else None

    def public(self, player: Player) -> dict[str, Any]:
        return {"id": player.id, "username": player.username, "created_at": iso(player.created_at)}

    def hashed(self, password: str, salt: bytes) -> bytes:
        # Cheap on purpose: this deployment holds accounts that live for one test run.
        return hashlib.scrypt(password.encode(), salt=salt, n=16, r=8, p=1)

    def _player(self, row: sqlite3.Row) -> Player:
        return Player(row["id"], row["username"], row["created_at"])


class Tokens:
    """JWT HS256 with sub, jti, iat and exp; a token dies at its exp or by logout."""

    LIFETIME_S = 7 * 24 * 3600

    def __init__(self, secret: str, store: sqlite3.Connection, accounts: Accounts) -> None:
        self.secret = secret or secrets.token_hex(32)  # without one, in development, tokens die with us
        self.store = store
        self.accounts = accounts

    def issue(self, player: Player) -> str:
        now = int(time.time())
        claims = {"sub": player.id, "jti": str(uuid.uuid4()), "iat": now, "exp": now + self.LIFETIME_S}
        return jwt.encode(claims, self.secret, algorithm="HS256")

    def session(self, authorization: str | None) -> Session:
        """Who sends this Authorization header; 401 for everything that is not a living token of ours."""
        claims = self.claims(self.bearer(authorization))
        if self.is_revoked(claims["jti"]):
            raise not_signed_in()
        return Session(self.player(claims), claims["jti"])

    def bearer(self, authorization: str | None) -> str:
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise not_signed_in()
        return token

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token with our signature, complete and in force."""
        claims = self.signed_claims(token)
        if not (self.are_complete(claims) and self.are_in_force(claims)):
            raise not_signed_in()
        return claims

    def signed_claims(self, token: str) -> dict[str, Any]:
        if not re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", token, re.ASCII):
            raise not_signed_in()
        # Times are judged below, strictly: PyJWT takes "12" and 12.5 for integers.
        unjudged: Options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
        try:
            return jwt.decode(token, self.secret, algorithms=["HS256"], options=unjudged)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise not_signed_in() from None

    def are_complete(self, claims: dict[str, Any]) -> bool:
        """sub and jti are short plain texts, exp an integer; iat and nbf may be missing."""
        texts = all(
            isinstance(claims.get(name), str) and re.fullmatch(r"[!-~]{1,64}", claims[name])
            for name in ("sub", "jti")
        )
        times = [claims.get("exp"), *(claims[name] for name in ("iat", "nbf") if name in claims)]
        return texts and all(type(moment) is int for moment in times)

    def are_in_force(self, claims: dict[str, Any]) -> bool:
        now = time.time()
        return bool(claims["exp"] > now and claims.get("nbf", 0) <= now and claims.get("iat", 0) <= now)

    def player(self, claims: dict[str, Any]) -> Player:
        player = self.accounts.known_as(claims["sub"])
        if player is None or player.id != claims["sub"]:
            raise not_signed_in()
        return player

    def revoke(self, jti: str) -> None:
        with self.store:
            self.store.execute("INSERT OR IGNORE INTO dead_tokens VALUES (?)", (jti,))

    def is_revoked(self, jti: str) -> bool:
        return self.store.execute("SELECT 1 FROM dead_tokens WHERE jti = ?", (jti,)).fetchone() is not None


class LogoutThrottle:
    """Ten logouts a minute per address; calls that were refused as not signed in do not count."""

    def __init__(self) -> None:
        self.recent: dict[str, deque[float]] = defaultdict(deque)

    def admit(self, address: str) -> None:
        now, recent = time.monotonic(), self.recent[address]
        while recent and recent[0] <= now - 60:
            recent.popleft()
        if len(recent) >= LOGOUTS_PER_MINUTE:
            raise HTTPException(429, "Too many logouts", {"Retry-After": str(int(recent[0] + 61 - now))})
        recent.append(now)
