"""The backend's start command, tried out: with all its secrets, and without one of them."""

import asyncio
import secrets
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from harness.errors import PromiseBroken, Unreachable
from harness.evidence.command import signal_name
from harness.evidence.exchange import Exchange, now, witness
from harness.evidence.secrets import Secrets
from harness.predeploy.commands import not_run
from harness.predeploy.process import Heard, ended, free_port, listening, stop
from harness.predeploy.settings import Startup, argv
from harness.target.api import Api
from harness.target.lifecycle import moved_to, ready
from runbook.switches import Table

# What a start in release mode logs (contract, section 7).
MARKERS = (
    "SERVER_DEV_MODE=FALSE",
    "Production configuration validated",
    "Created unique index on username_canon",
)
MOVES = 3  # redirects of health that are followed
SAID_WITHIN_S = 1  # after health has answered, for the last marker
_SHOWN = 20  # last lines in a message


@dataclass(frozen=True, eq=False, repr=False)
class Start:
    """One start, until health answered, the process had ended, or `within_s` were over.

    `code`: with which it ended by itself; None where it did not. `answer`: that of health. `given`: the secrets that it
    got, by name. `lacks`: the one that it did not get. `shown`: what a reader may see of `output`.
    """

    command: Sequence[str]
    lacks: str | None
    how: str
    within_s: float
    code: int | None
    output: str
    shown: str
    answer: Exchange | None
    given: Mapping[str, str]
    started: datetime
    elapsed: timedelta
    attempts: int = 1
    story: Sequence[Any] = field(default=())

    def __repr__(self) -> str:
        return f"<{self.title}>"

    def read(self) -> "Start":
        """Itself, as evidence of the test that reads it."""
        witness(self)
        return self

    @property
    def title(self) -> str:
        """`python -m backend` without JWT_SECRET_KEY ended with 1."""
        command = f"`{shlex.join(self.command)}`" + self.how
        if self.answer is not None:
            return f"{command} started"
        if self.code is None:
            return f"{command} was neither ready nor at its end within {self.within_s:g} s"
        if self.code < 0:
            return f"{command} was ended by {signal_name(-self.code)}"
        return f"{command} ended with {self.code}"

    @property
    def told(self) -> str:
        """The title, and the last line that it printed."""
        lines = self.output.strip().splitlines()
        return f"{self.title}: {lines[-1].strip()}" if lines else self.title

    @property
    def is_ready(self) -> bool:
        """Whether health answered."""
        return self.answer is not None

    @property
    def is_refused(self) -> bool:
        """Whether it ended by itself, with a code that says that this is an error."""
        return self.answer is None and self.code is not None and self.code > 0

    @property
    def health(self) -> Exchange:
        """The answer of health; raises PromiseBroken where there was none."""
        if self.answer is None:
            raise PromiseBroken(self.title, self)
        return self.answer

    def says(self, text: str) -> bool:
        """Whether that stands in what it printed."""
        return text in self.output

    @property
    def printed(self) -> list[str]:
        """The names of the secrets that it printed."""
        return [name for name, value in self.given.items() if value in self.output]

    def show(self, scrub: Callable[[str], str]) -> str:
        """Its last lines for a reader, without secrets."""
        lines = scrub(self.shown).strip().splitlines()
        cut = [f"({len(lines) - _SHOWN} lines before)"] if len(lines) > _SHOWN else []
        seconds = self.elapsed.total_seconds()
        return "\n".join([f"{self.title} in {seconds:.1f} s", *cut, *(lines[-_SHOWN:] or ["(no output)"])])

    def curl(self, scrub: Callable[[str], str]) -> str:
        """How to do it again by hand."""
        empty = self.how.endswith("empty")
        lacks = [f"{self.lacks}="] if empty else ["-u", self.lacks] if self.lacks else []
        variables = [f"{name}={value}" for name, value in self.given.items()]
        parts = ["env", *lacks, "SERVER_DEV_MODE=false", *variables, *self.command]
        return shlex.join([scrub(part) for part in parts])


class Backend:
    """Starts the backend, each time as a process of its own, in release mode and with secrets that are made up here.

    It gets the variables of this process but those of the release's switches: what a pipeline holds for the release
    is not for a trial. `api`: the calls of a deployment at an origin. `shown`: what a reader may see of its
    output. `key`: where the environment file names the command.
    """

    def __init__(
        self,
        settings: Startup,
        variables: Mapping[str, str],
        table: Table,
        known: Secrets,
        api: Callable[[str], Api],
        shown: Callable[[str], Awaitable[str]],
        key: str = "predeploy.startup.command",
    ) -> None:
        self._settings, self._api, self._shown, self._key = settings, api, shown, key
        self._inherited = {name: value for name, value in variables.items() if table.named(name) is None}
        self._given = {name: _made_up(table, name) for name in (*settings.secrets, *settings.generate)}
        for name, value in self._given.items():
            known.add(value, f"made-up {name}")

    @property
    def secrets(self) -> Sequence[str]:
        """Those without which it must not start."""
        return self._settings.secrets

    async def start(
        self, *, without: str | None = None, empty: str | None = None, said: Collection[str] = ()
    ) -> Start:
        """Start it, without a secret or with an empty one, and stop it; where it is ready, once `said` was printed.

        Raises Unprovable where there is nothing to start.
        """
        began, lacks = now(), without or empty
        how = f" without {without}" if without else f" with {empty} empty" if empty else ""
        given = {name: value for name, value in self._given.items() if name != lacks}
        port = free_port() if self._is_told_its_port else None
        command = argv(self._settings.command, port=str(port))
        variables = {**self._inherited, **self._settings.variables, "SERVER_DEV_MODE": "false", **self._given}
        if lacks is not None:
            del variables[lacks]
        async with self._process(command, variables | ({empty: ""} if empty else {}), port) as process:
            heard = Heard(process)
            code, answer = await self._watched(process, heard, port, said)
        await heard.out()
        within_s, elapsed = self._settings.takes_at_most_s, now() - began
        shown = await self._shown(heard.text)
        return Start(command, lacks, how, within_s, code, heard.text, shown, answer, given, began, elapsed)

    async def _watched(
        self, process: asyncio.subprocess.Process, heard: Heard, port: int | None, said: Collection[str]
    ) -> tuple[int | None, Exchange | None]:
        """What comes first: the code with which the process ends by itself, or the answer of health."""
        gone = asyncio.ensure_future(ended(process))
        up = asyncio.ensure_future(self._ready(heard, port))
        within_s = self._settings.takes_at_most_s
        try:
            await asyncio.wait([gone, up], timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
            if (answer := _answer(up)) is None:
                return process.returncode, None
            await heard.until(said, SAID_WITHIN_S)
            return None, answer
        finally:
            for task in (gone, up):
                task.cancel()
            await asyncio.gather(gone, up, return_exceptions=True)

    @property
    def _is_told_its_port(self) -> bool:
        return self._settings.port_variable is not None or any(
            "{port}" in each for each in self._settings.command
        )

    @asynccontextmanager
    async def _process(
        self, command: Sequence[str], variables: Mapping[str, str], port: int | None
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        settings, pipe = self._settings, asyncio.subprocess.PIPE
        place = {settings.port_variable: str(port)} if settings.port_variable is not None else {}
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                env={**variables, **place},
                cwd=settings.within,
                start_new_session=True,
            )
        except OSError as error:
            raise not_run(error, command, settings.within, self._key) from None
        try:
            yield process
        finally:
            await stop(process)

    async def _ready(self, heard: Heard, port: int | None) -> Exchange:
        """The first answer of health, at `port` or where the process says that it listens."""
        origin = await heard.place() if port is None else await listening(port)
        for _ in range(MOVES):
            health = await ready(self._api(origin), self._settings.takes_at_most_s, None)
            if (moved := moved_to(health)) is None:
                break
            origin = moved
        return health


def _answer(up: asyncio.Future[Exchange]) -> Exchange | None:
    try:
        return up.result() if up.done() else None
    except Unreachable:  # the time was over here a moment sooner
        return None


def _made_up(table: Table, name: str) -> str:
    """A secret of the form that the release's has."""
    switch = table.named(name)
    return (switch.prefixes[0] if switch and switch.prefixes else "") + secrets.token_hex(32)
