"""Which browser there is on this machine. Looks at files; starts nothing."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from harness.environment import process_variables
from harness.web.settings import Browser

# The headless shell first: the same engine without a browser around it, and twice as fast.
NAMES = (
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
CACHES = ("~/.cache/ms-playwright", "~/Library/Caches/ms-playwright", "~/AppData/Local/ms-playwright")
# Of a browser that Playwright itself installed, by system; newer and older names of the shell.
OWN = (
    "chromium_headless_shell-*/chrome-headless-shell-*/chrome-headless-shell*",
    "chromium_headless_shell-*/chrome-*/headless_shell*",
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*/Contents/MacOS/*",
    "chromium-*/chrome-win*/chrome.exe",
)


def has_driver() -> bool:
    """Whether Playwright for Python is installed."""
    return find_spec("playwright") is not None


def executable(settings: Browser) -> str | None:
    """The browser's path: the one that was named, the machine's own, or Playwright's; None where there is none."""
    if settings.executable:
        return settings.executable
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or next((path for path in APPLICATIONS if Path(path).is_file()), None) or _own()


def _own() -> str | None:
    named = process_variables().get("PLAYWRIGHT_BROWSERS_PATH")
    for cache in [named] if named else CACHES:
        folder = Path(cache).expanduser()
        for pattern in OWN:
            found = [path for path in sorted(folder.glob(pattern)) if path.is_file()]
            if found:
                return str(found[-1])  # the newest
    return None
