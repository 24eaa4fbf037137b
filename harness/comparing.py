"""What an assertion compared, without secrets: pytest cuts long values, and half a secret is not recognised."""

from collections.abc import Callable
from copy import copy
from typing import Any

import pytest

Scrub = Callable[[str], str]


class _Told:
    """Stands for an object of which a secret would have been shown."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def compared(config: pytest.Config, op: str, left: object, right: object, scrub: Scrub) -> list[str] | None:
    """As pytest itself tells it, but of the values without secrets; None where it has nothing special to say."""
    left, right = without_secrets(left, scrub), without_secrets(right, scrub)
    # What should not be there is what there is to say, and all of it; a set in an order, so that equal failures are.
    if op == "==" and right == [] and isinstance(left, list):
        return [f"{left!r} == []"]
    if op == "==" and right == set() and isinstance(left, set):
        return [f"{{{', '.join(sorted(map(repr, left)))}}} == set()"]
    brief = copy(config)
    # pytest.ini lets values that stand alone be whole, for they are scrubbed later; a comparison may be brief.
    brief.get_verbosity = lambda *_: 0  # type: ignore[method-assign]
    pytests_own: Any = config.pluginmanager.get_plugin("assertion")
    told: list[str] | None = pytests_own.pytest_assertrepr_compare(brief, op, left, right)
    return told


def without_secrets(value: object, scrub: Scrub) -> object:
    """A value that shows the same, but no secret, in whatever part of it one is shown."""
    match value:
        case str():
            return scrub(value)
        case bytes():
            return scrub(value.decode("latin-1")).encode("latin-1", "replace")
        case dict():
            return {without_secrets(key, scrub): without_secrets(item, scrub) for key, item in value.items()}
        case list():
            return [without_secrets(each, scrub) for each in value]
        case tuple():
            return tuple(without_secrets(each, scrub) for each in value)
        case set() | frozenset():
            return {without_secrets(each, scrub) for each in value}
    shown = repr(value)
    return value if scrub(shown) == shown else _Told(scrub(shown))
