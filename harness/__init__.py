"""How a check reaches a target, and what becomes of its outcome."""

import gc
import sys
from types import ModuleType

# What a start makes stays: to look through it again and again for garbage is a tenth of a start, and of a run.
if gc.isenabled():
    gc.set_threshold(50_000, 20, 100)

# httpx takes its own command line along wherever rich is installed, as the fuzzer has it: a tenth of a start.
if "httpx" not in sys.modules:
    sys.modules["httpx._main"] = ModuleType("httpx._main")
    sys.modules["httpx._main"].main = lambda: None  # type: ignore[attr-defined]

from harness.evidence.probe import probe
from harness.verdict.checks import checks

__all__ = ["checks", "probe"]
