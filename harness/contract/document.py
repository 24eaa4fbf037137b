"""contracts/openapi.yaml, by operation. Light: reading it imports no fuzzer."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[2] / "contracts" / "openapi.yaml"


@cache
def document() -> dict[str, Any]:
    """The whole file."""
    loaded: dict[str, Any] = yaml.load(FILE.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return loaded
