"""Whether what is published of a value fits what is promised of it.

An answer may be narrower than promised: whoever reads it is ready for more. A request may be taken wider: whoever
sends it sends no more than was promised.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from harness.contract.openapi import Document, mapping
from harness.contract.schemas import Branch, branches, by_type, type_of
from harness.errors import DriftError

Kind = Literal["breaking", "addition", "silent"]
Direction = Literal["answer", "request", "parameter"]

LEFT_OUT = "always promised, published as what may be missing"
UNLISTED = "its values are promised, and none are listed"
UNDESCRIBED = "not described"
SCALARS = {"integer", "number", "boolean"}


@dataclass(frozen=True)
class Finding:
    """A difference, or what cannot be compared; `place`: the names on the way to it."""

    kind: Kind
    place: tuple[str, ...]
    text: str


class Fit:
    """Compares schemas of two documents. An answer and a request fit in opposite directions.

    A parameter is a request in text: where any text is taken, so is what is written as one.
    """

    def __init__(self, promised: Document, published: Document, direction: Direction) -> None:
        self._promised, self._published, self._direction = promised, published, direction
        self._known: dict[tuple[str, str], list[Finding]] = {}

    def compare(self, promise: Any, publication: Any) -> list[Finding]:
        """The findings on two schemas; each pair is compared once, so that recursion ends."""
        pair = (json.dumps(promise, sort_keys=True, default=str), json.dumps(publication, sort_keys=True))
        if pair not in self._known:
            self._known[pair] = []
            self._known[pair] = list(self._compared(promise, publication))
        return self._known[pair]

    def _compared(self, promise: Any, publication: Any) -> Iterator[Finding]:
        promised = by_type(branches(self._promised, promise))
        if not promised:  # nothing is said of it
            return
        try:
            ways = branches(self._published, publication)
        except DriftError as error:
            yield Finding("breaking", (), str(error))
            return
        published = by_type(ways)
        if published is None:
            yield Finding("silent", (), UNDESCRIBED)
            return
        kinds = f"promised {_told(promised)}, published {_told(published)}"
        if not ways or not self._fitting(promised, published):
            yield Finding("breaking", (), kinds)
        for kind in sorted(promised.keys() & published.keys() | self._mixed(promised, published)):
            ours, theirs = _having(promised, kind), _having(published, kind)
            if kind in ("object", "array"):
                yield from self._best(ours, theirs)
            else:
                yield from self._values(kind, ours, theirs)

    # --- types and values

    def _fitting(self, promised: Iterable[str], published: Iterable[str]) -> bool:
        narrow, wide = set(published), set(promised)
        if self._direction != "answer":
            narrow, wide = wide, narrow
        if "number" in wide:
            wide.add("integer")
        if self._direction == "parameter" and "string" in wide:
            wide |= SCALARS
        return narrow <= wide

    def _mixed(self, promised: Iterable[str], published: Iterable[str]) -> set[str]:
        names = {*promised, *published}
        return {"integer"} if {"integer", "number"} <= names else set()

    def _values(self, kind: str, ours: list[Branch], theirs: list[Branch]) -> Iterator[Finding]:
        promised, published = _listed(kind, ours), _listed(kind, theirs)
        if promised is None:
            return  # any value; what is published of it is a restriction, like a pattern
        if published is None:
            if self._direction == "answer" and len(promised) > 1:
                yield Finding("silent", (), UNLISTED)
        elif self._direction == "answer" and published - promised:
            said = f"promised {_or(promised)}, published also {_or(published - promised)}"
            yield Finding("breaking", (), said)
        elif self._direction != "answer" and promised - published:
            said = f"promised {_or(promised)}, published without {_or(promised - published)}"
            yield Finding("breaking", (), said)

    # --- objects and lists

    def _best(self, ours: list[Branch], theirs: list[Branch]) -> Iterator[Finding]:
        """For each way that one side may choose, the nearest that the other side is ready for."""
        found: list[Finding] = []
        if self._direction == "answer":
            for branch in theirs:
                tried = [(_apart(other, branch), self._object(other, branch)) for other in ours]
                found += min(tried, key=lambda each: (each[0], _breaking(each[1]), len(each[1])))[1]
            yield from self._never_published(ours, theirs)
        else:
            for branch in ours:
                tried = [(_apart(branch, other), self._object(branch, other)) for other in theirs]
                found += min(tried, key=lambda each: (_breaking(each[1]), each[0]))[1]
        # What is promised of another way is nothing more than promised.
        known = {(name,) for branch in ours for name in branch.fields}
        yield from (each for each in found if each.kind != "addition" or each.place not in known)

    def _never_published(self, ours: list[Branch], theirs: list[Branch]) -> Iterator[Finding]:
        """What a condition or one of several promised ways needs, and none that is published has."""
        if any(branch.is_open or branch.others for branch in theirs):
            return
        promised = {name for branch in ours for name in branch.at_times}
        if len(ours) > 1:
            promised |= {name for branch in ours for name in branch.required}
        for name in sorted(promised):
            if not any(name in branch.required or not _missing(branch.of(name)) for branch in theirs):
                yield Finding("breaking", (name,), "promised, not published")

    def _object(self, ours: Branch, theirs: Branch) -> list[Finding]:
        if theirs.is_open and theirs.items is None and (ours.fields or ours.others or ours.items is not None):
            return [Finding("silent", (), UNDESCRIBED)]
        found = list(
            self._answered(ours, theirs) if self._direction == "answer" else self._sent(ours, theirs)
        )
        for name in sorted(ours.fields):
            if not _missing(theirs.of(name)):
                found += self._below(name, ours.of(name), self._said(theirs, name))
        for other in theirs.others if ours.any_other is not None else ():
            found += self._below("*", ours.any_other, other)
        if ours.items is not None and theirs.items is not None:
            found += self._below("[]", ours.items, theirs.items)
        return found

    def _said(self, theirs: Branch, name: str) -> Any:
        """What is published of a field; in 3.0 FastAPI did not say that what may be left out may be null."""
        said = theirs.of(name)
        unsaid = self._direction != "answer" and self._published.is_3_0 and name not in theirs.required
        return {"anyOf": [said, {"type": "null"}]} if unsaid else said

    def _answered(self, ours: Branch, theirs: Branch) -> Iterator[Finding]:
        for name in sorted(ours.fields):
            if _missing(theirs.of(name)):
                needed = name in ours.required
                text = "promised, not published" if needed else "promised at times, not published"
                if name not in ours.at_times:  # else another way that is published may have it
                    yield Finding("breaking" if needed else "silent", (name,), text)
            elif name in ours.required and name not in theirs.required:
                yield Finding("silent", (name,), LEFT_OUT)
        for name in sorted(theirs.fields.keys() - ours.fields.keys()):
            if mapping(ours.of(name)):
                yield from self._below(name, ours.of(name), theirs.fields[name])
            else:
                yield Finding("addition", (name,), "")

    def _sent(self, ours: Branch, theirs: Branch) -> Iterator[Finding]:
        theirs_alone = {name for name in theirs.fields if mapping(theirs.of(name)).get("readOnly") is True}
        needed = theirs.required - theirs_alone
        if ours.fields or ours.rest is False:  # else it is not said what is sent
            for name in sorted(needed - ours.required):
                known = "may be left out" if name in ours.fields else "not promised"
                yield Finding("breaking", (name,), f"{known}, published as required")
            for name in sorted(theirs.fields.keys() - ours.fields.keys() - needed - theirs_alone):
                yield Finding("addition", (name,), "")
        for name in sorted(ours.fields):
            if theirs.of(name) is False:
                yield Finding("breaking", (name,), "promised, published as forbidden")
            elif theirs.of(name) is None and name in ours.required:
                yield Finding("silent", (name,), UNDESCRIBED)

    def _below(self, name: str, promise: Any, publication: Any) -> list[Finding]:
        found = self.compare(promise, publication)
        return [replace(finding, place=(name, *finding.place)) for finding in found]


def _having(kinds: dict[str, list[Branch]], kind: str) -> list[Branch]:
    """The branches that a value of that type may follow."""
    return kinds.get(kind, []) + (kinds.get("number", []) if kind == "integer" else [])


def _listed(kind: str, found: list[Branch]) -> set[str] | None:
    """The values of that type that are listed, None where any will do."""
    if any(branch.values is None for branch in found):
        return None
    same = {"integer", "number"} if kind == "number" else {kind}
    return {value for branch in found for value in branch.values or () if type_of(value) in same}


def _missing(said: Any) -> bool:
    """Whether a field is not named, or is forbidden."""
    return said is None or said is False


def _apart(one: Branch, other: Branch) -> int:
    """By how much two objects differ: in the values that tell ways apart, then in their names."""
    shared = one.fields.keys() & other.fields.keys()
    marks = sum(_never_equal(one.fields[name], other.fields[name]) for name in shared)
    return 1000 * marks + len(one.fields.keys() ^ other.fields.keys())


def _never_equal(one: Any, other: Any) -> bool:
    """Whether both list values, and none in common: that is how ways are told apart."""
    these, those = (
        [said["const"]] if "const" in said else said.get("enum") for said in map(mapping, (one, other))
    )
    return isinstance(these, list) and isinstance(those, list) and not any(each in those for each in these)


def _breaking(found: list[Finding]) -> int:
    return sum(finding.kind == "breaking" for finding in found)


def _told(kinds: dict[str, list[Branch]]) -> str:
    return "|".join(sorted(kinds, key=lambda kind: (kind == "null", kind))) or "what nothing can be"


def _or(values: Iterable[str]) -> str:
    return "|".join(sorted(values))
