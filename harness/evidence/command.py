"""A command of the environment file, and how it ended."""

import asyncio
import os
import shlex
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from harness.evidence.exchange import now, witness

LETS_GO_S = 5  # after it was stopped
LINGERS_S = 0.2  # after it ended: what still writes its last lines
LOOKS_S = 0.02  # between two looks whether it has ended
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
            return f"`{command}` was ended by {signal_name(-self.code)}"
        return f"`{command}` ended with {self.code}"

    @property
    def told(self) -> str:
        """The title, and the last line that it printed."""
        lines = (self.output + self.errors).strip().splitlines()
        return f"{self.title}: {lines[-1].strip()}" if lines else self.title

    def withheld(self, instead: str) -> "Ran":
        """The same, with a text in the place of what it printed."""
        return replace(self, output=instead, errors="")

    def show(self, scrub: Callable[[str], str]) -> str:
        """Its last lines for a reader, without secrets."""
        lines = scrub(self.output + self.errors).strip().splitlines()
        cut = [f"({len(lines) - _SHOWN} lines before)"] if len(lines) > _SHOWN else []
        seconds = self.elapsed.total_seconds()
        return "\n".join([f"{self.title} in {seconds:.1f} s", *cut, *(lines[-_SHOWN:] or ["(no output)"])])

    def curl(self, scrub: Callable[[str], str]) -> str:
        """How to do it again by hand."""
        return scrub(shlex.join(self.argv))


def signal_name(number: int) -> str:
    """`SIGTERM`; `signal 36` for one that has no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


async def ran(
    argv: Sequence[str],
    within_s: float,
    variables: Mapping[str, str] | None = None,
    cwd: str | None = None,
) -> Ran:
    """Run a command to its end, or stop it after `within_s` seconds; what it started ends with it.

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
    assert process.stdout is not None
    assert process.stderr is not None
    said = bytearray(), bytearray()
    readers = [
        asyncio.ensure_future(_read(stream, into))
        for stream, into in zip((process.stdout, process.stderr), said, strict=True)
    ]
    try:
        code = await _code(process, within_s)
        if code is not None:
            await asyncio.wait(readers, timeout=LINGERS_S)
    finally:
        with suppress(ProcessLookupError, PermissionError):  # nothing of it is left
            os.killpg(process.pid, signal.SIGKILL)
    # What left its group may hold its output open.
    if (await asyncio.wait(readers, timeout=LETS_GO_S))[1]:
        for reader in readers:
            reader.cancel()
        process._transport.close()  # type: ignore[attr-defined] # there is no public way
    output, errors = (part.decode("utf-8", "replace") for part in said)
    return Ran(tuple(argv), within_s, code, output, errors, began, now() - began)


async def _code(process: asyncio.subprocess.Process, within_s: float) -> int | None:
    """The code with which it ends in time; asyncio's own wait goes on while something else holds its output open."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while process.returncode is None:
                await asyncio.sleep(LOOKS_S)
    return process.returncode


async def _read(stream: asyncio.StreamReader, into: bytearray) -> None:
    while chunk := await stream.read(65536):
        into += chunk
