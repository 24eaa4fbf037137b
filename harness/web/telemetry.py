"""What a client reports, read from whatever form its payloads have."""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

# Contract, section 4 and 7.
PAYWALL, DENIED, LOGGED_OUT = "paywall_opened", "premium_gate_denied", "force_logout_401"
KNOWN = {PAYWALL, DENIED, LOGGED_OUT, "store_opened", "purchase_attempt", "purchase_success"}
SENT_WITHIN_S = 15  # what a client collects before it sends it, services for statistics every 10 s or sooner
EMAIL = re.compile(r"[\w.+-]+@(?!\dx\.)[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}")
_GZIP, _MOST = zlib.MAX_WBITS | 16, 1 << 22
_WORD = re.compile(r"\w+")
_SOURCE = re.compile(r"""\bsource["']?\s*[:=]\s*["']?([\w-]+)""")


@dataclass(frozen=True)
class Report:
    """One event: its name, and the source it names."""

    name: str
    source: str | None = None


@dataclass(frozen=True)
class Payload:
    """What was sent at once: a text for a reader, and the values that it holds."""

    text: str
    values: tuple[Any, ...] = ()

    @property
    def reports(self) -> list[Report]:
        """The known events in it; in a line that holds no values, by its words."""
        found = [Report(name, _source(holder)) for value in self.values for name, holder in _events(value)]
        if found:
            return found
        named = [word for word in _WORD.findall(self.text) if word in KNOWN][:1]
        source = _SOURCE.search(self.text)
        return [Report(name, source[1] if source else None) for name in named]


def matches(pattern: str, text: str) -> bool:
    """Whether a URL or a console line is one of telemetry."""
    return re.search(pattern, text) is not None


def unpacked(body: bytes) -> bytes:
    """A body as it was before it was packed with gzip, if it was; not more of it than is worth reading."""
    try:
        return zlib.decompressobj(_GZIP).decompress(body, _MOST)
    except zlib.error:
        return body


def of_request(url: str, body: str) -> Payload:
    """The payload of a request: JSON, lines of JSON, a form or the query; plain, or in base64."""
    values = [*_decoded(body), dict(parse_qsl(urlsplit(url).query)), dict(parse_qsl(body))]
    inner = [
        each
        for value in values
        if isinstance(value, dict)
        for text in value.values()
        for each in _decoded(text)
    ]
    shown = [unquote_plus(url), unquote_plus(body), *(json.dumps(each, ensure_ascii=False) for each in inner)]
    return Payload("\n".join(dict.fromkeys(text for text in shown if text)), (*values, *inner))


def of_console(text: str, arguments: Iterable[Any]) -> Payload:
    """The payload of a console line and what was logged with it."""
    given = list(arguments)
    texts = [each for each in given if isinstance(each, str)]
    names = [word for each in texts for word in _WORD.findall(each) if word in KNOWN][:1]
    properties = [each for each in given if isinstance(each, dict)]
    values = [value for each in texts for value in _json_in(each)]
    if names and properties:
        values.append({"event": names[0], "properties": properties})
    return Payload(
        "\n".join([text, *(json.dumps(each) for each in properties)]),
        (*values, *(() if names else properties)),
    )


def reports(payloads: Iterable[Payload], name: str) -> list[Report]:
    """The events of one name."""
    return [report for payload in payloads for report in payload.reports if report.name == name]


def personal(payloads: Iterable[Payload], secrets: dict[str, str]) -> set[str]:
    """What payloads tell of the player: the names of those `secrets` (name → value) found in them, and e-mails."""
    text = "\n".join(payload.text for payload in payloads)
    found = {name for name, value in secrets.items() if value and value.lower() in text.lower()}
    return found | ({"e-mail"} if EMAIL.search(text) else set())


def _events(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        names = [each for each in value.values() if isinstance(each, str) and each in KNOWN]
        if names:
            yield names[0], value
            return
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _events(each)


def _source(value: Any) -> str | None:
    """The first `source` in a value, at whatever depth."""
    if isinstance(value, dict):
        if isinstance(value.get("source"), str):
            return str(value["source"])
        value = list(value.values())
    if isinstance(value, list):
        return next((found for each in value if (found := _source(each)) is not None), None)
    return None


def _decoded(text: Any) -> list[Any]:
    """What a text holds: JSON, lines of JSON, or either of them in base64."""
    if not isinstance(text, str) or not text.strip():
        return []
    if found := _json_lines(text):
        return found
    try:
        return _json_lines(base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode())
    except (binascii.Error, ValueError):
        return []


def _json_lines(text: str) -> list[Any]:
    for parts in ([text], text.splitlines()):
        try:
            return [value for part in parts if isinstance(value := json.loads(part), dict | list)]
        except (ValueError, RecursionError):
            continue
    return []


def _json_in(text: str) -> list[Any]:
    """The JSON with which a text ends, if it does."""
    starts = [at for at in (text.find("{"), text.find("[{")) if at >= 0]
    return _json_lines(text[min(starts) :]) if starts else []
