"""Accounts: registered for this run under its own prefix, or provided by the environment."""

import itertools
import secrets
import string
from dataclasses import dataclass, field
from typing import Any, Literal

import jwt

from harness.environment import Environment
from harness.errors import PromiseBroken, Unprovable
from harness.evidence.exchange import Exchange
from harness.evidence.ledger import Ledger
from harness.evidence.secrets import Secrets
from harness.kinds import HEADER_VALUE
from harness.target.api import Api

LONGEST_NAME, SHORTEST_PASSWORD = 20, 6  # contract, section 2
NO_HEX = string.ascii_lowercase[6:]  # a short password of these does not happen to stand in an id


@dataclass(frozen=True)
class Player:
    """A signed-in account; `entrance` is the answer that gave the token."""

    username: str
    password: str = field(repr=False)
    token: str = field(repr=False)
    entrance: Exchange = field(repr=False)

    def known_as(self, naming: Literal["username", "id"]) -> str:
        """The name under which RevenueCat knows the player (webhook.app_user_id)."""
        return self.id if naming == "id" else self.username

    @property
    def claims(self) -> dict[str, Any]:
        """What the token says; raises PromiseBroken where it is no JWT."""
        try:
            claims: dict[str, Any] = jwt.decode(self.token, options={"verify_signature": False})
        except jwt.InvalidTokenError as error:
            raise PromiseBroken(f"the token is no JWT ({error})", self.entrance) from None
        return claims

    @property
    def id(self) -> str:
        """The user's UUID, from the token's `sub`; raises PromiseBroken where the token has none."""
        if "sub" not in self.claims:
            raise PromiseBroken("the token has no `sub`", self.entrance)
        return str(self.claims["sub"])


class Players:
    """Makes players; every password and token it sees becomes a secret of the run."""

    def __init__(self, environment: Environment, api: Api, known: Secrets, ledger: Ledger) -> None:
        self._environment, self._api, self._secrets, self._ledger = environment, api, known, ledger
        # At most 20 characters: prefix (8), 6 of this run, a number; no name is the beginning of another.
        self._stem = f"{environment.file.accounts.prefix}_{secrets.token_hex(3)}"
        self._numbers = itertools.count(1)

    def name(self) -> str:
        """A user name that nobody has yet."""
        return f"{self._stem}_{next(self._numbers):03}"

    def password(self) -> str:
        """A new password."""
        password = secrets.token_urlsafe(12)
        self._secrets.add(password, "password")
        return password

    async def register(
        self, username: str | None = None, password: str | None = None, api: Api | None = None
    ) -> Player:
        """A new account of this run's own (on the deployment behind `api`); raises PromiseBroken if refused."""
        username, password = username or self.name(), password or self.password()
        self._secrets.add(password, "password")
        self._ledger.record("account", username=username)
        answer = await (api or self._api).register(username, password)
        return self._player(username, password, answer.expect(200, 201, owner="auth.registration"))

    async def any(self, *, at_limits: bool = False) -> Player:
        """A signed-in player: the one that the environment provides, or a registered one.

        `at_limits`: with the longest name and the shortest password that are allowed.
        """
        if self._environment.file.accounts.mode == "provided":
            return await self.provided()
        if not at_limits:
            return await self.register()
        shortest = "".join(secrets.choice(NO_HEX) for _ in range(SHORTEST_PASSWORD))
        return await self.register(self.name().ljust(LONGEST_NAME, "_"), shortest)

    async def login(self, username: str, password: str) -> Player:
        """Another session of an account; raises PromiseBroken if refused."""
        self._secrets.add(password, "password")
        answer = await self._api.login(username, password)
        return self._player(username, password, answer.expect(200, owner="auth.login"))

    async def provided(self, *, entitled: bool = False) -> Player:
        """The account that the environment provides; raises Unprovable where it provides none."""
        accounts, kind = self._environment.file.accounts, "entitled_" if entitled else ""
        username = self._environment.value(getattr(accounts, f"{kind}username_env"))
        password = self._environment.value(getattr(accounts, f"{kind}password_env"))
        if username is None or password is None:
            raise Unprovable(f"no {kind.rstrip('_')} account is provided", f"set accounts.{kind}username_env")
        return await self.login(username, password)

    def _player(self, username: str, password: str, answer: Exchange) -> Player:
        token = answer.field("token")
        if not isinstance(token, str) or not token:
            raise PromiseBroken(f"{answer.title}: promised a token, and `token` is {token!r}", answer)
        if HEADER_VALUE.fullmatch(token) is None:
            raise PromiseBroken(f"{answer.title}: promised a token, and `token` fits in no header", answer)
        self._secrets.add_token(token)
        return Player(username, password, token, answer)
