"""The peers are compared fairly: each has the same 24 checks, and its locks say no address."""

import json
import re

import pytest

from benchmarks.peers.floor import Checks
from benchmarks.peers.tools import HERE

CHECKS = {name.replace("_", " ") for name in vars(Checks) if not name.startswith("_")}
SET_UP = {"a buyer"}  # a call that no check is about


def items():
    """The names of the collection's requests."""
    collection = json.loads((HERE / "smoke.postman_collection.json").read_text("utf-8"))
    return [item["name"] for item in collection["item"]]


def found(path, pattern):
    """What a pattern's groups match in files, with spaces for underscores."""
    texts = [each.read_text("utf-8") for each in sorted(HERE.glob(path))]
    matches = [match for text in texts for match in re.finditer(pattern, text, re.MULTILINE)]
    return ["".join(filter(None, match.groups())).replace("_", " ") for match in matches]


NAMES = {
    "node": found("smoke.test.mjs", r'^  it\("([^"]+)"'),
    "bash": found("smoke.sh", r"; end (?:'([^']+)'|(\w+))$"),
    "ours": found("ours/smoke/test_*.py", r"^def test_(\w+)\("),
    "Tavern": found("tavern/test_smoke.tavern.yaml", r"^  - name: (?!settings)([^,\n]+)"),
    "Newman": [name.partition(",")[0] for name in items()],
}


def test_there_are_24_checks():
    assert len(CHECKS) == 24


@pytest.mark.parametrize("tool", NAMES)
def test_every_tool_has_the_same_checks(tool):
    assert set(NAMES[tool]) - SET_UP == CHECKS


@pytest.mark.parametrize("tool", ["node", "bash", "ours"])
def test_no_check_counts_twice(tool):
    assert len(NAMES[tool]) == len(CHECKS)


@pytest.mark.parametrize("tool", ["Tavern", "Newman"])
def test_tools_without_functions_have_a_stage_for_each_call(tool):
    assert len(NAMES[tool]) == 40


@pytest.mark.parametrize(
    "item", json.loads((HERE / "smoke.postman_collection.json").read_text("utf-8"))["item"]
)
def test_every_request_of_the_collection_is_judged(item):
    scripts = "".join(line for event in item["event"] for line in event["script"]["exec"])
    assert "pm.test(" in scripts
    assert "pm.expect(" in scripts


def test_locks_hold_hashes_and_no_address():
    packages = json.loads((HERE / "package-lock.json").read_text("utf-8"))["packages"]
    pinned = [package for name, package in packages.items() if name]
    assert all("integrity" in package and "resolved" not in package for package in pinned)
    lock = (HERE / "tavern" / "requirements.lock").read_text("utf-8")
    assert len(re.findall(r"^[\w.-]+==", lock, re.MULTILINE)) <= lock.count("--hash=sha256:")
    assert "://" not in lock
