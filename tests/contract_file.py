"""contracts/openapi.yaml as tests ask it: what it says of a value or an answer, and what Schemathesis reads in it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import schemathesis
import yaml
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import APIOperation

FILE = Path(__file__).parent.parent / "contracts" / "openapi.yaml"
DOCUMENT = yaml.safe_load(FILE.read_text("utf-8"))
# Method, path and operation, by the call's name.
CALLS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method != "parameters"
}
_BODIES = DOCUMENT["components"]["requestBodies"]
DELIVERIES = _BODIES["Delivery"]["content"]["application/json"]["examples"]
ORDERS = _BODIES["PurchaseOrder"]["content"]["application/json"]["examples"]


def problems(name: str, status: int, body: Any) -> list[str]:
    """What the file has against this answer to the call `name`."""
    responses = CALLS[name][2]["responses"]
    if str(status) not in responses:
        return [f"undocumented status {status}"]
    content = resolved(responses[str(status)]).get("content")
    return breaches(content["application/json"]["schema"], body) if content else []


def breaches(schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with a value, by a schema that may refer to the components of the file."""
    return [error.message for error in _validator(json.dumps(schema)).iter_errors(value)]


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """What a reference to a component stands for; anything else stands for itself."""
    if "$ref" not in node:
        return node
    found = DOCUMENT
    for step in node["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return resolved(found)


@cache
def operations() -> dict[str, APIOperation]:
    """What Schemathesis makes of the file, by the call's name; an operation that it cannot read raises."""
    schema = schemathesis.openapi.from_path(FILE, config=SchemathesisConfig.from_dict({}))
    return {each.ok().definition.raw["operationId"]: each.ok() for each in schema.get_all_operations()}


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    whole = {"components": DOCUMENT["components"], **json.loads(schema)}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
