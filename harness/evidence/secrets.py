"""Every secret value known to the run, and the scrubber that every output passes through."""

import base64
import json
import re
from urllib.parse import quote

_JWT = re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*")
_SHORTEST = 4  # a shorter value would blot out ordinary words


class Secrets:
    """Values that may appear in no output, each with a name to print instead."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def add(self, value: str, name: str) -> None:
        """From now on `value`, plain or encoded, is printed as `<name>`."""
        if len(value) < _SHORTEST or value in self._names:
            return
        for form in (value, quote(value, safe=""), json.dumps(value)[1:-1], _base64(value), value.encode().hex()):
            self._names.setdefault(form, name)
        self._pattern = None

    def scrub(self, text: str) -> str:
        """`text` without any known secret, and without anything that looks like a JWT."""
        if self._names:
            pattern = self._pattern
            if pattern is None:
                longest_first = sorted(list(self._names), key=len, reverse=True)
                pattern = self._pattern = re.compile("|".join(map(re.escape, longest_first)))
            text = pattern.sub(lambda match: f"<{self._names[match[0]]}>", text)
        return _JWT.sub("<jwt>", text)

    def found_in(self, text: str) -> set[str]:
        """The names of the secrets that stand in `text` as they are."""
        return {name for value, name in list(self._names.items()) if value in text}


def _base64(value: str) -> str:
    return base64.b64encode(value.encode()).decode().rstrip("=")
