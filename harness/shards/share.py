"""What one run found, as plain values: of all items, of a shard, or in a region. A shard's is written as a file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from harness.shards.splitting import Shard
from harness.verdict.model import Leg, TestResult
from harness.verdict.signals import Round, Signal
from runbook.errors import ConfigError

FILE = "shard.json"
FORMAT: Literal["divine-heroes-verifier, shard, 1"] = "divine-heroes-verifier, shard, 1"


@dataclass(frozen=True)
class Share:
    """`shard`: None for a whole run. `split`: how the items were spread, see splitting.fingerprint.

    `aim`: what was to be asked, and since when it is deployed; `excused`: what the environment does not require.
    `partial`, `left_out`: what was left out beside the items of other shards. `doubt`: why nothing of it may count as
    proven. `said`: of the run itself; `noted`: by checks. `tests`: one result a check; `met`: promises of other items
    that checks met broken. The rest is as in RunFacts. All texts are without secrets once it is written.
    """

    format: Literal["divine-heroes-verifier, shard, 1"]
    shard: Shard | None
    split: str
    region: str
    environment: str
    aim: str
    excused: frozenset[str]
    phase: str
    base_url: str
    version: str | None
    started: AwareDatetime
    finished: AwareDatetime
    partial: bool
    left_out: frozenset[str]
    interrupted: bool
    unreachable: str | None
    doubt: str | None
    writes: tuple[dict[str, Any], ...]
    retries: int
    said: tuple[str, ...]
    noted: tuple[str, ...]
    tests: tuple[TestResult, ...]
    met: tuple[TestResult, ...]
    course: tuple[Leg, ...] = ()
    signals: tuple[Signal, ...] = ()
    rounds: tuple[Round, ...] = ()

    def __str__(self) -> str:
        which = f"shard {self.shard}" if self.shard else "the run"
        return f"{which} of {self.region}" if self.region else which


def render(share: Share) -> str:
    """One JSON object in ASCII."""
    text = json.dumps(_plain(share), ensure_ascii=False)
    # A lone surrogate, from undecodable bytes, is no text for who reads it; the detour makes it U+FFFD.
    return json.dumps(json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))) + "\n"


def read(path: Path) -> Share:
    """Raises ConfigError, with the key, for a file that is missing, unreadable or no shard's."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read ({error.strerror})", "name a shard's reports") from None
    share = parsed(content, str(path))
    for name in _files(share):
        inside = PurePosixPath(name)
        if inside.is_absolute() or ".." in inside.parts or "\0" in name:
            raise ConfigError(
                f"{path}: tests.visits", f"{name!r} lies elsewhere", "keep the file as it was made"
            )
    return share


def parsed(content: str | bytes, where: str) -> Share:
    """A share out of its file's text; raises ConfigError at `where` for anything else."""
    try:
        return TypeAdapter(Share).validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        key = ".".join(map(str, first["loc"])) or "(the whole file)"
        raise ConfigError(
            f"{where}: {key}", f"this is no shard's file ({first['type']})", "keep the file as it was made"
        ) from None


def _files(share: Share) -> Iterator[str]:
    for visit in (visit for test in (*share.tests, *share.met) for visit in test.visits):
        yield visit.folder
        yield from (picture.file for picture in visit.pictures)
        yield from (path for path in (visit.log, visit.trace) if path is not None)


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case frozenset():
            return sorted(value)
        case datetime():
            return value.isoformat()
        case None | bool() | int() | float() | str():
            return value
        case _ if hasattr(value, "__dataclass_fields__"):
            return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
        case _:
            return str(value)
