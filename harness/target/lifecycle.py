"""Start or find the target, and wait until it is ready."""

import asyncio
import json
import os
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from harness.errors import NoAnswer, Unprovable, Unreachable
from harness.evidence.exchange import Exchange
from harness.sections import Start
from harness.target.api import Api

ROOT = Path(__file__).parent.parent.parent
ANSWERS = 10  # of one version, before it counts as live: behind a gateway several instances may answer
UNNAMED = "(none named)"
LONGEST_VERSION = 100
NOT_YET = frozenset({502, 503, 504})  # a gateway without a backend behind it, or a backend still starting


@dataclass(frozen=True)
class Site:
    """Where the target is: its origin, that of its RevenueCat stand-in, and the health it showed when ready."""

    origin: str
    stand_in: str | None = None
    version: str | None = None


class Process:
    """A target that this run started. Its standard input ends with the run, however that ends."""

    def __init__(self, start: Start, variables: Mapping[str, str], log: Path) -> None:
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, **start.variables, **variables}
        log.unlink(missing_ok=True)
        with log.open("ab") as stderr:
            try:
                self._process = subprocess.Popen(
                    start.argv,
                    cwd=ROOT,
                    env=environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                )
            except (OSError, ValueError) as error:
                cause = getattr(error, "strerror", None) or error
                raise Unreachable(f"`{start.argv[0]}` does not start: {cause}") from None

    async def located(self, within_s: float) -> Site:
        """Where it listens, from the JSON line that it prints; raises Unreachable."""
        try:
            async with asyncio.timeout(within_s):
                line = await asyncio.to_thread(self._pipe("stdout").readline)
            said = json.loads(line)
            site = Site(said["base_url"], said.get("revenuecat_url"))
            # What it prints from now on must not fill the pipe and stop it.
            threading.Thread(target=self._keep_output, name="target's output", daemon=True).start()
            return site
        except TimeoutError:
            raise Unreachable(
                f"the target that this run started said nothing within {within_s:g} s"
            ) from None
        except (ValueError, KeyError, TypeError):
            last = " / ".join(self._log.read_text("utf-8", "replace").splitlines()[-3:])
            raise Unreachable(
                f"the target that this run started did not come up: {last or '(no log)'}"
            ) from None

    def end(self) -> None:
        """Ask the process to end."""
        self._pipe("stdin").close()
        self._process.terminate()

    def wait(self) -> None:
        """Until the process has ended; by force where it does not go within 5 s."""
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _keep_output(self) -> None:
        with self._log.open("ab") as log, self._pipe("stdout") as output:
            for line in output:
                log.write(line)
                log.flush()

    def _pipe(self, name: str) -> IO[bytes]:
        pipe: IO[bytes] | None = getattr(self._process, name)
        assert pipe is not None, f"started without a pipe for {name}"
        return pipe


async def ready(api: Api, within_s: float, version: str | None) -> Exchange:
    """The first answer of a target that is up; raises Unreachable with the last cause.

    Refused connections and 502, 503, 504 mean "not yet", and so does another version than the expected one, be it
    in one answer of several. Any other answer means that the target is up, if not well: that is for the checks to say.
    """
    over, pause, cause = time.monotonic() + within_s, 0.05, ""
    while True:
        other = None
        try:
            health = await api.health(timeout_s=max(1.0, min(10.0, over - time.monotonic())))
        except (NoAnswer, Unprovable) as error:
            cause = str(error)
        else:
            seen = version_of(health)
            if health.status in NOT_YET:
                cause = f"a gateway answers {health.status} in its place"
            elif version is None or health.status != 200:
                return health
            elif seen != version:
                other = seen
                cause = f"it is version {seen or UNNAMED}, and expect.version is {version}"
            elif (others := await mixed(api, version)) is None:
                return health
            else:
                cause = f"{others}, and expect.version is {version}"
        if time.monotonic() + pause > over:
            raise Unreachable(f"not ready within {within_s:g} s: {cause}", other)
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 2.0)


async def mixed(api: Api, version: str) -> str | None:
    """Which of ANSWERS come from another version, in words; None where all of them are of `version`."""
    seen = await versions(api, ANSWERS)
    others = [
        f"{number} of {ANSWERS} answers still come from {name}"
        for name, number in seen.items()
        if name != version
    ]
    return ", ".join(sorted(others)) or None


async def versions(api: Api, number: int) -> Counter[str]:
    """How many of so many answers of health, each on a connection of its own, come from which version."""
    asked = await asyncio.gather(*(api.health(anew=True) for _ in range(number)), return_exceptions=True)
    seen = Counter[str]()
    for answer in asked:
        if isinstance(answer, NoAnswer | Unprovable):
            seen["nowhere"] += 1
        elif isinstance(answer, BaseException):
            raise answer
        else:
            seen[version_of(answer) or UNNAMED] += 1
    return seen


def moved_to(health: Exchange) -> str | None:
    """The origin that a redirect of health names, on the same host and not from https to http; else None.

    Followed once for the whole run, and with no credentials under way, as at a gateway that insists on https.
    """
    if health.status not in (301, 302, 307, 308):
        return None
    try:
        new = health.url.join(health.headers.get("Location", ""))
    except httpx.InvalidURL:
        return None
    same = (new.host, new.path) == (health.url.host, health.url.path)
    weaker = health.url.scheme == "https" and new.scheme != "https"
    origin = str(new.copy_with(raw_path=b"/", fragment=None)).rstrip("/")
    return origin if same and not weaker and new.scheme in ("http", "https") else None


def version_of(health: Exchange) -> str | None:
    """The version that a health answer names, if any; cut off where it goes on and on."""
    try:
        body = json.loads(health.content)
    except (ValueError, RecursionError):
        return None
    version = body.get("version") if isinstance(body, dict) else None
    return version[:LONGEST_VERSION] if isinstance(version, str) else None
