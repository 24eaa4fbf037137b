"""What Allure is told: results in the verdict's words, HTTP exchanges, and the files about the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.allure.listener import Listener
    from harness.results import Results
    from harness.rules import Rules
    from harness.run import Run


def listen(config: pytest.Config, run: Run, rules: Rules, results: Results) -> Listener | None:
    """Take part in what goes to --alluredir, until the end of the run; None where that is not asked for."""
    if not config.getoption("allure_report_dir", None):
        return None
    from harness.allure.listener import Listener  # a run without Allure does not pay for it

    listener = Listener(config, run, rules, results)
    listener.begin(config)
    return listener
