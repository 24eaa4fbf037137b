"""What a JSON schema says of a value, whatever its spelling: OpenAPI 3.0 or 3.1, inline or by $ref, in parts or whole.

Read is what tells one kind of value from another: types, fields, items, listed values. Not read: ranges, lengths,
patterns and formats, `not`, `discriminator`. What `then` and `else` name counts as fields that may be missing.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from harness.contract.openapi import Document, Object, mapping, sequence

MOST_BRANCHES = 64  # of one schema; beyond that it is not taken apart


@dataclass(frozen=True)
class Branch:
    """One way a value may look. `types`: JSON's, None for any; `values`: the listed ones as JSON, None for any.

    `named`: whether it names its fields, be they none; `at_times`: those that a condition requires; `rest`: what is
    said of all others: a schema, or True or False, or None for nothing; `patterns`: of those whose name matches.
    """

    types: frozenset[str] | None = None
    values: frozenset[str] | None = None
    fields: Object = field(default_factory=dict)
    named: bool = False
    required: frozenset[str] = frozenset()
    at_times: frozenset[str] = frozenset()
    patterns: tuple[tuple[str, Any], ...] = ()
    rest: Any = None
    items: Any = None

    def of(self, name: str) -> Any:
        """What is said of the field `name`: a schema, False where it is forbidden, None for nothing."""
        said = [self.fields[name]] if name in self.fields else []
        said += [schema for pattern, schema in self.patterns if _matches(pattern, name)]
        return _all(said) if said else self.rest

    @property
    def others(self) -> list[Any]:
        """The schemas of fields that are not named."""
        return [schema for _, schema in self.patterns] + ([self.rest] if mapping(self.rest) else [])

    @property
    def any_other(self) -> Any:
        """The schema of every field that is not named; None where nothing is said of all of them."""
        said = [schema for pattern, schema in self.patterns if pattern == ""]
        said += [self.rest] if mapping(self.rest) else []
        return _all(said) if said else None

    @property
    def is_open(self) -> bool:
        """Whether it is an object of which nothing is said."""
        return not self.named and not self.required and not self.others and self.rest is not False


ANYTHING = Branch()


def branches(document: Document, schema: Any, seen: frozenset[str] = frozenset()) -> list[Branch]:
    """The ways in which a value may fulfil `schema`; none if nothing can. Raises DriftError for a lost `$ref`."""
    if schema is False:
        return []
    if not isinstance(schema, dict):
        return [ANYTHING]
    found = [_own(schema)]
    ref = schema.get("$ref")
    if ref is not None:
        # What is made of itself says nothing more about itself.
        below = [ANYTHING] if str(ref) in seen else branches(document, document.at(ref), seen | {str(ref)})
        found = _both(found, below)
    for part in sequence(schema.get("allOf")):
        found = _both(found, branches(document, part, seen))
    for word in ("anyOf", "oneOf"):
        parts = sequence(schema.get(word))
        if parts:
            found = _both(found, [each for part in parts for each in branches(document, part, seen)])
    for word in ("then", "else"):
        if word in schema:
            found = _both(found, [_optional(each) for each in branches(document, schema[word], seen)])
    if schema.get("nullable") is True:
        found = [*found, Branch(types=frozenset({"null"}))]
    return found


def by_type(found: Iterable[Branch]) -> dict[str, list[Branch]] | None:
    """The branches for each JSON type that a value may have; None where it may be anything."""
    sorted_out: dict[str, list[Branch]] = {}
    for branch in found:
        if branch.types is None:
            return None
        for kind in branch.types:
            sorted_out.setdefault(kind, []).append(branch)
    return sorted_out


def type_of(value: str) -> str:
    """The JSON type of a value that is given as JSON."""
    first = value[0]
    names = {"n": "null", "t": "boolean", "f": "boolean", '"': "string", "[": "array", "{": "object"}
    return names.get(first, "integer" if value.lstrip("-").isdecimal() else "number")


def _own(schema: Object) -> Branch:
    """What a schema says by itself, without its parts."""
    types = _types(schema.get("type"))
    values = None
    listed = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(listed, list):
        values = frozenset(json.dumps(value, sort_keys=True) for value in listed)
        types = _narrower(types, frozenset(map(type_of, values)))
    fields, required = mapping(schema.get("properties")), sequence(schema.get("required"))
    patterns = tuple(mapping(schema.get("patternProperties")).items())
    rest, items = schema.get("additionalProperties"), schema.get("items")
    if types is None and (fields or required or patterns or rest is not None):
        types = frozenset({"object"})
    elif types is None and items is not None:
        types = frozenset({"array"})
    named, needed = "properties" in schema, frozenset(map(str, required))
    return Branch(types, values, fields, named, needed, frozenset(), patterns, rest, items)


def _types(said: Any) -> frozenset[str] | None:
    names = [said] if isinstance(said, str) else sequence(said)
    return frozenset(map(str, names)) or None


def _both(these: list[Branch], those: list[Branch]) -> list[Branch]:
    """The ways to be one of these and one of those at once."""
    if len(these) * len(those) > MOST_BRANCHES:
        return [ANYTHING]
    pairs = (_meet(one, other) for one in these for other in those)
    return [met for met in pairs if met.types is None or met.types]


def _meet(one: Branch, other: Branch) -> Branch:
    types = _narrower(one.types, other.types)
    values = one.values if other.values is None else other.values
    if one.values is not None and other.values is not None:
        values = one.values & other.values
    if values is not None:
        types = _narrower(types, frozenset(map(type_of, values)))
    # What one says of all other fields holds for those that the other names.
    both = {name: [one.of(name), other.of(name)] for name in (*one.fields, *other.fields)}
    return Branch(
        types,
        values,
        {name: _all([said for said in pair if mapping(said)] or [True]) for name, pair in both.items()},
        one.named or other.named,
        one.required | other.required,
        one.at_times | other.at_times,
        one.patterns + tuple(pattern for pattern in other.patterns if pattern not in one.patterns),
        _stricter(one.rest, other.rest),
        _stricter(one.items, other.items),
    )


def _narrower(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    # Every integer is a number.
    mixed = ("integer" in one and "number" in other) or ("number" in one and "integer" in other)
    return (one & other) | ({"integer"} if mixed else frozenset())


def _stricter(one: Any, other: Any) -> Any:
    if one is False or other is False:
        return False
    said = [each for each in (one, other) if each is not None and each is not True]
    return _all(said) if said else one if one is not None else other


def _all(schemas: list[Any]) -> Any:
    """One schema that says what all of them say, each once: however often they meet, there is an end to it."""
    parts: list[Any] = []
    for schema in schemas:
        inner = schema["allOf"] if isinstance(schema, _All) else [schema]
        parts += [part for part in inner if part not in parts]
    return parts[0] if len(parts) == 1 else _All(allOf=parts)


class _All(dict[str, Any]):
    """Made here of schemas that have to hold at once."""


def _optional(branch: Branch) -> Branch:
    """A branch that holds on a condition: all that it tells is how its fields look, if they are there.

    What is there on a condition may be null without it.
    """
    fields = {name: {"anyOf": [said, {"type": "null"}]} for name, said in branch.fields.items()}
    at_times = branch.required | branch.at_times
    return replace(
        branch, types=None, values=None, fields=fields, required=frozenset(), at_times=at_times, rest=None
    )


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return False  # of another dialect
