"""A plugin for a run with files of its own: `-p selfcheck.elsewhere`; their folder is ELSEWHERE."""

import os
from functools import partial
from pathlib import Path

import pytest

from runbook.loader import load_runbook


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    """The run reads its checklist, its scenarios and its known issues there."""
    from harness import rules

    folder = Path(os.environ["ELSEWHERE"])
    rules.load_runbook = partial(load_runbook, folder)  # type: ignore[assignment]
    rules.KNOWN_ISSUES = folder / "known_issues.toml"  # type: ignore[attr-defined]
