"""The table of the variables that a release needs: switches.toml."""

from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from runbook import tomlfile
from runbook.errors import ConfigError
from runbook.loader import HERE, Text

Kind = Literal["origin", "hex64", "prefix", "dsn", "flag", "text"]
Texts = Annotated[tuple[Text, ...], Field(strict=False)]


class Switch(tomlfile.Section):
    """One variable; its keys are described at the top of the file."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    kind: Kind
    side: Literal["server", "client"]
    required: bool = True
    secret: bool = False
    prefixes: Texts = ()
    api_prefix: bool = False
    value: Text | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Switch":
        if self.secret and self.side == "client":
            raise ValueError(f"{self.name} is a secret of a client, which is none; set side or secret")
        if bool(self.prefixes) != (self.kind == "prefix"):
            raise ValueError(f'{self.name}: prefixes go with kind = "prefix"; mend one of them')
        if self.api_prefix and self.kind != "origin":
            raise ValueError(f'{self.name}: api_prefix goes with kind = "origin"; mend one of them')
        return self


class Table(tomlfile.Section):
    public_prefixes: Texts
    placeholders: Texts = ()
    switches: Annotated[tuple[Switch, ...], Field(strict=False, min_length=1)]

    def is_public(self, name: str) -> bool:
        """Whether a variable of that name is built into the client."""
        return name.startswith(self.public_prefixes)

    def named(self, name: str) -> Switch | None:
        """The switch of that name."""
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, Switch]:
        return {switch.name: switch for switch in self.switches}


def load_switches(folder: Path = HERE) -> Table:
    """`switches.toml` of `folder`; raises ConfigError, with file and switch."""
    path = folder / "switches.toml"
    table = tomlfile.read(path, Table)
    seen: set[str] = set()
    for switch in table.switches:
        where = f"{path}: {switch.name}"
        if switch.name in seen:
            raise ConfigError(where, "this switch is there twice", "keep one")
        seen.add(switch.name)
        if table.is_public(switch.name) and switch.side == "server":
            raise ConfigError(
                where, "its name is public, and its side the server", 'set side = "client", or rename it'
            )
    return table
