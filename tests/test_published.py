"""Where a target publishes its document: named or usual places, and what counts as "it publishes none"."""

import pytest

from harness.contract.promised import promised
from harness.contract.published import Publication
from harness.errors import PromiseBroken, Unprovable
from harness.sections import Contract

DOCUMENT = (200, {"openapi": "3.1.0"})
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 6\r\n\r\n<html>"
MOVED = b"HTTP/1.1 307 Elsewhere\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def ask(meet):
    """Ask a target that answers as `answers` says by path, 404 elsewhere; the exchange, and what was asked for."""

    def ask(answers, place=None, prefix="/api", **sections):
        asked = []

        async def answer(request):
            asked.append(f"{request.method} {request.target}")
            return answers.get(request.target, (404, {"detail": "Not Found"}))

        async def work(meeting):
            settings = Contract(openapi=place)
            return await Publication(meeting.api, settings, prefix).document()

        return meet(answer, work, **sections), asked

    return ask


@pytest.mark.parametrize("elsewhere", [(404, {}), (401, {}), (403, {}), (405, {}), (400, {}), PAGE, MOVED])
def test_usual_places_are_tried_in_turn(ask, elsewhere):
    exchange, asked = ask({"/openapi.json": elsewhere, "/api/openapi.json": DOCUMENT})
    assert exchange.json == DOCUMENT[1]
    assert asked == ["GET /openapi.json", "GET /api/openapi.json"]


def test_first_place_is_enough(ask):
    exchange, asked = ask({"/openapi.json": DOCUMENT})
    assert (exchange.status, asked) == (200, ["GET /openapi.json"])


def test_without_a_prefix_there_is_one_place(ask):
    with pytest.raises(Unprovable):
        ask({}, prefix="")
    assert ask({"/openapi.json": DOCUMENT}, prefix="")[1] == ["GET /openapi.json"]


def test_named_place_is_below_the_origin(ask):
    exchange, asked = ask(
        {"/internal/api-docs.json": DOCUMENT},
        "/internal/api-docs.json",
        target={"base_url": "http://target.invalid", "api_prefix": "/v2"},
    )
    assert (exchange.status, asked) == (200, ["GET /internal/api-docs.json"])


def test_read_only_target_may_be_asked(ask):
    assert ask({"/openapi.json": DOCUMENT}, access={"writes": False})[0].status == 200


@pytest.mark.parametrize("place", [None, "/docs.json"])
@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_document_that_is_withheld_is_unprovable(ask, place, status):
    answers = dict.fromkeys(["/openapi.json", "/api/openapi.json", "/docs.json"], (status, {}))
    with pytest.raises(Unprovable, match=r"publishes no OpenAPI document; set contract\.openapi to"):
        ask(answers, place)


def test_pages_of_a_web_client_are_no_document(ask):
    with pytest.raises(Unprovable):
        ask({"/openapi.json": PAGE, "/api/openapi.json": MOVED})


@pytest.mark.parametrize("status", [301, 400, 500])
def test_named_place_has_to_answer_200(ask, status):
    with pytest.raises(PromiseBroken, match=rf"answered {status}: promised 200"):
        ask({"/docs.json": (status, {})}, "/docs.json")


def test_page_at_a_named_place_is_no_json(ask):
    exchange, _ = ask({"/docs.json": PAGE}, "/docs.json")
    with pytest.raises(PromiseBroken, match="promised JSON"):
        assert exchange.json


def test_document_that_crashes_the_target_is_broken(ask):
    with pytest.raises(PromiseBroken, match=r"openapi\.json answered 500: promised 200"):
        ask({"/openapi.json": (500, {})})


def test_document_beside_a_crash_is_good(ask):
    exchange, _ = ask({"/openapi.json": (502, {}), "/api/openapi.json": DOCUMENT})
    assert exchange.url.path == "/api/openapi.json"


def test_contract_is_told_where_the_target_has_its_calls(make_environment):
    environment = make_environment(
        target={"base_url": "https://game.example", "api_prefix": "/game/v2"},
        paths={"register": "/accounts", "claim": "/claims/{level}/{track}/{username}"},
    )
    paths = promised(environment).paths
    assert paths["health"] == "/game/v2/health"
    assert paths["register"] == "/game/v2/accounts"
    assert paths["claim"] == "/game/v2/claims/{level}/{track}/{username}"


def test_every_operation_of_the_contract_is_a_call(make_environment):
    contract = promised(make_environment())
    operations = {
        operation["operationId"]: path
        for path, item in contract.document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }
    assert operations == contract.paths
