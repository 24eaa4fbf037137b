"""Whole runs of the suite, each in a process forked from one that has imported what a run needs."""

import gc
import json
import multiprocessing
import os
import resource
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
# What pytest rewrites is imported by the last of them, as pytest does it.
PRELOADED = [
    "anyio._backends._asyncio",
    "sniffio",
    "jwt",
    "httpcore",
    "playwright.async_api",
    "allure_commons",
    "harness.preflight",
    "harness.rules",
    "harness.target.customers",
    "harness.target.revenuecat",
    "harness.target.tokens",
    "tests.selfcheck.made_up",
    "tests.selfcheck.collected",
]
LONGEST_S = 120

_fork = multiprocessing.get_context("forkserver")
_fork.set_forkserver_preload(["pytest", *PRELOADED])


@dataclass(frozen=True)
class Ended:
    """A run that ended: its exit code, what it printed, and its verdict (None where it gave none).

    `peak_mb`: the most memory that it held.
    """

    code: int | None
    said: str
    verdict: dict[str, Any] | None
    peak_mb: float = 0

    @property
    def outcomes(self) -> dict[str, str]:
        """Outcome by item."""
        return {item["id"]: item["outcome"] for item in (self.verdict or {"items": []})["items"]}


def run(folder: Path, *arguments: str, variables: Mapping[str, str] | None = None) -> Ended:
    """Run the suite with its reports in `folder`; ends after LONGEST_S at the latest."""
    folder.mkdir(parents=True, exist_ok=True)
    output = folder / "output.txt"
    # Without capturing and without a cache, neither of which these runs need, each is a fifth shorter.
    command = [f"--reports={folder}", "-p", "no:cacheprovider", "-p", "no:logging", "-s", "-q", *arguments]
    places = str(output), str(folder / "peak.txt")
    process = _fork.Process(target=_suite, args=(*places, command, dict(variables or {})))
    process.start()
    process.join(LONGEST_S)
    if process.is_alive():
        process.kill()
        process.join()
    verdicts = sorted(folder.rglob("verdict.json"))  # those of a phase lie deeper
    verdict = json.loads(verdicts[0].read_text("utf-8")) if verdicts else None
    peak = folder / "peak.txt"
    peak_mb = float(peak.read_text()) if peak.exists() else 0
    return Ended(process.exitcode, output.read_text("utf-8", "replace"), verdict, peak_mb)


def refused(folder: Path, commands: Mapping[str, list[str]]) -> dict[str, Ended]:
    """Runs that end before their first check, all in one process; `folder/name` has a run's files, see elsewhere.py."""
    process = _fork.Process(target=_several, args=(str(folder), dict(commands)))
    process.start()
    process.join(LONGEST_S)
    if process.is_alive():
        process.kill()
        process.join()
    ended = {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in commands}
    said = {name: (folder / f"{name}.txt").read_text("utf-8", "replace") for name in commands}
    return {name: Ended(ended[name], said[name], None) for name in commands}


def _several(folder: str, commands: dict[str, list[str]]) -> None:
    os.chdir(ROOT)
    for name, command in commands.items():
        sink = os.open(f"{folder}/{name}.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.environ["ELSEWHERE"] = f"{folder}/{name}"
        code = pytest.main(["-p", "no:cacheprovider", "-p", "selfcheck.elsewhere", "-q", *command])
        Path(f"{folder}/{name}.json").write_text(str(int(code)))


def _suite(output: str, peak: str, command: list[str], variables: dict[str, str]) -> None:
    sink = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    os.chdir(ROOT)
    os.environ.update(variables)
    gc.disable()  # a run ends before that would pay
    code = pytest.main(command)
    Path(peak).write_text(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))  # it counts in kB
    sys.exit(code)
