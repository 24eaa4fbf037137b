"""Accounts: registration, login, sessions."""

import re
import time
import uuid

import jwt
import pytest

from harness import checks, probe
from harness.evidence.probe import together
from harness.evidence.secrets import HASH

DAY_S = 86_400
WELCOME = {"user": dict, "token": str, "message": str}
PASSWORD = re.compile(r"passw.*hash|hash.*passw|^passw(or)?d$", re.IGNORECASE)
DIGEST = re.compile(r"[0-9A-Za-z+/=_-]{32,}")
CHANGING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", re.IGNORECASE)

BAD_NAMES = {
    "empty": "",
    "too-short": "ab",
    "too-long": "a" * 21,
    "space": "two words",
    "hyphen": "two-words",
    "not-ascii": "zo\u00eb_smoke",
    "markup": "<b>bold</b>",
    "null": None,
    "number": 12345,
    "object": {"$ne": ""},
}
BAD_PASSWORDS = {"empty": "", "too-short": "12345", "null": None, "object": {"$ne": ""}}


@probe
async def duplicates(api, rival, players):
    """Registering a taken name again, as it is and in other cases."""
    spellings = {"same": rival.username, "upper": rival.username.upper(), "mixed": rival.username.title()}
    return await together(
        {case: api.register(spelling, players.password()) for case, spelling in spellings.items()}
    )


@probe
async def bad_names(api, players):
    """Registering under each bad name."""
    return await together({case: api.register(name, players.password()) for case, name in BAD_NAMES.items()})


@probe
async def bad_passwords(api, players):
    """Registering with each bad password."""
    return await together({case: api.register(players.name(), bad) for case, bad in BAD_PASSWORDS.items()})


@probe
async def verified(api, login):
    """Whom the token of the second session belongs to."""
    return await api.verify(login)


@probe
async def refused_logins(api, player, accounts):
    """A wrong password (twice, to learn which fields change from answer to answer) and an unknown user."""
    wrong, unknown = accounts.password(), accounts.name()
    return await together(
        {
            "wrong": api.login(player.username, wrong),
            "wrong-again": api.login(player.username, wrong),
            "unknown": api.login(unknown, wrong),
        }
    )


@checks("auth.registration")
def test_new_player_can_register(rival):
    """Any other status than 200 or 201 has made the registration fail already."""
    assert kinds(rival.entrance) == WELCOME


@checks("auth.registration")
@pytest.mark.parametrize("case", ["same", "upper", "mixed"])
def test_taken_name_is_refused(duplicates, case):
    assert duplicates[case].status in (400, 409)


@checks("auth.registration")
def test_longest_name_and_shortest_password_are_allowed(limits):
    """Any other status than 200 or 201 has made the registration fail already."""
    assert kinds(limits.entrance) == WELCOME


@checks("auth.registration")
@pytest.mark.parametrize("case", BAD_NAMES)
def test_bad_name_is_refused(bad_names, case):
    assert bad_names[case].status in (400, 422)


@checks("auth.registration")
@pytest.mark.parametrize("case", BAD_PASSWORDS)
def test_bad_password_is_refused(bad_passwords, case):
    assert bad_passwords[case].status in (400, 422)


@checks("auth.registration")
def test_registration_shows_no_password(rival):
    assert revealed(rival.entrance.json, rival.password) == []


@checks("auth.login")
def test_login_answers_user_and_token(login):
    """Any other status than 200 has made the login fail already."""
    assert kinds(login.entrance) == WELCOME


@checks("auth.login")
def test_login_shows_no_password(login):
    assert revealed(login.entrance.json, login.password) == []


@checks("auth.login")
def test_token_is_valid(verified):
    assert verified.status == 200
    assert verified.field("valid") is True


@checks("auth.login")
def test_verify_shows_the_user_without_password(verified, login):
    assert verified.field("user", "username").lower() == login.username.lower()
    assert revealed(verified.json, login.password) == []


@checks("auth.login")
def test_token_is_a_week_long_hs256_jwt_of_a_user(login):
    claims = jwt.decode(login.token, options={"verify_signature": False})
    assert jwt.get_unverified_header(login.token)["alg"] == "HS256"
    assert uuid.UUID(claims["sub"]) != uuid.UUID(claims["jti"])
    times = {name: claims[name] for name in ("exp", "iat") if name in claims}
    assert {name: said for name, said in times.items() if type(said) is not int} == {}
    assert claims["exp"] - time.time() == pytest.approx(7 * DAY_S, abs=3600)


@checks("auth.login")
@pytest.mark.parametrize("case", ["wrong", "unknown"])
def test_wrong_credentials_are_refused(refused_logins, case):
    assert refused_logins[case].status == 401


@checks("auth.login")
def test_unknown_user_and_wrong_password_get_the_same_answer(refused_logins):
    wrong, again, unknown = (refused_logins[case] for case in ("wrong", "wrong-again", "unknown"))
    stable = said(wrong).items() & said(again).items()
    assert unknown.status == wrong.status
    assert stable <= said(unknown).items()
    assert said(unknown).keys() == said(wrong).keys()


@checks("auth.login")
def test_logout_answers_200(sessions):
    assert sessions.before.status == 200
    assert sessions.logout.status == 200


@checks("auth.login")
def test_logout_ends_that_session(sessions):
    assert sessions.ended_after.status == 401


@checks("auth.login")
def test_logout_leaves_the_other_session_alone(sessions):
    assert sessions.living_after.status == 200


def kinds(answer):
    """What kind of value each promised field of a welcome has."""
    return {name: type(answer.json.get(name)) for name in WELCOME}


def revealed(value, password, where=""):
    """Where an answer shows the password, or something that looks like its hash."""
    if isinstance(value, dict):
        return [hit for key, each in value.items() for hit in revealed(each, password, f"{where}.{key}")]
    if isinstance(value, list):
        return [
            hit for index, each in enumerate(value) for hit in revealed(each, password, f"{where}[{index}]")
        ]
    if not isinstance(value, str):
        return []
    key = where.rpartition(".")[2]
    # password_changed_at may be shown, password_hash may not.
    named = PASSWORD.search(key) or ("passw" in key.lower() and DIGEST.fullmatch(value))
    return [where] if password in value or HASH.search(value) or (named and value) else []


def said(answer):
    """What a refusal says, field by field, without the name that it may echo, numbers and ids."""
    sent = answer.sent_json["username"]
    body = answer.json
    fields = body if isinstance(body, dict) else {"": body}
    return {key: CHANGING.sub("#", repr(value).replace(sent, "<name>")) for key, value in fields.items()}
