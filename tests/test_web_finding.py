"""Which browser is taken where there are several, and none."""

import pytest

from harness.web import finding
from harness.web.settings import Browser


def put(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755)
    return str(path)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A folder that holds all the browsers of this machine: bin/ is the path, own/ is Playwright's."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "own"))
    monkeypatch.setattr(finding, "APPLICATIONS", ())
    return tmp_path


def test_shell_is_taken_before_a_whole_browser(machine):
    put(machine / "bin/chromium")
    shell = put(machine / "bin/chromium-headless-shell")
    assert finding.executable(Browser()) == shell


def test_named_one_is_taken_before_any(machine):
    put(machine / "bin/chromium")
    mine = put(machine / "opt/mine")
    assert finding.executable(Browser(executable=mine)) == mine


@pytest.mark.parametrize(
    "place",
    [
        "chromium_headless_shell-1200/chrome-headless-shell-linux64/chrome-headless-shell",
        "chromium_headless_shell-1200/chrome-headless-shell-win64/chrome-headless-shell.exe",
        "chromium_headless_shell-1100/chrome-linux/headless_shell",
        "chromium-1200/chrome-linux64/chrome",
        "chromium-1100/chrome-mac/Chromium.app/Contents/MacOS/Chromium",
    ],
)
def test_one_that_playwright_installed_is_found(machine, place):
    assert finding.executable(Browser()) is None
    own = put(machine / "own" / place)
    assert finding.executable(Browser()) == own


def test_newest_shell_of_playwright_is_taken(machine):
    put(machine / "own/chromium-1300/chrome-linux64/chrome")
    put(machine / "own/chromium_headless_shell-1200/chrome-headless-shell-linux64/chrome-headless-shell")
    newest = put(
        machine / "own/chromium_headless_shell-1300/chrome-headless-shell-linux64/chrome-headless-shell"
    )
    assert finding.executable(Browser()) == newest


def test_machine_s_own_is_taken_before_playwright_s(machine):
    put(machine / "own/chromium-1300/chrome-linux64/chrome")
    own = put(machine / "bin/chromium")
    assert finding.executable(Browser()) == own
