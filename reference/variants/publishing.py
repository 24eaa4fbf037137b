"""Variants of what is published: another place, another spelling, more or less said."""

import json
import re
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from reference.changing import republish
from reference.choices import variant

Document = dict[str, Any]
NULL = {"type": "null"}


def _withdraw(app: FastAPI) -> None:
    app.router.routes = [route for route in app.routes if getattr(route, "path", "") != app.openapi_url]


def _publish_at(app: FastAPI, path: str) -> None:
    _withdraw(app)

    async def document() -> Document:
        return app.openapi()

    app.add_api_route(path, document, include_in_schema=False)


def _each(node: Any) -> list[Document]:
    """Every object of a document."""
    nodes = [node]
    for one in nodes:
        nodes += one.values() if isinstance(one, dict) else one if isinstance(one, list) else []
    return [one for one in nodes if isinstance(one, dict)]


def _operations(document: Document) -> list[Document]:
    return [operation for item in document["paths"].values() for operation in item.values()]


def _replace(document: Document, text: str) -> None:
    document.clear()
    document.update(json.loads(text))


@variant("publishes-nothing", expected="INCONCLUSIVE")
def publishes_nothing(app: FastAPI) -> None:
    """No OpenAPI document is published."""
    _withdraw(app)


@variant("publishes-nothing-as-agreed", environment={"checklist": {"not_required": ["contract.drift"]}})
def publishes_nothing_as_agreed(app: FastAPI) -> None:
    """No OpenAPI document is published, and none is required."""
    _withdraw(app)


@variant("published-below-the-prefix")
def published_below_the_prefix(app: FastAPI) -> None:
    """The document lies below the API's prefix; for other paths there is the page of a web client."""
    _publish_at(app, "/api/openapi.json")

    @app.get("/{path:path}", include_in_schema=False)
    async def page(path: str) -> HTMLResponse:
        if path.startswith("api/"):
            raise HTTPException(404)
        return HTMLResponse("<!doctype html>")


@variant("published-elsewhere", environment={"contract": {"openapi": "/internal/api-docs.json"}})
def published_elsewhere(app: FastAPI) -> None:
    """The document lies where the environment says."""
    _publish_at(app, "/internal/api-docs.json")


@variant("published-as-3.0")
def published_as_30(app: FastAPI) -> None:
    """The document is one of OpenAPI 3.0: nullable, values in lists, references in parts."""

    def rewrite(document: Document) -> None:
        document["openapi"] = "3.0.3"
        for node in _each(document):
            ways = node.get("anyOf", [])
            if NULL in ways:
                node.pop("anyOf")
                node["nullable"] = True
                rest = [way for way in ways if way != NULL]
                node.update({"allOf": rest} if "$ref" in rest[0] else rest[0])
            if "const" in node and not isinstance(node["const"], dict):
                node["enum"] = [node.pop("const")]

    republish(app, rewrite)


@variant("published-inline")
def published_inline(app: FastAPI) -> None:
    """Every schema stands where it is used."""

    def rewrite(document: Document) -> None:
        schemas = document["components"].pop("schemas")

        def inline(node: Any) -> Any:
            if isinstance(node, list):
                return [inline(each) for each in node]
            if not isinstance(node, dict):
                return node
            ref = node.get("$ref", "")
            found = schemas[ref.rpartition("/")[2]] if ref.startswith("#/components/schemas/") else node
            return {key: inline(each) for key, each in found.items()}

        document["paths"] = inline(document["paths"])

    republish(app, rewrite)


@variant("published-with-other-names")
def published_with_other_names(app: FastAPI) -> None:
    """Schemas, operations and the parameters of paths have other names."""

    def rewrite(document: Document) -> None:
        text = json.dumps(document)
        for name in document["components"]["schemas"]:
            text = re.sub(rf'(?<="){name}(?=": {{)|(?<=/schemas/){name}(?=")', f"app__{name}-Output", text)
        text = text.replace("{hero_id}", "{id}").replace('"name": "hero_id"', '"name": "id"')
        _replace(document, text.replace('"operationId": "', '"operationId": "v2_'))

    republish(app, rewrite)


@variant("published-with-servers")
def published_with_servers(app: FastAPI) -> None:
    """The prefix stands in the server URL, and some paths end in a slash."""

    def rewrite(document: Document) -> None:
        document["servers"] = [{"url": "https://game.example/api"}]
        paths = {path.removeprefix("/api"): item for path, item in document["paths"].items()}
        document["paths"] = {f"{path}/" if "auth" in path else path: item for path, item in paths.items()}

    republish(app, rewrite)


@variant("publishes-more")
def publishes_more(app: FastAPI) -> None:
    """There are more operations, fields, parameters and statuses than the contract knows."""

    def rewrite(document: Document) -> None:
        document["paths"]["/api/guilds"] = {"get": {"responses": {"200": {"description": "Guilds"}}}}
        for name, schema in document["components"]["schemas"].items():
            if name != "Entitlements":  # there, one more would be an entitlement
                schema["properties"]["added_later"] = {"type": "integer"}
        for operation in _operations(document):
            more = {"name": "verbose", "in": "query", "schema": {"type": "boolean"}}
            operation["parameters"] = [*operation.get("parameters", []), more]
            operation["responses"]["418"] = {"description": "Added later"}

    republish(app, rewrite)


@variant("publishes-narrower")
def publishes_narrower(app: FastAPI) -> None:
    """What is answered is described more closely than the contract does."""

    def rewrite(document: Document) -> None:
        schemas = document["components"]["schemas"]
        schemas["Health"]["properties"]["status"] = {"const": "healthy"}
        schemas["Access"]["properties"]["access"] = {"const": True}
        schemas["Entitlement"]["properties"]["status"]["enum"] = ["owned", "not_owned"]
        schemas["Entitlement"]["properties"]["reason"] = {"type": "string", "maxLength": 80}
        schemas["Snapshot"]["properties"]["source"] = {"enum": ["database"]}
        schemas["Snapshot"]["additionalProperties"] = False

    republish(app, rewrite)


@variant("publishes-little")
def publishes_little(app: FastAPI) -> None:
    """No body is described, neither of answers nor of requests, and no field is called required."""

    def rewrite(document: Document) -> None:
        for operation in _operations(document):
            operation.pop("requestBody", None)
            for response in operation["responses"].values():
                response["content"] = {"application/json": {"schema": {}}}

    republish(app, rewrite)


@variant("publishes-defaults-as-optional")
def publishes_defaults_as_optional(app: FastAPI) -> None:
    """No field of an answer is called required, as where each has a default."""

    def rewrite(document: Document) -> None:
        for name in ("Snapshot", "Entitlement", "User", "SignedIn", "Purchased", "Health", "Flags"):
            document["components"]["schemas"][name].pop("required")

    republish(app, rewrite)


@variant("publishes-no-security")
def publishes_no_security(app: FastAPI) -> None:
    """The header of credentials is read by hand, and published as a parameter at most."""

    def rewrite(document: Document) -> None:
        del document["components"]["securitySchemes"]
        for operation in _operations(document):
            if operation.pop("security", None):
                header = {
                    "name": "authorization",
                    "in": "header",
                    "required": True,
                    "schema": {"type": "string"},
                }
                operation["parameters"] = [*operation.get("parameters", []), header]

    republish(app, rewrite)


@variant("publishes-for-clients-only")
def publishes_for_clients_only(app: FastAPI) -> None:
    """What no client calls is not published: the webhook and simulated purchases."""

    def rewrite(document: Document) -> None:
        for path in list(document["paths"]):
            if path.endswith(("/revenuecat", "/purchase")) or "/store/" in path:
                del document["paths"][path]

    republish(app, rewrite)


@variant("publishes-conditional-as-nullable")
def publishes_conditional_as_nullable(app: FastAPI) -> None:
    """One shape for all judgements of a purchase, granted or not; a version that a development build lacks."""

    def rewrite(document: Document) -> None:
        schemas = document["components"]["schemas"]
        nothing = {"type": "null"}
        purchased = schemas["Purchased"]["properties"]
        purchased["entitlements_snapshot"] = {"anyOf": [purchased["entitlements_snapshot"], nothing]}
        schemas["Purchased"]["required"] = ["success"]
        schemas["Health"]["properties"]["version"] = {"anyOf": [{"type": "string"}, nothing]}

    republish(app, rewrite)
