"""The log: one line per record on stderr, without what an exception's text might give away."""

import logging
import sys
import time
import traceback
from types import TracebackType

log = logging.getLogger("reference")


class OneLine(logging.Formatter):
    """Keeps a record on one line, and of an exception only its kind and place: its text may quote input.

    Times are UTC.
    """

    converter = time.gmtime
    default_msec_format = "%s,%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        return " | ".join(super().format(record).split("\n"))

    def formatException(  # noqa: N802, RUF100 (logging's own name)
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        frames = traceback.extract_tb(ei[2])
        place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown place"
        return f"{ei[0].__name__ if ei[0] else 'Exception'} at {place}"


def start() -> logging.Handler:
    """Sends every record of the process to stderr; the handler flushes after each."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs the address of each request
    return handler
