"""Who plays in a made-up request: accounts of this run alone, never a name that was made up."""

import re
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.contract.document import Operation
from harness.contract.written import Request
from harness.target.players import Player

NAME = re.compile(r"[A-Za-z0-9_]{3,20}")  # contract, section 2
UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
ANONYMOUS = "$RCAnonymousID:"  # how RevenueCat calls a customer before the first login
# Where an event names players.
NAMED = ("app_user_id", "original_app_user_id", "aliases", "transferred_from", "transferred_to")


@dataclass(frozen=True)
class Scene:
    """Whom one request is about.

    `whose`: the player whom a path or a login names, if one does; `customer`: a name under which RevenueCat knows a
    player; `signs_in`: whether a login has the right password.
    """

    whose: Player | None
    customer: str
    signs_in: bool

    def path(self, request: Request) -> dict[str, str]:
        """The values of the path's placeholders."""
        values = {name: str(value) for name, value in request.path.items()}
        if self.whose and NAME.fullmatch(values.get("username", "")):
            values["username"] = self.whose.username
        return values

    def body(self, operation: Operation, request: Request, name: Callable[[], str]) -> Any:
        """The body with names, passwords and ids of this run where the made-up ones are well-formed.

        `name`: makes a user name for a registration.
        """
        body = request.body
        if not isinstance(body, dict):
            return body
        if operation.name == "register" and _named(body):
            made_up, own = body["username"], name()
            own = own if made_up.islower() else own.title()
            return {**body, "username": own + made_up[len(own) :]}  # as long as what was made up
        if operation.name == "login" and self.whose and _named(body):
            right = {"password": self.whose.password} if self.signs_in else {}
            return {**body, "username": self.whose.username, **right}
        if operation.name == "webhook" and isinstance(body.get("event"), dict):
            return {**body, "event": self._event(body["event"])}
        return body

    def _event(self, event: dict[str, Any]) -> dict[str, Any]:
        cast = {field: self._owned(event[field], field == "aliases") for field in NAMED if field in event}
        if isinstance(event.get("id"), str) and UUID.fullmatch(event["id"]):
            fresh = str(uuid.uuid4())
            cast["id"] = fresh.upper() if event["id"] == event["id"].upper() else fresh
        return {**event, **cast}

    def _owned(self, made_up: Any, may_be_anonymous: bool = False) -> Any:
        if isinstance(made_up, list):
            return [self._owned(each, may_be_anonymous) for each in made_up]
        if not isinstance(made_up, str) or not made_up:
            return made_up
        if may_be_anonymous and made_up.startswith(ANONYMOUS):
            return ANONYMOUS + secrets.token_hex(16)
        return self.customer


def _named(body: dict[str, Any]) -> bool:
    return isinstance(body.get("username"), str) and NAME.fullmatch(body["username"]) is not None
