"""--runbook: a team's own checklist from its file to the reports."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.environment import Environment
from harness.evidence.secrets import Secrets
from harness.verdict.report import NAMES, Report, ticked
from runbook import boxes, matching
from runbook.errors import ConfigError
from runbook.loader import Runbook

OPTION = "--runbook"


def reports_of(
    config: pytest.Config, environment: Environment, runbook: Runbook, folder: Path
) -> dict[str, Report]:
    """The ticked runbook by its file's name in `folder`; nothing where there is none to tick.

    Raises ConfigError.
    """
    given = config.getoption("runbook")
    if given is None:
        return {}
    secrets = Secrets()
    for name, value in environment.secrets.items():
        secrets.add(value, name)
    name, report = ticked_report(Path(given), runbook, folder, secrets.scrub)
    return {name: report}


def ticked_report(
    path: Path, runbook: Runbook, folder: Path, scrub: Callable[[str], str]
) -> tuple[str, Report]:
    """The name of the ticked file in `folder`, and what renders it. Raises ConfigError.

    A secret that stands in the file is scrubbed; all else of it is kept as it is.
    """
    where = f"{OPTION}={path}"
    name = f"{path.stem}.md"
    if name.casefold() in {each.casefold() for each in NAMES}:
        raise ConfigError(where, f"its report would be {name}, which is the verdict's", "rename the file")
    checklist = boxes.read(scrub(_text(path, where)))
    if (folder / name).exists() and (folder / name).samefile(path):
        raise ConfigError(where, "its report would replace it", "keep it elsewhere than in the reports")
    if ticked.MARKER in checklist.text:
        raise ConfigError(
            where, "is a report of this verifier already", "name the checklist it was made from"
        )
    if not checklist.boxes:
        raise ConfigError(
            where, "holds no box", 'write its lines as "- [ ] ...", in a list and not in a table'
        )
    if not checklist.closed:
        raise ConfigError(where, "a code block or a comment in it never ends", "close it")
    lines = matching.match(checklist, runbook, str(path))
    return name, lambda verdict: ticked.render(verdict, checklist, lines, path.name)


def _text(path: Path, where: str) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise ConfigError(where, "no such file", "name a Markdown file") from None
    except IsADirectoryError:
        raise ConfigError(where, "is a folder", "name a Markdown file in it") from None
    except OSError as error:
        raise ConfigError(where, f"cannot be read ({error.strerror})", "check its permissions") from None
    except ValueError as error:  # not UTF-8, or a name that cannot be one
        place = f" (byte {error.start})" if isinstance(error, UnicodeDecodeError) else ""
        raise ConfigError(where, f"is not UTF-8{place}", "save it as UTF-8") from None
