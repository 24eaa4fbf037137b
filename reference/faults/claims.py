"""Faults of battle-pass claims."""

from collections.abc import Callable
from functools import partial

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from reference.accounts import Player
from reference.app import Parts
from reference.changing import edit, is_call, put
from reference.choices import fault
from reference.doors import Handle

ITEM = "gates.enforced"


def refuse() -> None:
    raise HTTPException(403, "Not yours")


def _claims(name: str, description: str, change: Callable[[Parts, Player, str, str], None]) -> None:
    def judge_otherwise(parts: Parts) -> None:
        put(parts.gates, battle_pass=partial(change, parts))

    fault(f"gates.claim-{name}", ITEM, description)(judge_otherwise)


def _own(player: Player, username: str) -> None:
    if username.lower() != player.username.lower():
        refuse()


def _premium(parts: Parts, player: Player, track: str) -> None:
    if track == "premium" and not parts.entitlements.owns(player, "PREMIUM"):
        refuse()


def _open(parts: Parts, player: Player, username: str, track: str) -> None:
    _own(player, username)


def _closed(parts: Parts, player: Player, username: str, track: str) -> None:
    _own(player, username)
    if track == "premium":
        refuse()


def _free_for_owners(parts: Parts, player: Player, username: str, track: str) -> None:
    _own(player, username)
    _premium(parts, player, "premium")


def _for_anybody(parts: Parts, player: Player, username: str, track: str) -> None:
    _premium(parts, player, track)


def _by_name(parts: Parts, player: Player, username: str, track: str) -> None:
    _premium(parts, parts.accounts.known_as(username) or player, track)


def _once_premium(parts: Parts, player: Player, username: str, track: str) -> None:
    _own(player, username)
    grants = parts.entitlements.grants(player)
    if track == "premium" and not any(grant.key == "PREMIUM" for grant in grants):
        refuse()


_claims("premium-open", "The premium track is open to everybody.", _open)
_claims("premium-closed", "The premium track is closed to everybody.", _closed)
_claims("free-for-owners-only", "The free track is for owners of PREMIUM only.", _free_for_owners)
_claims("for-anybody", "A reward can be claimed for another player.", _for_anybody)
_claims("judged-by-name", "A claim is judged by the name in the path, not by the caller.", _by_name)
_claims("premium-stays-open", "Whoever ever had PREMIUM keeps the premium track.", _once_premium)


@fault("gates.claim-201", ITEM)
def claim_201(app: FastAPI) -> None:
    """A claim is answered 201."""
    edit(app, lambda _, answer: answer.replace(201, answer.json), "claim", statuses=range(200, 201))


@fault("gates.claim-of-any-track", ITEM)
def claim_of_any_track(parts: Parts) -> None:
    """A claim of an unknown track is taken for the free one."""
    _lenient_claims(parts, "/gold/")


@fault("gates.claim-of-any-level", ITEM)
def claim_of_any_level(parts: Parts) -> None:
    """A claim of no level at all is granted."""
    _lenient_claims(parts, "/one", "/-1")


def _lenient_claims(parts: Parts, *matches: str) -> None:
    strict = parts.doors.signed_in

    async def signed_in(request: Request, handle: Handle) -> Response:
        if is_call(request, "claim") and any(match in request.url.path for match in matches):
            parts.doors.session(request)
            return Response('{"success": true}', media_type="application/json")
        return await strict(request, handle)

    put(parts.doors, signed_in=signed_in)
