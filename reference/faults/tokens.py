"""Faults of tokens: what a protected route takes although it must refuse it."""

import copy
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import jwt
from fastapi import Request
from jwt.utils import base64url_encode

from reference.accounts import Player, Session, Tokens, not_signed_in
from reference.app import Parts
from reference.changing import is_call, put
from reference.choices import fault

ITEM = "auth.token-refusal"
EVERYWHERE = ""
Loosen = Callable[[Tokens], None]


def loose(name: str, *places: str) -> Callable[[Loosen], Loosen]:
    """Enters a way to be too lenient: as a fault of every protected route, or of some calls only."""

    def enter(loosen: Loosen) -> Loosen:
        for place in places or (EVERYWHERE,):
            _enter(name, place, loosen)
        return loosen

    return enter


def _enter(name: str, place: str, loosen: Loosen) -> None:
    def everywhere(parts: Parts) -> None:
        loosen(parts.tokens)

    def at_one_place(parts: Parts) -> None:
        strict, lenient = parts.doors.session, copy.copy(parts.tokens)
        loosen(lenient)

        def session(request: Request) -> Session:
            if is_call(request, place):
                return lenient.session(request.headers.get("Authorization"))
            return strict(request)

        put(parts.doors, session=session)

    said = (loosen.__doc__ or "").strip()
    if place:
        fault(f"auth.{name}-at-{place}", ITEM, f"At the call {place!r}: {said}")(at_one_place)
    else:
        fault(f"auth.{name}", ITEM, said)(everywhere)


def anybody(tokens: Tokens) -> Player:
    """The player who registered last."""
    row = tokens.store.execute("SELECT * FROM players ORDER BY rowid DESC LIMIT 1").fetchone()
    if row is None:
        raise not_signed_in()
    return tokens.accounts._player(row)


def admit(tokens: Tokens, matches: Callable[[str | None], bool]) -> None:
    """Takes somebody for the player who registered last where the Authorization header matches."""
    strict = tokens.session

    def session(authorization: str | None) -> Session:
        if matches(authorization):
            return Session(anybody(tokens), "guest")
        return strict(authorization)

    put(tokens, session=session)


def believe(tokens: Tokens, matches: Callable[[str, str], bool]) -> None:
    """Takes a token for signed where its algorithm and signature match."""
    strict = tokens.signed_claims

    def signed_claims(token: str) -> dict[str, Any]:
        try:
            algorithm, signature = jwt.get_unverified_header(token)["alg"], token.split(".")[2]
            if matches(algorithm, signature):
                return jwt.decode(token, options={"verify_signature": False})
        except (jwt.PyJWTError, KeyError, IndexError):
            pass  # for the strict one to say
        return strict(token)

    put(tokens, signed_claims=signed_claims)


@loose("no-header-accepted", EVERYWHERE, "url")
def no_header(tokens: Tokens) -> None:
    """A request without an Authorization header is taken for some player's."""
    admit(tokens, lambda authorization: authorization is None)


@loose("empty-header-accepted", "claim")
def empty_header(tokens: Tokens) -> None:
    """An empty Authorization header is taken for some player's."""
    admit(tokens, lambda authorization: authorization == "")


@loose("bearer-alone-accepted", EVERYWHERE)
def bearer_alone(tokens: Tokens) -> None:
    """The word Bearer without a token is taken for some player's."""
    admit(tokens, lambda authorization: authorization == "Bearer")


@loose("garbage-accepted", EVERYWHERE)
def garbage(tokens: Tokens) -> None:
    """A token that is no JWT at all is taken for some player's."""
    admit(tokens, lambda authorization: authorization == "Bearer garbage")


@loose("three-garbage-parts-accepted", "verify")
def three_garbage_parts(tokens: Tokens) -> None:
    """A token whose three parts are garbage is taken for some player's."""
    admit(tokens, lambda authorization: authorization == "Bearer gar.ba.ge")


@loose("any-scheme-accepted", EVERYWHERE)
def any_scheme(tokens: Tokens) -> None:
    """The scheme before the token is not looked at, so that Basic does as well."""
    put(tokens, bearer=lambda authorization: (authorization or "").partition(" ")[2])


@loose("signature-not-checked", EVERYWHERE, "verify", "purchase")
def unsigned(tokens: Tokens) -> None:
    """The signature of a token is not checked."""
    believe(tokens, lambda algorithm, signature: algorithm == "HS256")


@loose("stripped-signature-accepted", EVERYWHERE)
def stripped(tokens: Tokens) -> None:
    """A token whose signature was cut off is taken for signed."""
    believe(tokens, lambda algorithm, signature: algorithm == "HS256" and not signature)


@loose("signature-length-checked-only", "claim")
def any_signature(tokens: Tokens) -> None:
    """Any signature of the right length will do."""
    believe(tokens, lambda algorithm, signature: algorithm == "HS256" and len(signature) == 43)


@loose("foreign-signature-accepted", EVERYWHERE)
def foreign(tokens: Tokens) -> None:
    """Any signature that was ever issued will do, with whatever token."""
    issue = tokens.issue
    issued: set[str] = set()

    def remembering(player: Player) -> str:
        token = issue(player)
        issued.add(token.split(".")[2])
        return token

    put(tokens, issue=remembering)
    believe(tokens, lambda algorithm, signature: signature in issued)


@loose("alg-none-accepted", EVERYWHERE, "snapshot")
def alg_none(tokens: Tokens) -> None:
    """The algorithm none, in lower case and without a signature, is accepted."""
    believe(tokens, lambda algorithm, signature: algorithm == "none" and not signature)


@loose("alg-none-in-capitals-accepted", "access")
def alg_none_in_capitals(tokens: Tokens) -> None:
    """The algorithm none is refused in lower case only."""
    believe(tokens, lambda algorithm, signature: algorithm in ("None", "NONE"))


@loose("alg-none-with-signature-accepted", EVERYWHERE)
def alg_none_signed(tokens: Tokens) -> None:
    """The algorithm none is accepted where some signature follows."""
    believe(tokens, lambda algorithm, signature: algorithm == "none" and bool(signature))


def _fallback(secret: str, *places: str) -> None:
    def weak(tokens: Tokens) -> None:
        strict = tokens.signed_claims

        def signed_claims(token: str) -> dict[str, Any]:
            signed, _, signature = token.rpartition(".")
            digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
            if base64url_encode(digest).decode() == signature:
                return jwt.decode(token, options={"verify_signature": False})
            return strict(token)

        put(tokens, signed_claims=signed_claims)

    weak.__doc__ = f"A fallback secret, {secret!r}, is still accepted."
    loose(f"guessable-secret-{secret}-accepted", *places)(weak)


for _each in ("secret", "changeme", "your-secret-key", "jwt-secret"):
    _fallback(_each)
_fallback("divine-heroes", "url")


@loose("expired-accepted", EVERYWHERE, "snapshot", "purchase")
def expired(tokens: Tokens) -> None:
    """The expiry of a token is not checked."""
    strict = tokens.are_in_force
    put(tokens, are_in_force=lambda claims: strict({**claims, "exp": 2**40}))


@loose("not-yet-valid-accepted", "claim")
def not_yet_valid(tokens: Tokens) -> None:
    """A token whose nbf lies ahead is accepted."""
    strict = tokens.are_in_force
    put(tokens, are_in_force=lambda claims: strict({**claims, "nbf": 0}))


def assume(tokens: Tokens, **missing: Any) -> None:
    """Fills in a claim that a token lacks."""
    strict = tokens.signed_claims
    put(tokens, signed_claims=lambda token: {**missing, **strict(token)})


@loose("missing-exp-accepted", "url")
def no_exp(tokens: Tokens) -> None:
    """A token without exp never expires."""
    assume(tokens, exp=2**40)


@loose("missing-jti-accepted", EVERYWHERE)
def no_jti(tokens: Tokens) -> None:
    """A token without jti, which no logout can revoke, is accepted."""
    assume(tokens, jti="none")


@loose("missing-sub-accepted", EVERYWHERE)
def no_sub(tokens: Tokens) -> None:
    """A token without sub is taken for some player's."""
    assume(tokens, sub="nobody")
    strict = tokens.player
    put(tokens, player=lambda claims: anybody(tokens) if claims["sub"] == "nobody" else strict(claims))


@loose("unknown-sub-accepted", "access")
def unknown_sub(tokens: Tokens) -> None:
    """A token of a player who does not exist (any more) is accepted."""
    put(tokens, player=lambda claims: tokens.accounts.known_as(claims["sub"]) or anybody(tokens))


@loose("revoked-accepted", "verify", "snapshot", "access", "url", "claim", "purchase")
def revoked(tokens: Tokens) -> None:
    """A token that was revoked by logout is still accepted."""
    put(tokens, is_revoked=lambda jti: False)
