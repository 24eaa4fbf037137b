"""How much is made up in runs of the selfcheck, and from which seeds."""

import os

SEED = 20261123
# --fuzz-examples: the default for faults; less for legal variants, of which there are many
THOROUGH, BRIEF = 12, 4
SEEDS = range(10)
PREPARED = "SELFCHECK_SEEDS"  # the variable that names the seeds to prepare for, beside SEED


def options(seed: int = SEED, examples: int = THOROUGH) -> tuple[str, ...]:
    """The options of a run; its time is not limited, so that a busy machine finds as much as an idle one."""
    return f"--fuzz-seed={seed}", f"--fuzz-examples={examples}", "--fuzz-seconds=600"


def prepared() -> list[tuple[int, int]]:
    """Seed and examples of what is made up before runs are forked."""
    seeds = [int(seed) for seed in os.environ.get(PREPARED, "").split()]
    return [(seed, THOROUGH) for seed in seeds] or [(SEED, THOROUGH), (SEED, BRIEF)]
