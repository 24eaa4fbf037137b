"""What a target might publish that breaks no promise."""

from tests.drift_changes import (
    PLAYER,
    SHOP,
    answer,
    each,
    everywhere,
    field,
    gone,
    insecure,
    moved,
    nested,
    operation,
    optional,
    required,
    schema,
    scheme,
    without,
)
from tests.drift_examples import json_body

HEALTHS = ("Health", "Development")

LEGAL = {
    "the-same": (lambda doc: None, (), ()),
    "other-parameter-names": (everywhere("shop_id", "id"), (), ()),
    "slash-at-the-end": (moved("/api/player", "/api/player/"), (), ()),
    "prefix-in-the-server-url": (
        lambda doc: doc.update(
            servers=[{"url": "https://game.example/api"}],
            paths={path.removeprefix("/api"): item for path, item in doc["paths"].items()},
        ),
        (),
        (),
    ),
    "prefix-cut-off-by-a-gateway": (everywhere('"/api/', '"/'), (), ()),
    "other-schema-names": (
        each(
            everywhere('"Player"', '"Player-Output__1"'),
            everywhere("schemas/Player", "schemas/Player-Output__1"),
        ),
        (),
        (),
    ),
    "other-operation-ids": (everywhere('"operationId": "', '"operationId": "x_'), (), ()),
    "inline": (lambda doc: field("home", schema(doc, "Home"))(doc), (), ()),
    "in-parts": (field("home", {"allOf": [{"$ref": "#/components/schemas/Home"}]}), (), ()),
    "in-nested-parts": (
        field("home", {"allOf": [{"allOf": [{"$ref": "#/components/schemas/Home"}]}, {"title": "Home"}]}),
        (),
        (),
    ),
    "described-twice": (
        field("home", {"$ref": "#/components/schemas/Home", "properties": {"city": {"title": "City"}}}),
        (),
        (),
    ),
    "types-in-a-list": (field("nick", {"type": ["null", "string"]}), (), ()),
    "nullable-of-3.0": (
        each(lambda doc: doc.update(openapi="3.0.3"), field("nick", {"type": "string", "nullable": True})),
        (),
        (),
    ),
    "nullable-reference-of-3.0": (
        field("pet", {"allOf": [{"$ref": "#/components/schemas/Pet"}], "nullable": True}),
        (),
        (),
    ),
    "nullable-values-of-3.0": (field("mood", {"enum": ["good"], "nullable": True}), (), ()),
    "null-of-a-request-unsaid-in-3.0": (
        each(lambda doc: doc.update(openapi="3.0.2"), field("note", {"type": "string"}, "Order")),
        (),
        (),
    ),
    "never-null": (field("nick", {"type": "string"}), (), ()),
    "integer-for-number": (field("score", {"type": "integer"}), (), ()),
    "fewer-values": (field("kind", {"const": "mage"}), (), ()),
    "values-in-parts": (nested("kind", {"const": "knight"}, {"const": "mage"}), (), ()),
    "stricter-text": (field("name", {"type": "string", "pattern": "^[a-z]+$", "maxLength": 3}), (), ()),
    "looser-text": (field("born", {"type": "string"}), (), ()),
    "one-way-of-several": (field("outcome", {"$ref": "#/components/schemas/Won"}, "Receipt"), (), ()),
    "condition-in-two-ways": (
        each(
            field("version", {"type": "string"}, "Health"),
            required("version", "Health"),
            lambda doc: doc["components"]["schemas"].update(
                Development={
                    "type": "object",
                    "required": ["status"],
                    "properties": {"status": {"const": "healthy"}},
                }
            ),
            operation(
                "/api/health",
                responses=answer({"anyOf": [{"$ref": f"#/components/schemas/{name}"} for name in HEALTHS]}),
            ),
        ),
        (),
        (),
    ),
    "conditional-field-among-others": (
        each(
            without("version", "Health"),
            lambda doc: schema(doc, "Health").update(additionalProperties=True),
        ),
        (),
        ("GET /api/health: answer 200 version: not described",),
    ),
    "map-for-named-fields": (
        field("flags", {"type": "object", "additionalProperties": {"type": "boolean"}}),
        (),
        (PLAYER + "answer 200 flags.on: always promised, published as what may be missing",),
    ),
    "named-fields-for-a-map": (
        field("rights", {"type": "object", "properties": {"king": {"$ref": "#/components/schemas/Right"}}}),
        (),
        (),
    ),
    "map-by-a-pattern": (
        field(
            "rights", {"type": "object", "patternProperties": {"^k": {"$ref": "#/components/schemas/Right"}}}
        ),
        (),
        (),
    ),
    "one-more-operation": (
        lambda doc: doc["paths"].update({"/api/guild": {"get": {"responses": {}}}}),
        ("GET /api/guild",),
        (),
    ),
    "one-more-field": (field("guild", {"type": "string"}), (PLAYER + "answer 200 guild",), ()),
    "more-fields-of-an-object": (
        each(field("street", {}, "Home"), field("zip", {}, "Home")),
        (PLAYER + "answer 200 home.street, zip",),
        (),
    ),
    "one-more-status": (
        lambda doc: doc["paths"]["/api/player"]["get"]["responses"].update({"422": {}, "202": {}}),
        (PLAYER + "answer 422, 202",),
        (),
    ),
    "status-of-a-promised-range": (
        lambda doc: doc["paths"]["/api/shop/{shop_id}"]["post"]["responses"].update({"409": {}}),
        (),
        (),
    ),
    "range-for-a-status": (
        lambda doc: doc["paths"]["/api/player"]["get"].update(
            responses={"2XX": doc["paths"]["/api/player"]["get"]["responses"]["200"]}
        ),
        (PLAYER + "answer 2XX",),
        (),
    ),
    "one-of-two-good-statuses": (
        lambda doc: doc["paths"]["/api/shop/{shop_id}"]["post"]["responses"].pop("200"),
        (),
        (),
    ),
    "one-more-request-field": (field("gift", {"type": "boolean"}, "Order"), (SHOP + "request gift",), ()),
    "read-only-field": (
        each(
            field("id", {"type": "integer", "readOnly": True}, "Order"),
            required("id"),
        ),
        (),
        (),
    ),
    "request-takes-more": (field("thing", {"type": ["string", "integer"]}, "Order"), (), ()),
    "request-number-for-integer": (field("count", {"type": "number"}, "Order"), (), ()),
    "request-of-listed-values": (field("thing", {"enum": ["sword"]}, "Order"), (), ()),
    "request-with-more-values": (field("store", {"enum": ["ios", "android", "web"]}, "Order"), (), ()),
    "request-of-any-value": (field("store", {"type": "string"}, "Order"), (), ()),
    "request-in-other-ways": (
        operation(
            "/api/shop/{shop_id}",
            "post",
            requestBody=json_body(
                {"anyOf": [{"$ref": "#/components/schemas/Order"}, {"type": "object", "required": ["other"]}]}
            ),
        ),
        (),
        (),
    ),
    "request-field-not-read": (
        without("thing", "Order"),
        (),
        (SHOP + "request thing: not described",),
    ),
    "optional-parameter": (
        operation("/api/player", parameters=[{"in": "query", "name": "realm", "schema": {}}]),
        (PLAYER + "query parameter realm",),
        (),
    ),
    "token-by-oauth": (scheme(type="oauth2", flows={}), (), ()),
    "token-by-openid": (scheme(type="openIdConnect", openIdConnectUrl="x"), (), ()),
    "token-as-a-key-in-its-header": (scheme(type="apiKey", name="authorization", **{"in": "header"}), (), ()),
    "token-or-something-else": (
        each(
            scheme(type="apiKey", name="key", **{"in": "query"}),
            operation("/api/player", security=[{"key": []}, {"jwt": []}]),
        ),
        (),
        (),
    ),
    "webhook-unpublished": (
        gone("/api/webhook"),
        (),
        ("POST /api/webhook: promised (webhook), not published",),
    ),
    "credentials-read-by-hand": (
        operation("/api/player", parameters=[{"in": "header", "name": "Authorization", "required": True}]),
        (),
        (),
    ),
    "credentials-read-by-hand-here-alone": (
        operation("/api/player", security=[], parameters=[{"in": "header", "name": "authorization"}]),
        (),
        (),
    ),
    "parameter-as-text": (
        operation(
            "/api/shop/{shop_id}",
            "post",
            parameters=[{"in": "path", "name": "shop_id", "required": True, "schema": {"type": "string"}}],
        ),
        (),
        (SHOP + "header parameter x-language: not described",),
    ),
    "credentials-for-health": (
        operation("/api/health", security=[{"bearer": []}]),
        ("GET /api/health: security: promised for all, published for those with credentials",),
        (),
    ),
    "credentials-of-webhooks": (
        operation(
            "/api/webhook",
            "post",
            security=[],
            parameters=[
                {"in": "header", "name": "X-Signature", "required": True, "schema": {"type": "string"}}
            ],
        ),
        (),
        (),
    ),
    "webhook-of-which-little-is-read": (
        operation("/api/webhook", "post", requestBody=json_body({"type": "object", "properties": {"a": {}}})),
        ("POST /api/webhook: request a",),
        (),
    ),
    "no-credentials-anywhere": (insecure, (), ("security: no operation says that it needs credentials",)),
    "closed-operation": (
        operation(
            "/api/closed",
            "post",
            requestBody={"required": True, **json_body({"type": "object", "required": ["x"]})},
            responses=answer({"type": "integer"}),
        ),
        (),
        (),
    ),
    "required-field-with-a-default": (
        optional("name"),
        (),
        (PLAYER + "answer 200 name: always promised, published as what may be missing",),
    ),
    "optional-field-removed": (
        without("score"),
        (),
        (PLAYER + "answer 200 score: promised at times, not published",),
    ),
    "values-not-listed": (
        field("kind", {"type": "string"}),
        (),
        (PLAYER + "answer 200 kind: its values are promised, and none are listed",),
    ),
    "one-value-not-listed": (field("alive", {"type": "boolean"}), (), ()),
    "answer-of-anything": (
        operation("/api/player", responses=answer({})),
        (),
        (PLAYER + "answer 200: not described",),
    ),
    "answer-without-schema": (
        operation("/api/player", responses={"200": {"content": {"application/json": {}}}}),
        (),
        (PLAYER + "answer 200: not described",),
    ),
    "answer-without-content": (
        operation("/api/player", responses={"200": {"description": "Fine"}}),
        (),
        (PLAYER + "answer 200: not described",),
    ),
    "no-good-answer": (
        operation("/api/player", responses={"default": {}}),
        (PLAYER + "answer DEFAULT",),
        (PLAYER + "answer: not described",),
    ),
    "no-responses": (operation("/api/player", responses=None), (), (PLAYER + "answer: not described",)),
    "any-object": (
        field("home", {"type": "object"}),
        (),
        (PLAYER + "answer 200 home: not described",),
    ),
    "object-that-may-hold-more": (
        field("home", {"type": "object", "properties": {"x": {}}, "additionalProperties": True}),
        (PLAYER + "answer 200 home.x",),
        None,
    ),
    "any-list": (field("tags", {"type": "array"}), (), (PLAYER + "answer 200 tags: not described",)),
    "schema-of-itself": (
        each(
            lambda doc: doc["components"]["schemas"].update(A={"$ref": "#/components/schemas/A"}),
            field("home", {"$ref": "#/components/schemas/A"}),
        ),
        (),
        (PLAYER + "answer 200 home: not described",),
    ),
    "too-many-ways": (
        field("home", {"allOf": [{"anyOf": [{"title": str(n)} for n in range(9)]} for _ in range(3)]}),
        (),
        (PLAYER + "answer 200 home: not described",),
    ),
    "request-without-body": (
        operation("/api/shop/{shop_id}", "post", requestBody=None),
        (),
        (SHOP + "request: not described",),
    ),
    "optional-body": (
        operation("/api/player", requestBody=json_body({"type": "object"})),
        (PLAYER + "request",),
        (),
    ),
    "json-by-another-name": (
        operation(
            "/api/player",
            responses={
                "200": {
                    "content": {
                        "application/JSON; charset=utf-8": {"schema": {"$ref": "#/components/schemas/Player"}}
                    }
                }
            },
        ),
        (),
        (),
    ),
    "document-of-another-dialect": (
        field("rights", {"type": "object", "patternProperties": {"(?<x>": {}}, "properties": {}}),
        (),
        None,
    ),
}
