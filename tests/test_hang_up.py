"""A terminal that hangs up: what a run had started before the deploy does not outlive it."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.heeding import heeding

ROOT = Path(__file__).parent.parent
ENV = """
[target]
base_url = "https://target.invalid"
[[predeploy.guards]]
command = ["sh", "-c", "echo $$ > {folder}/guard; sleep 60 & wait"]
[predeploy.startup]
command = ["sh", "-c", "echo $$ > {folder}/start-$$; sleep 60 & wait"]
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "distributed"])
def test_guards_and_starts_end_with_the_terminal(tmp_path, workers):
    (tmp_path / "env.toml").write_text(ENV.replace("{folder}", str(tmp_path)))
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "pytest", f"--env={tmp_path}/env.toml", f"--reports={tmp_path}/reports"]
    command += ["-p", "no:cacheprovider", "--phase=predeploy", *workers]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=end, stdout=end, stderr=end, start_new_session=True, preexec_fn=heeding
    )
    os.close(end)
    try:
        started = (
            2 if workers else 6
        )  # the guard, and a start; a worker begins with what its first test needs
        _until(lambda: len(_told(tmp_path)) == started)
        os.killpg(process.pid, signal.SIGHUP)  # as the terminal does that it belongs to
        os.close(terminal)  # from here on it cannot even say so
        process.wait(30)
        groups = [int(path.read_text()) for path in _told(tmp_path)]
        _until(lambda: not any(_lives(group) for group in groups))
    finally:
        process.kill()
        process.wait()
        for group in [int(path.read_text()) for path in _told(tmp_path)]:
            if _lives(group):
                os.killpg(group, signal.SIGKILL)


def _told(folder):
    return [
        path for path in folder.iterdir() if path.is_file() and path.suffix == "" and path.read_text().strip()
    ]


def _until(condition, within_s=40):
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        os.sched_yield()


def _lives(group):
    """Whether a process of it is there that has not ended."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(of) == group and state != "Z":
            return True
    return False
