"""The phases of a release: before its deploy, right after it, and while it is being rolled out."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest

from runbook.errors import ConfigError
from runbook.loader import Phase

PHASES: tuple[Phase, ...] = get_args(Phase)  # in the order of a release
FOLDERS: dict[str, Phase] = {  # of checks
    "predeploy": "predeploy",
    "smoke": "smoke",
    "contracts": "smoke",
    "postdeploy": "postdeploy",
}
FIXTURES = {  # what only the checks of a folder ask for
    "predeploy": "harness.predeploy.fixtures",
    "smoke": "harness.web.fixtures",
    "contracts": "harness.contract.fixtures",
    "postdeploy": "harness.postdeploy.fixtures",
}
USUAL: Phase = "smoke"


def settle(config: pytest.Config) -> None:
    """Choose the phases of a run, from --phase or else from the paths that are named, and what is collected for them.

    Raises UsageError for a path of another phase than the chosen one.
    """
    named = {FOLDERS[folder] for path in arguments(config) if (folder := _folder(config, path))}
    given = config.option.phase
    config.option.phase = list(PHASES) if given == "all" else [given] if given else sorted(named) or [USUAL]
    if strange := sorted(named - set(config.option.phase)):
        raise pytest.UsageError(
            f"--phase={given}: a path of phase {strange[0]} is named, too; leave out one of them"
        )
    if config.args_source == pytest.Config.ArgsSource.TESTPATHS:
        config.args = [str(place) for place in places(config)]


def chosen(config: pytest.Config) -> tuple[Phase, ...]:
    """The phases of this run, once they are settled, in the order of a release."""
    return tuple(phase for phase in PHASES if phase in config.option.phase)


def places(config: pytest.Config) -> list[Path]:
    """The folders of the checks of this run's phases."""
    every = [config.rootpath / name for name, phase in FOLDERS.items() if phase in config.option.phase]
    return [place for place in every if place.is_dir()]


def fixtures(config: pytest.Config) -> list[str]:
    """The modules of fixtures that this run may need; the others would only make its start longer."""
    named = list(arguments(config))
    wanted = [place for place in places(config) if not named or any(near(path, place) for path in named)]
    return [FIXTURES[place.name] for place in wanted]


def near(path: Path, place: Path) -> bool:
    """Whether one of them is the other, or lies in it."""
    return path.is_relative_to(place) or place.is_relative_to(path)


def of_another(config: pytest.Config, path: Path) -> bool:
    """Whether this is a folder of checks that belong to no phase of this run."""
    return path.parent == config.rootpath and path.name in FOLDERS and path not in places(config)


def title(phases: Iterable[Phase]) -> str:
    """The chosen phases in a word, as --phase takes them."""
    found = list(phases)
    return found[0] if len(found) == 1 else "all" if len(found) == len(PHASES) else "+".join(found)


def named(word: str) -> tuple[Phase, ...]:
    """The phases of which `title` makes this word; raises ConfigError."""
    found = PHASES if word == "all" else tuple(phase for phase in PHASES if phase in word.split("+"))
    if not found or title(found) != word:
        raise ConfigError("phase", f"{word!r} is none", f"use {', '.join(PHASES)} or all")
    return found


def reports(home: Path, phases: tuple[Phase, ...]) -> Path:
    """Where the reports of these phases go; `home` is the environment's folder."""
    return home if USUAL in phases else home / title(phases)


def excuses(pattern: str, phases: Iterable[Phase]) -> bool:
    """Whether a pattern of node ids may be meant for checks of these phases."""
    return FOLDERS.get(pattern.partition("/")[0], USUAL) in phases


def arguments(config: pytest.Config) -> Iterable[Path]:
    """The paths of the command line."""
    if config.args_source == pytest.Config.ArgsSource.TESTPATHS:
        return
    for argument in config.args:
        # As pytest itself: without following symbolic links.
        yield Path(os.path.abspath(config.invocation_params.dir / argument.partition("::")[0]))


def _folder(config: pytest.Config, path: Path) -> str | None:
    if not path.is_relative_to(config.rootpath) or path == config.rootpath:
        return None
    first = path.relative_to(config.rootpath).parts[0]
    return first if first in FOLDERS else None
