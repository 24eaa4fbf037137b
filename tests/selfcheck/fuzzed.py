"""How much is made up in runs of the selfcheck."""

SEED, EXAMPLES = 20261123, 4
ALIKE = (f"--fuzz-seed={SEED}", f"--fuzz-examples={EXAMPLES}")
