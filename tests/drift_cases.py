"""What a target might publish: what breaks a promise, with the line that says so, and what does not."""

import json

from tests.drift_examples import json_body

PLAYER = "GET /api/player: "
SHOP = "POST /api/shop/{shop_id}: "


def schema(doc, name):
    return doc["components"]["schemas"][name]


def field(name, said, of="Player"):
    """A change of one field."""

    def change(doc):
        schema(doc, of)["properties"][name] = said

    return change


def without(name, of="Player"):
    def change(doc):
        del schema(doc, of)["properties"][name]
        schema(doc, of)["required"] = [each for each in schema(doc, of)["required"] if each != name]

    return change


def required(name, of="Order"):
    return lambda doc: schema(doc, of)["required"].append(name)


def optional(name, of="Player"):
    def change(doc):
        schema(doc, of)["required"].remove(name)

    return change


def operation(path, method="get", **changes):
    """Keys of an operation set, or (None) removed."""

    def change(doc):
        node = doc["paths"][path][method]
        for key, value in changes.items():
            node.pop(key, None)
            if value is not None:
                node[key] = value

    return change


def scheme(**described):
    """The player asks for this scheme."""

    def change(doc):
        doc["components"]["securitySchemes"] = {"key": described}
        doc["paths"]["/api/player"]["get"]["security"] = [{"key": []}]

    return change


def gone(path):
    return lambda doc: doc["paths"].pop(path)


def moved(path, to):
    def change(doc):
        doc["paths"][to] = doc["paths"].pop(path)

    return change


def each(*changes):
    def change(doc):
        for one in changes:
            one(doc)

    return change


def everywhere(text, other):
    """Another spelling of the whole document."""

    def change(doc):
        changed = json.loads(json.dumps(doc).replace(text, other))
        doc.clear()
        doc.update(changed)

    return change


def insecure(doc):
    """No operation says anything of credentials, as where a header is read by hand."""
    doc.pop("security")
    for item in doc["paths"].values():
        for node in item.values():
            if isinstance(node, dict):
                node.pop("security", None)


def answer(schema, status="200"):
    return {status: json_body(schema)}


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


def nested(name, *kinds):
    return field(name, {"anyOf": list(kinds)})


# What it is, and what is told of it: additions, and what the document is silent on.
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
    "never-null": (field("nick", {"type": "string"}), (), ()),
    "integer-for-number": (field("score", {"type": "integer"}), (), ()),
    "fewer-values": (field("kind", {"const": "mage"}), (), ()),
    "values-in-parts": (nested("kind", {"const": "knight"}, {"const": "mage"}), (), ()),
    "stricter-text": (field("name", {"type": "string", "pattern": "^[a-z]+$", "maxLength": 3}), (), ()),
    "looser-text": (field("born", {"type": "string"}), (), ()),
    "one-way-of-several": (field("outcome", {"$ref": "#/components/schemas/Won"}, "Receipt"), (), ()),
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
