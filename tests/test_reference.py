"""The reference deployment keeps the contract that the verifier holds every target to."""

import hashlib
import hmac
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

ROOT = Path(__file__).parent.parent
SECRET_NAMES = ("REVENUECAT_SECRET_KEY", "REVENUECAT_WEBHOOK_SECRET", "JWT_SECRET_KEY")
SECRETS = {name: secrets.token_hex(32) for name in SECRET_NAMES}
DEPLOYMENTS_BESIDE_RELEASE: dict[str, dict[str, str]] = {
    "development": {"SERVER_DEV_MODE": "true", **dict.fromkeys(SECRET_NAMES, "")},
    "purchases switched off": {"PURCHASES_DISABLED": "true", "WEBHOOK_STRATEGY": "static"},
    "another header": {
        "WEBHOOK_STRATEGY": "static",
        "WEBHOOK_HEADER": "X-RevenueCat-Webhook-Authorization",
        "WEBHOOK_PREFIX": "Token ",
    },
    "body-hmac": {"WEBHOOK_STRATEGY": "body-hmac"},
}
ON_ONE_DATABASE = ("another header", "body-hmac")
HOUR_MS = 3_600_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def environment(**settings: str) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return inherited | {"SERVER_DEV_MODE": "false"} | SECRETS | settings


class Target:
    """A running deployment. The process is started at once; the first use waits for it."""

    def __init__(self, log: Path, *arguments: str, **settings: str) -> None:
        self.log = log
        with log.open("w") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "reference", "--until-eof", *arguments],
                cwd=ROOT,
                env=environment(**settings),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )

    def ready(self) -> "Target":
        if not hasattr(self, "http"):
            line = self.process.stdout.readline()
            assert line, self.log.read_text()
            urls = json.loads(line)
            self.http = httpx.Client(base_url=urls["base_url"] + "/api", timeout=10)
            self.revenuecat = httpx.Client(base_url=urls["revenuecat_url"], timeout=10)
        return self

    def player(self, name: str | None = None) -> "Player":
        name = name or f"Hero_{secrets.token_hex(6)}"
        password = secrets.token_hex(8)
        answer = self.http.post("/user/register", json={"username": name, "password": password})
        assert answer.status_code == 201, answer.text
        return Player(self, name, password, answer.json())

    def deliver(self, event: dict[str, Any] | bytes, headers: dict[str, Any] | None = None) -> httpx.Response:
        """Delivers an event, signed unless other headers are given."""
        body = (
            event if isinstance(event, bytes) else json.dumps({"api_version": "1.0", "event": event}).encode()
        )
        return self.http.post("/webhooks/revenuecat", content=body, headers=headers or signed(body))


class Player:
    def __init__(self, target: Target, name: str, password: str, answer: dict[str, Any]) -> None:
        self.target, self.name, self.password = target, name, password
        self.id, self.token = answer["user"]["id"], answer["token"]

    def get(self, path: str) -> httpx.Response:
        return self.target.http.get(path, headers=bearer(self.token))

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.target.http.post(path, json=body, headers=bearer(self.token))

    def snapshot(self) -> dict[str, Any]:
        answer = self.get("/entitlements/snapshot")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def status(self, key: str = "PREMIUM") -> str:
        return self.snapshot()["entitlements"].get(key, {"status": "not_owned"})["status"]

    def event(self, type_: str = "INITIAL_PURCHASE", **fields: Any) -> dict[str, Any]:
        return {
            "id": str(uuid.uuid4()),
            "type": type_,
            "app_user_id": self.name,
            "entitlement_ids": ["premium"],
            "product_id": "premium_monthly",
            "transaction_id": secrets.token_hex(8),
            "event_timestamp_ms": now_ms(),
            "expiration_at_ms": now_ms() + HOUR_MS,
            **fields,
        }

    def send(self, type_: str = "INITIAL_PURCHASE", **fields: Any) -> None:
        answer = self.target.deliver(self.event(type_, **fields))
        assert answer.status_code == 200, answer.text

    def buys(self, product: str = "premium_cinematics_pack", transaction: str | None = None) -> str:
        """Plays the store: RevenueCat knows the purchase from now on."""
        transaction = transaction or secrets.token_hex(8)
        bought = {"app_user_id": self.name, "product_id": product, "transaction_id": transaction}
        answer = self.target.revenuecat.post("/control/purchases", json=bought | {"expires_at_ms": None})
        assert answer.status_code == 201, answer.text
        return transaction

    def verify(self, **fields: Any) -> httpx.Response:
        return self.post("/purchases/verify", order(**fields))


def order(**fields: Any) -> dict[str, Any]:
    return {
        "product_id": "premium_cinematics_pack",
        "entitlement_key": "PREMIUM_CINEMATICS_PACK",
        "idempotency_key": secrets.token_hex(8),
        "platform": "ios",
        **fields,
    }


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def digest(message: bytes, secret: str = SECRETS["REVENUECAT_WEBHOOK_SECRET"]) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def signed(body: bytes, at: float | None = None, **secret: str) -> dict[str, str]:
    t = int(time.time() if at is None else at)
    return {"X-RevenueCat-Webhook-Signature": f"t={t},v1={digest(b'%d.%s' % (t, body), **secret)}"}


@pytest.fixture(scope="session")
def deployments(tmp_path_factory: pytest.TempPathFactory):
    """All deployments. Most start while the first tests run, because each start-up costs half a second."""
    logs = tmp_path_factory.mktemp("logs")
    running = {"release": Target(logs / "release").ready()}
    for name, settings in DEPLOYMENTS_BESIDE_RELEASE.items():
        database = ("--database", str(logs / "heroes.sqlite")) if name in ON_ONE_DATABASE else ()
        running[name] = Target(logs / name, *database, **settings)
    yield running
    for name, target in running.items():
        if name == "release":
            target.process.send_signal(signal.SIGTERM)
        else:
            target.process.stdin.close()  # --until-eof: the process ends with its parent
    # Each promises to be gone within half a second; together, on a busy machine, they get more.
    assert {target.process.wait(timeout=20) for target in running.values()} == {0}


@pytest.fixture(scope="session", autouse=True)
def unanswered(deployments: dict[str, Target]):
    """A verification that RevenueCat never answers, begun early because it takes two seconds to give up."""
    target = deployments["release"].ready()
    player = target.player()
    player.buys()
    target.revenuecat.put(f"/control/outages/{player.name}", json={"mode": "hang"})
    with ThreadPoolExecutor(1) as pool:
        yield player, pool.submit(player.verify)


@pytest.fixture
def target(deployments: dict[str, Target]) -> Target:
    return deployments["release"].ready()


@pytest.fixture
def player(target: Target) -> Player:
    return target.player()


# Start and stop


@pytest.mark.parametrize("name", SECRET_NAMES)
@pytest.mark.parametrize("how", ["missing", "empty"])
def test_start_up_is_refused_without_a_secret(name: str, how: str):
    settings = environment(**{name: ""})
    if how == "missing":
        del settings[name]
    command = [sys.executable, "-m", "reference"]
    run = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, timeout=5)
    assert (run.returncode, run.stdout, len(run.stderr.splitlines())) == (1, "", 1)
    assert f"{name} not configured" in run.stderr
    assert not any(secret in run.stderr for secret in SECRETS.values())


def test_another_process_on_the_same_database_knows_players_and_tokens(deployments: dict[str, Target]):
    player = deployments["body-hmac"].ready().player()
    player.target = deployments["another header"].ready()
    assert player.snapshot()["username"] == player.name


def test_start_up_markers_are_logged(target: Target):
    log = target.log.read_text()
    for marker in (
        "SERVER_DEV_MODE=FALSE",
        "Production configuration validated",
        "Created unique index on username_canon",
    ):
        assert marker in log


# Accounts and tokens


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


# Entitlements and gates


def test_a_new_player_owns_nothing(player: Player):
    snapshot = player.snapshot()
    assert set(snapshot) == {
        "server_time", "version", "username", "entitlements", "ttl_seconds", "source"
    }  # fmt: skip
    assert snapshot["username"] == player.name
    assert snapshot["ttl_seconds"] == 300
    server_time = datetime.fromisoformat(snapshot["server_time"])
    assert server_time.utcoffset() == timedelta(0)
    assert abs(server_time.timestamp() - time.time()) < 5
    statuses = {key: each["status"] for key, each in snapshot["entitlements"].items()}
    keys = ("PREMIUM", "PREMIUM_CINEMATICS_PACK", "NO_ADS", "STARTER_PACK")
    assert statuses == dict.fromkeys(keys, "not_owned")


def test_an_entitlement_ends_by_the_clock_and_the_version_rises(player: Player):
    player.send(expiration_at_ms=now_ms() + 400, entitlement_ids=["premium_cinematics"])
    owned = player.snapshot()
    assert owned["entitlements"]["PREMIUM_CINEMATICS_PACK"]["status"] == "owned"
    while (later := player.snapshot())["entitlements"]["PREMIUM_CINEMATICS_PACK"]["status"] == "owned":
        expires = datetime.fromisoformat(later["entitlements"]["PREMIUM_CINEMATICS_PACK"]["expires_at"])
        assert datetime.fromisoformat(later["server_time"]) < expires
    assert later["entitlements"]["PREMIUM_CINEMATICS_PACK"]["status"] == "expired"
    assert player.get("/hero/zeus/cinematic/access").status_code == 403
    player.send("RENEWAL", entitlement_ids=["premium_cinematics"])
    assert owned["version"] < later["version"] < player.snapshot()["version"]
    assert player.get("/hero/zeus/cinematic/access").status_code == 200


def test_cinematics_open_for_the_pack_and_for_the_hero(target: Target):
    hero, pack, nobody = target.player(), target.player(), target.player()
    hero.send(
        "NON_RENEWING_PURCHASE", entitlement_ids=["PREMIUM_CINEMATIC_OWNED:zeus"], expiration_at_ms=None
    )
    pack.send("NON_RENEWING_PURCHASE", entitlement_ids=["premium_cinematics"], expiration_at_ms=None)
    for route in ("access", "url"):
        answers = [
            player.get(f"/hero/{hero_id}/cinematic/{route}").status_code
            for player in (hero, pack, nobody)
            for hero_id in ("zeus", "hera", "not.an.id", "x" * 65)
        ]
        assert answers == [200, 403, 422, 422, 200, 200, 422, 422, 403, 403, 422, 422]
    assert hero.get("/hero/zeus/cinematic/access").json() == {"access": True, "hero_id": "zeus"}
    assert hero.get("/hero/zeus/cinematic/url").json()["video_url"].startswith("https://")
    assert "http" not in nobody.get("/hero/zeus/cinematic/url").text
    assert "PREMIUM_CINEMATIC_OWNED:zeus" in hero.snapshot()["entitlements"]


def test_premium_rewards_are_for_premium_players_and_for_themselves(target: Target):
    free, premium = target.player(), target.player()
    premium.send()
    claims = [
        (free, free.name, "free", 200),
        (free, free.name, "premium", 403),
        (premium, premium.name, "premium", 200),
        (premium, free.name, "premium", 403),
        (premium, free.name, "free", 403),
        (premium, premium.name, "gold", 422),
    ]
    for player, name, track, expected in claims:
        assert player.post(f"/battle-pass/{name}/claim/{track}/1").status_code == expected
    assert premium.post(f"/battle-pass/{premium.name}/claim/premium/0").status_code == 422


# Purchases


def test_a_purchase_known_to_revenuecat_is_granted_once(player: Player):
    transaction = player.buys()
    bought = order(transaction_id=transaction)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: player.post("/purchases/verify", bought), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert all(answer.json() == answers[0].json() for answer in answers)
    snapshot = answers[0].json()["entitlements_snapshot"]
    assert snapshot["entitlements"]["PREMIUM_CINEMATICS_PACK"]["transaction_id"] == transaction
    assert player.snapshot()["version"] == snapshot["version"] == 2
    assert player.post("/purchases/verify", bought | {"platform": "android"}).status_code == 409
    assert player.verify(transaction_id=transaction).status_code == 200
    assert player.snapshot()["version"] == 2


def test_a_refusal_is_not_remembered_against_a_later_success(player: Player):
    wanted = order()
    assert player.post("/purchases/verify", wanted).status_code == 402
    assert player.status("PREMIUM_CINEMATICS_PACK") == "not_owned"
    player.buys()
    assert player.post("/purchases/verify", wanted).status_code == 200


def test_a_transaction_and_an_idempotency_key_are_one_players_own(target: Target):
    first, second = target.player(), target.player()
    bought = order(transaction_id=first.buys())
    second.buys(transaction=bought["transaction_id"])
    assert first.post("/purchases/verify", bought).status_code == 200
    assert second.post("/purchases/verify", bought).status_code == 409
    assert second.status("PREMIUM_CINEMATICS_PACK") == "not_owned"
    second.buys(transaction="another" + bought["transaction_id"])
    own = bought | {"transaction_id": "another" + bought["transaction_id"]}
    assert second.post("/purchases/verify", own).status_code == 200


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"transaction_id": "never happened"}, 402),
        ({"product_id": "free_everything"}, 400),
        ({"entitlement_key": "PREMIUM"}, 400),
        ({"entitlement_key": "PREMIUM_CINEMATICS_PACK.status"}, 400),
        ({"entitlement_key": {"$ne": ""}}, 422),
        ({"product_id": ["premium_cinematics_pack"]}, 422),
        ({"transaction_id": 7}, 422),
        ({"idempotency_key": "nul\x00byte"}, 422),
        ({"idempotency_key": "half \ud800"}, 422),
        ({"receipt_data": "nul\x00byte"}, 422),
        ({"receipt_data": "r" * 1_000_000}, 422),
        ({"PREMIUM.status": "owned"}, 422),
        ({"\ud800": 1}, 422),
    ],
)
def test_a_bad_order_is_refused_and_changes_nothing(target: Target, fields: dict[str, Any], expected: int):
    player = target.player()
    player.buys()
    before = player.snapshot()
    headers = bearer(player.token)
    answer = target.http.post("/purchases/verify", content=json.dumps(order(**fields)), headers=headers)
    assert answer.status_code == expected
    assert len(answer.text) < 1000
    after = player.snapshot()
    assert after | {"server_time": ""} == before | {"server_time": ""}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b"\xff", b"null", b"[]", b'{"a": NaN}', b"1" * 5000]
)
def test_a_body_that_is_no_order_is_refused(player: Player, body: bytes):
    for path, headers in (
        ("/purchases/verify", bearer(player.token)),
        ("/webhooks/revenuecat", signed(body)),
        ("/user/register", {}),
    ):
        assert 400 <= player.target.http.post(path, content=body, headers=headers).status_code < 500


def test_a_purchase_survives_an_outage_of_revenuecat(player: Player):
    bought = order(transaction_id=player.buys())
    outage = f"/control/outages/{player.name}"
    assert player.target.revenuecat.put(outage, json={"mode": "down"}).status_code == 200
    assert player.post("/purchases/verify", bought).status_code == 502
    assert player.target.revenuecat.put(outage, json={"mode": "none"}).status_code == 200
    assert player.post("/purchases/verify", bought).status_code == 200


# Webhooks


def wrong_credentials(body: bytes) -> dict[str, dict[str, Any]]:
    (name, value), now = next(iter(signed(body).items())), time.time()
    return {
        "none": {"X-Nothing": ""},
        "empty": {name: ""},
        "not ASCII": {name: "t=²,v1=é".encode()},
        "truncated": {name: value[:-1]},
        "no time": {name: value.partition(",")[2]},
        "foreign": signed(body, secret=secrets.token_hex(32)),
        "another body": signed(body + b" "),
        "stale": signed(body, at=now - 310),
        "future": signed(body, at=now + 310),
        "another time": {name: value.replace("t=", "t=1")},
        "static": {"Authorization": SECRETS["REVENUECAT_WEBHOOK_SECRET"]},
    }


def test_webhooks_with_wrong_credentials_are_refused_before_the_body_is_read(player: Player):
    for good in (True, False):
        body = json.dumps({"event": player.event()}).encode() if good else b"{not json"
        for wrong, headers in wrong_credentials(body).items():
            assert player.target.deliver(body, headers).status_code == 401, wrong
    assert player.status() == "not_owned"
    assert "Webhook signature verification failed" in player.target.log.read_text()


@pytest.mark.parametrize(
    ("deployment", "header", "good", "bad"),
    [
        (
            "purchases switched off",
            "Authorization",
            ["{secret}", "Bearer {secret}"],
            ["", "Bearer", "Bearer x{secret}"],
        ),
        (
            "another header",
            "X-RevenueCat-Webhook-Authorization",
            ["{secret}", "Token {secret}"],
            ["{secret}x"],
        ),
        ("body-hmac", "Authorization", ["{hmac}"], ["{secret}", "Bearer {hmac}x", ""]),
    ],
)
def test_other_webhook_strategies(
    deployments: dict[str, Target], deployment: str, header: str, good: list[str], bad: list[str]
):
    target = deployments[deployment].ready()
    player = target.player()
    for form in (*bad, *good):
        body = json.dumps({"event": player.event(id=str(uuid.uuid4()))}).encode()
        value = form.format(secret=SECRETS["REVENUECAT_WEBHOOK_SECRET"], hmac=digest(body))
        assert target.deliver(body, {header: value}).status_code == (200 if form in good else 401), form
        assert player.status() == ("owned" if form in good else "not_owned")


def test_parallel_deliveries_of_one_event_change_state_once(player: Player):
    event = player.event()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(player.target.deliver, [event] * 8))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert player.snapshot()["version"] == 2
    player.send("EXPIRATION")
    assert player.target.deliver(event).status_code == 200
    assert player.status() == "expired"
    assert f"Received webhook event_id={event['id']}" in player.target.log.read_text()


@pytest.mark.parametrize("name", ["name in another case", "id", "original_app_user_id", "aliases"])
def test_a_player_is_found_by(player: Player, name: str):
    player.send(
        **{
            "name in another case": {"app_user_id": player.name.swapcase()},
            "id": {"app_user_id": player.id.upper()},
            "original_app_user_id": {"app_user_id": "$RCAnonymousID:1", "original_app_user_id": player.name},
            "aliases": {"app_user_id": None, "aliases": ["$RCAnonymousID:1", player.name]},
        }[name]
    )
    assert player.status() == "owned"


def test_every_listed_entitlement_is_granted_and_unknown_ones_are_not(player: Player):
    player.send(entitlement_ids=["premium", "gold", "no_ads", "PREMIUM_CINEMATIC_OWNED:no/id"])
    owned = {key for key, each in player.snapshot()["entitlements"].items() if each["status"] == "owned"}
    assert owned == {"PREMIUM", "NO_ADS"}


@pytest.mark.parametrize(
    ("type_", "fields", "expected"),
    [
        ("INITIAL_PURCHASE", {"expiration_at_ms": None}, "owned"),
        ("RENEWAL", {}, "owned"),
        ("UNCANCELLATION", {}, "owned"),
        ("NON_RENEWING_PURCHASE", {}, "owned"),
        ("INITIAL_PURCHASE", {"expiration_at_ms": 1}, "expired"),
        ("EXPIRATION", {}, "expired"),
        ("EXPIRATION", {"product_id": None}, "expired"),
        ("CANCELLATION", {"cancel_reason": "UNSUBSCRIBE"}, "owned"),
        ("CANCELLATION", {"cancel_reason": "CUSTOMER_SUPPORT"}, "revoked"),
        ("BILLING_ISSUE", {}, "owned"),
        ("SUBSCRIPTION_PAUSED", {}, "owned"),
        ("TYPE_OF_TOMORROW", {"news": [1]}, "owned"),
    ],
)
def test_effects_of_event_types(player: Player, type_: str, fields: dict[str, Any], expected: str):
    player.send(event_timestamp_ms=now_ms() - 1000)
    player.send(type_, **fields)
    assert player.status() == expected


@pytest.mark.parametrize(
    "type_",
    [
        "TEST", "PRODUCT_CHANGE", "SUBSCRIPTION_EXTENDED", "REFUND_REVERSED",
        "TEMPORARY_ENTITLEMENT_GRANT", "BILLING_ISSUE", "CANCELLATION", "TYPE_OF_TOMORROW",
    ],
)  # fmt: skip
def test_types_that_grant_nothing(player: Player, type_: str):
    player.send(type_)
    assert player.status() == "not_owned"


def test_a_test_event_as_revenuecat_sends_it_changes_nobody(player: Player):
    nulls = dict.fromkeys(("entitlement_ids", "transaction_id", "price", "currency", "entitlement_id"))
    fields = {"id": str(uuid.uuid4()).upper(), "environment": "SANDBOX", "product_id": "test_product"}
    player.send("TEST", **nulls, **fields)
    assert player.snapshot()["version"] == 1


def test_late_events_do_not_win(player: Player):
    now = now_ms()
    player.send("RENEWAL", event_timestamp_ms=now)
    version = player.snapshot()["version"]
    player.send("EXPIRATION", event_timestamp_ms=now - 1)
    player.send("CANCELLATION", event_timestamp_ms=now - 1, cancel_reason="CUSTOMER_SUPPORT")
    assert (player.status(), player.snapshot()["version"]) == ("owned", version)
    player.send("EXPIRATION", event_timestamp_ms=now + 2)
    player.send("RENEWAL", event_timestamp_ms=now + 1)
    assert player.status() == "expired"
    player.send("RENEWAL", event_timestamp_ms=now + 3)
    assert player.status() == "owned"


def test_an_end_that_overtakes_its_purchase_stands(player: Player):
    player.send("EXPIRATION", event_timestamp_ms=now_ms())
    player.send("INITIAL_PURCHASE", event_timestamp_ms=now_ms() - 1000)
    assert player.status() == "expired"


def test_a_cancellation_that_overtakes_its_purchase_does_not_swallow_it(player: Player):
    player.send("CANCELLATION", event_timestamp_ms=now_ms())
    player.send("INITIAL_PURCHASE", event_timestamp_ms=now_ms() - 1000)
    assert player.status() == "owned"


def test_the_end_of_one_product_leaves_what_another_gave(player: Player):
    player.send("NON_RENEWING_PURCHASE", product_id="premium_for_life", expiration_at_ms=None)
    player.send("INITIAL_PURCHASE")
    player.send("EXPIRATION")
    assert player.status() == "owned"


def test_a_transfer_moves_what_was_owned(target: Target):
    giver, taker = target.player(), target.player()
    giver.send(entitlement_ids=["premium", "no_ads"])
    lists = {"transferred_from": [giver.name], "transferred_to": [taker.name]}
    transfer = {"id": str(uuid.uuid4()), "type": "TRANSFER", "event_timestamp_ms": now_ms(), **lists}
    assert target.deliver(transfer).status_code == 200
    assert (giver.status("PREMIUM"), giver.status("NO_ADS")) == ("revoked", "revoked")
    assert (taker.status("PREMIUM"), taker.status("NO_ADS")) == ("owned", "owned")


def test_a_purchase_for_an_unknown_player_waits_for_them(target: Target):
    name, stranger = f"Later_{secrets.token_hex(4)}", target.player()
    stranger.send(app_user_id=name)
    stranger.send(app_user_id=name, entitlement_ids=["no_ads"], product_id="no_ads_forever")
    stranger.send("EXPIRATION", app_user_id=name, entitlement_ids=["no_ads"], product_id="no_ads_forever")
    player = target.player(name.upper())
    assert (player.status("PREMIUM"), player.status("NO_ADS")) == ("owned", "expired")


def test_a_purchase_before_sign_up_follows_its_transfer(target: Target):
    player, anonymous = target.player(), f"$RCAnonymousID:{secrets.token_hex(8)}"
    player.send(app_user_id=anonymous)
    lists = {"transferred_from": [anonymous], "transferred_to": [player.name]}
    assert target.deliver({"id": str(uuid.uuid4()), "type": "TRANSFER", **lists}).status_code == 200
    assert player.status() == "owned"


@pytest.mark.parametrize(
    "fields",
    [
        {"id": None}, {"id": 7}, {"id": "two\nlines"}, {"type": None}, {"type": ["RENEWAL"]},
        {"app_user_id": {"$ne": ""}}, {"app_user_id": None}, {"aliases": "all"},
        {"entitlement_ids": "premium"}, {"entitlement_ids": [1]},
        {"expiration_at_ms": "soon"}, {"expiration_at_ms": 10**30},
        {"event_timestamp_ms": True}, {"event_timestamp_ms": -1}, {"product_id": 1.5},
    ],
)  # fmt: skip
def test_a_malformed_event_is_refused_and_may_be_repaired(player: Player, fields: dict[str, Any]):
    event = player.event()
    assert player.target.deliver(event | fields).status_code == 422
    assert player.status() == "not_owned"
    assert player.target.deliver(event).status_code == 200
    assert player.status() == "owned"


# Operations


def test_health_and_features_need_no_credentials(target: Target):
    health, features = target.http.get("/health").json(), target.http.get("/v1/features").json()
    assert datetime.fromisoformat(health.pop("timestamp")).utcoffset() == timedelta(0)
    assert health == {"status": "healthy", "server_dev_mode": False, "version": "1.0.0"}
    assert features == {"version": 1, "ttlSeconds": 300, "flags": {"PURCHASES_ENABLED": True}}


SIMULATED = (
    "/vip/purchase",
    "/vip/package/purchase",
    "/store/purchase-crystals",
    "/store/purchase-divine",
    "/battle-pass/{name}/purchase",
)


@pytest.mark.parametrize("path", SIMULATED)
def test_simulated_purchases_are_for_development(deployments: dict[str, Target], player: Player, path: str):
    for headers in ({}, bearer("garbage"), bearer(player.token)):
        assert player.target.http.post(path.format(name=player.name), headers=headers).status_code == 403
    developer = deployments["development"].ready().player()
    assert developer.target.http.post(path.format(name=developer.name)).status_code == 401
    assert developer.post(path.format(name=developer.name), {}).status_code == 200
    assert developer.snapshot()["version"] == 2


def test_development_without_secrets_refuses_webhooks_and_verification(deployments: dict[str, Target]):
    target = deployments["development"].ready()
    player = target.player()
    body = json.dumps({"event": player.event()}).encode()
    assert target.deliver(body, signed(body, secret="")).status_code == 401
    assert player.verify().status_code == 503
    assert "REVENUECAT_SECRET_KEY not configured" in target.log.read_text()
    assert target.http.get("/health").json()["server_dev_mode"] is True


def test_the_emergency_switch_stops_purchases_and_nothing_else(deployments: dict[str, Target]):
    target = deployments["purchases switched off"].ready()
    player = target.player()
    refused = player.post("/purchases/verify", {"not": "an order"})
    assert refused.status_code == 503
    assert "temporarily unavailable" in refused.json()["detail"]
    assert target.http.post("/purchases/verify").status_code == 401
    assert target.http.get("/v1/features").json()["flags"] == {"PURCHASES_ENABLED": False}
    body = json.dumps({"event": player.event(entitlement_ids=["premium_cinematics"])}).encode()
    static = {"Authorization": SECRETS["REVENUECAT_WEBHOOK_SECRET"]}
    assert target.deliver(body, static).status_code == 200
    assert player.get("/hero/zeus/cinematic/access").status_code == 200


def test_purchases_leave_markers_and_no_secrets_in_the_log(player: Player):
    receipt = secrets.token_hex(16)
    player.verify(receipt_data=receipt)
    player.buys()
    player.verify(receipt_data=receipt)
    player.verify(receipt_data=[receipt])
    log = player.target.log.read_text()
    assert f"Verifying purchase for user={player.name}" in log
    assert f"Purchase verified successfully user={player.name}" in log
    assert f"Purchase verification failed user={player.name}" in log
    assert not any(secret in log for secret in (*SECRETS.values(), player.token, player.password, receipt))
    assert "Traceback" not in log


def test_the_published_schema_names_the_routes_and_the_bearer_scheme(target: Target):
    schema = httpx.get(str(target.http.base_url.copy_with(path="/openapi.json"))).json()
    assert "/api/entitlements/snapshot" in schema["paths"]
    assert schema["paths"]["/api/entitlements/snapshot"]["get"]["security"]
    assert schema["paths"]["/api/purchases/verify"]["post"]["requestBody"]
    assert schema["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"


# The RevenueCat stand-in


def test_the_stand_in_creates_a_subscriber_on_first_sight(target: Target):
    name, key = secrets.token_hex(8), SECRETS["REVENUECAT_SECRET_KEY"]
    path = f"/v1/subscribers/{name}"
    assert target.revenuecat.get(path).status_code == 401
    assert target.revenuecat.get(path, headers=bearer("wrong")).status_code == 403
    first, second = (target.revenuecat.get(path, headers=bearer(key)) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["subscriber"]["original_app_user_id"] == name
    assert first.json()["subscriber"]["non_subscriptions"] == {}


def test_the_stand_in_offers_the_four_products(target: Target):
    answer = target.revenuecat.get(
        "/v2/projects/proj1/offerings?expand=items.package.product",
        headers=bearer(SECRETS["REVENUECAT_SECRET_KEY"]),
    ).json()
    current = next(offering for offering in answer["items"] if offering["is_current"])
    products = [package["products"]["items"][0]["product"] for package in current["packages"]["items"]]
    prices = {each["store_identifier"]: each["prices"][0]["amount_micros"] / 1e6 for each in products}
    assert prices == {
        "premium_cinematics_pack": 9.99,
        "premium_monthly": 4.99,
        "no_ads_forever": 2.99,
        "starter_pack": 0.99,
    }


def test_a_purchase_that_revenuecat_never_answers_times_out_and_is_not_lost(unanswered):
    player, answer = unanswered
    assert answer.result(timeout=5).status_code == 504
    assert player.status("PREMIUM_CINEMATICS_PACK") == "not_owned"
    player.target.revenuecat.put(f"/control/outages/{player.name}", json={"mode": "none"})
    assert player.verify().status_code == 200
