"""Posts the message to a chat's incoming webhook, whose address is a secret; what goes wrong changes no verdict."""

import ipaddress
import logging
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from harness.errors import ConfigError
from harness.evidence.secrets import Secrets

OPTION = "--notify-url-env"
WITHIN_S = 5.0  # all in all, however slowly it answers
_TELLING = 16  # characters from which on a path is a secret by itself
_REMEDY = "export an https:// address, or leave the option out"


@dataclass(frozen=True)
class Channel:
    """Where messages are posted; `variable` is what may be said of it."""

    variable: str
    url: str = field(repr=False)

    def protect(self, secrets: Secrets) -> None:
        """Let no output show the address, nor the path that makes it one."""
        secrets.add(self.url, self.variable)
        path = self.url.partition("://")[2].partition("/")[2]
        if len(path) >= _TELLING:
            secrets.add(path, self.variable)

    def post(self, content: bytes) -> str:
        """Post JSON, once; a warning if that did not work, else empty. Takes WITHIN_S at most."""
        said: list[str] = []
        # Nothing but another thread is sure to come back in time from a name that is looked up, or a slow answer.
        worker = threading.Thread(target=_post, args=(self.url, content, said), daemon=True)
        worker.start()
        try:
            worker.join(WITHIN_S)
        except KeyboardInterrupt:
            said = ["interrupted"]
        (problem,) = said or [f"no answer within {WITHIN_S:g} s"]
        return f"warning: the message was not posted to ${self.variable}: {problem}" if problem else ""


def channel(variable: str, variables: Mapping[str, str]) -> Channel:
    """The channel whose address `variable` holds; raises ConfigError, which does not show the address."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable):
        raise ConfigError(OPTION, "takes the name of a variable, not an address", _REMEDY)
    url = variables.get(variable, "").strip()
    if not url:
        raise ConfigError(OPTION, f"the variable {variable} is not set", _REMEDY)
    if not _usable(url):
        raise ConfigError(OPTION, f"what {variable} holds is not an https address", _REMEDY)
    return Channel(variable, url)


def _usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        httpx.URL(url)
        return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and _here(url)))
    except (ValueError, httpx.InvalidURL):
        return False


def _here(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _post(url: str, content: bytes, said: list[str]) -> None:
    # The client's log lines hold the address.
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        headers = {"Content-Type": "application/json"}
        with (
            httpx.Client(timeout=WITHIN_S, follow_redirects=False, trust_env=not _here(url)) as client,
            client.stream("POST", url, content=content, headers=headers) as answer,
        ):
            said.append("" if answer.is_success else f"it answered {answer.status_code}")
    except Exception as error:  # noqa: BLE001 (whatever it is, the verdict stands; its text may hold the address)
        said.append(type(error).__name__)
    finally:
        logging.disable(before)
