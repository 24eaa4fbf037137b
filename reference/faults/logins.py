"""Faults of accounts: login, its tokens, logout."""

import time
import uuid
from typing import Any

import jwt
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException

from reference.accounts import Player
from reference.app import Parts
from reference.changing import Answer, edit, edit_json, put, without
from reference.choices import fault

LOGIN = "auth.login"


@fault("accounts.login-201", LOGIN)
def login_201(app: FastAPI) -> None:
    """Login answers 201."""
    edit(app, lambda _, answer: answer.replace(201, answer.json), "login", statuses=range(200, 201))


@fault("accounts.login-without-user", LOGIN)
def login_without_user(app: FastAPI) -> None:
    """Login does not say who logged in."""
    edit_json(app, without("user"), "login")


@fault("accounts.login-without-message", LOGIN)
def login_without_message(app: FastAPI) -> None:
    """Login does not say a word."""
    edit_json(app, without("message"), "login")


@fault("accounts.verify-204", LOGIN)
def verify_204(app: FastAPI) -> None:
    """Verify answers 204 without a body."""

    def empty(_: Request, answer: Answer) -> None:
        answer.status, answer.body = 204, b""

    edit(app, empty, "verify", statuses=range(200, 201))


@fault("accounts.verify-says-invalid", LOGIN)
def verify_says_invalid(app: FastAPI) -> None:
    """Verify calls a living token invalid."""
    edit_json(app, lambda body: {**body, "valid": False}, "verify")


@fault("accounts.verify-without-user", LOGIN)
def verify_without_user(app: FastAPI) -> None:
    """Verify does not say whose the token is."""
    edit_json(app, lambda body: {**body, "user": None}, "verify")


@fault("accounts.verify-shows-another-player", LOGIN)
def verify_shows_another(app: FastAPI) -> None:
    """Verify shows another player's name."""
    edit_json(app, lambda body: {**body, "user": {**body["user"], "username": "adam"}}, "verify")


def _issue(name: str, description: str, algorithm: str = "HS256", **changed: Any) -> None:
    """Tokens with other claims."""

    def issue_other(parts: Parts) -> None:
        def issue(player: Player) -> str:
            now = int(time.time())
            claims = {"sub": player.id, "jti": str(uuid.uuid4()), "iat": now, "exp": now + 7 * 86_400}
            changes = {key: change(claims) for key, change in changed.items()}
            return jwt.encode({**claims, **changes}, parts.tokens.secret, algorithm)

        def signed_claims(token: str) -> dict[str, Any]:
            claims = strict(token) if algorithm == "HS256" else checked(token)
            return claims | {key: int(claims[key]) for key in ("exp", "iat") if key in claims}

        def checked(token: str) -> dict[str, Any]:
            unjudged: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
            try:
                return jwt.decode(token, parts.tokens.secret, [algorithm, "HS256"], options=unjudged)
            except jwt.PyJWTError:
                return strict(token)

        strict = parts.tokens.signed_claims
        put(parts.tokens, issue=issue, signed_claims=signed_claims)

    fault(f"accounts.{name}", LOGIN, description)(issue_other)


_issue("token-hs512", "Tokens are signed with HS512.", "HS512")
_issue("token-of-an-hour", "Tokens live for an hour.", exp=lambda claims: claims["iat"] + 3600)
_issue("token-of-a-year", "Tokens live for a year.", exp=lambda claims: claims["iat"] + 365 * 86_400)
_issue("token-exp-float", "The exp of a token is no integer.", exp=lambda claims: claims["exp"] + 0.5)
_issue("token-exp-text", "The exp of a token is a text.", exp=lambda claims: str(claims["exp"]))
_issue("token-iat-text", "The iat of a token is a text.", iat=lambda claims: str(claims["iat"]))
_issue("token-jti-is-sub", "All tokens of a player have one jti.", jti=lambda claims: claims["sub"])
_issue("token-jti-number", "The jti of a token is no UUID.", jti=lambda claims: claims["jti"][:8])


@fault("accounts.any-password-accepted", LOGIN)
def any_password(parts: Parts) -> None:
    """Any password will do."""
    strict = parts.accounts.login
    put(parts.accounts, login=lambda name, word: parts.accounts.known_as(name) or strict(name, word))


@fault("accounts.unknown-user-404", LOGIN)
def unknown_user_404(parts: Parts) -> None:
    """Login tells an unknown user apart by its status."""
    _tell_apart(parts, HTTPException(404, "Wrong username or password"))


@fault("accounts.unknown-user-said", LOGIN)
def unknown_user_said(parts: Parts) -> None:
    """Login tells an unknown user apart by its words."""
    _tell_apart(parts, HTTPException(401, "No such user"))


def _tell_apart(parts: Parts, refusal: HTTPException) -> None:
    strict = parts.accounts.login

    def login(username: str, password: str) -> Player:
        if parts.accounts.known_as(username) is None:
            raise refusal
        return strict(username, password)

    put(parts.accounts, login=login)


@fault("accounts.unknown-user-hinted", LOGIN)
def unknown_user_hinted(parts: Parts, app: FastAPI) -> None:
    """Login tells an unknown user apart by a field more."""
    _tell_apart(parts, HTTPException(401, "Wrong username or password", {"X-Unknown": "1"}))

    def hint(_: Request, answer: Answer) -> None:
        if "X-Unknown" in answer.headers:
            answer.json = {**answer.json, "hint": "register first"}

    edit(app, hint, "login")


@fault("accounts.wrong-password-403", LOGIN)
def wrong_password_403(app: FastAPI) -> None:
    """A refused login is answered 403."""
    edit(app, lambda _, answer: answer.replace(403, answer.json), "login", statuses=range(401, 402))


@fault("accounts.hash-shown-by-login", LOGIN)
def hash_shown_by_login(app: FastAPI) -> None:
    """The user in the answer to a login carries a hash under another name."""
    shown = {"credential": "$2b$12$abcdefghijklmnopqrstuv"}
    edit_json(app, lambda body: {**body, "user": {**body["user"], **shown}}, "login")


@fault("accounts.hash-shown-by-verify", LOGIN)
def hash_shown_by_verify(app: FastAPI) -> None:
    """The user in the answer to verify carries a hash in a list."""
    shown = {"logins": [{"value": "pbkdf2:sha256:600000$salt$00ff"}]}
    edit_json(app, lambda body: {**body, "user": {**body["user"], **shown}}, "verify")


# Logout


@fault("accounts.logout-204", LOGIN)
def logout_204(app: FastAPI) -> None:
    """Logout answers 204."""

    def empty(_: Request, answer: Answer) -> None:
        answer.status, answer.body = 204, b""

    edit(app, empty, "logout", statuses=range(200, 201))


@fault("accounts.logout-revokes-nothing", LOGIN)
def logout_revokes_nothing(parts: Parts) -> None:
    """Logout answers 200, and the token lives on."""
    put(parts.tokens, revoke=lambda jti: None)


@fault("accounts.logout-revokes-all", LOGIN)
def logout_revokes_all(parts: Parts) -> None:
    """Logout ends all sessions of the player."""
    issue = parts.tokens.issue
    sessions: dict[str, str] = {}  # player by jti

    def remembering(player: Player) -> str:
        token = issue(player)
        sessions[jwt.decode(token, options={"verify_signature": False})["jti"]] = player.id
        return token

    revoke = parts.tokens.revoke

    def revoke_all(jti: str) -> None:
        for other, player in sessions.items():
            if player == sessions[jti]:
                revoke(other)

    put(parts.tokens, issue=remembering, revoke=revoke_all)


@fault("accounts.login-ends-other-session", LOGIN)
def login_ends_other_session(parts: Parts) -> None:
    """A login ends the player's earlier sessions."""
    latest: dict[str, str] = {}
    issue = parts.tokens.issue

    def only_one(player: Player) -> str:
        token = issue(player)
        if player.id in latest:
            parts.tokens.revoke(latest[player.id])
        latest[player.id] = jwt.decode(token, options={"verify_signature": False})["jti"]
        return token

    put(parts.tokens, issue=only_one)
