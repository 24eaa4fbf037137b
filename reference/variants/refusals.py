"""Variants of refusals and repetitions, of tokens and logins."""

from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException

from reference.accounts import Player
from reference.app import Parts
from reference.bodies import PurchaseOrder
from reference.changing import Answer, edit, put
from reference.choices import variant


@variant("other-players-401")
def other_players_401(parts: Parts) -> None:
    """A claim for another player is answered 401."""
    _other_players(parts, 401)


@variant("other-players-404")
def other_players_404(parts: Parts) -> None:
    """A claim for another player is answered 404."""
    _other_players(parts, 404)


def _other_players(parts: Parts, status: int) -> None:
    strict = parts.gates.battle_pass

    def battle_pass(player: Player, username: str, track: str) -> None:
        if username.lower() != player.username.lower():
            raise HTTPException(status, "Not you")
        strict(player, username, track)

    put(parts.gates, battle_pass=battle_pass)


@variant("claimed-once")
def claimed_once(parts: Parts) -> None:
    """A reward is there once: a second claim of it is answered 409."""
    claim = parts.gates.claimed
    before: set[tuple[str, str, int]] = set()

    def claimed(player: Player, track: str, level: int) -> dict[str, Any]:
        if (player.id, track, level) in before:
            raise HTTPException(409, "Claimed already")
        before.add((player.id, track, level))
        return claim(player, track, level)

    put(parts.gates, claimed=claimed)


@variant("closed-gates-name-a-problem")
def closed_gates_name_a_problem(app: FastAPI) -> None:
    """A closed gate says which kind of problem it is (RFC 9457), and that there is no video."""
    more = {
        "type": "https://divine-heroes.example/problems/not-entitled",
        "title": "Forbidden",
        "video_url": None,
    }
    edit(
        app,
        lambda _, answer: answer.replace(403, answer.json | more),
        "access",
        "url",
        statuses=range(403, 404),
    )


@variant("outage-503")
def outage_503(app: FastAPI) -> None:
    """While RevenueCat is down, verification answers 503."""
    edit(app, lambda _, answer: answer.replace(503, answer.json), "purchase", statuses=range(502, 505))


@variant("used-key-first-answer")
def used_key_first_answer(parts: Parts) -> None:
    """A used idempotency key gets its first answer, whatever the body is."""
    put(parts.purchases, fingerprint=lambda order: "")


@variant("repeat-with-fresh-snapshot")
def repeat_with_fresh_snapshot(parts: Parts) -> None:
    """The same purchase again is answered with the snapshot of that moment."""
    strict = parts.purchases.remembered

    def remembered(player: Player, order: PurchaseOrder) -> dict[str, Any] | None:
        earlier = strict(player, order)
        return earlier and {**earlier, "entitlements_snapshot": parts.entitlements.snapshot(player)}

    put(parts.purchases, remembered=remembered)


@variant("parallel-409")
def parallel_409(parts: Parts) -> None:
    """Of the same purchase verified several times at once, one is answered and the others refused."""
    strict = parts.purchases.answer
    at_work: set[tuple[str, str]] = set()

    async def answer(player: Player, order: PurchaseOrder) -> dict[str, Any]:
        asked = player.id, order.idempotency_key
        if asked in at_work:
            raise HTTPException(409, "Already at work")
        at_work.add(asked)
        try:
            return await strict(player, order)
        finally:
            at_work.discard(asked)

    put(parts.purchases, answer=answer)


@variant("echoing-logins")
def echoing_logins(app: FastAPI) -> None:
    """A refused login repeats the name, and counts the attempts."""
    attempts: dict[str, int] = {}

    def echo(request: Request, answer: Answer) -> None:
        attempts[""] = attempts.get("", 0) + 1
        answer.json = {**answer.json, "attempt": attempts[""]}

    edit(app, echo, "login", statuses=range(401, 402))


@variant("more-claims")
def more_claims(parts: Parts) -> None:
    """Tokens carry claims more, and no iat."""
    import jwt

    issue = parts.tokens.issue

    def issue_more(player: Player) -> str:
        claims = jwt.decode(issue(player), options={"verify_signature": False})
        del claims["iat"]
        more = {"iss": "divine-heroes", "username": player.username, "roles": ["player"]}
        return jwt.encode({**claims, **more}, parts.tokens.secret, "HS256")

    put(parts.tokens, issue=issue_more)


@variant("bcrypt")
def bcrypt(parts: Parts) -> None:
    """A new password of more than 72 bytes, which bcrypt would cut, is refused."""
    strict = parts.accounts.register

    def register(username: str, password: str) -> Player:
        if len(password.encode()) > 72:
            raise HTTPException(422, "At most 72 bytes")
        return strict(username, password)

    put(parts.accounts, register=register)
