"""Drift: every rule is seen firing, every legal difference is seen passing, and nothing published breaks it."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.contract.document import document
from harness.contract.drift import Drift, compare
from harness.contract.openapi import mapping
from harness.errors import DriftError
from tests.drift_breaking import BREAKING
from tests.drift_changes import PLAYER, each, everywhere, field, gone, insecure, moved, schema
from tests.drift_examples import OURS, json_body, published
from tests.drift_legal import LEGAL


@pytest.mark.parametrize("name", BREAKING)
def test_what_breaks_a_promise_is_one_line(name):
    change, *lines = BREAKING[name]
    assert compare(OURS, published(change), {}).breaking == tuple(lines)


@pytest.mark.parametrize("name", LEGAL)
def test_legal_difference_breaks_nothing(name):
    change, additions, silent = LEGAL[name]
    drift = compare(OURS, published(change), {})
    expected = Drift(
        (), drift.additions if additions is None else additions, drift.silent if silent is None else silent
    )
    assert drift == expected


def test_target_may_have_renamed_its_paths():
    paths = {"player": "/v2/me", "shop": "/v2/stores/{shop_id}/orders"}
    renamed = each(
        moved("/api/player", "/v2/me"),
        moved("/api/shop/{shop_id}", "/v2/stores/{shop_id}/orders"),
        everywhere("shop_id", "number"),
    )
    assert compare(OURS, published(renamed), paths) == Drift((), (), ())
    assert compare(OURS, published(), paths).breaking == (
        "GET /v2/me: promised (player), not published",
        "POST /v2/stores/{shop_id}/orders: promised (shop), not published",
    )


def test_parameters_are_compared_by_their_order_on_the_target():
    ours = published(moved("/api/shop/{shop_id}", "/api/shop/{shop_id}/{hero_id}"))
    ours["paths"]["/api/shop/{shop_id}/{hero_id}"]["post"]["parameters"].append(
        {"in": "path", "name": "hero_id", "required": True, "schema": {"type": "string"}}
    )
    turned = copy.deepcopy(ours)
    turned["paths"]["/x/{hero_id}/{shop_id}"] = turned["paths"].pop("/api/shop/{shop_id}/{hero_id}")
    assert compare(ours, turned, {"shop": "/x/{hero_id}/{shop_id}"}).breaking == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "the published document is no object"),
        ([OURS], "the published document is no object"),
        ({}, "the published document is no OpenAPI 3 document: its `openapi` is None"),
        ({"swagger": "2.0", "paths": {}}, "no OpenAPI 3 document"),
        ({"openapi": "3.1.0"}, "the published document has no `paths`"),
        ({"openapi": "3.1.0", "paths": []}, "the published document has no `paths`"),
        ({"openapi": "3.1.0", "paths": {"/x": {"$ref": "#/nowhere"}}}, "$ref '#/nowhere' leads nowhere"),
    ],
)
def test_what_cannot_be_compared_is_one_line(content, said):
    with pytest.raises(DriftError) as error:
        compare(OURS, content, {})
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_document_that_is_too_deep_is_one_line():
    deep = {"type": "string"}
    for _ in range(5000):
        deep = {"allOf": [deep]}
    with pytest.raises(DriftError, match="nested too deeply"):
        compare(OURS, published(field("name", deep)), {})


def test_contract_of_our_own_is_not_blamed_on_the_target():
    broken = published(field("home", {"$ref": "#/components/schemas/House"}))
    with pytest.raises(DriftError, match=r"^in the contract, "):
        compare(broken, OURS, {})


def test_recursion_ends_and_is_still_compared():
    tree = {"type": "object", "required": ["name", "next"], "properties": {"name": {"type": "string"}}}
    links = {"anyOf": [{"$ref": "#/components/schemas/Home"}, {"type": "null"}]}
    ours = published(lambda doc: doc["components"]["schemas"].update(Home=copy.deepcopy(tree)))
    schema(ours, "Home")["properties"]["next"] = links
    theirs = copy.deepcopy(ours)
    # The same in parts that refer to each other, twice.
    parts = [{"properties": {"next": links}}, {"properties": {"next": {"anyOf": [links, links]}}}]
    schema(theirs, "Home")["allOf"] = parts
    assert compare(ours, theirs, {}) == Drift((), (), ())
    schema(theirs, "Home")["properties"]["name"] = {"type": "integer"}
    assert compare(ours, theirs, {}).breaking == (
        PLAYER + "answer 200 home.name: promised string, published integer",
        PLAYER + "answer 200 home.next.name: promised string, published integer",
    )


def test_notes_are_short():
    many = each(insecure, *(gone(path) for path in OURS["paths"]))
    crowd = {f"/api/new/{n}": {"get": {"responses": {}}} for n in range(13)}
    theirs = published(each(many, lambda doc: doc["paths"].update(crowd)))
    notes = compare(OURS, theirs, {}).notes
    assert [note.count(";") for note in notes] == [10, 1]
    assert notes[0].endswith("; GET /api/new/9; and 3 more")
    assert notes[1].startswith("the OpenAPI document leaves open: ")
    assert notes[1].endswith("; security: no operation says that it needs credentials")


def test_long_lines_are_cut():
    theirs = published(each(*(field(f"more_{'x' * 60}_{n}", {}) for n in range(12))))
    (line,) = compare(OURS, theirs, {}).additions
    assert (len(line), line.endswith("...")) == (403, True)


# --- whatever is published

names = st.sampled_from(["a", "b", "c", "id"])
leaves = st.sampled_from(
    [
        {},
        True,
        {"type": "string"},
        {"type": "integer"},
        {"type": ["number", "null"]},
        {"type": "boolean", "nullable": True},
        {"enum": ["x", "y", None]},
        {"const": 1},
        {"$ref": "#/components/schemas/A"},
        {"$ref": "#/components/schemas/B"},
    ]
)


def objects(below):
    fields = st.dictionaries(names, below, max_size=3)
    return st.builds(
        lambda fields, needed, rest: {
            "type": "object",
            "properties": fields,
            "required": sorted(needed),
            **({} if rest is None else {"additionalProperties": rest}),
        },
        fields,
        st.sets(names, max_size=2),
        st.none() | st.booleans() | below,
    )


schemas = st.recursive(
    leaves,
    lambda below: (
        objects(below)
        | st.builds(lambda items: {"type": "array", "items": items}, below)
        | st.builds(
            lambda word, parts: {word: parts},
            st.sampled_from(["anyOf", "oneOf", "allOf"]),
            st.lists(below, min_size=1, max_size=3),
        )
    ),
    max_leaves=8,
)


def made_of(asked, answered, a, b):
    operation = {
        "operationId": "x",
        "requestBody": json_body(asked),
        "responses": {"200": json_body(answered)},
    }
    return {
        "openapi": "3.1.0",
        "paths": {"/api/x": {"post": operation}},
        "components": {"schemas": {"A": a, "B": b}},
    }


named = schemas.filter(lambda schema: "$ref" not in mapping(schema))
documents = st.builds(made_of, schemas, schemas, named, named)


@given(documents)
def test_document_breaks_nothing_of_itself(doc):
    assert compare(doc, doc, {}).breaking == ()


plain = st.recursive(
    st.sampled_from([{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]),
    lambda below: (
        st.dictionaries(names, below, min_size=1, max_size=3).map(
            lambda fields: {"type": "object", "properties": fields, "required": sorted(fields)}
        )
        | below.map(lambda items: {"type": "array", "items": items})
    ),
    max_leaves=8,
)


def places(schema, way=()):
    """Where in a schema there are required fields: the way to the object, and the name."""
    if schema["type"] == "array":
        return places(schema["items"], (*way, "items"))
    found = [(way, name) for name in schema.get("required", ())]
    for name, below in schema.get("properties", {}).items():
        found += places(below, (*way, "properties", name))
    return found


@given(plain.filter(places), st.data())
def test_required_field_that_is_removed_is_always_missed(answered, data):
    ours = made_of({}, answered, {}, {})
    theirs = copy.deepcopy(ours)
    way, name = data.draw(st.sampled_from(places(answered)))
    node = theirs["paths"]["/api/x"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    for key in way:
        node = node[key]
    del node["properties"][name]
    node["properties"]["other"] = {"type": "string"}  # an object of which nothing is said could hold anything
    node["required"].remove(name)
    assert len(compare(ours, theirs, {}).breaking) == 1


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 500) | st.sampled_from(["", "object", "$ref", "#/", "2XX"]),
    lambda below: (
        st.lists(below, max_size=2) | st.dictionaries(st.sampled_from(["$ref", "type", "a", "200"]), below)
    ),
    max_leaves=4,
)


def ways(node, way=()):
    """Every place in a document."""
    yield way
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, below in pairs:
        yield from ways(below, (*way, key))


@pytest.mark.parametrize("ours", [OURS, document()], ids=["small", "contract"])
def test_no_malformed_document_ends_in_a_traceback(ours):
    places = sorted(ways(ours), key=str)

    @settings(max_examples=50)
    @given(st.sampled_from(places), anything)
    def malformed(way, value):
        theirs = copy.deepcopy(ours) if way else value
        node = theirs
        for key in way[:-1]:
            node = node[key]
        if way:
            node[way[-1]] = value
        try:
            drift = compare(ours, theirs, {})
        except DriftError:
            return
        assert all("\n" not in line for line in drift.breaking)

    malformed()


def test_contract_breaks_nothing_of_itself():
    assert compare(document(), document(), {}) == Drift((), (), ())
