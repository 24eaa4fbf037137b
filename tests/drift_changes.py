"""Changes of a published document, for the tests of drift; each takes the document and changes it in place."""

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


def nested(name, *kinds):
    return field(name, {"anyOf": list(kinds)})


# What it is, and what is told of it: additions, and what the document is silent on.
