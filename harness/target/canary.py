"""The header by which a gateway sends every request of a run to the new build, while players get the old one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import httpx

from harness.errors import ConfigError

OPTION = "--canary-header"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")  # a token (RFC 9110, section 5.6.2)
_VALUE = re.compile(r"[!-~](?:[ -~]{0,998}[!-~])?")
# What HTTP or the checks themselves say in these must stay as it is.
_TAKEN = frozenset(
    [
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "host",
        "origin",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)


@dataclass(frozen=True)
class Canary:
    """`variable`: that whose value, a secret, it carries; None for a value that anybody may read.

    `origins`: the target's; it is sent nowhere else. They are added as they become known.
    """

    name: str
    value: str
    variable: str | None
    origins: set[str] = field(default_factory=set, compare=False)

    def headers(self, url: str | httpx.URL) -> dict[str, str]:
        """What a request to `url` carries besides."""
        return {self.name: self.value} if _origin(url) in self.origins else {}

    def added(self, headers: Mapping[str, str], url: str | httpx.URL) -> dict[str, str]:
        """The headers of a request to `url`, with it; another one of that name gives way."""
        if not (more := self.headers(url)):
            return dict(headers)
        return {name: said for name, said in headers.items() if name.lower() != self.name.lower()} | more

    def __str__(self) -> str:
        return f"{self.name}: {f'<{self.variable}>' if self.variable else self.value}"


def canary(text: str, variables: Mapping[str, str], taken: Iterable[str] = ()) -> Canary:
    """`NAME:VALUE`, or `NAME:@VARIABLE` for a secret. `taken`: headers that the environment gives a meaning.

    Raises ConfigError, which never holds the value.
    """
    name, colon, value = text.partition(":")
    name, value = name.strip(), value.strip()
    if not colon or _NAME.fullmatch(name) is None:
        raise ConfigError(OPTION, "is not NAME:VALUE", f"write {OPTION}='X-Canary: always'")
    if name.lower() in _TAKEN | {each.lower() for each in taken}:
        raise ConfigError(OPTION, f"{name} is a header that the checks set", "route by one of its own")
    variable = value[1:] if value.startswith("@") else None
    if variable is not None:
        value = variables.get(variable, "")
        if not value:
            raise ConfigError(OPTION, f"the variable {variable} is not set", "export it")
    if _VALUE.fullmatch(value) is None:
        whose = f"the value of {variable}" if variable else "its value"
        raise ConfigError(OPTION, f"{whose} is empty, too long or not plain ASCII", "give one line of text")
    return Canary(name, value, variable)


def _origin(url: str | httpx.URL) -> str | None:
    """As `kinds.origin` writes it; None for what is no URL."""
    try:
        return str(httpx.URL(url).copy_with(raw_path=b"/", fragment=None, userinfo=b"")).rstrip("/")
    except httpx.InvalidURL:
        return None
