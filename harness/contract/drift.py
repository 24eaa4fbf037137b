"""How far the OpenAPI document that a target publishes has drifted from the contract. Pure.

The contract is ours to keep, the published document is the target's to write. So three things are told apart:
what breaks a promise; what the target has beyond the promises; and where the document is silent, so that it neither
keeps nor breaks them. Whether a field may be left out is such a case: FastAPI calls each field with a default
optional, even where it always sends it. The answers themselves tell, and other checks ask for them.

Not compared: refusals (few documents list theirs), ranges, lengths, patterns, formats, descriptions, examples; what
an operation takes that the contract says is refused in any case; and who may send webhooks, which deployments judge
by hand, so that no document says it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from harness.contract.fit import UNDESCRIBED, Finding, Fit, Kind
from harness.contract.openapi import Document, Object, Operation, mapping, shape
from harness.errors import DriftError
from harness.target.api import SIMULATED

# What RevenueCat calls: deployments judge its credentials by hand, and it sends more than anybody reads.
REVENUECATS = {"webhook"}
# What no client calls may be left out of what is published for clients; smoke asks whether it is there.
OFTEN_HIDDEN = {*REVENUECATS, *SIMULATED}
JSON = "application/json"
LISTED = 10  # entries of a note, or names in one of them
LONGEST = 400  # characters of a line

Key = tuple[str, str]  # method and shape of a path


@dataclass(frozen=True)
class Drift:
    """One line for each difference: which operation, where in it, what is promised and what is published."""

    breaking: tuple[str, ...]
    additions: tuple[str, ...]
    silent: tuple[str, ...]

    @property
    def notes(self) -> list[str]:
        """What does not break anything, in few words for a report."""
        said = (("publishes more than is promised", self.additions), ("leaves open", self.silent))
        return [f"the OpenAPI document {lead}: {_few(lines, '; ')}" for lead, lines in said if lines]


def compare(ours: Any, published: Any, paths: Mapping[str, str]) -> Drift:
    """Compare the contract with what a target publishes, both as parsed OpenAPI 3 documents.

    `paths`: where this target has an operation of the contract, by operationId (default: where the contract has it).
    Raises DriftError for a document that cannot be compared at all.
    """
    try:
        promised, theirs = Document(ours, "the contract"), Document(published, "the published document")
        promised.check_references()
        lines = [_line(each) for each in _grouped(_Comparison(promised, theirs, paths).findings())]
    except RecursionError:
        raise DriftError("the published document is nested too deeply to be compared") from None
    of = {kind: tuple(text for each, text in lines if each == kind) for kind, _ in lines}
    return Drift(of.get("breaking", ()), of.get("addition", ()), of.get("silent", ()))


class _Comparison:
    def __init__(self, ours: Document, theirs: Document, paths: Mapping[str, str]) -> None:
        self._ours, self._theirs = ours, theirs
        self._promised = [(each, paths.get(each.id, each.path)) for each in ours.operations()]
        self._published = {_key(operation, operation.path): operation for operation in theirs.operations()}
        self._cut = _cut([_key(*pair) for pair in self._promised], self._published)
        self._says_who_may = any(operation.security for operation in self._published.values())

    def findings(self) -> Iterator[Finding]:
        """All that differs; the first name of each place is the operation."""
        matched = set()
        for operation, path in self._promised:
            title = f"{operation.method.upper()} {path}"
            method, place = _key(operation, path)
            key = method, place.removeprefix(self._cut)
            matched.add(key)
            if key in self._published:
                # Its parameters are numbered by their order on this target.
                yield from _below(title, self._compared(replace(operation, path=path), self._published[key]))
            else:
                others = sorted(m.upper() for m, p in self._published if p == key[1])
                but = f", only {' and '.join(others)}" if others else ""
                hidden = not others and operation.id in OFTEN_HIDDEN
                kind: Kind = "silent" if hidden else "breaking"
                yield Finding(kind, (title,), f"promised ({operation.id}), not published{but}")
        for key, operation in self._published.items():
            if key not in matched:
                yield Finding("addition", (f"{operation.method.upper()} {operation.path}",), "")
        if not self._says_who_may:
            yield Finding("silent", ("security",), "no operation says that it needs credentials")

    def _compared(self, promised: Operation, published: Operation) -> Iterator[Finding]:
        try:
            found = list(self._security(promised, published))
            if _good(promised.answers):  # else it refuses whoever asks, and whatever they send
                found += self._answers(promised, published)
                found += [*self._parameters(promised, published), *self._body(promised, published)]
        except DriftError as error:
            found = [Finding("breaking", (), str(error))]
        yield from found

    def _security(self, promised: Operation, published: Operation) -> Iterator[Finding]:
        if promised.id in REVENUECATS or not self._says_who_may:
            return
        if promised.secured and not (published.secured or published.reads_credentials):
            yield Finding("breaking", ("security",), "promised for those with credentials, published for all")
        elif promised.secured and (foreign := published.other_schemes):
            yield Finding("breaking", ("security",), f"promised for bearer tokens, published for {foreign}")
        elif not promised.security and published.secured:
            yield Finding("addition", ("security",), "promised for all, published for those with credentials")

    def _parameters(self, promised: Operation, published: Operation) -> Iterator[Finding]:
        ours, theirs = promised.parameters, published.parameters
        for place, name in sorted(ours.keys() | theirs.keys()):
            mine, other = ours.get((place, name)), theirs.get((place, name))
            if place == "header" and promised.id in REVENUECATS:
                continue
            title = f"{place} parameter {name}"
            if other is None:
                yield Finding("silent", (title,), UNDESCRIBED)
            elif other.get("required") is True and place != "path" and not (mine or {}).get("required"):
                known = "not promised" if mine is None else "may be left out"
                yield Finding("breaking", (title,), f"{known}, published as required")
            elif mine is None:
                yield Finding("addition", (title,), "")
            if mine is not None and other is not None:
                fit = Fit(self._ours, self._theirs, "parameter")
                yield from _below(title, fit.compare(_schema_of(mine), _schema_of(other)))

    def _body(self, promised: Operation, published: Operation) -> Iterator[Finding]:
        ours, theirs = promised.body, published.body
        if theirs.get("required") is True and ours.get("required") is not True:
            known = "may be left out" if ours else "not promised"
            yield Finding("breaking", ("request",), f"{known}, published as required")
        elif not ours and theirs:
            yield Finding("addition", ("request",), "")
        for finding in self._content("request", ours, theirs):
            if finding.kind != "silent" or not finding.place or promised.id not in REVENUECATS:
                yield from _below("request", [finding])

    def _answers(self, promised: Operation, published: Operation) -> Iterator[Finding]:
        ours, theirs = promised.answers, published.answers
        more = [status for status in theirs if not {status, f"{status[0]}XX", "DEFAULT"} & ours.keys()]
        if more:
            yield Finding("addition", (f"answer {', '.join(more)}",), "")
        good = _good(theirs)
        if not good:
            yield Finding("silent", ("answer",), UNDESCRIBED)
        elif not any(_like(status, ours) for status in good):
            said = f"promised {' or '.join(_good(ours))}, published {' and '.join(good)}"
            yield Finding("breaking", ("answer",), said)
        for status in good:
            if like := _like(status, ours):
                found = self._content("answer", ours[like], theirs[status])
                yield from _below(f"answer {status}", found)

    def _content(self, direction: Any, ours: Object, theirs: Object) -> Iterator[Finding]:
        promise, publication = _json(ours), _json(theirs)
        if promise is None:
            return
        kinds = sorted(mapping(theirs.get("content")))
        if publication is None and kinds:
            yield Finding("breaking", (), f"promised as {JSON}, published as {' or '.join(kinds)}")
        elif publication is None:
            yield Finding("silent", (), UNDESCRIBED)
        else:
            yield from Fit(self._ours, self._theirs, direction).compare(promise, publication)


def _key(operation: Operation, path: str) -> Key:
    return operation.method, shape(path)


def _cut(wanted: Sequence[Key], published: Mapping[Key, Operation]) -> str:
    """What a gateway cuts off a path before the target sees it: that without which most operations are found.

    It is also what the path of a server URL adds: `servers` need not be read.
    """
    split = zip(*(path.split("/") for _, path in wanted), strict=False)
    common = [parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, split)]
    cuts = ["/".join(common[:number]) for number in range(1, len(common) + 1)] or [""]
    return max(
        cuts, key=lambda cut: sum((method, path.removeprefix(cut)) in published for method, path in wanted)
    )


def _good(answers: Mapping[str, Object]) -> list[str]:
    return sorted(status for status in answers if status.startswith("2"))


def _like(status: str, ours: Mapping[str, Object]) -> str | None:
    """The status of ours that is meant by one of theirs."""
    if status == "2XX":
        return next(iter(_good(ours)), None)
    return next((each for each in (status, "2XX") if each in ours), None)


def _json(described: Object) -> Any:
    """The schema of a JSON body; None where the body is of another kind, or not described."""
    content = mapping(described.get("content"))
    for kind, media in content.items():
        name = kind.partition(";")[0].strip().lower()
        if name in (JSON, "*/*", "application/*") or name.endswith("+json"):
            return mapping(media).get("schema", True)
    return None


def _schema_of(parameter: Object) -> Any:
    described = _json(parameter)
    return parameter.get("schema", True) if described is None else described


def _below(name: str, found: Iterator[Finding] | list[Finding]) -> Iterator[Finding]:
    for finding in found:
        yield replace(finding, place=(name, *finding.place))


def _grouped(found: Iterator[Finding]) -> Iterator[tuple[Finding, list[str]]]:
    """Each finding once; those that break nothing share a line with their like of the same object."""
    groups: dict[tuple[Any, ...], tuple[Finding, list[str]]] = {}
    for finding in found:
        *above, last = finding.place
        alone = finding.kind == "breaking" or len(finding.place) < 3
        key = (finding.kind, finding.text, *above, *([last] if alone else []), alone)
        names = groups.setdefault(key, (finding, []))[1]
        names += [] if last in names else [last]
    yield from groups.values()


def _line(group: tuple[Finding, list[str]]) -> tuple[str, str]:
    finding, names = group
    operation, *way = finding.place
    where = operation
    if way:
        first, *deeper = [*way[:-1], _few(names, ", ")]
        where = f"{operation}: {first}{' ' + '.'.join(deeper) if deeper else ''}"
    line = f"{where}: {finding.text}" if finding.text else where
    return finding.kind, line if len(line) <= LONGEST else line[:LONGEST] + "..."


def _few(entries: Sequence[str], between: str) -> str:
    more = [f"and {len(entries) - LISTED} more"] if entries[LISTED:] else []
    return between.join([*entries[:LISTED], *more])
