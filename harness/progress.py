"""A live line below pytest's own while evidence is out: how much is gathered, and what has been out for longest."""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Any, TextIO

import pytest

from harness.environment import process_variables

EVERY_S = 0.2
# To the line below and back to the column where pytest goes on; at the foot of a screen, it scrolls first.
_DOWN, _BACK = "\x1bD\x1b[A\x1b7\x1b[B\r\x1b[2K", "\x1b8"

# How many probes have ended, how many there are, and the title of the one that has been out for longest.
Known = Callable[[], tuple[int, int, str]]


class Progress:
    """Waits for evidence, and tells a person at a terminal for what; `uncaptured` lets that through to it."""

    def __init__(
        self, known: Known, file: TextIO, width: int, uncaptured: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._known, self._file, self._width, self._uncaptured = known, file, width, uncaptured

    def wait(self, evidence: Future[Any]) -> Any:
        """What a piece of evidence is, once it is there; raises what its gathering raised."""
        is_shown = False
        try:
            while True:
                try:
                    return evidence.result(EVERY_S)
                except TimeoutError:
                    if evidence.done():  # the time-out may be the gathering's own
                        return evidence.result()
                self._show(_line(*self._known()))
                is_shown = True
        finally:
            if is_shown:  # pytest's next line would be written over it
                self._show("")

    def _show(self, line: str) -> None:
        with self._uncaptured():  # what a test writes is not for the terminal
            self._file.write(f"{_DOWN}{line[: self._width - 1]}{_BACK}")
            self._file.flush()


def watched(known: Known, plugins: pytest.PytestPluginManager) -> Callable[[Future[Any]], Any]:
    """How to wait for evidence: with a line for whoever watches pytest's reporter, if a line can be changed there."""
    reporter, capturing = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    dumb = process_variables().get("TERM", "dumb") == "dumb"
    if reporter is None or capturing is None or not reporter.isatty or dumb:
        return Future.result
    # The reporter's own `write` would count our line as part of pytest's.
    writer = reporter._tw
    return Progress(known, writer._file, writer.fullwidth, capturing.global_and_fixture_disabled).wait


def _line(ended: int, known: int, oldest: str) -> str:
    return f"gathering {ended}/{known}" + (f", slowest: {oldest}" if oldest else "")
