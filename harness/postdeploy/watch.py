"""--watch: phase postdeploy again and again while a release is rolled out.

The version of the first round is that of all others, unless one is expected: a change is told as UNREACHABLE.
A round that is not proven or not reached is a blip: it decides only if it is the last. A broken promise ends the watch.
"""

import sys
import time
import traceback
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TextIO

import pytest

from harness import environment, notify, phases
from harness.environment import process_variables, step_summary
from harness.errors import ConfigError
from harness.evidence.exchange import now
from harness.interrupts import interruptible
from harness.options import replacing
from harness.postdeploy.durations import said, seconds
from harness.postdeploy.round import Ended, Rounds
from harness.postdeploy.rounds import WATCH, lines, written
from harness.verdict.model import EXIT_CODES
from harness.verdict.report import MESSAGE, inert

EVERY = "60s"
STOPPED, CRASHED = 2, 3


def watch(config: pytest.Config) -> tuple[str, int]:
    """What to print in the end, and the exit code. Raises ConfigError for options that cannot be.

    A crash of the watch is no NO-GO: nobody may roll back for it.
    """
    try:
        return _watched(config)
    except (ConfigError, pytest.UsageError):
        raise
    except Exception:  # noqa: BLE001 (whatever it is, it says nothing of the release)
        return f"{traceback.format_exc()}the watch crashed: no verdict", CRASHED


def _watched(config: pytest.Config) -> tuple[str, int]:
    given, phase = config.getoption("watch"), config.getoption("phase")
    if given is None:
        raise ConfigError("--every", "is said of no watch", "write --watch=30m, too")
    if phase not in (None, "postdeploy"):
        raise ConfigError("--watch", f"phase {phase} is no phase to watch", "leave out --phase")
    if part := next((name for name in ("shard", "region") if config.getoption(name) is not None), None):
        raise ConfigError("--watch", "is of one machine, whose rounds are whole", f"leave out --{part}")
    config.option.phase = "postdeploy"
    phases.settle(config)
    for_s, every_s = seconds(given, "--watch"), seconds(config.getoption("every") or EVERY, "--every")
    chosen = environment.load(config.getoption("env"), **replacing(config))
    assert chosen.deploy is not None, "an environment that was loaded knows its deploy"
    reports = phases.reports(Path(config.getoption("reports")) / chosen.name, ("postdeploy",))
    variable = config.getoption("notify_url_env")
    chat = notify.channel(variable, process_variables()) if variable is not None else None
    try:
        reports.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            "--reports", f"{reports} cannot be made ({error.strerror})", "name a folder"
        ) from None
    interruptible(config)
    watching = Watch(config, reports, chosen.deploy.at, chosen.file.expect.version, for_s, every_s)
    text, code = watching.run()
    if chat is not None and (reports / MESSAGE).is_file() and code != STOPPED:
        text += "\n" + chat.post((reports / MESSAGE).read_bytes())
    return text.rstrip("\n"), code


class Watch:
    """`for_s`: how long in all, what was watched before it was stopped included; `every_s`: from round to round."""

    def __init__(
        self,
        config: pytest.Config,
        reports: Path,
        deployed_at: datetime,
        version: str | None,
        for_s: float,
        every_s: float,
    ) -> None:
        self._rounds, self._reports, self._deployed_at = (
            Rounds(config, reports, deployed_at),
            reports,
            deployed_at,
        )
        self._for_s, self._every_s = for_s, every_s
        earlier = list(lines(reports / WATCH, deployed_at, version))
        self._before_s = float(earlier[-1]["watched_s"]) if earlier else 0.0
        # Health may name another release later, and what is then well says nothing of this one.
        self._rounds.version = version or next((line["version"] for line in earlier if line["version"]), None)
        self._begun = time.monotonic()
        self._screen = Screen(sys.stdout)

    @property
    def watched_s(self) -> float:
        """How long this deploy was watched so far."""
        return self._before_s + time.monotonic() - self._begun

    def run(self) -> tuple[str, int]:
        """Round after round; at least one."""
        if self._before_s:
            self._screen.line(f"going on: {said(self._before_s)} of {said(self._for_s)} were watched before")
        try:
            return self._run()
        except KeyboardInterrupt:
            self._screen.clear()
            return (
                f"stopped after {said(self.watched_s)} of {said(self._for_s)}; to go on, repeat the command with "
                f"--deployed-at={self._deployed_at.isoformat()}",
                STOPPED,
            )

    def _run(self) -> tuple[str, int]:
        while True:
            self._screen.passing("a round is running")
            started = time.monotonic()
            ended = self._rounds.run()
            if ended.verdict is None:
                self._screen.clear()
                # Without a verdict, a code that stands for one is a crash; so is the end by a signal.
                code = CRASHED if ended.code in EXIT_CODES.values() or ended.code < 0 else ended.code
                return f"{ended.said.rstrip()}\nthe watch ended: this round gave no verdict", code
            is_over = ended.decision == "NO-GO" or self.watched_s >= self._for_s
            self._note(ended)
            if is_over:
                return self._end(ended)
            self._wait(min(started + self._every_s - time.monotonic(), self._for_s - self.watched_s))

    def _note(self, ended: Ended) -> None:
        assert ended.verdict is not None
        items, version = ended.verdict["items"], ended.verdict["version"]
        if self._rounds.version is None and version and version.strip() and version.isprintable():
            self._rounds.version = version
        at = now()
        line = {
            "at": at.isoformat(),
            "deployed_at": self._deployed_at.isoformat(),
            "version": version,
            "decision": ended.decision,
            "exit_code": ended.code,
            "watched_s": round(self.watched_s, 3),
            "broken": [each["id"] for each in items if each["outcome"] == "broken"],
            "signals": {name: asdict(signal) for name, signal in ended.signals.items()},
        }
        written(self._reports / WATCH, line)
        self._screen.line(
            f"{at:%H:%M:%S}  {ended.decision:12}  {inert.one_line(version or 'no version')}  "
            f"{said(self.watched_s)} of {said(self._for_s)}  {ended.words}"
        )

    def _wait(self, wait_s: float) -> None:
        over = time.monotonic() + wait_s
        while (left := over - time.monotonic()) > 0:
            self._screen.passing(f"the next round is in {left:.0f} s")
            time.sleep(min(left, 1) if self._screen.is_live else left)

    def _end(self, ended: Ended) -> tuple[str, int]:
        if (summary := step_summary()) is not None:
            _append(summary, self._reports / "verdict.md")
        # A failure whole; of a good round its verdict.
        begin = 0 if ended.decision == "NO-GO" else max(ended.said.find("\nCHECKLIST"), 0)
        return f"{ended.said[begin:].strip()}\nwatched {said(self.watched_s)}: {ended.decision}", ended.code


class Screen:
    """Lines that stay, and on a terminal one below them that passes."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.is_live = file.isatty() and process_variables().get("TERM", "dumb") != "dumb"

    def line(self, text: str) -> None:
        self.clear()
        self._file.write(f"{text}\n")
        self._file.flush()

    def passing(self, text: str) -> None:
        if self.is_live:
            self._file.write(f"\r\x1b[2K{text}")
            self._file.flush()

    def clear(self) -> None:
        self.passing("")


def _append(summary: Path, report: Path) -> None:
    try:
        with summary.open("a", encoding="utf-8") as file:
            file.write(report.read_text("utf-8") + "\n")
    except OSError:
        return  # it must not change the outcome
