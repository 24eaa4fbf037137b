"""Whether an answer has a status, a content type and a body that the contract documents; pure."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

import jsonschema_rs

from harness.contract.document import Operation, described, document, resolved
from harness.errors import PromiseBroken
from harness.evidence.exchange import Exchange, witnessed

# Problem details (RFC 9457) and their like are JSON.
JSON = re.compile(r"application/([\w.-]+\+)?json", re.IGNORECASE)
LONG = 300  # characters of a departure
MOST = 5  # departures of one answer
Errors = list[jsonschema_rs.ValidationError]


def departures(operation: Operation, exchange: Exchange) -> list[str]:
    """How an answer departs from what the contract documents, a line each."""
    status = str(exchange.response.status_code)
    documented = described(operation)["responses"]
    if status not in documented:
        return [f"the status {status} is not documented: {', '.join(sorted(documented))}"]
    if (validator := _body(operation, status)) is None:
        return []
    kind = exchange.response.headers.get("Content-Type", "")
    if JSON.fullmatch(kind.partition(";")[0].strip()) is None:
        return [_line(f"the content type is {kind or 'missing'}; application/json is documented")]
    try:
        with witnessed():  # what is well is no evidence
            body = exchange.json
    except PromiseBroken as broken:
        return [_line(str(broken).removeprefix(f"{exchange.title}: "))]
    return [_line(each) for _, each in zip(range(MOST), _told(validator.iter_errors(body)), strict=False)]


@cache
def _body(operation: Operation, status: str) -> jsonschema_rs.Draft202012Validator | None:
    """What the body of an answer must be like; None where the contract documents none."""
    content = resolved(described(operation)["responses"][status]).get("content")
    if not content:
        return None
    whole = {"components": document()["components"], **content["application/json"]["schema"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def _told(errors: Iterable[jsonschema_rs.ValidationError]) -> Iterator[str]:
    for error in errors:
        ways: list[Errors] = getattr(error.kind, "context", None) or []
        if ways:  # of several ways to be right, the one that it comes nearest to
            yield from _told(sorted(ways, key=_nearness)[-1])
        else:
            place = ".".join(map(str, error.instance_path)) or "the body"
            yield f"{place}: {error.message}"


def _nearness(errors: Errors) -> tuple[int, int]:
    """How far in the first thing wrong lies, then how little is wrong."""
    return max((len(error.instance_path) for error in errors), default=0), -len(errors)


def _line(text: str) -> str:
    return " ".join(text.split())[:LONG]
