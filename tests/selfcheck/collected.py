"""Imported before runs are forked: the harness, as pytest rewrites and imports it, by looking at all checks once.

The checks themselves are forgotten again: their probes are bound to those of a conftest.py, which each run has anew.
So are the variables by which the pytest that starts the runs would meddle with them.
"""

import contextlib
import os
import sys
from pathlib import Path

import pytest

from harness.phases import FOLDERS

ROOT = Path(__file__).parents[2]
LOOK = ("--collect-only", "--env=local", "--phase=all", "-qq", "-p", "no:cacheprovider", "-p", "no:logging")

with contextlib.chdir(ROOT), open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
    for name in [name for name in os.environ if name.startswith("PYTEST_")]:
        del os.environ[name]
    if pytest.main([*LOOK]) != 0:
        raise RuntimeError("the checks cannot be collected; see `pytest --collect-only --phase=all`")
folders = [ROOT / folder for folder in FOLDERS]
for name, module in list(sys.modules.items()):
    if Path(getattr(module, "__file__", None) or "/").parent in folders:
        del sys.modules[name]
