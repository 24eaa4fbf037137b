"""[predeploy] of an environment file: what is to be looked at before the deploy."""

from typing import Annotated

from pydantic import Field

from harness.kinds import Seconds
from runbook.tomlfile import Section

Command = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]


class Guard(Section):
    """A command that has to end with 0 before anything is deployed. `within`: the folder that it is run in."""

    command: Command
    within: str | None = None
    takes_at_most_s: Seconds = 300


class Predeploy(Section):
    guards: Annotated[tuple[Guard, ...], Field(strict=False)] = ()
