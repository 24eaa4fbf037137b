"""Faults of good data that nobody foresaw, and how to make such faults; deliveries.py has more of them."""

import json
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException

from reference.accounts import Session
from reference.app import Parts
from reference.changing import Answer, edit, is_call, put
from reference.choices import fault
from reference.faults.tokens import anybody

CONFORMANCE = "contract.conformance"
ROBUSTNESS = "contract.robustness"
CINEMATICS = ("access", "url")
ALL = range(200, 600)
NO_OBJECT = "(no object)"

Sent = dict[str, Any]
Matches = Callable[[Sent], bool]


def answered(
    item: str, name: str, description: str, calls: tuple[str, ...], matches: Matches, statuses: range = ALL
) -> Callable[[Callable[[Answer, Sent], None]], None]:
    """Enters a fault that answers otherwise to what matches: to good data (CONFORMANCE) or bad (ROBUSTNESS)."""

    def enter(change: Callable[[Answer, Sent], None]) -> None:
        def changed(request: Request, answer: Answer) -> None:
            sent = sent_by(request, answer)
            bad, stranger = answer.status == 422, answer.status == 401 and not is_call(request, "login")
            if sent is not None and bad == (item == ROBUSTNESS) and not stranger and matches(sent):
                change(answer, sent)

        def answer_otherwise(app: FastAPI) -> None:
            edit(app, changed, *calls, statuses=statuses)

        fault(f"fuzz.{name}", item, description)(answer_otherwise)

    return enter


def crash(
    item: str, name: str, what: str, calls: tuple[str, ...] | str, matches: Matches, statuses: range = ALL
) -> None:
    """Enters a fault that is a 500 to what matches."""
    calls = (calls,) if isinstance(calls, str) else calls

    @answered(item, f"{name}-crashes", f"{what} is a 500.", calls, matches, statuses)
    def crashing(answer: Answer, sent: Sent) -> None:
        answer.status = 500
        say(answer, "text/plain", "Internal Server Error")


def sent_by(request: Request, answer: Answer) -> Sent | None:
    """What came with a request: the parts of its path, else the fields of its body, or of the event in it.

    A body that is no object stands under NO_OBJECT; None: no JSON, or it was not read.
    """
    if request.path_params:
        return request.path_params
    try:
        body = json.loads(answer.sent)
    except (ValueError, RecursionError):
        return None
    body = body.get("event", body) if isinstance(body, dict) else body
    return body if isinstance(body, dict) else {NO_OBJECT: body}


def say(answer: Answer, media_type: str, text: str) -> None:
    answer.body, answer.headers["Content-Type"] = text.encode(), f"{media_type}; charset=utf-8"


def text(sent: Sent, name: str) -> str:
    value = sent.get(name)
    return value if isinstance(value, str) else ""


def widest(sent: Sent, name: str) -> str:
    """The character of the highest code point."""
    return max(text(sent, name), default="")


# Gates

crash(
    CONFORMANCE,
    "hyphen-in-hero",
    "A cinematic of a hero id with a hyphen",
    CINEMATICS,
    lambda sent: "-" in sent["hero_id"],
)
crash(
    CONFORMANCE,
    "long-hero",
    "A cinematic of a hero id of more than 32 characters",
    CINEMATICS,
    lambda sent: len(sent["hero_id"]) > 32,
)


@answered(
    CONFORMANCE,
    "upper-case-hero-without-type",
    "The answer about a hero id with an upper-case letter has no Content-Type.",
    CINEMATICS,
    lambda sent: sent["hero_id"] != sent["hero_id"].lower(),
)
def upper_case_hero_without_type(answer: Answer, sent: Sent) -> None:
    del answer.headers["Content-Type"]


@answered(
    CONFORMANCE,
    "expires-in-text",
    "The expires_in of a hero id that does not begin with a small letter is a text.",
    ("url",),
    lambda sent: not sent["hero_id"][0].islower(),
    range(200, 201),
)
def expires_in_text(answer: Answer, sent: Sent) -> None:
    answer.json = {**answer.json, "expires_in": str(answer.json["expires_in"])}


crash(
    CONFORMANCE,
    "high-level",
    "A claim of a level above 50",
    "claim",
    lambda sent: int(sent["level"]) > 50,
)


@answered(
    CONFORMANCE,
    "claim-refused-without-detail",
    "The refusal of a claim of a level above 9 has an error instead of a detail.",
    ("claim",),
    lambda sent: int(sent["level"]) > 9,
    range(403, 404),
)
def claim_refused_without_detail(answer: Answer, sent: Sent) -> None:
    answer.json = {"error": "forbidden"}


@fault("fuzz.high-level-without-token", CONFORMANCE)
def high_level_without_token(parts: Parts) -> None:
    """A claim of level 50 and above needs no token; whoever registered last is taken for the caller."""
    strict = parts.doors.session

    def session(request: Request) -> Session:
        try:
            return strict(request)
        except HTTPException:
            level = request.path_params.get("level", "")
            if is_call(request, "claim") and level.isdecimal() and int(level) >= 50:
                return Session(anybody(parts.tokens), "guest")
            raise

    put(parts.doors, session=session)


# Accounts

crash(
    CONFORMANCE,
    "emoji-in-password",
    "Registering with a password that holds a character beyond U+FFFF",
    "register",
    lambda sent: widest(sent, "password") > "\uffff",
)
crash(
    CONFORMANCE,
    "long-password",
    "A password of more than 32 bytes",
    ("register", "login"),
    lambda sent: len(sent["password"].encode()) > 32,
)
crash(
    CONFORMANCE,
    "password-beyond-latin-1",
    "A login with a password that Latin-1 cannot hold",
    "login",
    lambda sent: widest(sent, "password") > "\xff",
)
crash(
    CONFORMANCE,
    "upper-case-name",
    "Registering a new name with an upper-case letter",
    "register",
    lambda sent: sent["username"] != sent["username"].lower(),
    range(201, 202),
)
