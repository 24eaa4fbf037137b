"""Which shard runs which items: whole items, spread by how long they take, the same way on every machine."""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from runbook.errors import ConfigError
from runbook.loader import HERE, load_runbook
from runbook.tomlfile import Section, read

DURATIONS = HERE / "durations.toml"
MOST = 1000  # shards
Took = Annotated[float, Field(gt=0, strict=False)]


@dataclass(frozen=True)
class Shard:
    """The `number`th, from 1, of `of`."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


class Durations(Section):
    """`seconds`: by item id; an item that is not among them is taken to need `default_s`."""

    default_s: Took
    seconds: dict[str, Took]


def shard(text: str) -> Shard:
    """`K/N` as given to --shard; raises ConfigError."""
    found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
    if found is None:
        raise ConfigError("--shard", f"{text!r} is not K/N", "write --shard=1/3 for the first of three")
    number, of = int(found[1]), int(found[2])
    if not 1 <= number <= of <= MOST:
        raise ConfigError("--shard", f"there is no shard {text}", f"choose K from 1 to N, N up to {MOST}")
    return Shard(number, of)


def durations(path: Path = DURATIONS) -> Durations:
    """How long each item takes; raises ConfigError, also for an item that is not on the checklist."""
    found, runbook = read(path, Durations), load_runbook()
    for item in found.seconds:
        runbook.check_item_id(item, f"{path}: seconds")
    return found


def assigned(items: Collection[str], of: int, took: Durations) -> dict[str, int]:
    """The number of the shard, from 1, for each item: the longest goes first, to the shard that has least to do."""

    def seconds(item: str) -> float:
        return took.seconds.get(item, took.default_s)

    loads = dict.fromkeys(range(1, of + 1), 0.0)
    given = {}
    for item in sorted(set(items), key=lambda item: (-seconds(item), item)):
        least = min(loads, key=lambda number: (loads[number], number))
        given[item] = least
        loads[least] += seconds(item)
    return given


def fingerprint(given: Mapping[str, int]) -> str:
    """Says of two machines whether they split in the same way."""
    return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()[:16]
