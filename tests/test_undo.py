"""What a run granted is taken back, however the run ends; what could not be is told, and tried again by the next."""

import random
import signal
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from selfcheck import runs, served

from harness.evidence.ledger import Ledger

LINES = 150  # that a run of this selection writes to its ledger, at least
KILLED_AT = 250  # lines: some purchases have been taken by then
SELECTED = ("-m", "gates or purchases or webhooks", "--deselect=smoke/test_logs.py")
MOMENTS = sorted(random.Random(7).sample(range(3, LINES), 20))


@pytest.fixture(scope="module")
def deployment(tmp_path_factory):
    with served.deployment(tmp_path_factory.mktemp("served")) as place:
        yield place


@pytest.fixture
def stopped(deployment, tmp_path):
    """A run that gets a signal after the n-th line of its ledger, and what its players own afterwards."""

    def run(lines, *by, name="run"):
        players = tmp_path / f"{name}.players"
        players.touch()
        variables = {"STOPPED_AFTER": str(lines), "STOPPED_PLAYERS": str(players)}
        variables["STOPPED_BY"] = " ".join(str(int(each)) for each in by or [signal.SIGTERM])
        ended = runs.run(
            tmp_path / name,
            deployment.environment(deployment.base_url, webhook={"settles_within_s": 2}),
            "-p",
            "selfcheck.stopped",
            "smoke",
            *SELECTED,
            variables={**deployment.variables, **variables},
        )
        return ended, dict(line.split() for line in players.read_text().splitlines())

    return run


def owned(origin, players):
    """What each of the players owns, where it is anything."""

    def of(named):
        username, password = named
        with httpx.Client(base_url=origin, trust_env=False) as client:
            login = client.post("/api/auth/login", json={"username": username, "password": password})
            token = {"Authorization": f"Bearer {login.json()['token']}"}
            entries = client.get("/api/entitlements/snapshot", headers=token).json()["entitlements"]
        return username, {key for key, entry in entries.items() if entry["status"] == "owned"}

    with ThreadPoolExecutor(4) as several:
        return {username: keys for username, keys in several.map(of, players.items()) if keys}


def test_sigterm_at_any_moment_leaves_no_grant_behind(deployment, stopped, request):
    """On a deployment that was there before the run, and stays; twenty moments with --whole."""
    granted, moments = 0, MOMENTS if request.config.getoption("whole") else MOMENTS[::5]
    for moment in moments:
        ended, players = stopped(moment, name=f"after-{moment}")
        assert (ended.code, ended.verdict["interrupted"]) == (2, True), ended.said[-3000:]
        assert [note for note in ended.verdict["notes"] if "not taken back" in note] == []
        assert owned(deployment.base_url, players) == {}, (moment, ended.said[-1000:])
        granted += sum(write["kind"] == "taken back" for write in ended.verdict["writes"])
    assert granted > len(moments)


@pytest.mark.parametrize(
    "signals",
    [(signal.SIGINT, signal.SIGINT), (signal.SIGINT, signal.SIGTERM), (signal.SIGTERM, signal.SIGINT)],
    ids=["ctrl-c twice", "as a runner of CI does", "sigterm and ctrl-c"],
)
def test_second_signal_does_not_cut_the_clean_up_short(deployment, stopped, signals):
    ended, players = stopped(KILLED_AT, *signals)
    assert (ended.code, ended.verdict["interrupted"]) == (2, True), ended.said[-3000:]
    assert owned(deployment.base_url, players) == {}
    assert sum(write["kind"] == "taken back" for write in ended.verdict["writes"]) > 1


def test_signal_during_the_clean_up_comes_too_late(deployment, stopped):
    ended, players = stopped("clean-up")
    assert (ended.code, ended.verdict["interrupted"]) == (0, False), ended.said[-3000:]
    assert owned(deployment.base_url, players) == {}


def test_whole_run_leaves_no_grant_behind(deployment, stopped):
    ended, players = stopped(10**9)
    assert (ended.code, len(players) > 12) == (0, True), ended.said[-3000:]
    assert owned(deployment.base_url, players) == {}


def test_run_that_was_killed_is_cleared_up_by_the_next(deployment, stopped):
    killed, players = stopped(KILLED_AT, signal.SIGKILL)
    assert (killed.code, killed.verdict) == (-signal.SIGKILL, None)
    assert owned(deployment.base_url, players) != {}
    ended, _ = stopped(10**9)
    assert ended.code == 0
    assert owned(deployment.base_url, players) == {}


def test_run_leaves_what_another_one_at_work_has_granted(deployment, stopped, tmp_path):
    """Its ledger is locked as long as it lives."""
    _, players = stopped(KILLED_AT, signal.SIGKILL)
    before = owned(deployment.base_url, players)
    other = Ledger(tmp_path / "run" / "served" / "ledger.jsonl")
    try:
        ended, _ = stopped(10**9)
    finally:
        other.close()
    after = owned(deployment.base_url, players)
    # What the other run had asked for last may have come since.
    taken = {name: lost for name, keys in before.items() if (lost := keys - after.get(name, set()))}
    assert (ended.code, taken) == (0, {})
    assert before != {}
