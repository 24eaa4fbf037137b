"""Requests made up from the contract by schemathesis: valid ones and invalid ones, from a seed."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from harness.contract.document import FILE, Operation
from harness.contract.written import Origin, Request, distinct, hostile, of_other_kinds, spread, written

if TYPE_CHECKING:  # a second to import, and only the process that makes requests up needs it
    from schemathesis import GenerationMode
    from schemathesis.generation.case import Case
    from schemathesis.schemas import APIOperation
    from schemathesis.specs.openapi.schemas import OpenApiSchema

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

    mode = GenerationMode.POSITIVE
    boundaries = _boundaries(operation, mode)
    random = drawn(known(operation).as_strategy(generation_mode=mode), seed, examples)
    made_up = [*_requests("boundary", boundaries), *_requests("random", random)]
    return distinct([*written(operation), *made_up])


@cache
def invalid(operation: Operation, seed: int, examples: int) -> list[Request]:
    """Requests whose path or body breaks the schema: one of each kind, and `examples` random ones."""
    from schemathesis import GenerationMode

    mode = GenerationMode.NEGATIVE
    boundaries = filter(_breaks, _boundaries(operation, mode))
    # Random ones are slow to make, and a value of another kind finds most of what they would.
    strategy = known(operation).as_strategy(generation_mode=mode).filter(_breaks)
    random = drawn(strategy, seed, -(-examples // 2))
    made_up = [*_requests("boundary", boundaries), *_requests("random", random)]
    return distinct([*hostile(operation), *of_other_kinds(operation), *made_up])


def _boundaries(operation: Operation, mode: "GenerationMode") -> "list[Case[Any]]":
    fuzzed = known(operation)
    config = schema().config.generation_for(operation=fuzzed, phase="coverage")
    cases = list(schema().iter_coverage_cases(fuzzed, generation_modes=[mode], generation_config=config))
    return spread(cases, BOUNDARIES)


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
        yield Request(
            origin, {name: _plain(each) for name, each in (case.path_parameters or {}).items()}, body
        )


def _plain(value: Any) -> Any:
    """A value of a path before it was percent-encoded: the client encodes it, and once is enough."""
    return unquote(value) if isinstance(value, str) else value


def _whole(value: Any) -> Any:
    """With 1.0 as 1: to JSON Schema they are the same integer, to a strict reader they are not."""
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
