"""Durations as people write them on a command line: 45s, 30m, 2h."""

import re

from harness.errors import ConfigError

_SECONDS = {"s": 1, "m": 60, "h": 3600}
LONGEST_S = 7 * 24 * 3600


def seconds(text: str, option: str) -> float:
    """Raises ConfigError for anything but a number above 0 with its unit, of at most a week."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text.strip(), re.ASCII)
    value = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not 0 < value <= LONGEST_S:
        raise ConfigError(
            option, f"{text!r} is no duration", f"write {option}=45s, {option}=30m or {option}=2h"
        )
    return value


def said(value_s: float) -> str:
    """In the largest unit that leaves it short: `45 s`, `12.5 m`, `2 h`."""
    for unit, size in (("h", 3600), ("m", 60)):
        if value_s >= size:
            return f"{round(value_s / size, 1):g} {unit}"
    return f"{round(value_s, 1):g} s"
