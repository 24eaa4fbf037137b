"""The 24 checks with this project's harness: those of accounts and tokens. Probes gather, tests judge."""

from harness import checks, probe
from harness.evidence.probe import together


@probe
async def taken_name(api, players, player):
    """Registering a taken name again, in capitals."""
    return await api.register(player.username.upper(), players.password())


@probe
async def bad_registration(api, players):
    """Registering with a short name, and with a short password."""
    name, password = players.name(), players.password()
    return await together({"name": api.register("ab", password), "password": api.register(name, "12345")})


@probe
async def login(accounts, player):
    """A second session of a player."""
    return await accounts.login(player.username, player.password)


@probe
async def bad_login(api, player, accounts):
    """A wrong password, and an unknown user."""
    names = {"wrong": player.username, "unknown": accounts.name()}
    return await together({case: api.login(name, "wrong-password") for case, name in names.items()})


@probe
async def verified(api, login):
    """Whom the token of the second session belongs to."""
    return await api.verify(login)


@probe
async def ended(api, accounts, player):
    """A third session, and its logout."""
    session = await accounts.login(player.username, player.password)
    return session, await api.logout(session)


@probe
async def after_logout(api, ended, login):
    """Both sessions after the logout of the one."""
    return await together({"ended": api.verify(ended[0]), "living": api.verify(login)})


@probe
async def no_token(api):
    """The snapshot, asked for without a token and with garbage."""
    return await together(
        {"none": api.snapshot(None), "garbage": api.snapshot({"Authorization": "Bearer garbage"})}
    )


@probe
async def tampered_token(api, player):
    """The snapshot, asked for with a token whose signature was changed."""
    token = player.token[:-8] + player.token[-8:][::-1]
    return await api.snapshot({"Authorization": f"Bearer {token}"})


@checks("auth.registration")
def test_registration(player):
    assert player.entrance.status in (200, 201)
    assert player.entrance.field("token")
    assert player.entrance.field("user", "username") == player.username


@checks("auth.registration")
def test_taken_name(taken_name):
    assert taken_name.status in (400, 409)


@checks("auth.registration")
def test_bad_registration(bad_registration):
    assert all(answer.status in (400, 422) for answer in bad_registration.values())


@checks("auth.login")
def test_login(login):
    assert login.entrance.status == 200
    assert login.entrance.field("token")


@checks("auth.login")
def test_bad_login(bad_login):
    assert [answer.status for answer in bad_login.values()] == [401, 401]


@checks("auth.login")
def test_verify(verified):
    assert verified.status == 200
    assert verified.field("valid") is True


@checks("auth.login")
def test_logout(ended, after_logout):
    assert ended[1].status == 200
    assert after_logout["ended"].status == 401
    assert after_logout["living"].status == 200


@checks("auth.token-refusal")
def test_no_token(no_token):
    assert [answer.status for answer in no_token.values()] == [401, 401]


@checks("auth.token-refusal")
def test_tampered_token(tampered_token):
    assert tampered_token.status == 401
