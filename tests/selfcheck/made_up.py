"""Imported before runs are forked: the fuzzer, the schema, and what the selfcheck's seeds make of it."""

from harness.contract.document import operations
from harness.contract.lives import LIVES, STEPS_AN_EXAMPLE
from harness.contract.making import prepare
from harness.contract.novelty import lives
from tests.selfcheck.fuzzed import prepared

for seed, examples in prepared():
    lives(seed, len(LIVES), STEPS_AN_EXAMPLE * examples, verifies=True)
    for operation in operations().values():
        prepare("valid", operation, seed, examples)
        if operation.has_input:
            prepare("invalid", operation, seed, examples)
