"""The verdict.json of the last whole run, kept beside the reports to compare with."""

from dataclasses import dataclass
from pathlib import Path

from harness.verdict.comparison import Earlier, earlier
from harness.verdict.report import NAMES

LAST, BASE = "verdict.json", "previous.json"


@dataclass(frozen=True)
class Previous:
    """The run to compare with, if there is one; `notes`: why an earlier one could not be used."""

    run: Earlier | None = None
    notes: tuple[str, ...] = ()


def set_aside(folder: Path, environment: str, *, goes_on: bool = False) -> Previous:
    """Clear `folder` of the reports of an earlier run, but for the verdict of the last whole one.

    That is moved before it is needed, so that a run that dies neither leaves an earlier verdict as its own nor
    loses what the next one is compared with. A file that is unusable is a note, never an error. `goes_on`: the last
    run was a round of the same watch, which is compared with what was before it.
    """
    run, notes = None, []
    for name in (BASE,) if goes_on else (LAST, BASE):
        path = folder / name
        try:
            found = _read(path, environment)
            if found.whole:
                run = found
                path.replace(folder / BASE)
                break
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            notes.append(f"{name} of an earlier run could not be used to compare with: {why}")
    for name in NAMES:
        (folder / name).unlink(missing_ok=True)
    return Previous(run, tuple(notes))


def _read(path: Path, environment: str) -> Earlier:
    found = earlier(path.read_bytes())
    if found.environment != environment:
        raise ValueError(f"it is of another environment, {found.environment!r}")
    return found
