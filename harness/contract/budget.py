"""How much is made up, from which seed, and how long it may take: the --fuzz options."""

import random
from dataclasses import dataclass

import pytest

from harness.errors import ConfigError

LARGEST_SEED = 2**32
READ_ONLY_EXAMPLES = 5  # where writes are forbidden


@dataclass(frozen=True)
class Budget:
    """`examples`: random requests of an operation, beside written examples and boundaries; `seconds`: for each item."""

    seed: int
    examples: int
    seconds: float

    @property
    def note(self) -> str:
        """How to make up the same again."""
        return f"requests were made up with --fuzz-seed={self.seed} --fuzz-examples={self.examples}"


def budget(config: pytest.Config) -> Budget:
    """What the options say; raises ConfigError for a value that makes no sense."""
    seed, examples = config.getoption("fuzz_seed"), config.getoption("fuzz_examples")
    seconds = config.getoption("fuzz_seconds")
    if seed is not None and not 0 <= seed < LARGEST_SEED:
        raise ConfigError("--fuzz-seed", f"{seed} is out of range", f"choose 0 to {LARGEST_SEED - 1}")
    if not 1 <= examples <= 10_000:
        raise ConfigError("--fuzz-examples", f"{examples} is out of range", "choose 1 to 10000")
    if not 0 < seconds <= 3600:  # not a number, too
        raise ConfigError("--fuzz-seconds", f"{seconds:g} is out of range", "choose up to 3600")
    return Budget(random.randrange(LARGEST_SEED) if seed is None else seed, examples, seconds)
