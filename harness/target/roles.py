"""The players whom checks share, by what part they play."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Literal

from harness.target.customers import Customer
from harness.target.players import Player, Players

Role = Literal["caller", "other", "owner", "customer", "victim"]


class Roles:
    """Players and customers, each made when it is first asked for; raises what its making raised, every time.

    caller: asks for much, is given nothing, and logs in and out; other: never changes; owner: of all that opens gates;
    customer: may be changed by any event; victim: must not be changed by any.
    """

    def __init__(
        self,
        players: Players,
        owner: Callable[[], Awaitable[Player]],
        customers: Callable[[], Awaitable[Customer]],
    ) -> None:
        self.players, self._customers = players, customers
        self._makers: dict[Role, Callable[[], Awaitable[Player]]] = {
            "caller": partial(players.any, at_limits=True),
            "other": players.register,
            "owner": owner,
        }
        self._made: dict[Role, asyncio.Future[Any]] = {}

    async def player(self, role: Role) -> Player:
        """The player of that role."""
        made: Player = await self._once(role, self._makers[role])
        return made

    async def customer(self, role: Role) -> Customer:
        """The RevenueCat customer of that role."""
        made: Customer = await self._once(role, self._customers)
        return made

    async def session(self) -> Player:
        """Another session of the caller, to be ended."""
        caller = await self.player("caller")
        return await self.players.login(caller.username, caller.password)

    async def _once(self, role: Role, make: Callable[[], Awaitable[Any]]) -> Any:
        if role not in self._made:
            self._made[role] = asyncio.ensure_future(make())
        return await asyncio.shield(self._made[role])
