"""Answers held to the contract: what departs from it is named, what it allows is not."""

import json

import httpx
import pytest

from harness.contract import judging
from harness.contract.document import operations
from harness.contract.written import Request
from harness.evidence.exchange import witnessed

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
    ("health", 500, NO, "Undocumented status code: Received: 500"),
    ("health", 404, NO, "Undocumented status code"),
    ("vip_purchase", 200, {}, "Undocumented status code"),
    ("login", 200, {**ENTRANCE, "message": None}, "null is not of type"),
    ("login", 200, {**ENTRANCE, "token": "opaque"}, '"opaque" does not match'),
    ("login", 200, {**ENTRANCE, "user": {**USER, "password_hash": "x"}}, '"x" is not one of'),
    ("health", 200, {**HEALTHY, "status": "ill"}, '"healthy" was expected'),
    ("health", 200, {**HEALTHY, "timestamp": "2026-11-23T01:02:03"}, "does not match"),
    ("snapshot", 200, {**SNAPSHOT, "ttl_seconds": 20}, "20 is less than the minimum of 30"),
    ("snapshot", 200, {**SNAPSHOT, "version": "3"}, '"3" is not of type "integer"'),
    ("snapshot", 200, {**SNAPSHOT, "entitlements": {}}, "is a required property"),
    ("cinematic_url", 403, {**NO, "video_url": "x"}, "violates schema"),
    ("verify_purchase", 200, {"success": True}, "violates schema"),
    ("verify_purchase", 402, {"error": "no"}, '"detail" is a required property'),
    ("verify_purchase", 402, {"detail": {}}, "is not of type"),
]


def departures(make_exchange, name, *args, **recorded):
    return judging.departures(OPERATIONS[name], make_exchange(*args, **recorded))


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
        (HEALTHY, "text/html", "Undocumented Content-Type: Received: text/html"),
        (HEALTHY, "nonsense", "Malformed media type"),
        (HEALTHY, None, "Missing Content-Type header"),
        (b"<html>", "application/json", "JSON deserialization error"),
        (b"", "application/json", "JSON deserialization error"),
        (b"\xff\xfe", "application/json", "Content deserialization error"),
        (b"[" * 100_000, "application/json", "Content deserialization error"),
        (b'{"status": ' + b"1" * 5000 + b"}", "application/json", "Content deserialization error"),
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


# What was asked for


@pytest.mark.parametrize(
    ("path", "sent", "answer", "status", "said"),
    [
        ({"hero_id": "Zoe"}, None, {"hero_id": "Zoe"}, 200, []),
        ({"hero_id": "Zoe"}, None, {}, 200, []),
        ({"hero_id": "Zoe"}, None, {"hero_id": "zoe"}, 403, []),
        ({"hero_id": "Zoe"}, None, [], 200, []),
        ({"hero_id": "Zoe"}, None, b"{", 200, []),
        ({"hero_id": "Zoe"}, None, {"hero_id": "zoe"}, 200, ["asked for the hero 'Zoe', answered for 'zoe'"]),
        ({}, {"username": "Adam"}, {"user": {"username": "adam"}}, 201, []),
        ({}, {"username": "Adam"}, {"user": {}}, 201, ["asked for the player 'Adam', answered for 'None'"]),
        (
            {},
            {"username": "Adam"},
            {"user": {"username": "Ada"}},
            200,
            ["asked for the player 'Adam', answered for 'Ada'"],
        ),
    ],
)
def test_success_is_about_what_was_asked_for(make_exchange, path, sent, answer, status, said):
    exchange = make_exchange(answer, status, sent_body=json.dumps(sent).encode())
    assert judging.mistaken(Request("random", path, sent), exchange) == said


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"{", ["invalid, and not refused: the body is no JSON"]),
        (503, {"username": 7, "password": "x" * 99}, ["invalid, and not refused: username is 7"]),
        (302, [], ["invalid, and not refused: the body is []"]),
        (422, {"username": 7}, []),
        (200, {"username": "adam", "password": "secret"}, []),
    ],
)
def test_what_has_to_be_refused_is_told_with_what_is_wrong(make_exchange, status, body, said):
    exchange = make_exchange(NO, status)
    assert judging.not_refused(OPERATIONS["register"], Request("random", {}, body), exchange) == said


def test_what_is_wrong_is_told_in_short():
    wrong = judging.wrong_with(OPERATIONS["cinematic_url"], Request("random", {"hero_id": "a" * 999}, None))
    assert wrong.startswith("hero_id is 'aaa")
    assert len(wrong) < 80


# Crashes


@pytest.mark.parametrize(
    ("name", "status", "crashed"),
    [
        ("health", 500, True),
        ("health", 200, False),
        ("webhook", 500, True),
        ("webhook", 502, True),
        ("webhook", 503, False),
        ("verify_purchase", 500, True),
        ("verify_purchase", 501, True),
        *[("verify_purchase", status, False) for status in (402, 502, 503, 504)],
        ("claim", 503, True),
        ("claim", 418, False),
    ],
)
def test_crash_is_a_5xx_that_is_not_documented(make_exchange, name, status, crashed):
    found = judging.crash(OPERATIONS[name], make_exchange(NO, status))
    assert found == ([f"a crash: {status}"] if crashed else [])


# The shape of refusals

ANY = Request("random", {"hero_id": "two words"}, None)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 418])
@pytest.mark.parametrize("detail", ["no", "", [], [{"loc": ["body"]}]], ids=json.dumps)
def test_detail_is_a_text_or_a_list(make_exchange, status, detail):
    assert judging.shapeless(make_exchange({"detail": detail}, status), ANY) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"error": "no"}, "promised `detail`, and the answer has none"),
        ({"detail": None}, "`detail` is neither a text nor a list: None"),
        ({"detail": {"why": 1}}, "`detail` is neither a text nor a list: {'why': 1}"),
        ({"detail": 7}, "`detail` is neither a text nor a list: 7"),
        ([], "promised `detail`, and the answer has none"),
        (b"no", "promised JSON, and this is none"),
        (b"", "promised JSON, and this is none"),
    ],
)
def test_refusal_without_a_detail_is_shapeless(make_exchange, content, said):
    found = judging.shapeless(make_exchange(content, 422), ANY)
    assert [line for line in found if said in line] == found != []


def test_path_that_a_server_in_front_may_refuse_has_no_shape(make_exchange):
    nul = Request("random", {"hero_id": "a\0b"}, None)
    assert judging.shapeless(make_exchange(b"<html>", 400), nul) == []


@pytest.mark.parametrize("status", [200, 302, 500, 405, 413, 414, 431])
def test_what_is_no_refusal_of_the_application_has_no_shape(make_exchange, status):
    assert judging.shapeless(make_exchange(b"<html>", status), ANY) == []


@pytest.mark.parametrize("hero", ["", ".", "..", "a/b", "/"])
def test_path_that_leads_elsewhere_is_excused(make_exchange, hero):
    refusal = make_exchange(b"<html>", 404)
    assert judging.shapeless(refusal, Request("random", {"hero_id": hero}, None)) == []
    assert judging.shapeless(refusal, Request("random", {"hero_id": "a.b"}, None)) != []


def test_looking_at_the_shape_makes_no_evidence(make_exchange):
    with witnessed() as seen:
        judging.shapeless(make_exchange({"error": "no"}, 422), ANY)
    assert seen == []
