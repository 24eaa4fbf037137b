"""Requests that the contract itself offers: its examples, what it has refused, and values of another kind."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from harness.contract.document import Operation, described, resolved

Origin = Literal["example", "boundary", "random"]
KINDS: tuple[Any, ...] = ("text", 7, True, ["list"], {"$ne": ""})  # of values


@dataclass(frozen=True)
class Request:
    """A request of an operation, before its roles are cast.

    `path`: the values of the placeholders; `body`: JSON, or raw bytes for one that is none, or None for no body.
    """

    origin: Origin
    path: dict[str, Any]
    body: Any


def written(operation: Operation) -> list[Request]:
    """Whole bodies, and each example of a field or a placeholder in an otherwise plain request; the first is plain."""
    path, (bodies, fields) = _placeholders(operation), _body(operation)
    plain = {name: examples[0] for name, examples in path.items()}
    found = [Request("example", plain, body) for body in bodies]
    for name, examples in path.items():
        found += [Request("example", {**plain, name: example}, bodies[0]) for example in examples]
    for name, examples in fields.items():
        found += [Request("example", plain, {**bodies[0], name: example}) for example in examples]
    return distinct(found)


def hostile(operation: Operation) -> Iterator[Request]:
    """The plain request with each `x-invalid` value of a placeholder."""
    plain = written(operation)[0]
    for each in described(operation)["parameters"]:
        for value in each["schema"].get("x-invalid", []):
            yield Request("example", {**plain.path, each["name"]: value}, plain.body)


def of_other_kinds(operation: Operation) -> Iterator[Request]:
    """The plain request with a value of another kind in each place of its body."""
    plain = written(operation)[0]
    if plain.body is not None:
        yield from (Request("boundary", plain.path, body) for body in _replaced(plain.body))


def distinct(requests: Iterable[Request]) -> list[Request]:
    """Without repetitions, the first of each kept in its place."""
    found: dict[str, Request] = {}
    for request in requests:
        key = json.dumps([request.path, request.body], default=repr, sort_keys=True)
        found.setdefault(key, request)
    return list(found.values())


def spread(cases: list[Any], most: int) -> list[Any]:
    """At most that many of them, from all over the list."""
    return cases[:: max(1, -(-len(cases) // most))]


def _replaced(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from ({**value, key: other} for other in _replaced(each))
    own = int if isinstance(value, float) else type(value)  # JSON has one kind of number
    yield from (kind for kind in KINDS if type(kind) is not own)


def _placeholders(operation: Operation) -> dict[str, list[Any]]:
    return {each["name"]: _examples(each["schema"]) for each in described(operation)["parameters"]}


def _body(operation: Operation) -> tuple[list[Any], dict[str, list[Any]]]:
    """Whole example bodies, at least one (None: no body), and the examples of single fields."""
    if "requestBody" not in described(operation):
        return [None], {}
    media = described(operation)["requestBody"]["content"]["application/json"]
    if whole := [resolved(each)["value"] for each in media.get("examples", {}).values()]:
        body_schema = resolved(media["schema"])
        return whole, _fields(body_schema, optional=True)
    fields = _fields(resolved(media["schema"]), optional=False)
    return [{name: examples[0] for name, examples in fields.items()}], fields


def _fields(schema: dict[str, Any], *, optional: bool) -> dict[str, list[Any]]:
    names = schema["properties"] if optional else schema["required"]
    found = {name: _examples(resolved(schema["properties"][name])) for name in names}
    return {name: examples for name, examples in found.items() if examples}


def _examples(schema: dict[str, Any]) -> list[Any]:
    """Examples that the schema gives, or the values that it allows."""
    return list(
        schema.get("examples") or schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    )
