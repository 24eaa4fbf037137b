"""Hostile tokens are what they say: each wrong in its own way, and in no other."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest

from harness.errors import PromiseBroken, Unprovable
from harness.target.players import Player
from harness.target.tokens import FORGED, GUESSABLE, HOSTILE, MINTED, REVOKED, Tokens

SECRET = "0123456789abcdef" * 4
NOW = int(time.time())
CLAIMS = {"sub": "u-1", "jti": "j-1", "iat": NOW, "exp": NOW + 86_400}
WITHOUT_TOKEN = {
    "no-header": {},
    "empty-header": {"Authorization": ""},
    "bearer-alone": {"Authorization": "Bearer"},
    "garbage": {"Authorization": "Bearer garbage"},
    "three-garbage-parts": {"Authorization": "Bearer gar.ba.ge"},
}


@pytest.fixture
def player(make_player):
    return make_player(SECRET, **CLAIMS)


@pytest.fixture
def other(make_player):
    return make_player(SECRET, **CLAIMS | {"sub": "u-2"})


def bearer(headers: dict[str, str]) -> str:
    return headers["Authorization"].removeprefix("Bearer ")


def read(token: str) -> tuple[dict, dict, str]:
    """Header, claims and signature of a token, checking nothing."""
    header, claims, signature = token.split(".")
    return *(json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, claims)), signature


def signature(token: str, secret: str) -> str:
    """The right HS256 signature of what `token` holds (RFC 7515, appendix A.1)."""
    mac = hmac.digest(secret.encode(), token.rpartition(".")[0].encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def test_every_kind_is_listed_once():
    assert len(set(HOSTILE)) == len(HOSTILE)
    assert set(HOSTILE) == {*FORGED, *MINTED, REVOKED}


@pytest.mark.parametrize("kind", WITHOUT_TOKEN)
def test_header_without_a_token_is_what_it_says(kind, player, other):
    assert Tokens(None).headers(kind, player, other) == WITHOUT_TOKEN[kind]


def test_wrong_scheme_carries_a_good_token(player, other):
    assert Tokens(None).headers("wrong-scheme", player, other) == {"Authorization": f"Basic {player.token}"}


@pytest.mark.parametrize(
    ("kind", "algorithm", "changed", "signed"),
    [
        ("tampered-payload", "HS256", {"exp": NOW + 2 * 86_400}, "own"),
        ("stripped-signature", "HS256", {}, "nothing"),
        ("foreign-signature", "HS256", {}, "other"),
        ("alg-none", "none", {}, "nothing"),
        ("alg-None", "None", {}, "nothing"),
        ("alg-NONE", "NONE", {}, "nothing"),
        ("alg-none-signed", "none", {}, "own"),
    ],
)
def test_forged_token_differs_from_the_genuine_one_as_it_says(
    kind, algorithm, changed, signed, player, other
):
    forged = read(bearer(Tokens(None).headers(kind, player, other)))
    signatures = {"own": read(player.token)[2], "other": read(other.token)[2], "nothing": ""}
    assert forged == ({"alg": algorithm, "typ": "JWT"}, CLAIMS | changed, signatures[signed])


@pytest.mark.parametrize("secret", GUESSABLE)
def test_guessable_secret_signs_the_players_own_claims(secret, player, other):
    token = bearer(Tokens(None).headers(f"guessable-secret-{secret}", player, other))
    assert read(token) == ({"alg": "HS256", "typ": "JWT"}, CLAIMS, signature(token, secret))


def test_wrong_secret_is_another_one_each_time(player, other):
    first, second = (bearer(Tokens(None).headers("wrong-secret", player, other)) for _ in range(2))
    assert read(first)[:2] == read(second)[:2] == ({"alg": "HS256", "typ": "JWT"}, CLAIMS)
    assert len({read(first)[2], read(second)[2], read(player.token)[2]}) == 3


@pytest.mark.parametrize(
    "kind", [kind for kind in FORGED if kind not in WITHOUT_TOKEN and kind != "wrong-scheme"]
)
def test_no_forged_token_verifies(kind, player, other):
    assert jwt.decode(player.token, SECRET, ["HS256"]) == CLAIMS
    with pytest.raises((jwt.InvalidSignatureError, jwt.InvalidAlgorithmError)):
        jwt.decode(bearer(Tokens(None).headers(kind, player, other)), SECRET, ["HS256"])


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("expired", jwt.ExpiredSignatureError),
        ("not-yet-valid", jwt.ImmatureSignatureError),
        ("no-exp", jwt.MissingRequiredClaimError),
        ("no-sub", jwt.MissingRequiredClaimError),
        ("no-jti", jwt.MissingRequiredClaimError),
    ],
)
def test_minted_token_is_genuinely_signed_and_refused_for_what_it_says(kind, error, player, other):
    token = bearer(Tokens(SECRET).headers(kind, player, other))
    claims = read(token)[1]
    assert read(token)[2] == signature(token, SECRET)
    with pytest.raises(error):
        jwt.decode(token, SECRET, ["HS256"], leeway=300, options={"require": ["exp", "sub", "jti"]})
    missing = {kind.removeprefix("no-")} & set(CLAIMS)
    assert set(CLAIMS) - set(claims) == missing
    assert {name for name in CLAIMS.keys() & claims if claims[name] != CLAIMS[name]} == (
        {"iat", "exp"} if kind == "expired" else set()
    )


def test_unknown_sub_is_valid_but_for_the_player_it_names(player, other):
    token = bearer(Tokens(SECRET).headers("unknown-sub", player, other))
    claims = jwt.decode(token, SECRET, ["HS256"])
    assert claims.pop("sub") not in ("u-1", "u-2")
    assert claims == {name: CLAIMS[name] for name in ("jti", "iat", "exp")}


@pytest.mark.parametrize(
    "legal",
    [{"aud": "game"}, {"iat": NOW + 20}, {"nbf": NOW + 20}, {"role": "player"}],
    ids=["audience", "clock-ahead", "not-before-ahead", "further-claim"],
)
def test_legal_claims_of_another_choice_do_not_stand_in_the_way(make_player, other, legal):
    player = make_player(SECRET, **CLAIMS | legal)
    claims = read(bearer(Tokens(SECRET).headers("no-exp", player, other)))[1]
    assert claims == {name: value for name, value in (CLAIMS | legal).items() if name != "exp"}


@pytest.mark.parametrize("kind", MINTED)
def test_minted_token_needs_the_secret(kind, player, other):
    with pytest.raises(Unprovable) as caught:
        Tokens(None).headers(kind, player, other)
    assert caught.value.remedy == "set tokens.signing_secret_env"


def test_secret_that_is_not_the_targets_is_a_failure_with_its_key(player, other):
    with pytest.raises(
        PromiseBroken, match=r"^tokens\.signing_secret_env does not hold the secret"
    ) as caught:
        Tokens("f" * 64).headers("expired", player, other)
    assert caught.value.exchange is player.entrance


@pytest.mark.parametrize("kind", ["tampered-payload", "alg-none", "expired"])
def test_token_that_is_no_jwt_breaks_a_promise(kind, player, other, make_exchange):
    odd = Player("smoke_1", "password", "opaque-token", make_exchange())
    with pytest.raises(PromiseBroken) as caught:
        Tokens(SECRET).headers(kind, odd, other)
    assert caught.value.exchange is odd.entrance


def test_kind_that_does_not_exist_is_a_slip_of_the_caller(player, other):
    with pytest.raises(AssertionError, match="no such hostile token: alg-nil"):
        Tokens(SECRET).headers("alg-nil", player, other)
