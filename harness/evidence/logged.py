"""What pytest tells by itself, without secrets: log lines of the libraries below, and a crash of the verifier."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

Scrub = Callable[[str], str]
# It tells headers as they come: before their answer is read, nobody knows which secrets are in it.
_TOO_EARLY = "httpcore"


def keep_secrets(config: pytest.Config, scrub: Scrub) -> None:
    """Until the end of the run."""
    config.pluginmanager.register(Crash(scrub))
    before, early = logging.getLogRecordFactory(), logging.getLogger(_TOO_EARLY)
    config.add_cleanup(partial(early.setLevel, early.level))
    config.add_cleanup(partial(logging.setLogRecordFactory, before))

    def scrubbed(*arguments: Any, **named: Any) -> logging.LogRecord:
        record = before(*arguments, **named)
        record.msg, record.args = scrub(_said(record)), ()
        if record.exc_info:
            record.exc_text = scrub(logging.Formatter().formatException(record.exc_info))
        return record

    logging.setLogRecordFactory(scrubbed)
    early.setLevel(logging.WARNING)


class Crash:
    def __init__(self, scrub: Scrub) -> None:
        self._scrub = scrub

    # As it is told with --full-trace and --showlocals.
    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any) -> None:
        said = self._scrub(str(excrepr))
        excrepr.toterminal = lambda writer: writer.write(said)


def _said(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # arguments that do not fit
        return f"{record.msg} {record.args}"
