"""How a check reaches a target, and what becomes of its outcome."""

import sys
from types import ModuleType

# httpx takes its own command line along wherever rich is installed, as the fuzzer has it: a tenth of a start.
if "httpx" not in sys.modules:
    sys.modules["httpx._main"] = ModuleType("httpx._main")
    sys.modules["httpx._main"].main = lambda: None  # type: ignore[attr-defined]

from harness.evidence.probe import probe
from harness.verdict.checks import checks

__all__ = ["checks", "probe"]
