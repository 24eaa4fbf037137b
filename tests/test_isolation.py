"""The suite in any order, twice in a row, and twice at once on one target."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from selfcheck import catalogue, fuzzed, runs
from selfcheck.served import deployment

SEEDS = range(20)
MADE_UP = fuzzed.options(examples=fuzzed.BRIEF)


def pytest_generate_tests(metafunc):
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", SEEDS if metafunc.config.getoption("whole") else SEEDS[:2])


@pytest.fixture
def served(tmp_path):
    """A deployment that outlives a run: the option and the variables that lead the suite to it."""
    with deployment(tmp_path) as served:
        yield served.environment(served.base_url, webhook={"settles_within_s": 2}), served.variables


def broken(ended):
    """The items that a run found broken; all of its output where it gave no verdict."""
    assert ended.verdict is not None, ended.said
    return {item for item, outcome in ended.outcomes.items() if outcome == "broken"}


def test_checks_hold_in_any_order(seed, tmp_path, command):
    env = catalogue.environment_file(tmp_path, command)  # without visits, which share nothing but the browser
    shuffled = (f"--env={env}", "-p", "selfcheck.shuffle")
    ended = runs.run(tmp_path, *shuffled, *MADE_UP, variables={"SELFCHECK_SEED": str(seed)})
    assert (ended.code, broken(ended)) == (0, set()), ended.said[-3000:]


def test_two_runs_in_a_row_reach_the_same_verdict(served, tmp_path):
    env, variables = served
    first, second = (
        runs.run(tmp_path / name, env, *MADE_UP, variables=variables) for name in ("first", "second")
    )
    assert (broken(first), broken(second)) == (set(), set())
    assert first.outcomes == second.outcomes


def test_two_runs_at_once_do_not_disturb_each_other(served, tmp_path):
    env, variables = served
    with ThreadPoolExecutor(2) as both:
        ended = both.map(
            lambda name: runs.run(tmp_path / name, env, *MADE_UP, variables=variables), ("one", "other")
        )
    assert [broken(each) for each in ended] == [set(), set()]
