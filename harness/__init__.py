"""How a check reaches a target, and what becomes of its outcome."""

from harness.evidence.probe import probe
from harness.verdict.checks import checks

__all__ = ["checks", "probe"]
