"""The options that the verifier adds to pytest's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from harness import phases
from harness.errors import ConfigError
from harness.evidence.exchange import now
from harness.rollout import base_url

ANSWERED = ("list_envs", "watch", "every", "attest", "by", "note")  # without a run of checks
_PLACES = {"--junitxml": "xmlpath", "--timeline": "timeline", "--alluredir": "allure_report_dir"}


def add_options(parser: pytest.Parser) -> None:
    """All of them, in one group of --help."""
    group = parser.getgroup("verifier", "release verifier")
    group.addoption(
        "--env", default="local", metavar="NAME", help="environments/NAME.toml, or a path to a file"
    )
    group.addoption(
        "--phase",
        choices=(*phases.PHASES, "all"),
        help="of the release: before its deploy, right after it (smoke, unless paths say otherwise), or later",
    )
    group.addoption("--base-url", metavar="ORIGIN", help="replaces target.base_url of the environment")
    group.addoption(
        "--wait",
        type=float,
        metavar="SECONDS",
        help="how long to wait until the target is ready, and so deployed",
    )
    group.addoption(
        "--expect-version", metavar="V", help="the release that was deployed; any other is waited out"
    )
    group.addoption(
        "--switches", metavar="FILE", help="the .env file with the release's variables, for phase predeploy"
    )
    group.addoption(
        "--deployed-at",
        metavar="TIME",
        help="when the release went live, ISO 8601 with an offset (phase postdeploy)",
    )
    group.addoption(
        "--watch", metavar="DURATION", help="repeat phase postdeploy for that long, such as 30m, and end"
    )
    group.addoption("--every", metavar="DURATION", help="from one round of a --watch to the next (60s)")
    group.addoption("--list-envs", action="store_true", help="list the environments and end")
    group.addoption(
        "--check-env", action="store_true", help="say what the environment can prove, and run no check"
    )
    group.addoption(
        "--reports", default="reports", metavar="DIR", help="where the reports go: DIR/<environment>/"
    )
    group.addoption(
        "--canary-header",
        metavar="NAME:VALUE",
        help="send it with every request to the target, the browser's included; @VARIABLE for a secret value",
    )
    group.addoption(
        "--canary-base-url", metavar="ORIGIN", help="as --base-url, of a build that players do not get yet"
    )
    group.addoption(
        "--samples",
        type=int,
        metavar="N",
        help="ask health N times, as a player, and note which versions answer",
    )
    group.addoption(
        "--shard",
        metavar="K/N",
        help="run the Kth of N parts of the checks; harness.merge joins their reports",
    )
    group.addoption(
        "--region", metavar="NAME", help="where this run is made, for harness.merge to compare regions"
    )
    group.addoption(
        "--runbook", metavar="FILE", help="a Markdown checklist: tick what is proven, in the reports' folder"
    )
    group.addoption(
        "--attest",
        action="append",
        metavar="ITEM",
        help="sign for an item in the version that answers now, and end; with --by and --note",
    )
    group.addoption("--by", metavar="NAME", help="who signs")
    group.addoption("--note", metavar="TEXT", help="what they did or saw")
    group.addoption(
        "--notify-url-env",
        metavar="VAR",
        help="post message.json to the address that the variable VAR holds, for example a Slack webhook",
    )
    group.addoption("--timeline", metavar="FILE", help="write what was gathered when, as lines of JSON")
    group.addoption(
        "--fuzz-seed",
        type=int,
        metavar="N",
        help="make up the same requests again; default: others each time",
    )
    group.addoption(
        "--fuzz-examples", type=int, default=12, metavar="N", help="random requests of each operation (12)"
    )
    group.addoption(
        "--fuzz-seconds",
        type=float,
        default=30,
        metavar="S",
        help="then no more are sent, for each item (30)",
    )


def check_places(config: pytest.Config) -> None:
    """Raises UsageError for files of the run that cannot be written: at its end it would be too late to say so."""
    if not config.getoption("reports"):  # a variable that is not set
        raise pytest.UsageError("--reports: names no folder; write --reports=DIR, or leave it out")
    for option, name in _PLACES.items():
        given = config.getoption(name, None)
        if given:
            place, is_folder = Path(given), name == "allure_report_dir"
            with usable():
                _check_place(option, place if is_folder else place.parent, None if is_folder else place)


def _check_place(option: str, folder: Path, file: Path | None) -> None:
    where = f"{option}={file or folder}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(where, f"cannot be written ({error.strerror})", "name another place") from None
    if file is not None and file.is_dir():
        raise ConfigError(where, "is a folder", "name a file in it")
    if not os.access(folder, os.W_OK):
        raise ConfigError(where, "cannot be written (Permission denied)", "name another place")


@contextmanager
def usable() -> Iterator[None]:
    """What is unusable ends the run as pytest ends it for an unknown option; its output names the exit code, too."""
    try:
        yield
    except ConfigError as error:
        raise pytest.UsageError(f"{error} (exit code 4: nothing was run)") from None


@contextmanager
def replacing_reports() -> Iterator[None]:
    """Raises ConfigError where something in the reports' folder stands in the way."""
    try:
        yield
    except OSError as error:
        where = f"--reports: {error.filename}"
        raise ConfigError(
            where, f"cannot be replaced ({error.strerror})", "remove it, or name another folder"
        ) from None


def replacing(config: pytest.Config) -> dict[str, Any]:
    """What the command line says in place of the environment file, as `environment.load` takes it.

    Raises ConfigError for an option that no phase of this run reads.
    """
    if config.getoption("switches") is not None and "predeploy" not in phases.chosen(config):
        raise ConfigError(
            "--switches",
            "is said of a run without phase predeploy",
            "leave it out, or write --phase=predeploy",
        )
    given = getattr(config, "workerinput", {"verifier_begun": now().isoformat()})
    config.option.begun = given["verifier_begun"]  # the same moment in every process
    return {
        "base_url": base_url(config),
        "deployed_at": config.getoption("deployed_at"),
        "begun": datetime.fromisoformat(config.option.begun),
        "wait_s": config.getoption("wait"),
        "version": config.getoption("expect_version"),
        "switches": config.getoption("switches"),
        "phases": phases.chosen(config),
    }
