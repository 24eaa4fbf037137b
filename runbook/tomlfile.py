"""TOML files as validated, frozen pydantic models; every error names file, key and remedy."""

import difflib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from runbook.errors import ConfigError


class Section(BaseModel):
    """A table of a TOML file: no unknown keys, no silent conversions, no changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


Model = TypeVar("Model", bound=BaseModel)


def read(path: Path, model: type[Model], **context: Any) -> Model:
    """The file as `model`; raises ConfigError for a missing, malformed or invalid file."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(str(path), "no such file", "name an existing file") from None
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read ({error.strerror})", "check its permissions") from None
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), f"not UTF-8 (byte {error.start})", "save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), f"not valid TOML: {error}", "mend the syntax there") from None
    except (ValueError, RecursionError):
        problem = "not valid TOML: a number too long, or brackets nested too deeply"
        raise ConfigError(str(path), problem, "mend the syntax there") from None
    try:
        return model.model_validate(data, context=context)
    except ValidationError as error:
        raise _first_problem(path, model, error) from None


def _first_problem(path: Path, model: type[BaseModel], error: ValidationError) -> ConfigError:
    problem = error.errors(include_url=False, include_input=False)[0]
    location = problem["loc"]
    key = ".".join(str(part) for part in location) or "(the whole file)"
    where = f"{path}: {key}"
    message = problem["msg"].removeprefix("Value error, ").replace("\n", " ")
    match problem["type"]:
        case "extra_forbidden":
            known = sorted(_keys_beside(model, location))
            close = difflib.get_close_matches(str(location[-1]), known, n=1)
            remedy = f"did you mean {close[0]}?" if close else f"remove it, or use one of: {', '.join(known)}"
            return ConfigError(where, "unknown key", remedy)
        case "missing":
            return ConfigError(where, "missing", "add this key")
        case "value_error":
            text, _, remedy = message.partition("; ")
            return ConfigError(where, text, remedy or "give another value")
        case "datetime_type" | "datetime_parsing" | "datetime_from_date_parsing" | "timezone_aware":
            return ConfigError(where, "not a time with its zone", "write it as 2026-01-31T12:00:00Z")
        case _:
            return ConfigError(where, message, "give a value of that kind")


def _keys_beside(model: type[BaseModel], location: tuple[int | str, ...]) -> Iterator[str]:
    """The keys that the table holding the last part of `location` may have."""
    for part in location[:-1]:
        field = model.model_fields.get(str(part))
        if field is not None:
            model = next(_models_in(field.annotation), model)
    yield from (field.alias or name for name, field in model.model_fields.items())


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
