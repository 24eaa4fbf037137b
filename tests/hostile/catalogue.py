"""What a hostile target may do, and what has to become of it: one row each.

`in_one_place`: the outcome of an item whose only call is answered so, on a target that is honest otherwise.
`everywhere`: the decision where every call is answered so, health included.
"""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from typing import Any, Literal

from hostile.server import Asked, Behaviour, End, answer, head, honest, truth

EVER = 3600.0
Steps = Iterator[bytes | float | End]


@dataclass(frozen=True)
class Row:
    name: str
    behave: Behaviour
    in_one_place: Literal["broken", "not proven", "proven"]
    everywhere: Literal["NO-GO", "UNREACHABLE", "PARTIAL"]
    says: str = ""  # what the run against a target that is so everywhere says of it
    tls: bool = (
        False  # the client comes with TLS; there is no place for it on a target that is honest otherwise
    )


ROWS: list[Row] = []


def row(in_one_place: Any, everywhere: Any, says: str = "", *, tls: bool = False) -> Any:
    """Put a behaviour into the catalogue, under its own name."""

    def add(behave: Behaviour) -> Behaviour:
        name = behave.__name__.replace("_", "-")
        ROWS.append(Row(name, behave, in_one_place, everywhere, says, tls))
        return behave

    return add


def said(in_one_place: Any, everywhere: Any, says: str = "", **named: Any) -> None:
    """Behaviours that are one answer, the same for all; bytes are the whole of it, anything else becomes JSON."""
    for name, what in named.items():
        whole = what if isinstance(what, bytes) else answer(what)

        def behave(_: Asked, whole: bytes = whole) -> Steps:
            yield whole
            yield End.CLOSE

        ROWS.append(Row(name.replace("_", "-"), behave, in_one_place, everywhere, says))


def true(asked: Asked, **changed: Any) -> bytes:
    return json.dumps({**truth(asked), **changed}).encode()


# --- connections


@row("broken", "UNREACHABLE", "no complete answer within")
def no_answer(_: Asked) -> Steps:
    yield EVER


@row("broken", "UNREACHABLE", "no complete answer within")
def answer_after_the_timeout(asked: Asked) -> Steps:
    yield 9.0
    yield answer(truth(asked))


@row("broken", "UNREACHABLE", "no complete answer within")
def head_one_byte_a_second(asked: Asked) -> Steps:
    for byte in answer(truth(asked)):
        yield bytes([byte])
        yield 1.0


@row("broken", "UNREACHABLE", "no complete answer within")
def body_one_byte_a_second(asked: Asked) -> Steps:
    body = true(asked)
    yield head("200 OK", f"Content-Length: {len(body)}")
    for byte in body:
        yield bytes([byte])
        yield 1.0


@row("broken", "UNREACHABLE", "no answer, twice")
def hang_up(_: Asked) -> Steps:
    yield End.CLOSE


@row("broken", "UNREACHABLE", "no answer, twice")
def reset(_: Asked) -> Steps:
    yield End.RESET


@row("broken", "UNREACHABLE", "no answer, twice")
def reset_in_the_head(_: Asked) -> Steps:
    yield b"HTTP/1.1 200 OK\r\nContent-Ty"
    yield End.RESET


@row("broken", "UNREACHABLE", "no answer, twice")
def reset_in_the_body(asked: Asked) -> Steps:
    yield answer(truth(asked))[:-30]
    yield End.RESET


@row("broken", "UNREACHABLE", "no answer, twice")
def half_closed(asked: Asked) -> Steps:
    yield answer(truth(asked))[:-30]
    yield End.HALF


@row("proven", "PARTIAL")
def closed_after_each_answer(asked: Asked) -> Steps:
    yield answer(truth(asked))
    yield End.CLOSE


@row("proven", "PARTIAL")
def in_small_pieces(asked: Asked) -> Steps:
    whole = b"".join(honest(asked))
    for start in range(0, len(whole), 7):
        yield whole[start : start + 7]


said("broken", "UNREACHABLE", "no answer, twice", ssh=b"SSH-2.0-server\r\n", nul_bytes=b"\0" * 5000)
said("broken", "UNREACHABLE", "no answer, twice", http_0_9=b'{"status": "healthy"}')
said("broken", "UNREACHABLE", "no answer, twice", http_2=b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80")


@row("broken", "UNREACHABLE", "TLS", tls=True)
def tls_garbage(_: Asked) -> Steps:
    yield b"\x16\x03\x03\x40\x00" + bytes(range(256)) * 64
    yield End.CLOSE


@row("broken", "UNREACHABLE", "TLS", tls=True)
def plain_http_where_tls_is_due(_: Asked) -> Steps:
    yield answer(b"The plain HTTP request was sent to HTTPS port", "400 Bad Request", kind="text/plain")
    yield End.CLOSE


@row("broken", "UNREACHABLE", "no complete answer within", tls=True)
def tls_that_never_shakes_hands(_: Asked) -> Steps:
    yield EVER


# --- lengths


@row("broken", "UNREACHABLE", "no answer, twice")
def longer_than_it_is(asked: Asked) -> Steps:
    body = true(asked)
    yield head("200 OK", f"Content-Length: {len(body) + 100}") + body
    yield End.CLOSE


@row("broken", "NO-GO")
def shorter_than_it_is(asked: Asked) -> Steps:
    body = true(asked)
    yield head("200 OK", f"Content-Length: {len(body) - 20}") + body


for _name, _length in (("negative", "-1"), ("wordy", "many"), ("contradictory", "5\r\nContent-Length: 6")):
    said(
        "broken",
        "UNREACHABLE",
        "no answer, twice",
        **{f"{_name}_length": head("200 OK", f"Content-Length: {_length}") + b"{}"},
    )


@row("broken", "UNREACHABLE", "no answer, twice")
def chunks_that_end_early(asked: Asked) -> Steps:
    body = true(asked)
    yield head("200 OK", "Transfer-Encoding: chunked") + b"%x\r\n%b\r\n" % (len(body), body)
    yield End.CLOSE


said(
    "broken",
    "UNREACHABLE",
    "no answer, twice",
    chunk_size_that_is_none=head("200 OK", "Transfer-Encoding: chunked") + b"zz\r\n{}\r\n0\r\n\r\n",
    chunk_size_without_end=head("200 OK", "Transfer-Encoding: chunked") + b"f" * 5000,
)


@row("broken", "NO-GO")
def endless_body(_: Asked) -> Steps:
    yield head()
    yield from repeat(b'{"status": "healthy"}' * 3000)


@row("broken", "NO-GO")
def endless_chunks(_: Asked) -> Steps:
    yield head("200 OK", "Transfer-Encoding: chunked")
    yield from repeat(b"10000\r\n" + b" " * 0x10000 + b"\r\n")


@row("broken", "NO-GO")
def body_of_1_gb(_: Asked) -> Steps:
    yield head("200 OK", f"Content-Length: {1 << 30}")
    yield from repeat(b"[" * 65536, 1 << 14)


# --- encodings


@cache
def zeros(wbits: int) -> bytes:
    """64 MB of blanks, compressed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return b"".join(packer.compress(b" " * (1 << 20)) for _ in range(64)) + packer.flush()


@row("broken", "NO-GO")
def gzip_bomb(_: Asked) -> Steps:
    yield answer(zeros(31) * 15, "200 OK", "Content-Encoding: gzip")


@row("broken", "NO-GO")
def deflate_bomb(_: Asked) -> Steps:
    yield answer(zeros(15), "200 OK", "Content-Encoding: deflate")


@row("broken", "NO-GO")
def gzip_in_gzip_in_gzip(_: Asked) -> Steps:
    packed = gzip.compress(gzip.compress(zeros(31)))
    yield answer(packed, "200 OK", "Content-Encoding: gzip, gzip, gzip")


@row("broken", "NO-GO")
def gzip_that_ends_early(asked: Asked) -> Steps:
    yield answer(gzip.compress(true(asked))[:-40], "200 OK", "Content-Encoding: gzip")


@row("proven", "PARTIAL")
def gzip_that_nobody_asked_for(asked: Asked) -> Steps:
    yield answer(gzip.compress(true(asked)), "200 OK", "Content-Encoding: gzip")


said(
    "broken",
    "NO-GO",
    gzip_in_name_only=answer(b"{}", "200 OK", "Content-Encoding: gzip"),
    brotli_in_name_only=answer(b"\x0b\x02\x80{}\x03", "200 OK", "Content-Encoding: br"),
)


# --- heads


@row("broken", "UNREACHABLE", "no answer, twice")
def ten_thousand_headers(asked: Asked) -> Steps:
    yield answer(truth(asked), "200 OK", *(f"X-Header-{number}: {number}" for number in range(10_000)))


@row("broken", "UNREACHABLE", "no answer, twice")
def header_of_1_mb(asked: Asked) -> Steps:
    yield answer(truth(asked), "200 OK", "X-Header: " + "x" * (1 << 20))


@row("broken", "UNREACHABLE", "no answer, twice")
def endless_head(_: Asked) -> Steps:
    yield b"HTTP/1.1 200 OK\r\n"
    yield from repeat(b"X-More: and more\r\n" * 100)


@row("proven", "PARTIAL")
def storm_of_cookies(asked: Asked) -> Steps:
    cookies = (f"Set-Cookie: c{number}={'x' * 100}; Path=/" for number in range(500))
    yield answer(truth(asked), "200 OK", *cookies)


said(
    "broken",
    "UNREACHABLE",
    "no answer, twice",
    header_without_a_colon=answer({}, "200 OK", "nonsense"),
    nul_in_a_header=answer({}, "200 OK", "X-Nul: a\0b"),
    status_of_letters=answer({}, "OK"),
    status_99=answer({}, "99 Low"),
)


# --- statuses


@row("broken", "UNREACHABLE", "no complete answer within")
def flood_of_100(_: Asked) -> Steps:
    yield from repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 50)


@row("proven", "PARTIAL")
def early_hints(asked: Asked) -> Steps:
    yield b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 5 + answer(truth(asked))


@row("broken", "UNREACHABLE", "no answer, twice")
def switching_protocols(_: Asked) -> Steps:
    yield head("101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
    yield EVER


said(
    "broken",
    "NO-GO",
    status_999=answer({"status": "healthy"}, "999 Beyond"),
    no_content_with_a_body=answer(b'{"status": "healthy"}', "204 No Content"),
    not_modified=head("304 Not Modified"),
    proxy_wants_a_password=answer({}, "407 No", 'Proxy-Authenticate: Basic realm="x"'),
    every_call_500=answer(b"Internal Server Error", "500 No", kind="text/plain"),
)
said(
    "not proven", "UNREACHABLE", "still throttled", throttled_for_ever=answer({}, "429 No", "Retry-After: 0")
)
said(
    "broken",
    "UNREACHABLE",
    "a gateway answers 503",
    down_for_a_day=answer({}, "503 No", "Retry-After: 86400"),
)
said(
    "broken",
    "UNREACHABLE",
    "a gateway answers 502",
    bad_gateway=answer(b"<html>502</html>", "502 No", kind="text/html"),
)


# --- redirects


def moved(location: str) -> bytes:
    return answer(b"", "302 Found", f"Location: {location}")


@row("broken", "NO-GO")
def redirect_loop(asked: Asked) -> Steps:
    yield moved(asked.origin + asked.path)


@row("broken", "NO-GO")
def hundred_redirects(asked: Asked) -> Steps:
    number = int(asked.path.partition("?hop=")[2] or 0)
    yield moved(f"{asked.path.partition('?')[0]}?hop={number + 1}") if number < 100 else answer({})


said(
    "broken",
    "NO-GO",
    redirect_to_another_host=moved("https://elsewhere.invalid/api/health"),
    redirect_to_a_file=moved("file:///etc/passwd"),
    redirect_to_nonsense=moved("http://[::1/\x7f"),
    redirect_to_nowhere=answer(b"", "307 Temporary Redirect"),
)


# --- bodies

said(
    "broken",
    "NO-GO",
    html=answer(b"<!doctype html><h1>Welcome</h1>", kind="text/html"),
    html_called_json=answer(b"<!doctype html><h1>Welcome</h1>"),
    empty=answer(b""),
    null=None,
    list_of_nothing=[],
    number=7,
    invalid_utf_8=answer(b'{"status": "\xff\xfe\xc3"}'),
    utf_16=answer('{"status": "healthy"}'.encode("utf-16")),
    deep=answer(b'{"status":' * 100_000),
    deep_lists=answer(b"[" * 100_000 + b"]" * 100_000),
    as_deep_as_can_be_read=answer(b'{"status": ' + b"[" * 900 + b"]" * 900 + b"}"),
    huge_integer=answer(b'{"status": ' + b"9" * 100_000 + b"}"),
    nan=answer(b'{"status": NaN}'),
    million_numbers=answer(b"[" + b"1," * 1_000_000 + b"1]"),
)


@row("broken", "NO-GO")
def beyond_every_number(asked: Asked) -> Steps:
    body = true(asked, version="@", ttl_seconds="@", timestamp="@", server_time="@")
    yield answer(body.replace(b'"@"', b"1e999"))


@row("broken", "NO-GO")
def beyond_every_time(asked: Asked) -> Steps:
    yield answer(true(asked, timestamp="0001-01-01T00:00:00+23:59", server_time="9999-12-31T23:59:59-23:59"))


@row("broken", "NO-GO")
def lone_surrogates(asked: Asked) -> Steps:
    yield answer(true(asked, status="\ud83d", version="\udc00", username=["\ud83d"], ttl_seconds="\ud83d"))


@row("broken", "NO-GO")
def duplicate_keys(asked: Asked) -> Steps:
    twice = b'{"status": "healthy", "status": "ill", "ttl_seconds": 300, "ttl_seconds": 3, '
    yield answer(twice + true(asked)[1:].replace(b'"status": "healthy", ', b"").replace(b": 300", b": 3"))


@row("broken", "NO-GO")
def texts_without_end(asked: Asked) -> Steps:
    yield answer(true(asked, version="1" * 3_000_000, status="x" * 200_000, username="y" * 200_000))


COMMANDS = (
    "\x1b[31m\x1b]0;pwned\x07\x9b2J",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "]]>",
    "=cmd|' /C calc'!A0",
    "$(touch pwned)`touch pwned`",
    "\n::error::pwned\n##vso[task.complete result=Failed]",
    "\u202e\u2028\u0000",
    "[x](javascript:alert(1)) | **x** |",
)


@row("broken", "NO-GO")
def commands_in_every_text(asked: Asked) -> Steps:
    every = "".join(COMMANDS)
    fields = ("status", "version", "timestamp", "server_time", "username", "ttl_seconds", "source")
    yield answer(true(asked, **dict.fromkeys(fields, every), **{every: every}))
