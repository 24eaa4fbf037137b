"""The variables of a release, and what is wrong with them."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ConfigError, Unprovable
from harness.evidence.command import Ran
from harness.evidence.secrets import Secrets
from harness.predeploy import dotenv, learned, values
from harness.predeploy.commands import run_named
from harness.predeploy.settings import Predeploy, Switches
from harness.sections import File
from runbook.switches import Switch, Table, load_switches

UNKNOWN = "(what it printed is not shown: the release's secrets could not be read, to be taken out)\n"


COMMAND = "predeploy.switches.command"


@dataclass(frozen=True, repr=False)
class Release:
    """The release's variables, looked at with the table; `source`: where they are, in words. `backends`: the
    origins at which clients may reach the backend, none where that is not known.

    Each finding is one line with the variable's name, and never holds a value.
    """

    table: Table
    given: Mapping[str, str]
    api_prefix: str
    source: str
    backends: tuple[str, ...] = ()

    def _set(self) -> Iterator[tuple[Switch, str]]:
        for switch in self.table.switches:
            if self.given.get(switch.name, "").strip():
                yield switch, self.given[switch.name]

    @property
    def missing(self) -> list[str]:
        """Those that have to be there, and are not."""
        wanted = [each.name for each in self.table.switches if each.required]
        return [
            f"{name} is {'empty' if name in self.given else 'missing'} in {self.source}"
            for name in wanted
            if not self.given.get(name, "").strip()
        ]

    @property
    def malformed(self) -> list[str]:
        """Those that are not of their kind."""
        told = ((switch, values.malformed(switch, value, self.api_prefix)) for switch, value in self._set())
        return [f"{switch.name} {problem}" for switch, problem in told if problem]

    @property
    def placeholders(self) -> list[str]:
        """Those that somebody meant to replace."""
        return [
            f"{switch.name} is a placeholder"
            for switch, value in self._set()
            if values.placeholder(switch, value, self.table.placeholders)
        ]

    @property
    def unfit(self) -> list[str]:
        """Those that have another value than a release may have."""
        return [
            f"{switch.name} is not {switch.value}"
            for switch, value in self._set()
            if switch.value is not None and value.strip().lower() != switch.value.lower()
        ]

    @property
    def doubled(self) -> list[str]:
        """Addresses that end with the API's prefix more than once."""
        return [
            f"{switch.name} ends with {self.api_prefix} {times} times"
            for switch, value in self._set()
            if switch.api_prefix and (times := values.prefixes(value, self.api_prefix)) > 1
        ]

    @property
    def elsewhere(self) -> list[str]:
        """Addresses of the backend that lead to another one."""
        return [
            f"{switch.name} does not lead to {' or '.join(self.backends)}; mend it, or predeploy.switches.backend_urls"
            for switch, value in self._set()
            if switch.api_prefix and self.backends and values.leads_elsewhere(value, self.backends)
        ]

    @property
    def given_away(self) -> list[str]:
        """Public variables that hold a secret: the value of one, a text that begins like one, or the name of one."""
        found = []
        for name, value in sorted(self.given.items()):
            if self.table.is_public(name) and (why := self._secret_in(name, value)):
                found.append(f"{name} is public, and {why}")
        return found

    def _secret_in(self, name: str, value: str) -> str | None:
        for switch in self.table.switches:
            own = self.given.get(switch.name, "").strip()
            if not switch.secret:
                continue
            if own and values.holds(value, own):
                return f"holds the value of {switch.name}"
            if value.strip().startswith(switch.prefixes):
                return f"begins like {switch.name}"
            if value.strip() and switch.name in name:
                return f"is called like {switch.name}"
        return None


async def read(
    settings: Switches,
    variables: Mapping[str, str],
    api_prefix: str,
    secrets: Secrets,
    base_url: str | None = None,
) -> Release:
    """The release's variables from where the environment file says; `variables`: those of this process;
    `base_url`: where the target is, if that is known beforehand.

    From now on no output shows a secret among them. Raises Unprovable for a command that does not give them: it says
    nothing of the release, and nothing of what it printed is shown.
    """
    table = load_switches()
    if settings.source == "command":
        told = await run_named(settings.command, None, settings.takes_at_most_s, COMMAND)
        given, source = _printed(told, table, secrets), f"what `{settings.command[0]}` prints"
    elif settings.path is not None:
        given, source = dotenv.read(Path(settings.path)), settings.path
    else:
        given, source = dict(variables), "the variables of this process"
    mine = {name: value for name, value in given.items() if table.named(name) or table.is_public(name)}
    learned.learn(secrets, table, mine)
    backends = (*([base_url] if base_url else []), *settings.backend_urls)
    return Release(table, mine, api_prefix, source, backends)


class Source:
    """The way to the release's variables, which are read once.

    What a command of the release prints may be shown once the secrets among them are known.
    """

    def __init__(
        self,
        settings: Switches,
        variables: Mapping[str, str],
        api_prefix: str,
        secrets: Secrets,
        base_url: str | None = None,
    ) -> None:
        self._settings, self._variables, self._api_prefix = settings, variables, api_prefix
        self._secrets, self._base_url = secrets, base_url
        self._reading: asyncio.Future[Release] | None = None

    async def read(self) -> Release:
        """As `read` below; in each process once, however many ask."""
        if self._reading is None:
            work = read(self._settings, self._variables, self._api_prefix, self._secrets, self._base_url)
            self._reading = asyncio.ensure_future(work)
            # asyncio would print an error that nobody came to ask for, unscrubbed.
            self._reading.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(self._reading)

    async def known(self) -> bool:
        """Whether its secrets are known. Those of a file or of this process are from the beginning."""
        if self._settings.source != "command":
            return True
        try:
            await self.read()
        except Unprovable:
            return False
        return True

    async def shown(self, text: str) -> str:
        """What a reader may see of a text that a command of the release printed, once it is scrubbed."""
        if not await self.known():
            return UNKNOWN
        learned.overhear(self._secrets, load_switches(), text)
        return text


def _printed(told: Ran, table: Table, secrets: Secrets) -> dict[str, str]:
    if not told.well:
        raise Unprovable(f"{told.title}, and was to print the release's variables", f"mend {COMMAND}")
    try:
        given = dotenv.parsed(told.output, "what it prints")
    except ConfigError as error:
        raise Unprovable(f"{told.title}; {error.where}: {error.problem}", error.remedy) from None
    learned.learn(secrets, table, given)
    return given


def settled(file: File, path: str | None, *, needed: bool) -> File:
    """The environment file with what --switches names.

    Raises ConfigError where they are `needed`, and the table or the named .env file is unusable.
    """
    predeploy = file.predeploy
    if not needed:
        return file
    if path is not None:
        predeploy = predeploy or Predeploy()
        switches = predeploy.switches.model_copy(update={"source": "file", "path": path})
        predeploy = predeploy.model_copy(update={"switches": switches})
    if predeploy is not None:
        load_switches()
        if predeploy.switches.source == "file" and predeploy.switches.path:
            dotenv.read(Path(predeploy.switches.path))
    return file.model_copy(update={"predeploy": predeploy})
