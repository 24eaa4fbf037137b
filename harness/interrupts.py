"""How a run is stopped from outside."""

import signal
import threading
from typing import Any

import pytest

# What ends a run from outside: a person, a pipeline, and a connection that is lost with its terminal.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interruptible(config: pytest.Config) -> None:
    """Let Ctrl-C, SIGTERM and SIGHUP end the run alike: with a verdict, and with what was started stopped.

    One that is ignored stays so: nohup wants it. None is heeded while a run ends: it would be cut short, and what was
    granted would stay. A runner of CI sends SIGINT, and SIGTERM some seconds later.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    heeded = [each for each in ENDING if signal.getsignal(each) != signal.SIG_IGN]

    def ignore() -> None:
        for each in heeded:
            signal.signal(each, signal.SIG_IGN)

    def interrupt(*_: Any) -> None:
        ignore()
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in heeded}

    def restore() -> None:
        for each, handler in before.items():
            signal.signal(each, handler)

    class Ending:
        @pytest.hookimpl(tryfirst=True)
        def pytest_sessionfinish(self) -> None:
            ignore()

    config.pluginmanager.register(Ending())
    config.add_cleanup(restore)
