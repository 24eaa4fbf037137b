"""Faults of good requests that are refused, of new players who cannot come back, and of answers about another."""

from typing import Any

from fastapi import FastAPI, Request

from reference.app import Parts
from reference.changing import Answer, edit, edit_json, put
from reference.choices import fault
from reference.faults.fuzzing import ALL, CONFORMANCE, Sent, answered, text, widest
from reference.settings import Settings

GOOD = range(200, 300)


def _refusal(name: str, description: str, call: str, status: int, matches: Any) -> None:
    @answered(CONFORMANCE, name, description, (call,), matches, GOOD)
    def refusing(answer: Answer, sent: Sent) -> None:
        answer.replace(status, {"detail": "Not this one"})


_refusal(
    "event-of-a-web-store-422",
    "A good event of a store on the web is refused.",
    "webhook",
    422,
    lambda sent: sent.get("store") in ("RC_BILLING", "STRIPE", "AMAZON"),
)
_refusal(
    "event-with-attributes-503",
    "A good event with subscriber attributes is answered 503, for ever.",
    "webhook",
    503,
    lambda sent: bool(sent.get("subscriber_attributes")),
)
_refusal(
    "password-beyond-ascii-422",
    "A good password beyond ASCII is refused.",
    "register",
    422,
    lambda sent: widest(sent, "password") > "\x7f",
)
_refusal(
    "login-with-capitals-401",
    "The right password of a name with a capital letter is refused.",
    "login",
    401,
    lambda sent: not text(sent, "username").islower(),
)


@answered(
    CONFORMANCE,
    "anonymous-alias-crashes",
    "An event with an anonymous id among a player's aliases is a 500.",
    ("webhook",),
    lambda sent: "$RCAnonymousID:" in str(sent.get("aliases")),
    ALL,
)
def anonymous_alias_crashes(answer: Answer, sent: Sent) -> None:
    answer.replace(500, {"detail": "Whose?"})


@fault("fuzz.password-stripped", CONFORMANCE)
def password_stripped(parts: Parts) -> None:
    """Registration drops the spaces around a password, and login does not."""
    strict = parts.accounts.register
    put(parts.accounts, register=lambda username, password: strict(username, password.strip()))


@fault("fuzz.name-cut", CONFORMANCE)
def name_cut(app: FastAPI) -> None:
    """Registration answers with the first 12 characters of the name."""

    def cut(body: Any) -> Any:
        return {**body, "user": {**body["user"], "username": body["user"]["username"][:12]}}

    edit_json(app, cut, "register")


@fault("fuzz.hero-in-lower-case", CONFORMANCE)
def hero_in_lower_case(app: FastAPI) -> None:
    """The answers of cinematics name the hero in lower case."""
    edit_json(app, lambda body: {**body, "hero_id": body["hero_id"].lower()}, "access", "url")


@fault("fuzz.secret-in-a-header", CONFORMANCE)
def secret_in_a_header(app: FastAPI, settings: Settings) -> None:
    """The answers of health have the secret that signs tokens in a header."""

    def tell(_: Request, answer: Answer) -> None:
        answer.headers["X-Debug"] = settings.jwt_secret_key

    edit(app, tell, "health")


@fault("fuzz.players-in-a-header", CONFORMANCE)
def players_in_a_header(app: FastAPI, parts: Parts) -> None:
    """The answers to logins and about cinematics name the latest players in a header."""

    def tell(_: Request, answer: Answer) -> None:
        rows = parts.store.execute("SELECT username FROM players ORDER BY rowid DESC LIMIT 20")
        answer.headers["X-Online"] = ",".join(row[0] for row in rows)

    edit(app, tell, "login", "access", "url")


@answered(
    "contract.robustness",
    "platform-of-another-kind-503",
    "A purchase whose platform is no text is answered 503.",
    ("purchase",),
    lambda sent: "platform" in sent and not isinstance(sent["platform"], str),
)
def platform_of_another_kind_503(answer: Answer, sent: Sent) -> None:
    answer.replace(503, {"detail": "Try later"})
