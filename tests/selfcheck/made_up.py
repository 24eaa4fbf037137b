"""Imported before runs are forked: the fuzzer, the schema, and what the selfcheck's seed makes of it."""

from harness.contract import generating
from harness.contract.document import operations
from tests.selfcheck.fuzzed import EXAMPLES, SEED

for operation in operations().values():
    generating.valid(operation, SEED, EXAMPLES)
    generating.invalid(operation, SEED, EXAMPLES)
