"""contracts/openapi.yaml, by operation. Light: reading it imports no fuzzer."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.target.api import SIMULATED

FILE = Path(__file__).parents[2] / "contracts" / "openapi.yaml"
METHODS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True)
class Operation:
    """A call of the contract. `name`: as in [paths] of an environment; `secured`: not without a player's token;
    `has_input`: a path or a body to fill in."""

    name: str
    method: str
    path: str
    secured: bool
    has_input: bool

    @property
    def label(self) -> str:
        """`POST /api/purchases/verify`: its id in tests."""
        return f"{self.method} {self.path}"


@cache
def document() -> dict[str, Any]:
    """The whole file."""
    import yaml  # a twentieth of a start; what is not about the document goes without

    loaded: dict[str, Any] = yaml.load(FILE.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return loaded


@cache
def operations() -> dict[str, Operation]:
    """Every operation, by label."""
    found = [
        Operation(
            described["operationId"],
            method.upper(),
            path,
            _all_by_bearer(described.get("security", document()["security"])),
            "{" in path or "requestBody" in described,
        )
        for path, item in document()["paths"].items()
        for method, described in item.items()
        if method in METHODS
    ]
    return {operation.label: operation for operation in found}


def needs(operation: Operation) -> tuple[str, ...]:
    """The resources without which the operation can't be called here.

    What may write needs players of this run: a provided account is not changed, and none is registered beside it.
    """
    if operation.method == "GET":
        return ()
    if operation.name in SIMULATED:
        return ("writing", "players", "release_mode")
    more = {"webhook": ("webhooks",), "verify_purchase": ("verification",)}
    return ("writing", "players", *more.get(operation.name, ()))


def _all_by_bearer(ways: list[dict[str, Any]]) -> bool:
    return bool(ways) and all("bearer" in way for way in ways)


@cache
def described(operation: Operation) -> dict[str, Any]:
    """The operation in the document, with the parameters of its path, their references resolved."""
    item = document()["paths"][operation.path]
    own = item[operation.method.lower()]
    parameters = [resolved(each) for each in [*item.get("parameters", []), *own.get("parameters", [])]]
    for each in parameters:
        each["schema"] = resolved(each["schema"])
    body = {"requestBody": resolved(own["requestBody"])} if "requestBody" in own else {}
    return {**own, **body, "parameters": parameters}


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """A copy of a part of the document, or of what it refers to."""
    while "$ref" in part:
        found: Any = document()
        for key in part["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        part = found
    return dict(part)
