"""What only made-up requests and sequences find is found whatever the seed is; --whole: every such fault, 10 seeds."""

import pytest
from selfcheck import catalogue, fuzzed, runs


def pytest_generate_tests(metafunc):
    faults = [fault for fault in catalogue.load()[0] if fault.is_made_up]
    whole = metafunc.config.getoption("whole")
    if "made_up" in metafunc.fixturenames:
        metafunc.parametrize("made_up", faults if whole else faults[:1], ids=lambda fault: fault.name)
        metafunc.parametrize("seed", fuzzed.SEEDS if whole else fuzzed.SEEDS[:1])


@pytest.fixture(scope="session", autouse=True)
def prepare(request):
    """Have the requests of all seeds made up once, rather than by each run."""
    with pytest.MonkeyPatch.context() as patch:
        if request.config.getoption("whole"):
            patch.setenv(fuzzed.PREPARED, " ".join(map(str, fuzzed.SEEDS)))
        yield


def test_fault_is_found_whatever_the_seed(made_up, seed, tmp_path, command):
    env = catalogue.environment_file(tmp_path, command)
    variables = {"REFERENCE_FAULTS": made_up.name}
    ended = runs.run(tmp_path, f"--env={env}", *made_up.checks, *fuzzed.options(seed), variables=variables)
    assert ended.outcomes.get(made_up.item) == "broken", ended.said[-3000:]
