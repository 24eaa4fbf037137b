"""Answers held to the contract; pure."""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import jsonschema_rs

from harness.contract.document import Operation, described, resolved
from harness.contract.written import Request
from harness.errors import PromiseBroken
from harness.evidence.exchange import Exchange, witnessed
from harness.evidence.secrets import HASH

TRACE = re.compile(
    r"Traceback \(most recent call last\)|File \\?\"[^\"]+\", line \d+"  # in JSON a quote has a backslash
    r"|\bat (async |new )?[\w.$<>]+ (\[as \w+\] )?\([^)]*:\d+:\d+\)|\bat (async )?[\w:]*/[^\s()]+:\d+:\d+\b"
)
# A server in front of the application answers these by itself, in its own words.
FRONT = (405, 413, 414, 431)
PLACED = {"type", "loc", "msg"}  # of each mistake that a 422 lists (section 1)
# Kept of a schema where only kinds of values count: all else may be taken by a lenient deployment.
KINDS = ("type", "properties", "items", "anyOf", "oneOf", "allOf")
NUMBERS = {"integer", "number"}
SHORT = 60  # characters of a value in a message
# Names and passwords have rules (section 2); elsewhere a deployment may take more than it is asked to.
RULES = {"register": {"username": "pattern", "password": "minLength"}}
# Of a delivery. A deployment does not judge what it does not read: the store, the price, one name beside another.
MUST_READ = ("event", "id", "type", "entitlement_ids")
KIND_NAMES = {str: "string", bool: "boolean", type(None): "null"}  # of listed values, in JSON Schema


def crash(operation: Operation, exchange: Exchange) -> list[str]:
    """A 5xx that the contract does not document for the operation."""
    status = exchange.response.status_code
    return [f"a crash: {status}"] if status >= 500 and str(status) not in _statuses(operation) else []


def leaks(
    exchange: Exchange, secret_in: Callable[[str], Iterable[str]], strangers: Iterable[str]
) -> list[str]:
    """What an answer must show to nobody: a secret, a hash, a stack trace, another player's name."""
    headers = (f"{name}: {value}" for name, value in exchange.response.headers.items())
    text = "\n".join([exchange.content.decode("utf-8", "replace"), *headers])
    found = [f"shows a secret: {name}" for name in secret_in(text)]
    found += ["shows a password's hash"] * bool(HASH.search(text))
    found += ["shows a stack trace"] * bool(TRACE.search(text))
    return found + [f"shows another player's name: {name}" for name in strangers if name in text]


def shapeless(exchange: Exchange, request: Request) -> list[str]:
    """A refusal without `detail`, a text or a list, in a 422 one of mistakes (contract, section 1)."""
    status = exchange.response.status_code
    if not 400 <= status < 500 or status in FRONT or _elsewhere(request) or _unreadable(request):
        return []
    try:
        with witnessed():  # what is well is no evidence
            detail = exchange.field("detail")
    except AssertionError as broken:
        return [str(broken).removeprefix(f"{exchange.title}: ")]
    if not isinstance(detail, str | list):
        return [f"`detail` is neither a text nor a list: {detail!r}"]
    for each in detail if status == 422 and isinstance(detail, list) else ():
        if not isinstance(each, dict) or not each.keys() >= PLACED:
            return [f"`detail` says no type, loc and msg: {_short(each)}"]
    return []


def mistaken(request: Request, exchange: Exchange) -> list[str]:
    """Where a success is about another hero or player than was asked for."""
    try:
        with witnessed():  # what is well is no evidence
            answer = exchange.json
    except PromiseBroken:
        return []  # a departure, and told as one
    if not 200 <= exchange.response.status_code < 300 or not isinstance(answer, dict):
        return []
    found = []
    hero = request.path.get("hero_id")
    if hero is not None and answer.get("hero_id", hero) != hero:
        found.append(f"asked for the hero {hero!r}, answered for {answer['hero_id']!r}")
    sent = exchange.sent_json if isinstance(request.body, dict) else {}
    user = answer.get("user")
    if "username" in sent and isinstance(user, dict):
        # "Adam" and "adam" are one name (section 2), and it may be shown in either way.
        told = str(user.get("username"))
        if told.lower() != sent["username"].lower():
            found.append(f"asked for the player {sent['username']!r}, answered for {told!r}")
    return found


def not_refused(operation: Operation, request: Request, exchange: Exchange) -> list[str]:
    """An answer other than the 4xx that the contract promises to the request."""
    status = exchange.response.status_code
    wrong = "" if 400 <= status < 500 else wrong_with(operation, request)
    return [f"invalid, and not refused: {wrong}"] if wrong else []


def may_register(operation: Operation, request: Request) -> bool:
    """Whether a request has a name and a password, and the contract does not promise that they are refused."""
    body = request.body
    return (
        isinstance(body, dict)
        and {"username", "password"} <= body.keys()
        and not wrong_with(operation, request)
    )


def wrong_with(operation: Operation, request: Request) -> str:
    """Why the contract promises a 4xx: a bad id, a bad name or password, wrong kinds of values in a body.

    Empty where it promises none.
    """
    if _elsewhere(request):
        return ""
    for name, value in request.path.items():
        if not _takes(operation, name, value):
            return f"{name} is {_short(value)}"
    validator = _body(operation)
    if validator is None or request.body is None:
        return ""
    if isinstance(request.body, bytes):
        return "the body is no JSON"
    error = next(validator.iter_errors(request.body), None)
    if error is None:
        return ""
    return f"{'.'.join(map(str, error.instance_path)) or 'the body'} is {_short(error.instance)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHORT else f"{text[:SHORT]}..."


def _unreadable(request: Request) -> bool:
    """Whether a server in front of the application may refuse the path by itself."""
    return any("\0" in str(value) for value in request.path.values())


def _elsewhere(request: Request) -> bool:
    """Whether the path leads to another route, or to none."""
    return any(str(value) in ("", ".", "..") or "/" in str(value) for value in request.path.values())


def _takes(operation: Operation, name: str, value: Any) -> bool:
    wanted = next(each["schema"] for each in described(operation)["parameters"] if each["name"] == name)
    if wanted.get("type") == "integer":  # how many levels there are is not promised
        return re.fullmatch(r"[+-]?[0-9]+", str(value)) is not None
    return jsonschema_rs.Draft202012Validator(wanted).is_valid(str(value))


@cache
def _body(operation: Operation) -> jsonschema_rs.Draft202012Validator | None:
    """What a body must be like; None for an operation without one."""
    body = described(operation).get("requestBody")
    if body is None:
        return None
    wanted = resolved(body["content"]["application/json"]["schema"])
    loose = _loose(wanted, KINDS)
    for name, rule in RULES.get(operation.name, {}).items():
        loose["properties"][name] = _loose(wanted["properties"][name], (*KINDS, rule))
    if operation.name == "webhook":
        loose["properties"] = _read(loose["properties"])
    for name in loose["properties"].keys() - set(wanted["required"]):
        # What may be left out may be null: to many readers that is the same.
        loose["properties"][name] = {"anyOf": [loose["properties"][name], {"type": "null"}]}
    return jsonschema_rs.Draft202012Validator(loose)


def _loose(part: Any, keep: Iterable[str]) -> Any:
    """A schema without what is not kept of it, and without references."""
    if not isinstance(part, dict):
        return part
    part = resolved(part)
    loose: dict[str, Any] = {}
    for key, value in part.items():
        if key == "type":
            # A number as text, or a text as number of the same digits: taken or refused, both are seen.
            kinds = value if isinstance(value, list) else [value]
            loose |= {} if NUMBERS & set(kinds) else {"type": value}
        elif key in ("enum", "const") and "type" not in part:
            listed = {KIND_NAMES.get(type(each), "") for each in (value if key == "enum" else [value])}
            loose |= {} if "" in listed else {"type": sorted(listed)}
        elif key == "properties":
            loose[key] = {name: _loose(each, keep) for name, each in value.items()}
        elif key in keep:
            loose[key] = (
                [_loose(each, keep) for each in value] if isinstance(value, list) else _loose(value, keep)
            )
    alternatives = [_flat(each) for each in loose.get("anyOf", [])]
    if alternatives and all("properties" in each for each in alternatives):
        return _union(alternatives)
    return loose


def _flat(loose: dict[str, Any]) -> dict[str, Any]:
    """An object's schema with the properties of its allOf."""
    parts = [loose, *map(_flat, loose.get("allOf", []))]
    fields = {name: each for part in parts for name, each in part.get("properties", {}).items()}
    return {**loose, "properties": fields} if fields else loose


def _union(alternatives: list[dict[str, Any]]) -> dict[str, Any]:
    """An event each of whose fields, if it has to be read, is as some alternative has it."""
    names = {name for each in alternatives for name in each["properties"]}
    fields = {
        name: {"anyOf": [each["properties"][name] for each in alternatives if name in each["properties"]]}
        for name in sorted(names)
    }
    return {"type": "object", "properties": _read(fields)}


def _read(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in fields.items() if name in MUST_READ}


def _statuses(operation: Operation) -> set[str]:
    return set(map(str, described(operation)["responses"]))
