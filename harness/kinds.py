"""The kinds of values that an environment file holds, each with what is wrong with a bad one."""

import re
from typing import Annotated

import httpx
from pydantic import AfterValidator, Field

Seconds = Annotated[float, Field(gt=0, le=3600)]
Strings = Annotated[tuple[str, ...], Field(strict=False)]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


def origin(text: str) -> str:
    """`text` without a slash at its end; raises ValueError, with a remedy, for anything but an http(s) origin."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise ValueError(f"{text!r} is not a URL ({error}); write https://host[:port]") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"{text!r} is not an http(s) origin; write https://host[:port]")
    if url.port is not None and not 0 < url.port < 65536:
        raise ValueError(f"{url.port} is no port; write https://host[:port]")
    if url.path not in ("", "/") or re.search(r"[?#@\s]", text):
        raise ValueError(
            "holds more than an origin; write https://host[:port], paths go to target.api_prefix"
        )
    return text.rstrip("/")


def _path(text: str) -> str:
    if text and not re.fullmatch(r"(/([\w.~-]|{\w+})+)+", text):
        raise ValueError(f"{text!r} is not a path; begin with '/', end without one")
    return text


Origin = Annotated[str, AfterValidator(origin)]
UrlPath = Annotated[str, AfterValidator(_path)]
