"""What is promised of a target: contracts/openapi.yaml, and where its operations live there."""

from dataclasses import dataclass
from typing import Any

from harness.contract.document import document
from harness.environment import Environment
from harness.paths import Paths


@dataclass(frozen=True)
class Promised:
    """The contract as a parsed OpenAPI document; `paths`: by operationId, with the prefix and the target's names."""

    document: dict[str, Any]
    paths: dict[str, str]


def promised(environment: Environment) -> Promised:
    """The contract, for the target of an environment."""
    prefix, paths = environment.file.target.api_prefix, environment.file.paths
    fields = Paths.model_fields.items()
    return Promised(document(), {info.alias or name: prefix + getattr(paths, name) for name, info in fields})
