"""Commands of an environment file: how each ended, and what is left of one that did not."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from harness.evidence import command
from harness.evidence.command import ran
from harness.evidence.exchange import witnessed


def run(*argv, within_s=60, **more):
    return asyncio.run(ran(argv, within_s, **more))


def test_command_that_ends_well():
    ended = run("sh", "-c", "echo said; echo warned >&2")
    assert ended.well
    assert (ended.code, ended.output, ended.errors) == (0, "said\n", "warned\n")


@pytest.mark.parametrize(
    ("script", "title"),
    [
        ("exit 3", "`sh -c 'exit 3'` ended with 3"),
        ("kill -TERM $$", "`sh -c 'kill -TERM $$'` was ended by SIGTERM"),
        ("kill -36 $$", "`sh -c 'kill -36 $$'` was ended by signal 36"),
        ("sleep 60 & echo $!; wait", "`sh -c 'sleep 60 & echo $!; wait'` did not end within 0.3 s"),
    ],
)
def test_command_that_does_not(script, title):
    ended = run("sh", "-c", script, within_s=0.3)
    assert not ended.well
    assert ended.title == title


def test_what_runs_away_from_a_stopped_command_is_not_waited_for(monkeypatch, tmp_path):
    monkeypatch.setattr(command, "LETS_GO_S", 0.05)
    # A group of its own, so that it outlives the command; `exec` keeps the pid that is written down.
    runaway = f"setsid sh -c 'echo $$ > {tmp_path}/pid; exec sleep 60' & wait"
    ended = run("sh", "-c", runaway, within_s=1)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert (ended.code, ended.output) == (None, "")


def test_what_a_command_leaves_in_the_background_ends_with_it_and_is_not_waited_for():
    ended = run("sh", "-c", "sleep 60 & echo $!; exit 0", within_s=30)
    assert (ended.well, ended.elapsed.total_seconds() < 10) == (True, True)
    gone(int(ended.output))
    ended = run("sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!; exit 0", within_s=30)
    assert ended.well
    gone(int(ended.output))


def gone(pid):
    """Nobody is there, or somebody who only waits for its parent to ask how it ended."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state == "Z":
            return
    pytest.fail(f"{pid} is still there")


def test_last_lines_of_what_a_command_started_are_heard():
    ended = run("bash", "-c", "exec > >(sleep 0.05; cat); echo last")
    assert (ended.code, ended.output) == (0, "last\n")


def test_output_longer_than_a_pipe_is_whole():
    assert len(run("seq", "1", "200000").output.splitlines()) == 200000


def test_command_gets_the_variables_and_the_folder_that_it_is_given(tmp_path):
    code = "import os; print(os.environ.get('GIVEN'), os.environ.get('HOME'), os.getcwd())"
    ended = run(sys.executable, "-c", code, variables={"GIVEN": "yes"}, cwd=str(tmp_path))
    assert ended.output.split() == ["yes", "None", str(tmp_path)]


def test_reader_is_shown_the_last_lines_without_secrets():
    ended = run("seq", "1", "30")
    shown = ended.show(lambda text: text.replace("30", "<secret>")).splitlines()
    assert shown[0].startswith("`seq 1 30` ended with 0 in ")
    assert (shown[1], shown[2], shown[-1]) == ("(10 lines before)", "11", "<secret>")


def test_reading_it_makes_it_evidence():
    ended = run("true")
    with witnessed() as evidence:
        assert ended.read() is ended
    assert evidence == [ended]
    assert ended.curl(str) == "true"
