"""Players: registered under this run's names or provided, their secrets known, their writes noted."""

import re

import pytest

from harness.errors import PromiseBroken, Unprovable
from harness.evidence.secrets import Secrets
from harness.target.players import Player, Players

TOKEN = "a-token-of-the-target"
PROVIDED = {"mode": "provided", "username_env": "NAME", "password_env": "WORD"}


def saying(status, body):
    async def answer(request):
        answer.seen.append((request.method, request.target, request.body.decode()))
        return status, body

    answer.seen = []
    return answer


def players_of(meeting, known=None) -> Players:
    return Players(meeting.environment, meeting.api, known or Secrets(), meeting.ledger)


@pytest.mark.parametrize("status", [200, 201])
def test_registered_player_is_noted_before_and_its_secrets_are_known(meet, status):
    answer, known = saying(status, {"token": TOKEN}), Secrets()

    async def work(meeting):
        return await players_of(meeting, known).register(), meeting.ledger.entries

    player, entries = meet(answer, work, accounts={"prefix": "nightly"})
    assert re.fullmatch("nightly_[0-9a-f]{6}_001", player.username)
    assert [entry["kind"] for entry in entries] == ["account", "request"]
    assert entries[0]["username"] == player.username
    body = f'{{"username": "{player.username}", "password": "{player.password}"}}'
    assert answer.seen == [("POST", "/api/user/register", body)]
    assert known.scrub(f"{player.password} {player.token}") == "<password> <token>"
    assert player.password not in repr(player)
    assert TOKEN not in repr(player)


def test_player_at_the_limits_has_the_longest_name_and_the_shortest_password(meet):
    answer, known = saying(200, {"token": TOKEN}), Secrets()

    async def work(meeting):
        return await players_of(meeting, known).any(at_limits=True)

    player = meet(answer, work)
    assert re.fullmatch(r"smoke_[0-9a-f]{6}_001_{3,}", player.username)
    assert (len(player.username), len(player.password)) == (20, 6)
    assert re.fullmatch("[g-z]{6}", player.password)
    assert known.scrub(player.password) == "<password>"


def test_names_are_new_and_legal_for_the_longest_prefix(meet):
    async def work(meeting):
        first, second = players_of(meeting), players_of(meeting)
        return [players.name() for players in (first, second) for _ in range(999)]

    names = meet(saying(200, {}), work, accounts={"prefix": "eight_ch"})
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch("[A-Za-z0-9_]{3,20}", name)] == []


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (409, {"detail": "taken"}, "promised 200 or 201"),
        (200, {}, "promised `token`, and the answer has none"),
        (200, {"token": ""}, "promised a token, and `token` is ''"),
        (200, {"token": None}, "promised a token, and `token` is None"),
        (200, {"token": "töken"}, "promised a token, and `token` fits in no header"),
        (200, {"token": "a\nb"}, "promised a token, and `token` fits in no header"),
        (200, {"token": "\ud800"}, "promised a token, and `token` fits in no header"),
    ],
)
def test_registration_without_a_token_breaks_a_promise(meet, status, body, told):
    with pytest.raises(PromiseBroken) as caught:
        meet(saying(status, body), lambda meeting: players_of(meeting).register("adam"))
    assert str(caught.value) == f"POST /api/user/register answered {status}: {told}"
    assert caught.value.exchange.field() == body


@pytest.mark.parametrize("wanted", [{}, {"entitled": True}], ids=["plain", "entitled"])
def test_provided_account_is_logged_in_and_nothing_is_noted(meet, make_environment, wanted):
    kind = "entitled_" if wanted else ""
    accounts = PROVIDED | {"entitled_username_env": "E_NAME", "entitled_password_env": "E_WORD"}
    variables = {"NAME": "jo", "WORD": "jo-password", "E_NAME": "vip", "E_WORD": "vip-password"}
    environment = make_environment(variables, accounts=accounts)
    answer = saying(200, {"token": TOKEN})

    async def work(meeting):
        players = players_of(meeting._replace(environment=environment))
        return await players.provided(**wanted), meeting.ledger.entries

    player, entries = meet(answer, work, access={"writes": False})
    assert (player.username, player.password) == (("vip", "vip-password") if kind else ("jo", "jo-password"))
    assert [target for _, target, _ in answer.seen] == ["/api/auth/login"]
    assert entries == []


@pytest.mark.parametrize(
    ("accounts", "wanted", "remedy"),
    [
        ({}, {}, "set accounts.username_env"),
        (PROVIDED, {"entitled": True}, "set accounts.entitled_username_env"),
    ],
)
def test_account_that_is_not_provided_is_unprovable(meet, make_environment, accounts, wanted, remedy):
    environment = make_environment({"NAME": "jo", "WORD": "jo-password"}, accounts=accounts)

    async def work(meeting):
        return await players_of(meeting._replace(environment=environment)).provided(**wanted)

    with pytest.raises(Unprovable) as caught:
        meet(saying(200, {}), work)
    assert caught.value.remedy == remedy


@pytest.mark.parametrize(("accounts", "target"), [({}, "/api/user/register"), (PROVIDED, "/api/auth/login")])
def test_any_player_is_registered_or_provided_as_the_environment_says(
    meet, make_environment, accounts, target
):
    environment = make_environment({"NAME": "jo", "WORD": "jo-password"}, accounts=accounts)
    answer = saying(200, {"token": TOKEN})
    meet(answer, lambda meeting: players_of(meeting._replace(environment=environment)).any())
    assert [seen for _, seen, _ in answer.seen] == [target]


def test_refused_login_breaks_a_promise(meet):
    with pytest.raises(PromiseBroken, match=r"^POST /api/auth/login answered 401: promised 200$"):
        meet(saying(401, {}), lambda meeting: players_of(meeting).login("adam", "password"))


def test_id_is_the_tokens_sub(make_player):
    assert make_player("0" * 64, sub="u-1").id == "u-1"


@pytest.mark.parametrize("token", ["opaque", "a.b.c", ""])
def test_id_of_a_token_that_is_no_jwt_breaks_a_promise(make_exchange, token):
    entrance = make_exchange()
    with pytest.raises(PromiseBroken, match=r"^the token is no JWT \(.+\)$") as caught:
        _ = Player("adam", "password", token, entrance).id
    assert caught.value.exchange is entrance


def test_id_of_a_token_without_sub_breaks_a_promise(make_player):
    with pytest.raises(PromiseBroken, match=r"^the token has no `sub`$"):
        _ = make_player("0" * 64, jti="j-1").id
