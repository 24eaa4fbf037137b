"""Answers held to what the contract documents of them: what departs is named, what it allows is not."""

import httpx
import pytest

from harness.contract.conforming import MOST
from harness.contract.conforming import departures as found_departures
from harness.contract.document import operations

OPERATIONS = {operation.name: operation for operation in operations().values()}
HEALTHY = {"status": "healthy", "server_dev_mode": False, "timestamp": "2026-11-23T01:02:03Z", "version": "1"}
USER = {"username": "smoke_1", "created_at": None}
ENTRANCE = {"user": USER, "token": "a.b.c", "message": "Welcome"}
VIDEO = {"hero_id": "hero_1", "video_url": "https://video.invalid/1", "expires_in": 300}
ENTRY = dict.fromkeys(("granted_at", "expires_at", "transaction_id", "product_id", "reason"))
SNAPSHOT = {
    "server_time": "2026-11-23T01:02:03.5+00:00",
    "version": 3,
    "username": "smoke_1",
    "entitlements": {
        key: {"key": key, "status": "not_owned", **ENTRY}
        for key in ("PREMIUM", "PREMIUM_CINEMATICS_PACK", "NO_ADS", "STARTER_PACK")
    },
    "ttl_seconds": 300,
    "source": "db",
}
NO = {"detail": "no"}
GOOD = [
    ("health", 200, HEALTHY),
    ("health", 200, {**HEALTHY, "more": [1]}),
    ("health", 429, NO),
    ("login", 200, ENTRANCE),
    ("login", 401, {"detail": []}),
    ("register", 201, ENTRANCE),
    ("snapshot", 200, SNAPSHOT),
    ("cinematic_url", 200, VIDEO),
    ("cinematic_url", 403, NO),
    ("claim", 200, None),
    ("verify_purchase", 200, {"success": False}),
    ("verify_purchase", 200, {"success": True, "message": "", "entitlements_snapshot": SNAPSHOT}),
    ("verify_purchase", 503, NO),
    ("webhook", 200, "anything"),
    ("vip_purchase", 403, NO),
]
# Call, status, body, and what is said of it.
BAD = [
    ("health", 500, NO, "the status 500 is not documented: 200, "),
    ("health", 404, NO, "is not documented"),
    ("vip_purchase", 200, {}, "is not documented"),
    ("login", 200, {**ENTRANCE, "message": None}, "message: null is not of type"),
    ("login", 200, {**ENTRANCE, "token": "opaque"}, 'token: "opaque" does not match'),
    ("login", 200, {**ENTRANCE, "user": {**USER, "password_hash": "x"}}, '"x" is not one of'),
    ("health", 200, {**HEALTHY, "status": "ill"}, '"healthy" was expected'),
    ("health", 200, {**HEALTHY, "timestamp": None}, "timestamp: null is not of type"),
    ("snapshot", 200, {**SNAPSHOT, "ttl_seconds": 20}, "20 is less than the minimum of 30"),
    ("snapshot", 200, {**SNAPSHOT, "version": "3"}, '"3" is not of type "integer"'),
    ("snapshot", 200, {**SNAPSHOT, "entitlements": {}}, "is a required property"),
    ("cinematic_url", 403, {**NO, "video_url": "x"}, 'video_url: "x" is not one of'),
    ("cinematic_url", 403, {"detail": "see https://x"}, 'is not allowed for "see https://x"'),
    ("verify_purchase", 200, {"success": True}, 'the body: "message" is a required property'),
    ("verify_purchase", 402, {"error": "no"}, '"detail" is a required property'),
    ("verify_purchase", 402, {"detail": {}}, "is not of type"),
]


def departures(make_exchange, name, *args, **recorded):
    return found_departures(OPERATIONS[name], make_exchange(*args, **recorded))


@pytest.mark.parametrize(("name", "status", "body"), GOOD)
def test_answer_as_promised_departs_from_nothing(make_exchange, name, status, body):
    assert departures(make_exchange, name, body, status) == []


@pytest.mark.parametrize(("name", "status", "body", "said"), BAD)
def test_departure_is_named_in_one_line(make_exchange, name, status, body, said):
    found = departures(make_exchange, name, body, status)
    assert [line for line in found if said in line]
    assert [line for line in found if "\n" in line or len(line) > 400] == []


@pytest.mark.parametrize("missing", sorted(VIDEO))
def test_missing_field_is_named(make_exchange, missing):
    found = departures(make_exchange, "cinematic_url", {key: VIDEO[key] for key in VIDEO if key != missing})
    assert [line for line in found if f'"{missing}" is a required property' in line] == found != []


def test_release_without_its_version_departs(make_exchange):
    unnamed = {key: value for key, value in HEALTHY.items() if key != "version"}
    assert departures(make_exchange, "health", unnamed)
    assert departures(make_exchange, "health", {**unnamed, "server_dev_mode": True}) == []


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (HEALTHY, "text/html", "the content type is text/html; application/json is documented"),
        (HEALTHY, "nonsense", "the content type is nonsense; "),
        (HEALTHY, None, "the content type is missing; "),
        (b"<html>", "application/json", "promised JSON, and this is none"),
        (b"", "application/json", "promised JSON, and this is none"),
        (b"\xff\xfe", "application/json", "promised JSON, and this is none"),
        (b"[" * 100_000, "application/json", "promised JSON, and this is none"),
        (b'{"status": ' + b"1" * 5000 + b"}", "application/json", "promised JSON, and this is none"),
    ],
    ids=["html", "nonsense", "none", "no-json", "empty", "bytes", "deep", "large-number"],
)
def test_body_that_is_not_what_was_promised_is_named(make_exchange, content, kind, said):
    response = httpx.Response(200, headers={"Content-Type": kind} if kind else {})
    found = departures(make_exchange, "health", content, response=response)
    assert [line for line in found if line.startswith(said)]


def test_answer_that_came_compressed_is_read_as_it_was(make_exchange):
    """The transport has unpacked it, and the headers still say what it was."""
    headers = {"Content-Type": "application/json; charset=utf-8", "Content-Encoding": "gzip"}
    response = httpx.Response(200, headers=headers)
    assert departures(make_exchange, "health", HEALTHY, response=response) == []


@pytest.mark.parametrize("kind", ["application/problem+json", "application/vnd.api+json; charset=utf-8"])
def test_kind_of_json_is_json(make_exchange, kind):
    response = httpx.Response(429, headers={"Content-Type": kind})
    assert departures(make_exchange, "health", NO, response=response) == []


def test_of_several_forms_the_nearest_one_is_named(make_exchange):
    """An entitlement is of one of several forms: it comes nearest to the one that it shares most with."""
    entries = {
        **SNAPSHOT["entitlements"],
        "PREMIUM": {"key": "PREMIUM", "status": "owned", **ENTRY, "reason": 7},
    }
    found = departures(make_exchange, "snapshot", {**SNAPSHOT, "entitlements": entries})
    assert [line for line in found if line.startswith("entitlements.PREMIUM.reason: 7 is not of type")]


def test_at_most_some_departures_of_an_answer_are_named(make_exchange):
    wrong = {key: [] for key in SNAPSHOT}
    assert len(departures(make_exchange, "snapshot", wrong)) == MOST
