"""Commands that an environment file names, run before the deploy."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from harness.errors import Unprovable
from harness.evidence.command import Ran, ran
from harness.predeploy.settings import Guard, Order, argv


async def run_named(command: Sequence[str], folder: str | None, takes_at_most_s: float, key: str) -> Ran:
    """How a command ended. Raises Unprovable, with its `key` in the environment file, for one that cannot be run."""
    try:
        return await ran(argv(command), takes_at_most_s, cwd=folder)
    except OSError as error:
        raise not_run(error, command, folder, key) from None


def not_run(error: OSError, command: Sequence[str], folder: str | None, key: str) -> Unprovable:
    """Why a command cannot be run here, which says nothing of the release; `key`: its place in the environment file."""
    if folder is not None and not Path(folder).is_dir():
        return Unprovable(f"there is no folder {folder}", f"mend {key.rpartition('.')[0]}.within")
    return Unprovable(f"`{command[0]}` cannot be run ({error.strerror})", f"install it, or mend {key}")


async def migrated(order: Order, shown: Callable[[str], Awaitable[str]]) -> Ran:
    """How the command that looks for pending migrations ended. `shown`: what a reader may see of its output."""
    ended = await run_named(
        order.migrations, order.within, order.takes_at_most_s, "predeploy.order.migrations"
    )
    return ended.withheld(await shown(ended.output + ended.errors))


async def guarded(guards: Sequence[Guard], shown: Callable[[str], Awaitable[str]]) -> list[Ran]:
    """How each guard ended; they may share a folder, so one after the other.

    Raises Unprovable for one that cannot be run, unless another one has shown that the release is broken.
    """
    told, lacking = list[Ran](), list[Unprovable]()
    for nth, guard in enumerate(guards):
        key = f"predeploy.guards.{nth}.command"
        try:
            ended = await run_named(guard.command, guard.within, guard.takes_at_most_s, key)
        except Unprovable as reason:
            lacking.append(reason)
        else:
            told.append(ended.withheld(await shown(ended.output + ended.errors)))
    if lacking and all(each.well for each in told):
        raise lacking[0]
    return told
