"""A command of the environment file, and how it ended."""

import asyncio
import os
import shlex
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from harness.evidence.exchange import now, witness

LETS_GO_S = 5  # after it was stopped
_SHOWN = 20  # last lines in a message


@dataclass(frozen=True, eq=False)
class Ran:
    """`code`: its exit code, negative for a signal, None where it was stopped after `within_s` seconds.

    `output`, `errors`: what it printed.
    """

    argv: tuple[str, ...]
    within_s: float
    code: int | None
    output: str
    errors: str
    started: datetime
    elapsed: timedelta
    attempts: int = 1
    story: Sequence[Any] = field(default=())

    def read(self) -> "Ran":
        """Itself, as evidence of the test that reads it."""
        witness(self)
        return self

    @property
    def well(self) -> bool:
        """Whether it ended by itself with 0."""
        return self.code == 0

    @property
    def title(self) -> str:
        """`make check ended with 2`."""
        command = shlex.join(self.argv)
        if self.code is None:
            return f"`{command}` did not end within {self.within_s:g} s"
        if self.code < 0:
            return f"`{command}` was ended by {signal.Signals(-self.code).name}"
        return f"`{command}` ended with {self.code}"

    @property
    def told(self) -> str:
        """The title, and the last line that it printed."""
        lines = (self.output + self.errors).strip().splitlines()
        return f"{self.title}: {lines[-1].strip()}" if lines else self.title

    def show(self, scrub: Callable[[str], str]) -> str:
        """Its last lines for a reader, without secrets."""
        lines = scrub(self.output + self.errors).strip().splitlines()
        cut = [f"({len(lines) - _SHOWN} lines before)"] if len(lines) > _SHOWN else []
        seconds = self.elapsed.total_seconds()
        return "\n".join([f"{self.title} in {seconds:.1f} s", *cut, *(lines[-_SHOWN:] or ["(no output)"])])

    def curl(self, scrub: Callable[[str], str]) -> str:
        """How to do it again by hand."""
        return scrub(shlex.join(self.argv))


async def ran(
    argv: Sequence[str],
    within_s: float,
    variables: Mapping[str, str] | None = None,
    cwd: str | None = None,
) -> Ran:
    """Run a command to its end, or stop it and all that it started after `within_s` seconds.

    `variables`: its whole environment; ours where None. Raises OSError where it does not start.
    """
    began, pipe = now(), asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
        env=variables,
        cwd=cwd,
        start_new_session=True,
    )
    said = asyncio.ensure_future(process.communicate())
    try:
        await asyncio.wait([said], timeout=within_s)
        code = process.returncode if said.done() else None
    finally:
        if not said.done():
            os.killpg(process.pid, signal.SIGKILL)
    # What left its group may hold its output open.
    await asyncio.wait([said], timeout=LETS_GO_S)
    if not said.done():
        said.cancel()
        process._transport.close()  # type: ignore[attr-defined] # there is no public way
    parts = said.result() if said.done() and not said.cancelled() else (b"", b"")
    output, errors = (part.decode("utf-8", "replace") for part in parts)
    return Ran(tuple(argv), within_s, code, output, errors, began, now() - began)
