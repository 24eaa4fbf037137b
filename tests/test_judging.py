"""Answers held to the contract: what departs from it is named, what it allows is not."""

import json

import pytest

from harness.contract import judging
from harness.contract.document import operations
from harness.contract.written import Request
from harness.evidence.exchange import witnessed

NO = {"detail": "no"}
OPERATIONS = {operation.name: operation for operation in operations().values()}
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
@pytest.mark.parametrize(
    "detail", ["no", "", [], [{"type": "x", "loc": ["body"], "msg": "no"}]], ids=json.dumps
)
def test_detail_is_a_text_or_a_list(make_exchange, status, detail):
    assert judging.shapeless(make_exchange({"detail": detail}, status), ANY) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"error": "no"}, "promised `detail`, and the answer has none"),
        ({"detail": None}, "`detail` is neither a text nor a list: None"),
        ({"detail": {"why": 1}}, "`detail` is neither a text nor a list: {'why': 1}"),
        ({"detail": 7}, "`detail` is neither a text nor a list: 7"),
        ({"detail": ["no"]}, "`detail` says no type, loc and msg: 'no'"),
        ({"detail": [{"loc": ["body"]}]}, "`detail` says no type, loc and msg: {'loc': ['body']}"),
        ([], "promised `detail`, and the answer has none"),
        (b"no", "promised JSON, and this is none"),
        (b"", "promised JSON, and this is none"),
    ],
)
def test_refusal_without_a_detail_is_shapeless(make_exchange, content, said):
    found = judging.shapeless(make_exchange(content, 422), ANY)
    assert [line for line in found if said in line] == found != []


def test_only_what_could_not_be_read_is_listed_with_its_place(make_exchange):
    assert judging.shapeless(make_exchange({"detail": ["no"]}, 400), ANY) == []


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
