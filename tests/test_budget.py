"""The --fuzz options: what makes sense, what does not, and the seed that nobody chose."""

from argparse import Namespace

import pytest

from harness.contract.budget import LARGEST_SEED, Budget, budget
from harness.errors import ConfigError
from harness.options import add_options


@pytest.fixture(scope="module")
def budget_of():
    """The budget that a command line gives."""
    parser = pytest.Parser(_ispytest=True)
    add_options(parser)

    def budget_of(*arguments: str) -> Budget:
        known = parser.parse_known_args(list(arguments))
        return budget(Configured(known))

    return budget_of


class Configured:
    """As much of pytest's configuration as is asked."""

    def __init__(self, options: Namespace) -> None:
        self._options = options

    def getoption(self, name: str):
        return getattr(self._options, name)


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("--fuzz-seed=-1", "--fuzz-seed: -1 is out of range; choose 0 to 4294967295"),
        (f"--fuzz-seed={2**32}", "--fuzz-seed: 4294967296 is out of range; choose 0 to 4294967295"),
        ("--fuzz-examples=0", "--fuzz-examples: 0 is out of range; choose 1 to 10000"),
        ("--fuzz-examples=-5", "--fuzz-examples: -5 is out of range; choose 1 to 10000"),
        ("--fuzz-examples=10001", "--fuzz-examples: 10001 is out of range; choose 1 to 10000"),
        ("--fuzz-seconds=0", "--fuzz-seconds: 0 is out of range; choose up to 3600"),
        ("--fuzz-seconds=-1", "--fuzz-seconds: -1 is out of range; choose up to 3600"),
        ("--fuzz-seconds=nan", "--fuzz-seconds: nan is out of range; choose up to 3600"),
        ("--fuzz-seconds=inf", "--fuzz-seconds: inf is out of range; choose up to 3600"),
        ("--fuzz-seconds=-inf", "--fuzz-seconds: -inf is out of range; choose up to 3600"),
        ("--fuzz-seconds=1e9", "--fuzz-seconds: 1e+09 is out of range; choose up to 3600"),
    ],
)
def test_value_that_makes_no_sense_is_named_with_a_remedy(budget_of, argument, said):
    with pytest.raises(ConfigError) as caught:
        budget_of(argument)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--fuzz-seed=0", "--fuzz-examples=1", "--fuzz-seconds=3600"), Budget(0, 1, 3600)),
        (
            (f"--fuzz-seed={2**32 - 1}", "--fuzz-examples=10000", "--fuzz-seconds=0.5"),
            Budget(2**32 - 1, 10_000, 0.5),
        ),
        (("--fuzz-seed=7",), Budget(7, 12, 30)),
    ],
)
def test_budget_is_what_the_options_say(budget_of, arguments, expected):
    assert budget_of(*arguments) == expected


def test_seed_that_nobody_chose_is_another_one_each_time(budget_of):
    seeds = {budget_of().seed for _ in range(50)}
    assert len(seeds) > 45
    assert [seed for seed in seeds if not 0 <= seed < LARGEST_SEED] == []
