"""An exchange as Allure's HTTP exchange attachment (schema version 1), without secrets."""

import json
from collections.abc import Callable, Container, Iterable, Iterator
from datetime import timedelta
from typing import Any

from harness.evidence.exchange import Exchange

MIME, EXTENSION = "application/vnd.allure.http+json", "httpexchange"
REDACTED = "__ALLURE_REDACTED__"  # Allure shows it as a mask
# Masked whatever they hold: the target may hand out a credential that the run does not know as one.
CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
LARGEST = 20_000  # characters of a body
Scrub = Callable[[str], str]


def attachment(exchange: Exchange, scrub: Scrub, masked: Container[str] = CREDENTIALS) -> str:
    """The attachment's JSON, in ASCII; the values of the headers `masked` (in lower case) are not in it.

    Every text is scrubbed before it becomes JSON: an escaped secret may be another text.
    """
    # Most exchanges hold no secret, and one long text is searched much faster than fifty short ones.
    whole = "\n".join(_texts(exchange, masked))
    return json.dumps(_said(exchange, str if scrub(whole) == whole else scrub, masked))


def _texts(exchange: Exchange, masked: Container[str]) -> Iterator[str]:
    """Every text of an exchange that will be shown, in full."""
    headers = [*exchange.sent_headers, *exchange.response.headers.multi_items()]
    pairs = [*exchange.url.params.multi_items(), *(pair for pair in headers if pair[0].lower() not in masked)]
    yield from (str(exchange.url), exchange.response.reason_phrase)
    yield from (text for pair in pairs for text in pair)
    yield from (content.decode("utf-8", "replace") for content in (exchange.sent_body, exchange.content))


def _said(exchange: Exchange, scrub: Scrub, masked: Container[str]) -> dict[str, Any]:
    response, started = exchange.response, exchange.started.timestamp() * 1000
    return {
        "schemaVersion": 1,
        "start": round(started),
        "stop": round(started + exchange.elapsed / timedelta(milliseconds=1)),
        "request": {
            "method": exchange.method,
            # Without its query, in which a secret may be encoded in ways that are not recognised.
            "url": scrub(str(exchange.url.copy_with(query=None))),
            "query": [_pair(name, value, scrub) for name, value in exchange.url.params.multi_items()],
            "headers": _headers(exchange.sent_headers, scrub, masked),
            **_body(exchange.sent_body, dict(_lowered(exchange.sent_headers)), False, scrub),
        },
        "response": {
            "status": response.status_code,
            "statusText": scrub(response.reason_phrase),
            "headers": _headers(response.headers.multi_items(), scrub, masked),
            **_body(exchange.content, dict(response.headers), exchange.truncated, scrub),
        },
    }


def _headers(
    headers: Iterable[tuple[str, str]], scrub: Scrub, masked: Container[str]
) -> list[dict[str, str]]:
    return [
        {"name": scrub(name), "value": REDACTED} if name.lower() in masked else _pair(name, value, scrub)
        for name, value in headers
    ]


def _pair(name: str, value: str, scrub: Scrub) -> dict[str, str]:
    return {"name": scrub(name), "value": scrub(value)}


def _lowered(headers: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    return ((name.lower(), value) for name, value in headers)


def _body(content: bytes, headers: dict[str, str], truncated: bool, scrub: Scrub) -> dict[str, Any]:
    if not content:
        return {}
    # Scrubbed before it is cut: half a secret is not recognised. Never as base64, where none would be.
    text = scrub(content.decode("utf-8", "replace"))
    body = {
        "contentType": scrub(headers.get("content-type", "text/plain")),
        "encoding": "utf8",
        "value": text[:LARGEST],
        "size": len(content),
        "truncated": truncated or len(text) > LARGEST,
    }
    return {"body": body}
