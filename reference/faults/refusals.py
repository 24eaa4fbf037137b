"""Faults of refusals: how a protected route says no to a token."""

from typing import Any

import jwt
from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException

from reference.accounts import Player, Session
from reference.app import Parts
from reference.changing import Answer, edit, put
from reference.choices import fault

ITEM = "auth.token-refusal"


@fault("auth.garbage-crashes", ITEM)
def garbage_crashes(parts: Parts) -> None:
    """A token that cannot be decoded is a 500."""
    put(parts.tokens, signed_claims=lambda token: jwt.decode(token, parts.tokens.secret, ["HS256"]))


@fault("auth.missing-jti-crashes", ITEM)
def missing_jti_crashes(parts: Parts) -> None:
    """A token without jti is a 500."""
    strict = parts.tokens.are_complete
    put(parts.tokens, are_complete=lambda claims: strict({"jti": "none", **claims}))


@fault("auth.unknown-sub-404", ITEM)
def unknown_sub_404(parts: Parts) -> None:
    """A token of a player who does not exist is answered 404."""

    def player(claims: dict[str, Any]) -> Player:
        found = parts.accounts.known_as(claims["sub"])
        if found is None:
            raise HTTPException(404, "No such player")
        return found

    put(parts.tokens, player=player)


@fault("auth.no-header-403", ITEM)
def no_header_403(parts: Parts) -> None:
    """A request without an Authorization header is answered 403, which logs no client out."""
    strict = parts.doors.session

    def session(request: Request) -> Session:
        if "Authorization" not in request.headers:
            raise HTTPException(403, "Not authenticated")
        return strict(request)

    put(parts.doors, session=session)


@fault("auth.refusal-200-empty", ITEM)
def refusal_200_empty(app: FastAPI) -> None:
    """A refused token gets 200 and an empty object instead of 401 from the snapshot."""
    edit(app, lambda _, answer: answer.replace(200, {}), "snapshot", statuses=range(401, 402))


@fault("auth.refusal-redirects", ITEM)
def refusal_redirects(app: FastAPI) -> None:
    """A refused token is redirected to a login page."""

    def redirect(_: Request, answer: Answer) -> None:
        answer.status, answer.headers["Location"] = 302, "/login"

    edit(app, redirect, "verify", "snapshot", "access", "url", "claim", "purchase", statuses=range(401, 402))


@fault("auth.logout-unguarded", ITEM)
def logout_unguarded(app: FastAPI) -> None:
    """A logout without a valid token is answered 200."""
    edit(app, lambda _, answer: answer.replace(200, {"message": "Bye"}), "logout", statuses=range(401, 402))
