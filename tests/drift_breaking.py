"""What a target might publish that breaks a promise, with the line that says so."""

from tests.drift_changes import (
    PLAYER,
    SHOP,
    answer,
    each,
    field,
    gone,
    moved,
    operation,
    required,
    schema,
    scheme,
    without,
)
from tests.drift_examples import json_body

BREAKING = {
    "operation-removed": (gone("/api/health"), "GET /api/health: promised (health), not published"),
    "other-method": (
        lambda doc: doc["paths"]["/api/player"].update(put=doc["paths"]["/api/player"].pop("get")),
        PLAYER + "promised (player), not published, only PUT",
    ),
    "path-of-other-shape": (
        moved("/api/shop/{shop_id}", "/api/shop"),
        SHOP + "promised (shop), not published",
    ),
    "field-removed": (without("name"), PLAYER + "answer 200 name: promised, not published"),
    "field-renamed": (
        each(without("name"), field("username", {"type": "string"})),
        PLAYER + "answer 200 name: promised, not published",
    ),
    "field-retyped": (
        field("name", {"type": "integer"}),
        PLAYER + "answer 200 name: promised string, published integer",
    ),
    "integer-becomes-number": (
        field("level", {"type": "number"}),
        PLAYER + "answer 200 level: promised integer, published number",
    ),
    "may-now-be-null": (
        field("name", {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        PLAYER + "answer 200 name: promised string, published string|null",
    ),
    "may-now-be-null-in-3.0": (
        field("name", {"type": "string", "nullable": True}),
        PLAYER + "answer 200 name: promised string, published string|null",
    ),
    "may-now-be-another-type": (
        field("name", {"type": ["string", "integer"]}),
        PLAYER + "answer 200 name: promised string, published integer|string",
    ),
    "array-instead-of-object": (
        operation(
            "/api/player",
            responses=answer({"type": "array", "items": {"$ref": "#/components/schemas/Player"}}),
        ),
        PLAYER + "answer 200: promised object, published array",
    ),
    "nested-field-removed": (
        without("city", "Home"),
        PLAYER + "answer 200 home.city: promised, not published",
    ),
    "field-in-a-list-retyped": (
        field("tags", {"type": "array", "items": {"type": "integer"}}),
        PLAYER + "answer 200 tags.[]: promised string, published integer",
    ),
    "field-in-a-map-removed": (
        without("since", "Right"),
        PLAYER + "answer 200 rights.*.since: promised, not published",
    ),
    "unknown-value": (
        field("kind", {"enum": ["knight", "mage", "dragon"]}),
        PLAYER + 'answer 200 kind: promised "knight"|"mage", published also "dragon"',
    ),
    "other-constant": (
        field("alive", {"const": False}),
        PLAYER + "answer 200 alive: promised true, published also false",
    ),
    "field-of-one-way-removed": (
        without("prize", "Won"),
        SHOP + "answer 200 outcome.prize: promised, not published",
        SHOP + "answer 201 outcome.prize: promised, not published",
    ),
    "field-of-one-way-retyped": (
        field("prize", {"type": "string"}, "Won"),
        SHOP + "answer 200 outcome.prize: promised integer, published string",
        SHOP + "answer 201 outcome.prize: promised integer, published string",
    ),
    "way-removed": (
        field("outcome", {"$ref": "#/components/schemas/Lost"}, "Receipt"),
        SHOP + "answer 200 outcome.prize: promised, not published",
        SHOP + "answer 201 outcome.prize: promised, not published",
    ),
    "conditional-field-retyped": (
        field("version", {"type": "integer"}, "Health"),
        "GET /api/health: answer 200 version: promised string|null, published integer",
    ),
    "conditional-field-removed": (
        without("version", "Health"),
        "GET /api/health: answer 200 version: promised, not published",
    ),
    "no-value-possible": (
        field("name", {"allOf": [{"type": "string"}, {"type": "integer"}]}),
        PLAYER + "answer 200 name: promised string, published what nothing can be",
    ),
    "other-media-type": (
        operation("/api/player", responses={"200": {"content": {"text/plain": {}}}}),
        PLAYER + "answer 200: promised as application/json, published as text/plain",
    ),
    "other-good-status": (
        operation("/api/player", responses={"204": {"description": "Nothing"}}),
        PLAYER + "answer: promised 200, published 204",
    ),
    "security-dropped": (
        operation("/api/player", security=[]),
        PLAYER + "security: promised for those with credentials, published for all",
    ),
    "security-made-optional": (
        operation("/api/player", security=[{}, {"bearer": []}]),
        PLAYER + "security: promised for those with credentials, published for all",
    ),
    "other-scheme": (
        scheme(type="http", scheme="Basic"),
        PLAYER + "security: promised for bearer tokens, published for http Basic",
    ),
    "key-in-the-query": (
        scheme(type="apiKey", name="key", **{"in": "query"}),
        PLAYER + "security: promised for bearer tokens, published for apiKey query",
    ),
    "new-required-request-field": (
        required("code"),
        SHOP + "request code: not promised, published as required",
    ),
    "optional-request-field-required": (
        required("note"),
        SHOP + "request note: may be left out, published as required",
    ),
    "request-field-retyped": (
        field("thing", {"type": "integer"}, "Order"),
        SHOP + "request thing: promised string, published integer",
    ),
    "request-field-takes-no-null": (
        field("note", {"type": "string"}, "Order"),
        SHOP + "request note: promised string|null, published string",
    ),
    "request-field-that-is-needed-takes-no-null-in-3.0": (
        each(
            lambda doc: doc.update(openapi="3.0.2"),
            field("note", {"type": "string"}, "Order"),
            required("note"),
        ),
        SHOP + "request note: may be left out, published as required",
        SHOP + "request note: promised string|null, published string",
    ),
    "request-number-becomes-integer": (
        field("price", {"type": "integer"}, "Order"),
        SHOP + "request price: promised number, published integer",
    ),
    "request-value-no-longer-taken": (
        field("store", {"enum": ["ios"]}, "Order"),
        SHOP + 'request store: promised "android"|"ios", published without "android"',
    ),
    "request-field-forbidden": (
        each(lambda doc: schema(doc, "Order").update(additionalProperties=False), without("note", "Order")),
        SHOP + "request note: promised, published as forbidden",
    ),
    "request-as-form": (
        operation(
            "/api/shop/{shop_id}", "post", requestBody={"content": {"application/x-www-form-urlencoded": {}}}
        ),
        SHOP + "request: promised as application/json, published as application/x-www-form-urlencoded",
    ),
    "request-body-where-none-is-sent": (
        operation("/api/player", requestBody={"required": True, **json_body({"type": "object"})}),
        PLAYER + "request: not promised, published as required",
    ),
    "new-required-parameter": (
        operation(
            "/api/player", parameters=[{"in": "query", "name": "realm", "required": True, "schema": {}}]
        ),
        PLAYER + "query parameter realm: not promised, published as required",
    ),
    "optional-parameter-required": (
        operation(
            "/api/shop/{shop_id}",
            "post",
            parameters=[
                {"in": "path", "name": "shop_id", "required": True, "schema": {"type": "integer"}},
                {"in": "header", "name": "x-language", "required": True, "schema": {"type": "string"}},
            ],
        ),
        SHOP + "header parameter x-language: may be left out, published as required",
    ),
    "parameter-retyped": (
        operation(
            "/api/shop/{shop_id}",
            "post",
            parameters=[{"in": "path", "name": "shop_id", "required": True, "schema": {"type": "boolean"}}],
        ),
        SHOP + "path parameter 1: promised integer, published boolean",
    ),
    "lost-reference": (
        field("home", {"$ref": "#/components/schemas/House"}),
        PLAYER
        + "answer 200 home: in the published document, $ref '#/components/schemas/House' leads nowhere",
    ),
    "remote-reference": (
        field("home", {"$ref": "other.json#/Home"}),
        PLAYER + "answer 200 home: in the published document, $ref 'other.json#/Home' leads out of it",
    ),
    "lost-response": (
        operation("/api/player", responses={"200": {"$ref": "#/components/responses/Gone"}}),
        PLAYER + "in the published document, $ref '#/components/responses/Gone' leads nowhere",
    ),
    "response-of-itself": (
        each(
            lambda doc: doc["components"].update(responses={"A": {"$ref": "#/components/responses/A"}}),
            operation("/api/player", responses={"200": {"$ref": "#/components/responses/A"}}),
        ),
        PLAYER + "in the published document, $ref '#/components/responses/A' leads back to itself",
    ),
}
