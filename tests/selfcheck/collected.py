"""Imported before runs are forked: the harness and all checks, as pytest rewrites and imports them."""

import contextlib
import os

import pytest

from harness.phases import PHASES

LOOK = ("--collect-only", "--env=local", "-qq", "-p", "no:cacheprovider", "-p", "no:logging")

with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
    for where in (("smoke", "contracts"), *((f"--phase={phase}",) for phase in PHASES)):
        pytest.main([*LOOK, *where])
