"""The commands that an environment file names: whether what they start is here."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.predeploy.settings import Predeploy, argv
from harness.sections import File

Named = tuple[str, Sequence[str], str | None]  # the key, the command, the folder that it is run in


def missing(file: File, resource: str) -> Iterator[str]:
    """What stands in the way of the commands that checks get as `resource`, with the key; nothing is run."""
    for key, command, within in _commands(file, resource):
        executable = argv(command)[0]
        if within is not None and not Path(within).is_dir():
            yield f"the folder {within} is not found; check it out there, or mend `within` beside {key}"
        elif shutil.which(_place(executable, within)) is None:
            yield f"`{executable}` is not found; install it here, or mend {key}"


def _place(executable: str, within: str | None) -> str:
    """A path begins in the folder that the command is run in; a name is looked up in PATH."""
    return str(Path(within or ".") / executable) if "/" in executable else executable


def _commands(file: File, resource: str) -> Iterator[Named]:
    before, start = file.predeploy or Predeploy(), file.target.start
    match resource:
        case "logs" if file.logs.source == "command":
            yield "logs.command", file.logs.command, None
        case "guards":
            yield from (("predeploy.guards.command", guard.command, guard.within) for guard in before.guards)
        case "backend" if before.startup is not None:
            yield "predeploy.startup.command", before.startup.command, before.startup.within
        case "backend" if start is not None:
            yield "target.start.command", start.command, None
        case "switches_source" if before.switches.source == "command":
            yield "predeploy.switches.command", before.switches.command, None
        case "migrations":
            yield "predeploy.order.migrations", before.order.migrations, before.order.within
