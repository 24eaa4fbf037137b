"""What is wrong with the value of a switch, in words that do not hold it."""

import re
from collections.abc import Collection, Iterable

import httpx

from runbook.switches import Switch

SHORTEST = 8  # characters behind a prefix: less is no key
FEWEST = 8  # different characters of 64 random ones: with fewer, somebody typed them
_HOST = re.compile(r"[\w.-]+|[0-9a-f:.]+")  # a name, or an address of either kind
_DSN_PATH = re.compile(r"/(?:.+/)?\d+")


def malformed(switch: Switch, value: str, api_prefix: str) -> str | None:
    """What keeps a value from being of its switch's kind; None where nothing does. `api_prefix`: as in [target]."""
    if value != value.strip():
        return "has blanks around it"
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return "still has its quotes"
    match switch.kind:
        case "origin":
            return _not_an_origin(value, api_prefix if switch.api_prefix else "")
        case "hex64":
            return None if re.fullmatch(r"[0-9A-Fa-f]{64}", value) else "is not 64 hexadecimal characters"
        case "prefix":
            return _not_prefixed(value, switch.prefixes)
        case "dsn":
            return _not_a_dsn(value)
        case "flag":
            return None if value.lower() in ("true", "false") else "is neither true nor false"
        case "text":
            return None


def placeholder(switch: Switch, value: str, patterns: Iterable[str]) -> bool:
    """Whether somebody meant to replace a value: it is one of the known ones, or a key that nobody drew at random."""
    if any(_pattern(each).fullmatch(value) for each in patterns):
        return True
    if switch.kind != "hex64" or len(value) != 64:
        return False
    return len(set(value.lower())) < FEWEST or value in (value + value)[1:-1]


def prefixes(value: str, api_prefix: str) -> int:
    """How often the API's prefix ends an address."""
    return _path(value).count(api_prefix) if api_prefix and _repeats(value, api_prefix) else 0


def leads_elsewhere(value: str, origins: Collection[str]) -> bool:
    """Whether an address has none of these origins; False where it is no address."""
    url = _url(value)
    if url is None or not url.host:
        return False
    return str(url.copy_with(path="/", query=None, fragment=None)).rstrip("/") not in origins


def holds(value: str, secret: str) -> bool:
    """Whether a value gives a secret away; one of a few characters may stand anywhere by chance."""
    return value == secret or (len(secret) >= SHORTEST and secret in value)


def _not_an_origin(value: str, api_prefix: str) -> str | None:
    url = _url(value)
    if url is None or url.scheme != "https" or not _HOST.fullmatch(url.host):
        return "is not an https origin"
    if url.userinfo or re.search(r"[?#\s]", value):
        return "holds more than an origin"
    if url.path == "/" and not value.endswith("/"):
        return None
    if value.endswith("/"):
        return "ends with a slash"
    return None if api_prefix and _repeats(value, api_prefix) else "holds more than an origin"


def _repeats(value: str, api_prefix: str) -> bool:
    return re.fullmatch(f"(?:{re.escape(api_prefix)})+", _path(value)) is not None


def _not_prefixed(value: str, allowed: tuple[str, ...]) -> str | None:
    found = next((each for each in allowed if value.startswith(each)), None)
    if found is None:
        return f"does not begin with {' or '.join(allowed)}"
    rest = value.removeprefix(found)
    if re.search(r"\s", rest):
        return "has blanks in it"
    return f"has less than {SHORTEST} characters behind {found}" if len(rest) < SHORTEST else None


def _not_a_dsn(value: str) -> str | None:
    url = _url(value)
    if url is None or url.scheme != "https" or not url.host:
        return "is not a DSN: not an https address"
    if not url.username:
        return "is not a DSN: has no key before the host"
    return None if _DSN_PATH.fullmatch(url.path) else "is not a DSN: names no project at its end"


def _url(value: str) -> httpx.URL | None:
    try:
        return httpx.URL(value)
    except httpx.InvalidURL:
        return None


def _path(value: str) -> str:
    url = _url(value)
    return "" if url is None else url.path


def _pattern(glob: str) -> re.Pattern[str]:
    """As people write it: only * and ? mean something."""
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(each, re.escape(each)) for each in glob), re.IGNORECASE | re.DOTALL)
