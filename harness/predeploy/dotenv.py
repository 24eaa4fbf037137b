"""Variables as a .env file writes them."""

from io import StringIO
from pathlib import Path

from harness.errors import ConfigError


def read(path: Path) -> dict[str, str]:
    """The variables of a file; raises ConfigError with the line that is none."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(str(path), f"cannot be read ({error.strerror})", "name a .env file") from None
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), f"not UTF-8 (byte {error.start})", "save it as UTF-8") from None
    return parsed(text, str(path))


def parsed(text: str, where: str) -> dict[str, str]:
    """The variables in a text, as they stand: `${NAME}` in a value is not filled in.

    Raises ConfigError with the number of a line that is no NAME=value, or that names one again; never its text.
    """
    from dotenv.parser import parse_stream  # late: only one phase needs it

    found: dict[str, str] = {}
    for binding in parse_stream(StringIO(text.removeprefix("\ufeff"))):
        place = f"{where}: line {binding.original.line + _blank_above(binding.original.string)}"
        if binding.error or (binding.key is not None and binding.value is None):
            raise ConfigError(place, "is no NAME=value", "mend it; a value with blanks or # goes in quotes")
        if binding.key is None:
            continue
        if binding.key in found:
            raise ConfigError(place, f"{binding.key} is there for the second time", "keep one of them")
        found[binding.key] = binding.value or ""
    return found


def _blank_above(text: str) -> int:
    """How many lines of a statement are blank before it begins."""
    return text[: len(text) - len(text.lstrip())].count("\n")
