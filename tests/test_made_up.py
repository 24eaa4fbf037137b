"""Requests that are made up: what the contract offers and what it refuses, the same ones for the same seed."""

import json
import re
from typing import Any

import pytest
from contract_file import CALLS, DOCUMENT, breaches, resolved

from harness.contract.document import Operation, operations
from harness.contract.generating import drawn, invalid, valid
from harness.contract.written import KINDS, Request, distinct, hostile, of_other_kinds, spread, written

OPERATIONS = list(operations().values())
TAKING = [operation for operation in OPERATIONS if operation.has_input]
SEED, EXAMPLES = 3, 12


def named(operation: Operation) -> str:
    return operation.name


each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=named)
each_taking = pytest.mark.parametrize("operation", TAKING, ids=named)


def misfits(operation: Operation, request: Request) -> list[str]:
    """What the file has against a request: its path and its body."""
    _, path, call = CALLS[operation.name]
    parameters = [resolved(each) for each in DOCUMENT["paths"][path].get("parameters", [])]
    assert set(request.path) == {each["name"] for each in parameters}
    found = [
        f"{each['name']}: {problem}"
        for each in parameters
        for problem in breaches(
            each["schema"], in_a_path(request.path[each["name"]], resolved(each["schema"]))
        )
    ]
    if "requestBody" not in call:
        return found + ["a body"] * (request.body is not None)
    if request.body is None:
        return [*found, "no body"]
    body, schema = request.body, resolved(call["requestBody"])["content"]["application/json"]["schema"]
    if isinstance(body, bytes):
        try:
            body = json.loads(body)
        except ValueError:
            return [*found, "no JSON"]
    return found + breaches(schema, body)


def in_a_path(value: Any, schema: dict[str, Any]) -> Any:
    """What a value in a path stands for."""
    if schema.get("type") == "integer" and re.fullmatch("-?[0-9]+", str(value)):
        return int(value)
    return str(value)


# What the contract offers


@each_operation
def test_what_is_written_in_the_contract_fits_it(operation):
    assert [found for request in written(operation) for found in misfits(operation, request)] == []


def test_every_example_of_a_body_and_of_a_field_is_sent():
    sent = written(operations()["POST /api/purchases/verify"])
    media = DOCUMENT["components"]["requestBodies"]["PurchaseOrder"]["content"]["application/json"]
    for each in media["examples"].values():
        assert each["value"] in [request.body for request in sent]
    schemas = DOCUMENT["components"]["schemas"]
    for field, name in (("product_id", "ProductId"), ("receipt_data", "Receipt")):
        assert {request.body.get(field) for request in sent} >= set(schemas[name]["examples"])


def test_every_example_of_a_placeholder_is_sent():
    sent = written(operations()["POST /api/battle-pass/{username}/claim/{track}/{level}"])
    assert {request.path["track"] for request in sent} == {"free", "premium"}
    assert {request.path["level"] for request in sent} == {1, 2, 100}
    assert {request.path["username"] for request in sent} >= {"abc", "___", "Contract_Player"}


# What it refuses


@each_taking
def test_what_the_contract_has_refused_does_not_fit_it(operation):
    assert [request for request in hostile(operation) if not misfits(operation, request)] == []


def test_all_that_was_refused_is_sent_as_text():
    refused = {
        each["name"]: resolved(each["schema"])["x-invalid"]
        for each in DOCUMENT["components"]["parameters"].values()
        if "x-invalid" in resolved(each["schema"])
    }
    assert set(refused) == {"hero_id", "track", "level"}
    assert [value for values in refused.values() for value in values if not isinstance(value, str)] == []
    for name in refused:
        operation = next(each for each in TAKING if f"{{{name}}}" in each.path)
        assert [
            each.path[name] for each in hostile(operation) if each.path[name] in refused[name]
        ] == refused[name]


@each_taking
def test_values_of_other_kinds_do_not_fit(operation):
    """But inside subscriber_attributes, of which the contract says nothing."""
    plain = written(operation)[0]
    fitting = [request for request in of_other_kinds(operation) if not misfits(operation, request)]
    assert [request for request in fitting if not differs_in_attributes(request, plain)] == []


def differs_in_attributes(request: Request, plain: Request) -> bool:
    def rest(body: Any) -> Any:
        return {**body, "event": {**body["event"], "subscriber_attributes": {}}}

    return rest(request.body) == rest(plain.body)


def test_every_place_of_a_body_gets_a_value_of_every_other_kind():
    operation = operations()["POST /api/purchases/verify"]
    order = written(operation)[0].body
    bodies = [request.body for request in of_other_kinds(operation)]
    others = [kind for kind in KINDS if not isinstance(kind, str)]
    expected = [{**order, name: kind} for name in order for kind in others]
    assert bodies == [*expected, *(kind for kind in KINDS if not isinstance(kind, dict))]


def test_a_nested_place_gets_them_too():
    bodies = [request.body for request in of_other_kinds(operations()["POST /api/webhooks/revenuecat"])]
    event = written(operations()["POST /api/webhooks/revenuecat"])[0].body["event"]
    assert {"api_version": "1.0", "event": {**event, "app_user_id": {"$ne": ""}}} in bodies
    assert {"api_version": "1.0", "event": "text"} in bodies


# What is generated


@each_operation
def test_valid_requests_fit(operation):
    made = valid(operation, SEED, EXAMPLES)
    assert [found for request in made for found in misfits(operation, request)] == []


@each_operation
def test_what_is_written_comes_first_and_the_plain_one_before_all(operation):
    first = written(operation)
    assert valid(operation, SEED, EXAMPLES)[: len(first)] == first
    _, path, call = CALLS[operation.name]
    for parameter in map(resolved, DOCUMENT["paths"][path].get("parameters", [])):
        schema = resolved(parameter["schema"])
        assert first[0].path[parameter["name"]] == schema.get("examples", schema.get("enum"))[0]
    media = resolved(call.get("requestBody", {})).get("content", {}).get("application/json", {})
    for whole in list(media.get("examples", {}).values())[:1]:
        assert first[0].body == whole["value"]


@each_taking
def test_invalid_requests_do_not_fit(operation):
    made = invalid(operation, SEED, EXAMPLES)
    fitting = [request for request in made if not misfits(operation, request)]
    assert [request for request in fitting if request not in list(of_other_kinds(operation))] == []
    assert {request.origin for request in made} >= {"boundary", "random"}


@each_operation
def test_nothing_is_made_up_twice(operation):
    made = valid(operation, SEED, EXAMPLES), invalid(operation, SEED, EXAMPLES) if operation.has_input else []
    assert [len(distinct(each)) for each in made] == [len(each) for each in made]


@pytest.mark.parametrize("make", [valid, invalid], ids=["valid", "invalid"])
@pytest.mark.parametrize("label", ["POST /api/auth/login", "GET /api/hero/{hero_id}/cinematic/url"])
def test_what_is_made_up_is_that_of_the_seed(make, label):
    first, same, other = (make.__wrapped__(operations()[label], seed, EXAMPLES) for seed in (1, 1, 2))
    assert first == same
    # The plainest one comes from every seed.
    assert len([request for request in random(first) if request not in random(other)]) > 3


def random(requests: list[Request]) -> list[Request]:
    return [request for request in requests if request.origin == "random"]


def test_as_many_are_random_as_was_asked_for():
    """At most: what came up before is left out. Of invalid ones half as many, they take long."""
    operation = operations()["POST /api/auth/login"]
    few, many = (len(random(valid(operation, SEED, examples))) for examples in (2, 30))
    assert (few <= 2, 20 <= many <= 30) == (True, True)
    assert 10 <= len(random(invalid(operation, SEED, 30))) <= 15


def test_values_of_a_path_are_not_encoded_yet():
    """The client encodes them; twice would make harmless text of them."""
    operation = operations()["GET /api/hero/{hero_id}/cinematic/access"]
    values = [
        request.path["hero_id"] for seed in range(3) for request in random(invalid(operation, seed, 12))
    ]
    assert [value for value in values if not value.isascii()]
    assert [value for value in values if re.search("%[0-9A-F]{2}", value)] == []


@pytest.mark.parametrize("make", [valid, invalid], ids=["valid", "invalid"])
def test_whole_numbers_have_no_fraction(make):
    """1.0 is an integer to JSON Schema, and none to a strict reader."""
    operation = operations()["POST /api/webhooks/revenuecat"]
    bodies = [request.body for request in make(operation, SEED, EXAMPLES)]
    written_out = [json.dumps(body) for body in bodies if not isinstance(body, bytes)]
    assert len(written_out) > 20
    assert [body for body in written_out if re.search(r"[:\[ ]-?\d+\.0[,}\]]", body)] == []


def test_nothing_is_drawn_where_there_is_nothing():
    from hypothesis import strategies as st

    assert drawn(st.integers().filter(lambda _: False), 1, 5) == []
    assert len(drawn(st.integers(), 1, 5)) == 5


@pytest.mark.parametrize(
    ("count", "most", "kept"),
    [(0, 3, []), (3, 3, [0, 1, 2]), (4, 3, [0, 2]), (9, 3, [0, 3, 6]), (10, 3, [0, 4, 8]), (5, 1, [0])],
)
def test_some_are_kept_from_all_over_the_list(count, most, kept):
    assert spread(list(range(count)), most) == kept


def test_the_first_of_equal_requests_is_kept():
    def request(origin: str, body: Any) -> Request:
        return Request(origin, {"hero_id": "a"}, body)

    first = [
        request("example", {"a": 1, "b": 2}),
        request("boundary", {"a": True, "b": 2}),
        request("random", b"\x00"),
    ]
    again = [request("random", {"b": 2, "a": 1}), request("boundary", b"\x00")]
    assert distinct(first + again) == first
    assert len(distinct([Request("random", {}, None), Request("random", {"hero_id": "a"}, None)])) == 2
