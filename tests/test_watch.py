"""--watch: rounds until the time is over or a promise is broken; blips; stopped and gone on with."""

import io
import json
import re
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from selfcheck import catalogue, runs

from harness.errors import ConfigError
from harness.postdeploy import round as rounding
from harness.postdeploy import watch as module
from harness.postdeploy.durations import said, seconds
from harness.postdeploy.round import Ended, others
from harness.postdeploy.rounds import lines, rounds, unmeasured, written
from harness.postdeploy.watch import Watch
from tests.heeding import heeding

DEPLOY = datetime(2026, 11, 24, 2, tzinfo=UTC)
SIGNAL = {
    "name": "errors", "title": "x", "unit": "count", "value": 0, "sample": None,
    "broken_below": None, "broken_above": 0, "healthy_above": None,
}  # fmt: skip
LINE = {
    "at": DEPLOY.isoformat(), "deployed_at": DEPLOY.isoformat(), "version": "1", "decision": "GO", "watched_s": 1,
    "signals": {},
}  # fmt: skip
CODES = {"GO": 0, "NO-GO": 1, "INCONCLUSIVE": 10, "UNREACHABLE": 11}


# --- durations


@pytest.mark.parametrize(
    ("text", "value"), [("45s", 45), ("30m", 1800), ("2h", 7200), ("0.5s", 0.5), (" 1.5m ", 90)]
)
def test_duration_is_a_number_with_its_unit(text, value):
    assert seconds(text, "--watch") == value


@pytest.mark.parametrize(
    "text", ["", "30", "m", "-5m", "0s", "5d", "1e3s", "5 m", "inf", "nan", "٣m", "200h", "1h30m"]
)
def test_other_text_is_no_duration(text):
    with pytest.raises(ConfigError) as caught:
        seconds(text, "--every")
    assert (
        str(caught.value) == f"--every: {text!r} is no duration; write --every=45s, --every=30m or --every=2h"
    )


@pytest.mark.parametrize(
    ("value", "text"), [(0.04, "0 s"), (45, "45 s"), (90, "1.5 m"), (1800, "30 m"), (5400, "1.5 h")]
)
def test_duration_is_said_in_short(value, text):
    assert said(value) == text


# --- options


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--watch=soon"], "--watch: 'soon' is no duration"),
        (["--watch=1m", "--every=0s"], "--every: '0s' is no duration"),
        (["--every=5s"], "--every: is said of no watch; write --watch=30m, too"),
        (["--watch=1m", "--phase=smoke"], "--watch: phase smoke is no phase to watch; leave out --phase"),
        (
            ["--watch=1m", "--shard=1/2"],
            "--watch: is of one machine, whose rounds are whole; leave out --shard",
        ),
        (
            ["--watch=1m", "--region=eu"],
            "--watch: is of one machine, whose rounds are whole; leave out --region",
        ),
        (["--watch=1m", "smoke/test_health.py"], "a path of phase smoke is named, too"),
        (["--watch=1m", "--deployed-at=today"], "--deployed-at: 'today' is no time with an offset"),
        (["--watch=1m", "--notify-url-env=NOT_SET_ANYWHERE"], "the variable NOT_SET_ANYWHERE is not set"),
    ],
)
def test_watch_that_cannot_be_is_refused_before_its_first_round(suite, arguments, told):
    ended = suite(*arguments)
    assert (ended.code, ended.reports.exists()) == (4, False)
    assert told in ended.said


def test_each_round_gets_the_other_options():
    given = [
        "--env=x",
        "--watch=30m",
        "--every",
        "5s",
        "--deployed-at=2026",
        "-k",
        "errors",
        "--phase=postdeploy",
    ]
    assert others([*given, "--notify-url-env=CHAT", "postdeploy"]) == [
        "--env=x",
        "-k",
        "errors",
        "postdeploy",
    ]


@pytest.mark.parametrize(
    ("added", "left"),
    [
        ("--watch=1s --every 5s -k 'a or b'", "-k 'a or b'"),
        ("--notify-url-env=CHAT --phase=postdeploy", ""),
        ("-q", "-q"),
    ],
)
def test_round_takes_no_option_of_the_watch_from_a_variable(added, left):
    variables = {"PYTEST_ADDOPTS": added, "GITHUB_STEP_SUMMARY": "x", "HOME": "/x"}
    assert rounding.of_a_round(variables) == {"PYTEST_ADDOPTS": left, "HOME": "/x"}
    assert rounding.of_a_round({"HOME": "/x"}) == {"HOME": "/x"}


def test_folder_of_reports_that_is_a_file_is_refused(suite, tmp_path):
    (tmp_path / "file").write_text("")
    ended = suite("--watch=1s", f"--reports={tmp_path}/file")
    assert (ended.code, "--reports: " in ended.said, "name a folder" in ended.said) == (4, True, True)


def test_crash_of_a_watch_is_no_verdict(monkeypatch):
    monkeypatch.setattr(module, "_watched", lambda config: {}["a key"])
    text, code = module.watch(None)
    assert (code, text.endswith("KeyError: 'a key'\nthe watch crashed: no verdict")) == (3, True)


# --- rounds, played


def ended(decision, **verdict):
    found = {
        "decision": decision,
        "version": "1.4.2",
        "items": [],
        "signals": [SIGNAL],
        "unreachable": None,
    } | verdict
    return Ended(CODES[decision], f"\nCHECKLIST\nwhat {decision} said", found)


class Clock:
    """Time that passes where somebody waits, and a second in each round."""

    def __init__(self):
        self.now, self.waits = 0.0, []
        self.expected = []  # the version that each round was told

    def monotonic(self):
        return self.now

    def sleep(self, wait_s):
        self.waits.append(wait_s)
        self.now += wait_s


@pytest.fixture
def play(monkeypatch, tmp_path, capsys):
    """A watch whose rounds are given; what it returned, the clock, what it printed, and its lines."""

    def play(*given, for_s=100, every_s=30, deployed_at=DEPLOY, version=None):
        clock, left = Clock(), iter(given)

        def run(played):
            clock.now += 1
            clock.expected.append(played.version)
            following = next(left)
            if isinstance(following, BaseException):
                raise following
            return following

        monkeypatch.setattr(module, "time", clock)
        monkeypatch.setattr(module.Rounds, "run", run)
        config = SimpleNamespace(invocation_params=SimpleNamespace(args=(), dir=tmp_path))
        found = Watch(config, tmp_path, deployed_at, version, for_s, every_s).run()
        return found, clock, capsys.readouterr().out, list(lines(tmp_path / "watch.jsonl", deployed_at, None))

    return play


def test_rounds_follow_each_other_until_the_time_is_over(play):
    (text, code), clock, printed, written_down = play(*[ended("GO")] * 9)
    assert code == 0
    assert text.endswith("what GO said\nwatched 1.7 m: GO")
    assert [line["watched_s"] for line in written_down] == [1, 31, 61, 91, 101]
    assert clock.waits == [29, 29, 29, 9]
    assert len(printed.splitlines()) == 5
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d  GO            1\.4\.2  1 s of 1\.7 m  errors 0", printed.splitlines()[0]
    )


def test_rounds_that_take_longer_than_their_distance_follow_at_once(play):
    _, clock, _, written_down = play(*[ended("GO")] * 9, for_s=3, every_s=0.5)
    assert ([line["watched_s"] for line in written_down], clock.waits) == ([1, 2, 3], [])


def test_broken_promise_ends_the_watch_at_once(play):
    broken = ended("NO-GO", items=[{"id": "postdeploy.errors", "outcome": "broken"}])
    (text, code), _, printed, written_down = play(ended("GO"), broken, ended("GO"))
    assert (code, len(written_down)) == (1, 2)
    assert written_down[-1]["broken"] == ["postdeploy.errors"]
    assert "postdeploy.errors broken | errors 0" in printed
    assert text.endswith("watched 31 s: NO-GO")


@pytest.mark.parametrize("blip", ["INCONCLUSIVE", "UNREACHABLE"])
def test_blip_is_told_and_gone_on_after(play, blip):
    (_, code), _, printed, written_down = play(
        ended("GO"), ended(blip, unreachable="refused\nmore"), *[ended("GO")] * 3
    )
    assert (code, [line["decision"] for line in written_down]) == (0, ["GO", blip, "GO", "GO", "GO"])
    assert "refused | errors 0" in printed


@pytest.mark.parametrize(("blip", "code"), [("INCONCLUSIVE", 10), ("UNREACHABLE", 11)])
def test_blip_decides_if_it_is_the_last(play, blip, code):
    assert play(ended("GO"), ended(blip), for_s=20)[0][1] == code


@pytest.mark.parametrize("code", [0, 1, 10, 11, -9])
def test_round_that_crashed_is_no_verdict(play, code):
    assert play(ended("GO"), Ended(code, "it went wrong\n", None))[0][1] == 3


@pytest.mark.parametrize("code", [3, 4, 5])
def test_round_without_a_verdict_ends_the_watch_with_its_code(play, code):
    (text, found), _, _, written_down = play(ended("GO"), Ended(code, "it went wrong\n", None))
    assert (found, len(written_down)) == (code, 1)
    assert text == "it went wrong\nthe watch ended: this round gave no verdict"


def test_stopped_watch_says_how_to_go_on_and_its_time_counts(play):
    (text, code), *_ = play(ended("GO"), ended("GO"), KeyboardInterrupt())
    assert code == 2
    assert text == (
        "stopped after 1 m of 1.7 m; to go on, repeat the command with --deployed-at=2026-11-24T02:00:00+00:00"
    )
    (text, code), _, printed, written_down = play(*[ended("GO")] * 9)
    assert (code, text.endswith("watched 1.7 m: GO")) == (0, True)
    assert printed.splitlines()[0] == "going on: 31 s of 1.7 m were watched before"
    assert [line["watched_s"] for line in written_down] == [1, 31, 32, 62, 92, 101]


@pytest.mark.parametrize(
    "other",
    [{"deployed_at": DEPLOY + timedelta(seconds=1)}, {"version": "1.4.3"}],
    ids=["another deploy", "version"],
)
def test_watch_of_another_release_begins_anew(play, other):
    play(*[ended("GO")] * 9)
    _, _, printed, _ = play(*[ended("GO", version="1.4.3")] * 9, **other)
    assert "going on" not in printed


def test_version_of_the_first_round_is_expected_of_all_others(play):
    _, clock, printed, _ = play(ended("UNREACHABLE", version=None), ended("GO"), *[ended("UNREACHABLE")] * 9)
    assert clock.expected == [None, None, "1.4.2", "1.4.2", "1.4.2"]
    assert [line.split("  ")[-3].strip() for line in printed.splitlines()[:2]] == ["no version", "1.4.2"]


def test_watch_that_goes_on_expects_the_version_of_before(play):
    play(ended("GO"), KeyboardInterrupt())
    _, clock, *_ = play(*[ended("GO", version="1.4.3")] * 9)
    assert clock.expected == ["1.4.2"] * 5


def test_version_that_is_expected_stays_so(play):
    _, clock, *_ = play(*[ended("GO", version="1.4.3")] * 9, version="1.4.2")
    assert set(clock.expected) == {"1.4.2"}


@pytest.mark.parametrize("version", ["", "  ", "1\n2", "1\0", "\ud800"])
def test_what_no_command_line_can_say_is_expected_of_nobody(play, version):
    _, clock, *_ = play(*[ended("GO", version=version)] * 9)
    assert set(clock.expected) == {None}


def test_round_is_told_the_version_that_is_expected(monkeypatch, tmp_path):
    told = []
    monkeypatch.setattr(rounding.sys, "executable", shutil.which("echo"))
    config = SimpleNamespace(invocation_params=SimpleNamespace(args=["--env=x"], dir=tmp_path))
    played = rounding.Rounds(config, tmp_path, DEPLOY)
    for version in (None, "1.4.2"):
        played.version = version
        told.append(played.run().said.split()[2:])
    first = ["--env=x", "--phase=postdeploy", "--deployed-at=2026-11-24T02:00:00+00:00"]
    assert told == [first, [*first, "--expect-version=1.4.2"]]


def test_watch_that_was_watched_to_its_end_looks_once_more(play):
    play(*[ended("GO")] * 9)
    (_, code), *_, written_down = play(ended("INCONCLUSIVE"))
    assert (code, len(written_down)) == (10, 6)


# --- the screen


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("kind", "file", "live"),
    [("xterm", Terminal, True), ("dumb", Terminal, False), ("xterm", io.StringIO, False)],
)
def test_only_a_terminal_gets_a_line_that_passes(monkeypatch, kind, file, live):
    monkeypatch.setenv("TERM", kind)
    screen = module.Screen(file())
    screen.passing("a round is running")
    screen.line("stays")
    written_out = screen._file.getvalue()
    assert written_out == ("\r\x1b[2Ka round is running\r\x1b[2Kstays\n" if live else "stays\n")


# --- the file


def test_line_that_was_cut_off_is_left_out(tmp_path):
    path = tmp_path / "sub" / "watch.jsonl"
    signals = {"errors": SIGNAL | {"value": 1}, "store": SIGNAL | {"name": "store", "value": None}}
    line = LINE | {"signals": signals}
    assert rounds(path, DEPLOY, None) == ()
    written(path, line)
    path.write_text(path.read_text() + json.dumps(line)[:40])
    (found,) = rounds(path, DEPLOY, "1")
    assert (found.at, found.decision, found.values) == (DEPLOY, "GO", {"errors": 1, "store": None})
    assert (rounds(path, DEPLOY, "2"), rounds(path, DEPLOY + timedelta(1), "1")) == ((), ())


@pytest.mark.parametrize(
    "text",
    [
        b"{}", b"5", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, b'"x"',
        *(json.dumps(LINE | wrong).encode() for wrong in (
            {"deployed_at": "yesterday"}, {"deployed_at": "2026-11-24T02:00:00"}, {"watched_s": None},
            {"watched_s": -1}, {"signals": 5}, {"signals": {"x": {"value": 1}}}, {"version": 5}, {"at": ""},
        )),
    ],
)  # fmt: skip
def test_what_is_no_line_is_left_out(tmp_path, text):
    path = tmp_path / "watch.jsonl"
    path.write_bytes(b"%s\n%s\n" % (text, json.dumps(LINE).encode()))
    assert list(lines(path, DEPLOY, None)) == [LINE]
    assert len(rounds(path, DEPLOY, None)) == 1


def test_signal_that_this_round_could_not_measure_is_still_drawn(tmp_path):
    path = tmp_path / "watch.jsonl"
    assert list(unmeasured(path, DEPLOY, None, ())) == []
    for value in (2, 1):
        named = {name: SIGNAL | {"name": name, "value": value} for name in ("errors", "store")}
        written(path, LINE | {"signals": named})
    (left,) = unmeasured(path, DEPLOY, None, {"errors"})
    assert (left.name, left.value, left.said, left.state) == ("store", None, "not measured", "doubtful")


# --- the real thing


@pytest.fixture
def started(tmp_path):
    """A watch in a process of its own, of which the tests read the output line by line."""
    (tmp_path / "local.toml").write_text(catalogue.LOCAL, "utf-8")
    processes = []

    def start(*arguments):
        command = [sys.executable, "-m", "pytest", f"--env={tmp_path}/local.toml", f"--reports={tmp_path}"]
        processes.append(
            subprocess.Popen(
                [*command, *arguments],
                cwd=runs.ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                preexec_fn=heeding,
            )
        )
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_watch_ends_promptly_between_two_rounds_and_goes_on_later(started, tmp_path, by):
    watching = started("--watch=2h", "--every=1h")
    assert "  GO  " in watching.stdout.readline()  # and an hour until the next
    watching.send_signal(by)
    rest, _ = watching.communicate(timeout=30)
    assert watching.returncode == 2
    moment = re.search(r"repeat the command with (--deployed-at=\S+)", rest)[1]
    again = started("--watch=0.1s", "--every=1h", moment)
    said_again, _ = again.communicate(timeout=60)
    assert again.returncode == 0, said_again
    assert said_again.startswith("going on: ")
    assert len(list(lines(tmp_path / "local" / "postdeploy" / "watch.jsonl", *_of(moment)))) == 2
    page = (tmp_path / "local" / "postdeploy" / "verdict.html").read_text()
    assert "Watched in 2 rounds" in page
    assert 'id="comparison"' not in page  # before the watch there was no run
    assert page.count('role="img"') == 6


def _of(option):
    return datetime.fromisoformat(option.partition("=")[2]), None


def test_watch_that_is_stopped_in_a_round_ends_that_well(started, tmp_path):
    watching = started("--watch=2h", "--every=1h")
    log = tmp_path / "local" / "postdeploy" / "target.log"
    while not (log.exists() and "Backend at" in log.read_text()):
        assert watching.poll() is None
    watching.send_signal(signal.SIGTERM)
    rest, _ = watching.communicate(timeout=30)
    assert (watching.returncode, "stopped after" in rest) == (2, True)
    assert log.read_text().count("Stopping") == 1


def test_whole_watch_of_a_fault_ends_with_its_failure(suite):
    faulty = suite("--watch=1h", "--every=1h", variables={"REFERENCE_FAULTS": "postdeploy.attempts-fail"})
    assert faulty.code == 1
    assert "purchase_success is 0 % of 72 purchase_attempt" in faulty.said
    assert faulty.said.rstrip().endswith(": NO-GO")


def test_summary_of_a_build_is_added_once(suite, tmp_path):
    summary = tmp_path / "summary.md"
    watched = suite("--watch=4s", "--every=0.1s", variables={"GITHUB_STEP_SUMMARY": str(summary)})
    assert watched.code == 0
    assert len(list(watched.reports.glob("postdeploy/watch.jsonl"))) == 1
    assert summary.read_text().count("# GO") == 1
