"""What may be asked of a target that may not be written to: a list of methods and paths, nothing else."""

import re
from collections.abc import Iterator

import httpx

from harness.environment import Environment
from harness.errors import Unprovable
from harness.predeploy.settings import readable

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# RevenueCat's v1 makes a customer of whoever is looked up (contract, section 5); what hangs below one is only read.
_CREATING = re.compile(r"/v1/subscribers/[^/]+/?")
# One segment, and none that a server might take for a way up.
_ANYTHING = r"(?!(?:\.|%2[eE]){1,2}(?:/|$))[^/]*"


def may_write(method: str, url: httpx.URL) -> bool:
    """Whether a request may change something where it goes."""
    return method not in SAFE or _CREATING.fullmatch(_path(url)) is not None


class Fence:
    """Refuses, where `access.writes` is false, every request that is not one of `access.reads`, or the login.

    What is read elsewhere after a deploy is allowed at exactly that place: method, origin and path.
    """

    def __init__(self, environment: Environment) -> None:
        self._open = environment.file.access.writes
        file = environment.file
        self._elsewhere, self._stand_in = file.postdeploy, file.revenuecat.stand_in
        self._allowed = [(method, re.compile(path)) for method, path in _allowed(environment)]

    def pass_(self, method: str, url: httpx.URL, *, harmless: bool = False) -> None:
        """Raises Unprovable for a request that may not leave; `harmless`: a login with an account of ours."""
        if self._open or self._elsewhere.may_read(method, url, self._stand_in):
            return
        if may_write(method, url) and not harmless:
            raise Unprovable(
                f"{method} {url.path} may write", "set access.writes = true where that is allowed"
            )
        path = _path(url)
        if not any(method == one and allowed.fullmatch(path) for one, allowed in self._allowed):
            raise Unprovable(f"{method} {url.path} is not among what may be read here", "see access.reads")


def _allowed(environment: Environment) -> Iterator[tuple[str, str]]:
    """Methods, and patterns for the paths that go with them."""
    file = environment.file
    prefix = file.target.api_prefix
    for name in file.access.reads:
        if name == "openapi":
            named = file.contract.openapi
            for place in [named] if named is not None else ["/openapi.json", f"{prefix}/openapi.json"]:
                yield "GET", re.escape(place)
        else:
            parts = re.split(r"{\w+}", prefix + getattr(file.paths, name))
            yield "GET", _ANYTHING.join(map(re.escape, parts))
    if file.predeploy is not None and file.predeploy.revenuecat is not None:
        for path in readable(file.predeploy.revenuecat.project):
            yield "GET", _ANYTHING.join(map(re.escape, path.split("*")))
    yield "POST", re.escape(prefix + file.paths.login)


def _path(url: httpx.URL) -> str:
    """As it goes out: what is percent-encoded stays so."""
    return url.raw_path.decode("ascii").partition("?")[0]
