"""A small contract, and what a target might publish instead, for the tests of drift."""

import copy
from typing import Any


def json_body(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _object(*required: str, **fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(required)}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


TEXT, WHOLE, NOTHING = {"type": "string"}, {"type": "integer"}, {"type": "null"}

OURS: dict[str, Any] = {
    "openapi": "3.1.0",
    "security": [{"bearer": []}],
    "paths": {
        "/api/health": {
            "get": {
                "operationId": "health",
                "security": [],
                "responses": {"200": json_body(_ref("Health"))},
            }
        },
        "/api/player": {
            "get": {"operationId": "player", "responses": {"200": json_body(_ref("Player")), "401": {}}}
        },
        "/api/shop/{shop_id}": {
            "post": {
                "operationId": "shop",
                "parameters": [
                    {"in": "path", "name": "shop_id", "required": True, "schema": WHOLE},
                    {"in": "header", "name": "X-Language", "schema": TEXT},
                ],
                "requestBody": {"required": True, **json_body(_ref("Order"))},
                "responses": {
                    "200": json_body(_ref("Receipt")),
                    "201": json_body(_ref("Receipt")),
                    "4XX": {},
                },
            }
        },
        "/api/webhook": {
            "post": {
                "operationId": "webhook",
                "security": [{"signature": []}],
                "requestBody": {"required": True, **json_body(_object("id", "type", id=TEXT, type=TEXT))},
                "responses": {"200": {}},
            }
        },
        "/api/closed": {"post": {"operationId": "closed", "responses": {"403": {}}}},
    },
    "components": {
        "schemas": {
            "Health": {
                **_object("status", status={"const": "healthy"}),
                "if": {"properties": {"status": {"const": "healthy"}}},
                "then": {"required": ["version"], "properties": {"version": TEXT}},
            },
            "Player": _object(
                "name",
                "level",
                "nick",
                "kind",
                "alive",
                "home",
                name=TEXT,
                level=WHOLE,
                nick={"anyOf": [TEXT, NOTHING]},
                kind={"enum": ["knight", "mage"]},
                mood={"enum": ["good", "bad", None]},
                alive={"const": True},
                score={"type": "number"},
                born={"type": "string", "format": "date-time"},
                tags={"type": "array", "items": TEXT},
                home=_ref("Home"),
                pet={"anyOf": [_ref("Pet"), NOTHING]},
                flags=_object("on", on={"type": "boolean"}),
                rights={"type": "object", "additionalProperties": _ref("Right")},
                extra={},
            ),
            "Home": _object("city", city=TEXT),
            "Pet": _object("species", species=TEXT),
            "Right": _object("since", since=TEXT),
            "Order": _object(
                "thing",
                thing=TEXT,
                count=WHOLE,
                price={"type": "number"},
                store={"enum": ["ios", "android"]},
                note={"type": ["string", "null"]},
            ),
            "Receipt": _object("outcome", outcome={"oneOf": [_ref("Won"), _ref("Lost")]}),
            "Won": _object("won", "prize", won={"const": True}, prize=WHOLE),
            "Lost": _object("won", won={"const": False}),
        }
    },
}


def published(*changes: Any) -> dict[str, Any]:
    """OURS as a target would publish it, with changes."""
    theirs = copy.deepcopy(OURS)
    # As FastAPI writes it: nothing for all operations, and the condition of a field is not said.
    for item in theirs["paths"].values():
        for operation in item.values():
            operation.setdefault("security", theirs["security"])
    health = theirs["components"]["schemas"]["Health"]
    health["properties"] |= health.pop("then")["properties"]
    health.pop("if")
    for change in changes:
        change(theirs)
    return theirs
