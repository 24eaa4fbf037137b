"""contracts/openapi.yaml tells right answers from wrong ones: made by hand, one change each."""

import copy
from datetime import timedelta
from typing import Any

import httpx
import pytest
from contract_file import operations, problems

GONE = object()
ENTRY = {
    "key": "PREMIUM",
    "status": "owned",
    "granted_at": "2026-11-23T01:02:03.004005+00:00",
    "expires_at": None,
    "transaction_id": None,
    "product_id": "premium_monthly",
    "reason": "purchase",
}
KEYS = ("PREMIUM", "PREMIUM_CINEMATICS_PACK", "NO_ADS", "STARTER_PACK")
SNAPSHOT = {
    "server_time": "2026-11-23T01:02:03.004005+00:00",
    "version": 1,
    "username": "smoke_1",
    "entitlements": {key: {**ENTRY, "key": key} for key in KEYS},
    "ttl_seconds": 300,
    "source": "server",
}
USER = {"id": "5f0c2b7a-0000-4000-8000-000000000001", "username": "smoke_1"}
GOOD = {
    "health": {
        "status": "healthy",
        "server_dev_mode": False,
        "timestamp": "2026-11-23T01:02:03Z",
        "version": "1",
    },
    "features": {"version": 1, "ttlSeconds": 300, "flags": {"PURCHASES_ENABLED": True}},
    "register": {"user": USER, "token": "e30.e30.c2ln", "message": "Welcome"},
    "verify": {"valid": True, "user": USER},
    "snapshot": SNAPSHOT,
    "cinematic_access": {"access": True, "hero_id": "hero_1"},
    "cinematic_url": {"hero_id": "hero_1", "video_url": "https://cdn.invalid/hero_1.mp4", "expires_in": 300},
    "verify_purchase": {"success": True, "entitlements_snapshot": SNAPSHOT, "message": "Verified"},
}
WRONG = [
    ("health", "status", "ok"),
    ("health", "server_dev_mode", "false"),
    ("health", "timestamp", GONE),
    ("health", "timestamp", None),
    ("health", "version", GONE),
    ("health", "version", None),
    ("features", "version", GONE),
    ("features", "ttlSeconds", "300"),
    ("features", "ttlSeconds", -1),
    ("features", "flags", []),
    ("features", "flags.PURCHASES_ENABLED", GONE),
    ("features", "flags.PURCHASES_ENABLED", None),
    ("register", "user", None),
    ("register", "user.password_hash", "c2NyeXB0"),
    ("register", "user.hashedPassword", "c2NyeXB0"),
    ("register", "token", "no-jwt"),
    ("register", "message", GONE),
    ("verify", "valid", False),
    ("verify", "user.username", 7),
    ("verify", "user", GONE),
    ("snapshot", "server_time", "2026-11-23T01:02:03.004005"),
    ("snapshot", "server_time", "2026-11-23T01:02:03+01:00"),
    ("snapshot", "server_time", "2026-02-30T01:02:03Z"),
    ("snapshot", "version", "1"),
    ("snapshot", "version", -1),
    ("snapshot", "version", 1.5),
    ("snapshot", "username", None),
    ("snapshot", "ttl_seconds", 29),
    ("snapshot", "ttl_seconds", 3601),
    ("snapshot", "source", GONE),
    ("snapshot", "entitlements", []),
    ("snapshot", "entitlements.NO_ADS", GONE),
    ("snapshot", "entitlements.NO_ADS.key", "PREMIUM"),
    ("snapshot", "entitlements.PREMIUM.status", "active"),
    ("snapshot", "entitlements.PREMIUM.status", None),
    ("snapshot", "entitlements.PREMIUM.reason", GONE),
    ("snapshot", "entitlements.PREMIUM.granted_at", "2026-11-23 01:02:03"),
    ("snapshot", "entitlements.PREMIUM.expires_at", "never"),
    ("snapshot", "entitlements.PREMIUM.expires_at", 1795395723000),
    ("snapshot", "entitlements.PREMIUM.transaction_id", 7),
    ("snapshot", "entitlements.SEASON_PASS", {"key": "SEASON_PASS", "status": "owned"}),
    ("cinematic_access", "access", False),
    ("cinematic_access", "hero_id", "two words"),
    ("cinematic_url", "video_url", ""),
    ("cinematic_url", "video_url", None),
    ("cinematic_url", "expires_in", 0),
    ("cinematic_url", "expires_in", "300"),
    ("verify_purchase", "success", "true"),
    ("verify_purchase", "success", GONE),
    ("verify_purchase", "message", None),
    ("verify_purchase", "entitlements_snapshot", GONE),
    ("verify_purchase", "entitlements_snapshot.ttl_seconds", None),
]
RIGHT = [
    ("health", "version", "1.0.0-rc.1+build"),
    ("health", "x_new", [None]),
    ("features", "version", "2026-11"),
    ("features", "flags.x_new", {"a": [1, None]}),
    ("register", "user.password_changed_at", "2026-11-23T01:02:03Z"),
    ("register", "user.password", None),
    ("snapshot", "server_time", "2026-11-23T01:02:03Z"),
    ("snapshot", "server_time", "2026-11-23T01:02:03.123456789+00:00"),
    ("snapshot", "version", 0),
    ("snapshot", "ttl_seconds", 30),
    ("snapshot", "ttl_seconds", 3600),
    ("snapshot", "entitlements.SKIN:dragon", {**ENTRY, "key": "SKIN:dragon", "status": "pending"}),
    ("snapshot", "entitlements.PREMIUM.expires_at", "2026-11-23T03:02:03+02:00"),
    ("snapshot", "entitlements.PREMIUM.granted_at", None),
    ("cinematic_url", "video_url", "/videos/hero_1.mp4"),
]


def changed(name: str, path: str, value: Any) -> Any:
    body = copy.deepcopy(GOOD[name])
    *parents, last = path.split(".")
    parent = body
    for each in parents:
        parent = parent[each]
    if value is GONE:
        del parent[last]
    else:
        parent[last] = value
    return body


@pytest.mark.parametrize("name", GOOD)
def test_good_answer_conforms(name):
    assert problems(name, 200, GOOD[name]) == []


@pytest.mark.parametrize(("name", "path", "value"), RIGHT)
def test_other_right_answer_conforms(name, path, value):
    assert problems(name, 200, changed(name, path, value)) == []


@pytest.mark.parametrize(("name", "path", "value"), WRONG)
def test_wrong_answer_is_rejected(name, path, value):
    body = changed(name, path, value)
    assert problems(name, 200, body)
    assert not operations()[name].is_valid_response(received(200, body))


VIDEO = "https://cdn.invalid/hero_1.mp4"


@pytest.mark.parametrize(
    "told",
    [
        {"video_url": VIDEO},
        {"video_url": "/videos/hero_1.mp4"},
        {"detail": f"Not yours:\n{VIDEO}"},
        {"detail": [{"msg": "no", "preview": VIDEO}]},
        {"error": {"video": VIDEO}},
        {"url": VIDEO.upper()},
    ],
)
def test_closed_gate_names_no_video(told):
    assert problems("cinematic_url", 403, {"detail": "no", **told})


@pytest.mark.parametrize(
    "told",
    [{"video_url": None}, {"type": "https://game.invalid/not-yours"}, {"paywall": "/paid-features?source=x"}],
)
def test_closed_gate_may_say_more(told):
    assert problems("cinematic_url", 403, {"detail": "no", **told}) == []


def test_development_server_may_hide_its_version():
    assert problems("health", 200, {**changed("health", "version", GONE), "server_dev_mode": True}) == []


@pytest.mark.parametrize(
    "body", [{"success": False}, {"success": False, "message": "no", "entitlements_snapshot": None}]
)
def test_purchase_may_be_refused_with_200(body):
    assert problems("verify_purchase", 200, body) == []


def received(status: int, body: Any) -> httpx.Response:
    """As it comes from the network, which is where the time it took is noted."""
    response = httpx.Response(status, json=body, request=httpx.Request("GET", "http://target.invalid"))
    response.elapsed = timedelta()
    return response


def test_schemathesis_judges_answers_of_httpx():
    assert all(operations()[name].is_valid_response(received(200, body)) for name, body in GOOD.items())
