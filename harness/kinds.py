"""The kinds of values that an environment file holds, each with what is wrong with a bad one."""

import ipaddress
import re
from typing import Annotated, Any

import httpx
from pydantic import AfterValidator, Field

LONGEST_WAIT_S = 3600
_MORE = "holds more than an origin; write https://host[:port], paths go to target.api_prefix"
HEADER_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
Seconds = Annotated[float, Field(gt=0, le=LONGEST_WAIT_S)]
Strings = Annotated[tuple[str, ...], Field(strict=False)]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


def origin(text: str) -> str:
    """`text` as a browser writes it: in lower case, without the usual port or a slash at its end.

    Raises ValueError, with a remedy, for anything but an http(s) origin.
    """
    if "@" in text:  # what stands before it may be a password
        raise ValueError(_MORE)
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise ValueError(f"{text!r} is not a URL ({error}); write https://host[:port]") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"{text!r} is not an http(s) origin; write https://host[:port]")
    if url.port is not None and not 0 < url.port < 65536:
        raise ValueError(f"{url.port} is no port; write https://host[:port]")
    if url.path not in ("", "/") or re.search(r"[?#\s]", text):
        raise ValueError(_MORE)
    # Once more: the usual port is only known of a scheme in lower case.
    return str(httpx.URL(str(url))).rstrip("/")


def _host(text: str) -> str:
    """As in an origin; raises ValueError for anything but a host with or without a port."""
    if text.endswith("/"):
        raise ValueError(f"{text!r} is no host; write host[:port]")
    try:
        return origin(f"https://{text}").removeprefix("https://").removesuffix(":80")
    except ValueError:
        raise ValueError(f"{text!r} is no host; write host[:port]") from None


def in_the_clear(address: str) -> bool:
    """Whether what goes to an origin leaves this machine unencrypted."""
    url = httpx.URL(address)
    return url.scheme == "http" and not _loopback(url.host)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name; those below localhost never leave the machine (RFC 6761, section 6.3)
        return f".{host}".endswith(".localhost")


def _path(text: str) -> str:
    if text and not re.fullmatch(r"(/([\w.~-]|{\w+})+)+", text):
        raise ValueError(f"{text!r} is not a path; begin with '/', end without one")
    return text


def with_nul(value: Any) -> str | None:
    """The key of a text with a NUL character, which no path, command or variable can hold; None where there is none."""
    if isinstance(value, str):
        return "" if "\0" in value else None
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, tuple) else ()
    for key, each in below:
        if (place := with_nul(each)) is not None:
            return f"{key}.{place}" if place else str(key)
    return None


def version(text: str) -> str:
    """Raises ValueError for what names no version."""
    if not text.strip() or not text.isprintable():
        raise ValueError("names no version; write one as 1.4.2")
    return text


def _command(words: tuple[str, ...]) -> tuple[str, ...]:
    if words and not words[0].strip():
        raise ValueError("begins with an empty word; name the program first")
    return words


Command = Annotated[tuple[str, ...], Field(strict=False, min_length=1), AfterValidator(_command)]
NoCommand = Annotated[tuple[str, ...], Field(strict=False), AfterValidator(_command)]  # or one
Version = Annotated[str, AfterValidator(version)]
Origin = Annotated[str, AfterValidator(origin)]
Hosts = Annotated[tuple[Annotated[str, AfterValidator(_host)], ...], Field(strict=False)]
UrlPath = Annotated[str, AfterValidator(_path)]
