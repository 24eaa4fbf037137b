"""The suite in any order, twice in a row, and twice at once on one target."""

import json
import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import tomli_w
from selfcheck import runs

SECRETS = ("JWT_SECRET_KEY", "REVENUECAT_SECRET_KEY", "REVENUECAT_WEBHOOK_SECRET")
SEEDS = range(20)


def pytest_generate_tests(metafunc):
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", SEEDS if metafunc.config.getoption("whole") else SEEDS[:2])


@pytest.fixture
def served(tmp_path):
    """A deployment that outlives a run: the arguments and variables that lead the suite to it."""
    variables = {name: secrets.token_hex(32) for name in SECRETS}
    log = tmp_path / "served.log"
    with log.open("ab") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "reference", "--until-eof"],
            cwd=runs.ROOT,
            env={**variables, "SERVER_DEV_MODE": "false", "REVENUECAT_TIMEOUT_MS": "300"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    where = json.loads(process.stdout.readline())
    environment = {
        "target": {"base_url": where["base_url"]},
        "tokens": {"signing_secret_env": "JWT_SECRET_KEY"},
        "webhook": {"secret_env": "REVENUECAT_WEBHOOK_SECRET", "settles_within_s": 2},
        "revenuecat": {"stand_in": where["revenuecat_url"]},
        "logs": {"source": "file", "path": str(log)},
    }
    path = tmp_path / "served.toml"
    path.write_text(tomli_w.dumps(environment), "utf-8")
    yield f"--env={path}", variables
    process.communicate()


def broken(ended):
    """The items that a run found broken; all of its output where it gave no verdict."""
    assert ended.verdict is not None, ended.said
    return {item for item, outcome in ended.outcomes.items() if outcome == "broken"}


def test_checks_hold_in_any_order(seed, tmp_path):
    shuffled = ("-p", "selfcheck.shuffle", "-m", "not browser")  # visits share nothing but the browser
    ended = runs.run(tmp_path, *shuffled, variables={"SELFCHECK_SEED": str(seed)})
    assert (ended.code, broken(ended)) == (0, set()), ended.said[-3000:]


def test_two_runs_in_a_row_reach_the_same_verdict(served, tmp_path):
    env, variables = served
    first, second = (runs.run(tmp_path / name, env, variables=variables) for name in ("first", "second"))
    assert (broken(first), broken(second)) == (set(), set())
    assert first.outcomes == second.outcomes


def test_two_runs_at_once_do_not_disturb_each_other(served, tmp_path):
    env, variables = served
    with ThreadPoolExecutor(2) as both:
        ended = both.map(lambda name: runs.run(tmp_path / name, env, variables=variables), ("one", "other"))
    assert [broken(each) for each in ended] == [set(), set()]
