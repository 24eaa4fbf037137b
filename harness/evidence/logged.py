"""Log lines of the libraries below, as `--log-cli-level` and `--log-file` show them: without secrets."""

import logging
from collections.abc import Callable
from typing import Any

# It tells headers as they come: before their answer is read, nobody knows which secrets are in it.
_TOO_EARLY = "httpcore"


def without_secrets(scrub: Callable[[str], str]) -> Callable[[], None]:
    """Scrub every line that is logged from now on; gives what ends that."""
    before, early = logging.getLogRecordFactory(), logging.getLogger(_TOO_EARLY)
    level = early.level

    def scrubbed(*arguments: Any, **named: Any) -> logging.LogRecord:
        record = before(*arguments, **named)
        record.msg, record.args = scrub(_said(record)), ()
        if record.exc_info:
            record.exc_text = scrub(logging.Formatter().formatException(record.exc_info))
        return record

    def end() -> None:
        logging.setLogRecordFactory(before)
        early.setLevel(level)

    logging.setLogRecordFactory(scrubbed)
    early.setLevel(logging.WARNING)
    return end


def _said(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # arguments that do not fit
        return f"{record.msg} {record.args}"
