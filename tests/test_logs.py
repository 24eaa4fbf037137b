"""Log sources: the lines of this run from a file or a command; a broken source proves nothing."""

import asyncio
from datetime import UTC, datetime

import pytest

from harness.errors import Unprovable
from harness.sections import Logs
from harness.target import logs as module
from harness.target.logs import LogSource

BEGIN = datetime(2026, 11, 23, 1, 2, 3, 999_000, tzinfo=UTC)


def from_command(*command: str) -> LogSource:
    return LogSource(Logs(source="command", command=command), None, BEGIN, 0)


@pytest.fixture
def from_file(tmp_path):
    path = tmp_path / "target.log"
    path.write_bytes(b"old\n")

    def of(visible_within_s=5.0):
        settings = Logs(source="file", path=str(path), visible_within_s=visible_within_s)
        return LogSource(settings, path, BEGIN, path.stat().st_size), path

    return of


def append(path, text: bytes) -> None:
    with path.open("ab") as file:
        file.write(text)


def test_file_is_read_from_where_it_ended_when_the_run_began(from_file):
    source, path = from_file()
    append(path, b"new\nb\xffd\n")
    assert asyncio.run(source.of_this_run()) == ["new", "b\ufffdd"]
    assert asyncio.run(source.all()) == ["old", "new", "b\ufffdd"]


def test_command_is_told_since_when(tmp_path):
    source = from_command("echo", "--since={since}\nsecond")
    assert asyncio.run(source.of_this_run()) == ["--since=2026-11-23T01:02:03Z", "second"]
    assert asyncio.run(source.all()) == ["--since=1970-01-01T00:00:00Z", "second"]


def test_lines_are_given_as_soon_as_they_are_what_is_waited_for(from_file):
    source, path = from_file()

    def met(lines):
        if not lines:
            append(path, b"Received webhook\n")
        return bool(lines)

    assert asyncio.run(source.until(met)) == ["Received webhook"]


def test_lines_are_given_as_they_are_when_the_time_is_over(from_file):
    source, path = from_file(visible_within_s=0.01)
    append(path, b"something else\n")
    assert asyncio.run(source.until(lambda lines: False)) == ["something else"]


def test_file_that_cannot_be_read_proves_nothing(tmp_path):
    path = tmp_path / "gone.log"
    source = LogSource(Logs(source="file", path=str(path)), path, BEGIN, 0)
    with pytest.raises(Unprovable) as caught:
        asyncio.run(source.of_this_run())
    assert str(caught.value) == f"the log {path} cannot be read (No such file or directory); mend logs.path"


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (
            ("no-such-command-here", "x"),
            "`no-such-command-here` does not start (No such file or directory); mend logs.command",
        ),
        (
            ("sh", "-c", "echo half; echo no such pod >&2; echo try another >&2; exit 3"),
            "`sh` ended with 3: no such pod / try another; mend logs.command",
        ),
    ],
)
def test_command_that_fails_proves_nothing(command, told):
    with pytest.raises(Unprovable) as caught:
        asyncio.run(from_command(*command).of_this_run())
    assert str(caught.value) == told


def test_command_that_never_ends_proves_nothing(monkeypatch):
    monkeypatch.setattr(module, "WITHIN_S", 0.05)
    with pytest.raises(Unprovable) as caught:
        asyncio.run(from_command("sleep", "60").of_this_run())
    assert str(caught.value) == "`sleep` gave no log within 0.05 s; mend logs.command"


def test_without_a_source_nothing_can_be_proven():
    with pytest.raises(Unprovable) as caught:
        LogSource(Logs(), None, BEGIN, 0)
    assert (caught.value.reason, caught.value.remedy) == ("there is no log source", "set logs.source")


@pytest.mark.parametrize(("argument", "is_asked"), [("--since={since}", True), ("--tail=9", False)])
def test_command_may_be_asked_for_what_is_new(argument, is_asked):
    assert (
        LogSource(Logs(source="command", command=["x", argument]), None, BEGIN, 0).is_asked_since == is_asked
    )


def test_file_gives_all_it_has(tmp_path):
    assert not LogSource(Logs(source="file", path="x"), tmp_path / "x", BEGIN, 0).is_asked_since
