"""How a run is stopped from outside."""

import signal
import threading
from typing import Any

import pytest


def interruptible(config: pytest.Config) -> None:
    """Let SIGTERM end the run like Ctrl-C does: with a verdict, and with what was started stopped."""
    if threading.current_thread() is not threading.main_thread():
        return

    def interrupt(*_: Any) -> None:
        # Once is enough: a second one would cut the end short.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)

    def restore() -> None:
        signal.signal(signal.SIGTERM, before)

    config.add_cleanup(restore)
