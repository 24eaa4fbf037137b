"""contracts/openapi.yaml holds every call of the contract, fits its own examples, and can be fuzzed with."""

import re
from typing import Any

import openapi_spec_validator
import pytest
from contract_file import CALLS, DELIVERIES, DOCUMENT, breaches, operations, problems, resolved
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode

from harness.paths import Paths
from harness.target.api import SIMULATED

# The file


def test_file_is_valid_openapi():
    openapi_spec_validator.validate(DOCUMENT)


def test_calls_and_paths_are_those_of_the_environment():
    fields = Paths.model_fields.items()
    expected = {info.alias or name: f"/api{info.default}" for name, info in fields}
    assert {name: path for name, (_, path, _) in CALLS.items()} == expected
    assert len(CALLS) == 17


def test_401_is_documented_where_credentials_are_asked_for():
    """Login is public and judges credentials in its body; simulated purchases are closed to everybody."""
    asked = {name: call.get("security", DOCUMENT["security"]) for name, (_, _, call) in CALLS.items()}
    secured = {name for name, schemes in asked.items() if schemes and {} not in schemes}
    refusing = {name for name, (_, _, call) in CALLS.items() if "401" in call["responses"]}
    assert refusing == secured | {"login"}
    assert len(secured) == 8


def test_every_call_may_be_throttled_and_none_may_crash():
    statuses = {name: set(call["responses"]) for name, (_, _, call) in CALLS.items()}
    assert [name for name, seen in statuses.items() if "429" not in seen or "500" in seen] == []


@pytest.mark.parametrize("name", SIMULATED)
def test_simulated_purchase_is_closed(name):
    assert set(CALLS[name][2]["responses"]) == {"403", "429"}


@pytest.mark.parametrize("name", CALLS)
def test_every_refusal_has_a_detail(name):
    refusals = [int(status) for status in CALLS[name][2]["responses"] if int(status) >= 400]
    wrong = (None, "no", [], {}, {"detail": None}, {"detail": {}}, {"detail": 7}, {"error": "no"})
    assert [status for status in refusals for body in wrong if not problems(name, status, body)] == []
    right = (
        {"detail": "no"},
        {"detail": [{"type": "x", "loc": ["body"], "msg": "no"}], "more": None},
        {"detail": []},
    )
    assert [found for status in refusals for body in right for found in problems(name, status, body)] == []


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if "422" in call[2]["responses"]])
def test_list_of_what_cannot_be_read_says_what_and_where(name):
    right = {"type": "missing", "loc": ["body", "username"], "msg": "Field required", "input": None}
    wrong = ["no", {}, {**right, "loc": "body"}, {**right, "msg": None}, {"loc": ["body"], "msg": "no"}]
    assert problems(name, 422, {"detail": [right]}) == []
    assert [each for each in wrong if not problems(name, 422, {"detail": [right, each]})] == []


# Examples and what is generated


def examples(node: Any, where: str = "") -> list[tuple[str, Any, Any]]:
    """Each example of the file: where it stands, its schema, its value."""
    if isinstance(node, list):
        return [found for index, each in enumerate(node) for found in examples(each, f"{where}/{index}")]
    if not isinstance(node, dict):
        return []
    listed = node.get("examples")
    if isinstance(listed, list):
        return [(f"{where}/{index}", node, value) for index, value in enumerate(listed)]
    if isinstance(listed, dict):
        return [(f"{where}/{name}", node["schema"], each["value"]) for name, each in listed.items()]
    return [found for key, each in node.items() for found in examples(each, f"{where}/{key}")]


EXAMPLES = examples(DOCUMENT["components"])


@pytest.mark.parametrize(("schema", "value"), [row[1:] for row in EXAMPLES], ids=[row[0] for row in EXAMPLES])
def test_example_conforms(schema, value):
    assert breaches(schema, value) == []


@pytest.mark.parametrize(
    "spoiled", [{"type": 7}, {"event_timestamp_ms": "soon"}, {"id": "1"}, {"store": None}]
)
def test_wrong_example_would_be_found(spoiled):
    sent = DELIVERIES["RENEWAL"]["value"]
    wrong = {**sent, "event": {**sent["event"], **spoiled}}
    assert breaches({"$ref": "#/components/schemas/Delivery"}, wrong)


def test_every_type_of_event_has_an_example():
    types = {each["value"]["event"]["type"] for each in DELIVERIES.values()}
    schemas = DOCUMENT["components"]["schemas"]
    listed = set(schemas["PlayerEvent"]["allOf"][1]["properties"]["type"]["enum"])
    assert types == listed | {"CANCELLATION", "TRANSFER", "TEST"}
    assert len(types - {"SOMETHING_NOT_YET_INVENTED"}) == 14


def test_schemathesis_reads_every_operation():
    assert set(operations()) == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_generated_requests_conform(name):
    seen = []
    body = resolved(CALLS[name][2].get("requestBody", {})).get("content")

    @settings(max_examples=25, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operations()[name].as_strategy(generation_mode=GenerationMode.POSITIVE))
    def generate(case):
        seen.append(case.formatted_path)
        if body:
            assert breaches(body["application/json"]["schema"], case.body) == []

    generate()
    pattern = re.sub(r"{\w+}", "[A-Za-z0-9_-]+", CALLS[name][1])
    assert [path for path in seen if not re.fullmatch(pattern, path)] == []
    assert seen
