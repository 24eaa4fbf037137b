"""Requests made up from the contract by schemathesis: valid ones and invalid ones, from a seed."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from harness.contract.document import FILE, Operation, described

if TYPE_CHECKING:  # half a second to import, and only fuzzing needs it
    from schemathesis import GenerationMode
    from schemathesis.generation.case import Case
    from schemathesis.schemas import APIOperation
    from schemathesis.specs.openapi.schemas import OpenApiSchema

Origin = Literal["example", "boundary", "random"]

# What schemathesis would try or report beside what the contract promises, and why it does not.
CONFIG: dict[str, Any] = {
    "phases": {
        # Which methods a route refuses, and with what Allow header, is promised nowhere.
        "coverage": {"unexpected-methods": [], "generate-duplicate-query-parameters": False},
    },
    "checks": {"response_schema_conformance": {"validate-formats": True}},
}
# Made-up headers and queries are not sent: the contract names none but credentials, which come with the players.
BOUNDARIES = 40  # cases of one operation that are kept, from all over the list
KINDS: tuple[Any, ...] = ("text", 7, True, ["list"], {"$ne": ""})  # of values


@dataclass(frozen=True)
class Request:
    """A request of an operation, before its roles are cast.

    `path`: the values of the placeholders; `body`: JSON, or raw bytes for one that is none, or None for no body.
    """

    origin: Origin
    path: dict[str, Any]
    body: Any


@cache
def schema() -> "OpenApiSchema":
    """The contract, as schemathesis reads it."""
    import schemathesis
    from schemathesis.config import SchemathesisConfig

    loaded: OpenApiSchema = schemathesis.openapi.from_path(FILE, config=SchemathesisConfig.from_dict(CONFIG))
    return loaded


def known(operation: Operation) -> "APIOperation[Any, Any, Any, Any]":
    """The operation, as schemathesis reads it."""
    found: APIOperation[Any, Any, Any, Any] | None = schema().find_operation_by_label(operation.label)
    assert found is not None, operation
    return found


@cache
def valid(operation: Operation, seed: int, examples: int) -> list[Request]:
    """Requests that every deployment must be able to take: examples, boundaries, and `examples` random ones."""
    from schemathesis import GenerationMode

    fuzzed = known(operation)
    written = [case for each in fuzzed.get_strategies_from_examples() for case in drawn(each, seed, 1)]
    boundaries = _boundaries(operation, GenerationMode.POSITIVE)
    random = drawn(fuzzed.as_strategy(generation_mode=GenerationMode.POSITIVE), seed, examples)
    return _distinct(
        [*_requests("example", written), *_requests("boundary", boundaries), *_requests("random", random)]
    )


@cache
def invalid(operation: Operation, seed: int, examples: int) -> list[Request]:
    """Requests whose path or body breaks the schema: one of each kind, and `examples` random ones."""
    from schemathesis import GenerationMode

    fuzzed = known(operation)
    mode = GenerationMode.NEGATIVE
    random = drawn(fuzzed.as_strategy(generation_mode=mode).filter(_breaks), seed, examples)
    boundaries = filter(_breaks, _boundaries(operation, mode))
    made_up = [*_requests("boundary", boundaries), *_requests("random", random)]
    written = valid(operation, seed, examples)[:1]
    return _distinct([*_hostile(operation), *_miskinded(written), *made_up])


def _hostile(operation: Operation) -> Iterator[Request]:
    """A request for each `x-invalid` value of a placeholder, all else in it being an example."""
    parameters = {each["name"]: each["schema"] for each in described(operation)["parameters"]}
    path = {name: (wanted.get("examples") or wanted["enum"])[0] for name, wanted in parameters.items()}
    for name, wanted in parameters.items():
        yield from (Request("example", {**path, name: value}, None) for value in wanted.get("x-invalid", []))


def _miskinded(requests: Iterable[Request]) -> Iterator[Request]:
    """The requests with a value of another kind in each place of their bodies."""
    for request in requests:
        for body in _replaced(request.body):
            yield Request("boundary", request.path, body)


def _replaced(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from ({**value, key: other} for other in _replaced(each))
    yield from (kind for kind in KINDS if type(kind) is not type(value))


def _boundaries(operation: Operation, mode: "GenerationMode") -> "list[Case[Any]]":
    fuzzed = known(operation)
    config = schema().config.generation_for(operation=fuzzed, phase="coverage")
    cases = list(schema().iter_coverage_cases(fuzzed, generation_modes=[mode], generation_config=config))
    return spread(cases, BOUNDARIES)


def spread(cases: list[Any], most: int) -> list[Any]:
    """At most that many of them, from all over the list."""
    return cases[:: max(1, -(-len(cases) // most))]


def drawn(strategy: Any, seed: int, count: int) -> list[Any]:
    """At most `count` examples of a Hypothesis strategy, the same for the same seed; none where there are none."""
    import hypothesis
    from hypothesis.errors import Unsatisfiable

    found: list[Any] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        phases=[hypothesis.Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    try:
        collect()
    except Unsatisfiable:  # nothing in this operation can be made invalid
        return []
    return found


def _breaks(case: "Case[Any]") -> bool:
    """Whether path or body are invalid: what is wrong with headers and credentials is not sent."""
    from schemathesis.core.parameters import ParameterLocation

    places = (ParameterLocation.PATH, ParameterLocation.BODY)
    return case.meta is not None and any(
        case.meta.components[place].mode.is_negative for place in places if place in case.meta.components
    )


def _requests(origin: Origin, cases: "Iterable[Case[Any]]") -> Iterator[Request]:
    for case in cases:
        sent = case.as_transport_kwargs(base_url="http://localhost")
        body = _whole(sent["json"]) if "json" in sent else sent.get("data")
        yield Request(origin, dict(case.path_parameters or {}), body)


def _whole(value: Any) -> Any:
    """With 1.0 as 1: to JSON Schema they are the same integer, to a strict reader they are not."""
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _distinct(requests: Iterable[Request]) -> list[Request]:
    """Without repetitions, the first of each kept."""

    def key(request: Request) -> str:
        return json.dumps([request.path, request.body], default=repr, sort_keys=True)

    return list({key(request): request for request in reversed(list(requests))}.values())[::-1]
