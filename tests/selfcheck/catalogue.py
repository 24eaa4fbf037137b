"""The faults and legal variants of the reference deployment, as it lists them itself."""

import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import tomli_w

from harness.phases import FOLDERS, PHASES
from selfcheck.runs import ROOT


def _modules() -> dict[str, list[str]]:
    """Each item with the modules that hold checks of it."""
    found: dict[str, list[str]] = {}
    for path in (path for folder in FOLDERS for path in sorted((ROOT / folder).glob("test_*.py"))):
        for item in set(re.findall(r'^@checks\("([\w.-]+)"', path.read_text("utf-8"), re.MULTILINE)):
            found.setdefault(item, []).append(path.relative_to(ROOT).as_posix())
    return found


def phase_of(name: str, mark: str) -> str | None:
    """The option for the phase that an item or a variant is called after; None for the usual phase."""
    first = name.partition(mark)[0]
    return f"--phase={first}" if first in PHASES else None


MODULES = _modules()
# The items that are proven in a browser.
CLIENT = {item for item, paths in MODULES.items() if all("/test_web_client_" in path for path in paths)}
# The items whose checks read what all the others left behind.
OF_ALL = {"operations.quiet-logs"}


@dataclass(frozen=True)
class Fault:
    name: str
    item: str
    description: str

    @property
    def checks(self) -> list[str]:
        """Where the checks are that have to notice it; the others would cost as much time again."""
        return ["smoke"] if self.item in OF_ALL else MODULES[self.item]

    @property
    def everything(self) -> list[str]:
        """All that a user runs where it may be noticed, but for a browser that is not needed."""
        if self.item in CLIENT:
            return self.checks
        if phase := phase_of(self.item, "."):
            return [phase]
        return ["contracts" if self.item.startswith("contract.") else "smoke"]

    @property
    def is_of_the_client(self) -> bool:
        """Whether it takes a browser to notice it."""
        return self.item in CLIENT

    @property
    def is_made_up(self) -> bool:
        """Whether only requests or sequences that are made up find it."""
        return self.item.startswith("contract.") and self.item != "contract.drift"


@dataclass(frozen=True)
class Variant:
    name: str
    description: str
    environment: dict[str, Any]
    variables: dict[str, str]
    expected: str

    @property
    def checks(self) -> list[str]:
        """What is run against it: its phase, of which only the usual one needs no option."""
        return [phase] if (phase := phase_of(self.name, "-")) else []

    @property
    def is_of_the_client(self) -> bool:
        """Whether it takes a browser to see it; those of the API need none, and are run without."""
        return self.name.startswith("client-")


@cache
def load() -> tuple[list[Fault], list[Variant]]:
    """All faults and variants."""
    command = [sys.executable, "-m", "reference", "--catalogue"]
    listed = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)
    return [Fault(**each) for each in listed["faults"]], [Variant(**each) for each in listed["variants"]]


def one_an_item(faults: list[Fault]) -> list[Fault]:
    """The first fault of each item: the fast part of the proof."""
    return list({fault.item: fault for fault in reversed(faults)}.values())[::-1]


def without_browser(local: dict[str, Any]) -> dict[str, Any]:
    """An environment that does not know the web client, and need not prove its items."""
    left = {name: section for name, section in local.items() if name != "web"}
    return _merged(left, {"checklist": {"not_required": sorted(CLIENT)}})


def environment_file(folder: Path, command: list[str], choice: Fault | Variant | None = None) -> Path:
    """local.toml whose target is started by `command`, with what a variant says of itself.

    With the web client only for a choice that it takes a browser to see, and without traces, at which nobody looks.
    """
    local = tomllib.loads((ROOT / "environments" / "local.toml").read_text("utf-8"))
    local = _merged(local, {"web": {"browser": {"traces": False}}})
    variant = choice if isinstance(choice, Variant) else None
    if choice is None or not choice.is_of_the_client:
        local = without_browser(local)
    local = _started_by(command, local)
    start = {"command": command, "variables": variant.variables if variant else {}}
    merged = _merged(local, variant.environment if variant else {})
    path = folder / "environment" / "local.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(tomli_w.dumps(_merged(merged, {"target": {"start": start}})), "utf-8")
    return path


def _started_by(command: list[str], part: Any) -> Any:
    """The same, with `command` in place of every start of the reference deployment's own module."""
    if isinstance(part, dict):
        return {key: _started_by(command, value) for key, value in part.items()}
    if isinstance(part, list) and part[:3] == ["{python}", "-m", "reference"]:
        return [*command, *part[3:]]
    return [_started_by(command, each) for each in part] if isinstance(part, list) else part


def _merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    both = {**base, **change}
    for key in base.keys() & change.keys():
        if isinstance(base[key], dict) and isinstance(change[key], dict):
            both[key] = _merged(base[key], change[key])
        elif isinstance(base[key], list) and isinstance(change[key], list) and key == "not_required":
            both[key] = base[key] + change[key]
    return both


# The text of environments/local.toml without the web client.
LOCAL = tomli_w.dumps(
    without_browser(tomllib.loads((ROOT / "environments" / "local.toml").read_text("utf-8")))
)
