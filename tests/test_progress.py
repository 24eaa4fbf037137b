"""The live line while evidence is out: for a person at a terminal, and nobody else."""

import io
import os
import re
from concurrent.futures import Future
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from harness.progress import Progress, watched


def came(value):
    evidence = Future()
    evidence.set_result(value)
    return evidence


class Late(Future):
    """Evidence that comes while somebody waits for the `looks`th time."""

    def __init__(self, looks, error=None):
        super().__init__()
        self._looks, self._error = looks, error

    def result(self, timeout=None):
        self._looks -= 1
        if self._looks == 0:
            self.set_exception(self._error) if self._error else self.set_result("here")
        return super().result(0)


def lines(file):
    """What was drawn below, in order."""
    return re.findall(r"\x1b\[2K(.*?)\x1b8", file.getvalue())


@pytest.fixture
def file():
    return io.StringIO()


@pytest.fixture
def waiting(file):
    return Progress(lambda: (37, 61, "webhooks.lifecycle"), file, 80, nullcontext)


def test_line_says_how_much_is_there_and_what_is_slowest(waiting, file):
    assert waiting.wait(Late(2)) == "here"
    assert lines(file) == ["gathering 37/61, slowest: webhooks.lifecycle", ""]


def test_nothing_is_drawn_for_evidence_that_is_there(waiting, file):
    assert (waiting.wait(came(1)), file.getvalue()) == (1, "")


def test_line_is_removed_after_an_error(waiting, file):
    with pytest.raises(TimeoutError, match="the target's"):
        waiting.wait(Late(3, TimeoutError("the target's")))
    assert lines(file)[-1] == ""


def test_line_is_no_wider_than_the_terminal(file):
    Progress(lambda: (1, 2, "x" * 100), file, 40, nullcontext).wait(Late(2))
    assert max(map(len, lines(file))) == 39


def test_before_any_probe_is_at_work_none_is_named(file):
    Progress(lambda: (0, 2, ""), file, 40, nullcontext).wait(Late(2))
    assert lines(file)[0] == "gathering 0/2"


@pytest.mark.parametrize(
    ("isatty", "term", "is_drawn"),
    [(True, "xterm", True), (False, "xterm", False), (True, "dumb", False), (True, None, False)],
)
def test_only_a_terminal_that_can_change_a_line_gets_one(isatty, term, is_drawn, file, monkeypatch):
    monkeypatch.setattr(os, "environ", {"TERM": term} if term else {})
    reporter = SimpleNamespace(isatty=isatty, _tw=SimpleNamespace(_file=file, fullwidth=80))
    capturing = SimpleNamespace(global_and_fixture_disabled=nullcontext)
    plugins = {"terminalreporter": reporter, "capturemanager": capturing}
    wait = watched(lambda: (1, 2, "x"), SimpleNamespace(get_plugin=plugins.get))
    assert wait(Late(2) if is_drawn else came("here")) == "here"
    assert (file.getvalue() != "") == is_drawn


def test_without_a_reporter_there_is_no_line():
    assert watched(lambda: (1, 2, "x"), SimpleNamespace(get_plugin={}.get)) is Future.result
