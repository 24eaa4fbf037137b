"""Faults of accounts: registration."""

import re
import uuid
from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import StringConstraints
from starlette.exceptions import HTTPException

import reference.app
from reference.accounts import Player
from reference.app import Parts
from reference.bodies import NAME, Registration
from reference.changing import edit, edit_json, put, without
from reference.choices import fault

REGISTRATION = "auth.registration"
Password = Annotated[str, StringConstraints(min_length=6, max_length=1024)]


@fault("accounts.register-202", REGISTRATION)
def register_202(app: FastAPI) -> None:
    """Registration answers 202 instead of 200 or 201."""
    edit(app, lambda _, answer: answer.replace(202, answer.json), "register", statuses=range(201, 202))


@fault("accounts.register-without-user", REGISTRATION)
def register_without_user(app: FastAPI) -> None:
    """Registration does not say who was registered."""
    edit_json(app, without("user"), "register")


@fault("accounts.register-without-token", REGISTRATION)
def register_without_token(app: FastAPI) -> None:
    """Registration gives no token."""
    edit_json(app, without("token"), "register")


@fault("accounts.duplicate-logs-in", REGISTRATION)
def duplicate_logs_in(parts: Parts) -> None:
    """Registering a taken name, in whatever case, signs in as its owner."""
    strict = parts.accounts.register

    def register(username: str, password: str) -> Player:
        return parts.accounts.known_as(username) or strict(username, password)

    put(parts.accounts, register=register)


@fault("accounts.duplicate-500", REGISTRATION)
def duplicate_500(app: FastAPI) -> None:
    """Registering a taken name is a 500."""
    edit(app, lambda _, answer: answer.replace(500, {}), "register", statuses=range(409, 410))


@fault("accounts.longest-name-refused", REGISTRATION)
def longest_name_refused(parts: Parts) -> None:
    """A name of 20 characters is refused, as if only 19 were allowed."""
    strict = parts.accounts.register

    def register(username: str, password: str) -> Player:
        if len(username) == 20:
            raise HTTPException(422, "The name is too long")
        return strict(username, password)

    put(parts.accounts, register=register)


@fault("accounts.shortest-password-refused", REGISTRATION)
def shortest_password_refused(parts: Parts) -> None:
    """A password of 6 characters is refused, as if 7 were needed."""
    strict = parts.accounts.register

    def register(username: str, password: str) -> Player:
        if len(password) == 6:
            raise HTTPException(422, "The password is too short")
        return strict(username, password)

    put(parts.accounts, register=register)


@fault("accounts.names-case-sensitive", REGISTRATION)
def names_case_sensitive(parts: Parts) -> None:
    """Adam and adam are two players."""

    def known_as(name: str) -> Player | None:
        row = parts.store.execute("SELECT * FROM players WHERE username = ? OR id = ?", (name, name))
        found = row.fetchone()
        return Player(found["id"], found["username"], found["created_at"]) if found else None

    parts.store.executescript("DROP INDEX username_canon; CREATE UNIQUE INDEX exact ON players (username)")
    put(parts.accounts, known_as=known_as)


def _names(name: str, description: str, pattern: str) -> None:
    """A rule for names that lets some bad ones pass."""

    def loosen(parts: Parts) -> None:
        class Loose(Registration):
            username: Annotated[str, StringConstraints(pattern=pattern)]

        put(reference.app, Registration=Loose)

    fault(f"accounts.{name}", REGISTRATION, description)(loosen)


_names("empty-name-accepted", "A player can register without a name.", NAME.replace("{3,20}", "{3,20}|^"))
_names("short-name-accepted", "A name of two characters is accepted.", NAME.replace("3", "2"))
_names("long-name-accepted", "A name of 21 characters is accepted.", NAME.replace("20", "21"))
_names("space-in-name-accepted", "A name with a space is accepted.", r"^[A-Za-z0-9_ ]{3,20}$")
_names("hyphen-in-name-accepted", "A name with a hyphen is accepted.", r"^[A-Za-z0-9_-]{3,20}$")
_names("letters-of-any-script-accepted", "A name in letters of any script is accepted.", r"^\w{3,20}$")
_names("markup-in-name-accepted", "A name with markup is accepted.", r"^[A-Za-z0-9_<>/]{3,20}$")


def _convert(name: str, description: str, item_type: type, which: str) -> None:
    """A field of the registration that is turned into text whatever it is."""

    def loosen(parts: Parts) -> None:
        class Loose(Registration):
            if which == "username":
                username: Any
            else:
                password: Any

        strict = parts.accounts.register

        def register(username: Any, password: Any) -> Player:
            given = username if which == "username" else password
            rule = NAME if which == "username" else ".{6,}"
            if not isinstance(given, item_type) and not (isinstance(given, str) and re.search(rule, given)):
                raise HTTPException(422, "Bad field")
            if isinstance(given, item_type):
                return strict(f"u_{uuid.uuid4().hex[:10]}", "replaced")
            return strict(username, password)

        put(reference.app, Registration=Loose)
        put(parts.accounts, register=register)

    fault(f"accounts.{name}", REGISTRATION, description)(loosen)


_convert("null-name-accepted", "A name of null gets a made-up one.", type(None), "username")
_convert("number-for-name-accepted", "A number as a name is taken for text.", int, "username")
_convert("object-for-name-accepted", "An object as a name is taken for text.", dict, "username")
_convert("null-password-accepted", "A password of null is accepted.", type(None), "password")
_convert("object-for-password-accepted", "An object as a password is accepted.", dict, "password")


@fault("accounts.short-password-accepted", REGISTRATION)
def short_password(parts: Parts) -> None:
    """A password of five characters is accepted."""

    class Loose(Registration):
        password: Annotated[str, StringConstraints(min_length=5)]

    put(reference.app, Registration=Loose)


@fault("accounts.empty-password-accepted", REGISTRATION)
def empty_password(parts: Parts) -> None:
    """An empty password is accepted."""

    class Loose(Registration):
        password: Password | Annotated[str, StringConstraints(max_length=0)]

    put(reference.app, Registration=Loose)


@fault("accounts.bad-name-500", REGISTRATION)
def bad_name_500(app: FastAPI) -> None:
    """A bad name is a 500."""
    edit(app, lambda _, answer: answer.replace(500, {}), "register", statuses=range(422, 423))


@fault("accounts.hash-shown-by-register", REGISTRATION)
def hash_shown(app: FastAPI) -> None:
    """The user in the answer to a registration carries the password's hash."""
    edit_json(app, lambda body: {**body, "user": {**body["user"], "password_hash": "00ff"}}, "register")


@fault("accounts.password-echoed", REGISTRATION)
def password_echoed(parts: Parts) -> None:
    """The welcome repeats the password."""
    strict = parts.accounts.register
    passwords: dict[str, str] = {}

    def register(username: str, password: str) -> Player:
        player = strict(username, password)
        passwords[player.id] = password
        return player

    public = parts.accounts.public
    put(parts.accounts, register=register)
    put(
        parts.accounts, public=lambda player: {**public(player), "note": f"yours: {passwords.get(player.id)}"}
    )
