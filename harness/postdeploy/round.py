"""One round of a watch: a run of phase postdeploy in a process of its own, and what came of it."""

import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from harness.environment import process_variables
from harness.evidence.exchange import now
from harness.verdict.model import EXIT_CODES
from harness.verdict.signals import Signal

# Of the watch as a whole; a round is told its phase and the moment of the deploy.
OF_THE_WATCH = ("--watch", "--every", "--deployed-at", "--phase", "--notify-url-env")
ONCE = "GITHUB_STEP_SUMMARY"  # the variable of a summary that each round would add to
ADDED = "PYTEST_ADDOPTS"  # options that pytest takes as if they stood on its command line


@dataclass(frozen=True)
class Ended:
    """`verdict`: as verdict.json has it, None where the round gave none. `said`: all that it printed."""

    code: int
    said: str
    verdict: dict[str, Any] | None

    @property
    def decision(self) -> str:
        return str(self.verdict["decision"]) if self.verdict else ""

    @property
    def signals(self) -> dict[str, Signal]:
        return {each["name"]: Signal(**each) for each in (self.verdict or {"signals": []})["signals"]}

    @property
    def words(self) -> str:
        """What was measured, and the items that are not proven."""
        measured = [f"{name} {signal.said}" for name, signal in self.signals.items()]
        items = (self.verdict or {"items": []})["items"]
        open_items = [
            f"{each['id']} {each['outcome']}" for each in items if each["outcome"] in ("broken", "not proven")
        ]
        unreachable = (self.verdict or {}).get("unreachable")
        return " | ".join(
            [*([str(unreachable).splitlines()[0]] if unreachable else []), *open_items, *measured]
        )


class Rounds:
    """Runs rounds with the options of the command line; `reports`: the folder of their reports."""

    def __init__(self, config: pytest.Config, reports: Path, deployed_at: datetime) -> None:
        given = others(config.invocation_params.args)
        self._command = [sys.executable, "-m", "pytest", *given, "--phase=postdeploy"]
        self._command.append(f"--deployed-at={deployed_at.isoformat()}")
        self._folder, self._reports = config.invocation_params.dir, reports
        self.version: str | None = None  # the only one that a round may be about

    def run(self) -> Ended:
        """One round, to its end. One that is interrupted ends its own process well, and takes no second signal."""
        self._reports.mkdir(parents=True, exist_ok=True)
        began, output = now(), self._reports / "watch.log"
        variables = of_a_round(process_variables())
        with output.open("wb") as file:
            # In a session of its own: Ctrl-C in a terminal would reach it, too, beside what is sent below.
            process = subprocess.Popen(
                [*self._command, *([f"--expect-version={self.version}"] if self.version else [])],
                cwd=self._folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = process.wait()
            except KeyboardInterrupt:
                process.send_signal(signal.SIGTERM)
                process.wait()
                raise
        return Ended(code, output.read_text("utf-8", "replace"), self._verdict(code, began))

    def _verdict(self, code: int, began: datetime) -> dict[str, Any] | None:
        if code not in EXIT_CODES.values():
            return None
        try:
            found: dict[str, Any] = json.loads((self._reports / "verdict.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found if datetime.fromisoformat(found["started"]) >= began else None


def of_a_round(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that a round is given: none that would make it a watch, or add its summary to the build's."""
    found = {name: value for name, value in variables.items() if name != ONCE}
    if given := found.get(ADDED):
        found[ADDED] = shlex.join(others(shlex.split(given)))
    return found


def others(arguments: Sequence[object]) -> list[str]:
    """The arguments of a command line without those of the watch as a whole."""
    return list(_others(map(str, arguments)))


def _others(arguments: Iterable[str]) -> Iterator[str]:
    rest = iter(arguments)
    for argument in rest:
        name, equals, _ = argument.partition("=")
        if name not in OF_THE_WATCH:
            yield argument
        elif not equals:
            next(rest, None)
