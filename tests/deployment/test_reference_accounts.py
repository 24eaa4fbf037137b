"""The reference deployment keeps its promises of accounts and tokens."""

import json
import secrets
import time
import uuid
from typing import Any

import jwt
import pytest
from deployed import SECRETS, Player, Target, bearer


def test_a_name_is_taken_in_any_case(player: Player):
    again = player.target.http.post(
        "/user/register", json={"username": player.name.upper(), "password": "another one"}
    )
    assert again.status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {"username": "ab", "password": "long enough"},
        {"username": "a" * 21, "password": "long enough"},
        {"username": "no spaces", "password": "long enough"},
        {"username": "Newline\n", "password": "long enough"},
        {"username": {"$ne": ""}, "password": "long enough"},
        {"username": "Hero_short", "password": "12345"},
        {"username": "Hero_number", "password": 1234567},
        {"username": "Hero_half", "password": "half a pair \ud800"},
        [],
    ],
)
def test_a_bad_registration_is_refused_and_not_repeated(target: Target, body: Any):
    answer = target.http.post("/user/register", content=json.dumps(body))
    assert answer.status_code == 422
    assert all(set(each) == {"type", "loc", "msg"} for each in answer.json()["detail"])


def test_wrong_password_and_unknown_player_get_the_same_answer(player: Player):
    wrong = player.target.http.post("/auth/login", json={"username": player.name, "password": "wrong one"})
    unknown = player.target.http.post(
        "/auth/login", json={"username": "Nobody_here", "password": "wrong one"}
    )
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json()) == (401, wrong.json())


def test_logout_ends_one_session_only(player: Player):
    login = {"username": player.name.lower(), "password": player.password}
    other = player.target.http.post("/auth/login", json=login).json()
    assert set(other) == {"user", "token", "message"}
    assert "password" not in json.dumps(other)
    assert player.post("/auth/logout").status_code == 200
    assert player.get("/auth/verify").status_code == 401
    verified = player.target.http.get("/auth/verify", headers=bearer(other["token"]))
    assert verified.json() == {"valid": True, "user": other["user"]}


def hostile_headers(token: str) -> dict[str, str]:
    """Authorization headers that must never pass, by what is wrong with them."""
    header, payload, signature = token.split(".")
    claims = jwt.decode(token, options={"verify_signature": False})
    now = int(time.time())
    key = SECRETS["JWT_SECRET_KEY"]

    def forged(**changes: Any) -> str:
        changed = {name: value for name, value in (claims | changes).items() if value is not None}
        return "Bearer " + jwt.api_jws.encode(json.dumps(changed).encode(), key, algorithm="HS256")

    def headed(alg: str) -> str:
        return jwt.utils.base64url_encode(json.dumps({"alg": alg, "typ": "JWT"}).encode()).decode()

    other = jwt.utils.base64url_encode(json.dumps(claims | {"sub": str(uuid.uuid4())}).encode()).decode()
    return {
        "no scheme": token,
        "wrong scheme": f"Basic {token}",
        "empty": "Bearer",
        "garbage": "Bearer ünï.cödé.©",
        "many dots": "Bearer " + "." * 5000,
        "tampered": f"Bearer {header}.{other}.{signature}",
        "stripped": f"Bearer {header}.{payload}.",
        **{f"alg {alg}": f"Bearer {headed(alg)}.{payload}." for alg in ("none", "None", "NONE", "nOnE", "")},
        "alg none, signed": f"Bearer {headed('none')}.{payload}.{signature}",
        "foreign": "Bearer " + jwt.encode(claims, secrets.token_hex(32), "HS256"),
        "guessable": "Bearer " + jwt.encode(claims, "changeme" * 4, "HS256"),
        "other algorithm": "Bearer " + jwt.encode(claims, key, "HS512"),
        "expired": forged(exp=now - 1),
        "not yet valid": forged(nbf=now + 60),
        "issued tomorrow": forged(iat=now + 86400),
        "unknown player": forged(sub=str(uuid.uuid4())),
        **{f"no {name}": forged(**{name: None}) for name in ("exp", "sub", "jti")},
        **{
            f"{name} {value!r}": forged(**{name: value})
            for name in ("exp", "iat", "nbf", "sub", "jti")
            for value in ("", "x" * 100, [1], {"$gt": 0}, 1.5, float("inf"), True, "\ud800", "\x00")
        },
    }


def test_hostile_tokens_are_refused_on_every_protected_route_before_anything_else(player: Player):
    hostile = hostile_headers(player.token)
    routes = [
        ("GET", "/auth/verify"),
        ("POST", "/auth/logout"),
        ("GET", "/entitlements/snapshot"),
        ("GET", "/hero/not%20an%20id/cinematic/access"),
        ("GET", "/hero/zeus/cinematic/url"),
        ("POST", "/battle-pass/x/claim/gold/none"),
        ("POST", "/purchases/verify"),
    ]
    for method, path in routes:
        for wrong, value in {"no header": "", **hostile}.items():
            headers = {"Authorization": value.encode()} if value else {}
            answer = player.target.http.request(method, path, headers=headers, content=b"{not json")
            assert answer.status_code == 401, (method, path, wrong, answer.text)
    assert player.get("/auth/verify").status_code == 200


def test_a_token_may_lack_iat(player: Player):
    claims = jwt.decode(player.token, options={"verify_signature": False})
    assert set(claims) == {"sub", "jti", "iat", "exp"}
    assert claims["exp"] - claims["iat"] == 7 * 24 * 3600
    del claims["iat"]
    token = jwt.encode(claims, SECRETS["JWT_SECRET_KEY"], "HS256")
    assert player.target.http.get("/auth/verify", headers=bearer(token)).status_code == 200


def test_logout_is_throttled(deployments: dict[str, Target]):
    target = deployments["purchases switched off"].ready()
    answers = [target.player().post("/auth/logout").status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]
