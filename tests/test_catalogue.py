"""The catalogue of faults and variants is well-formed. That each fault is caught is shown by running it."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


UNKNOWN = {"fault": ("auth.expired-acceptet", "auth.expired-accepted"), "variant": ("gzipp", "gzip")}


def reference(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "reference", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True)


@pytest.fixture(scope="module")
def processes():
    """All at once: each takes most of a second."""
    started = {kind: reference(f"--{kind}", name) for kind, (name, _) in UNKNOWN.items()}
    started["catalogue"] = reference("--catalogue")
    yield started
    for process in started.values():
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def catalogue(processes):
    return json.loads(processes["catalogue"].communicate(timeout=30)[0])


@pytest.fixture(scope="module")
def checklist():
    return tomllib.loads((ROOT / "runbook" / "checklist.toml").read_text("utf-8"))["items"]


def test_there_are_enough_of_both(catalogue):
    assert len(catalogue["faults"]) >= 100
    assert len(catalogue["variants"]) >= 30


@pytest.mark.parametrize("kind", ["faults", "variants"])
def test_names_are_unique_and_plain(catalogue, kind):
    names = [each["name"] for each in catalogue[kind]]
    assert len(names) == len(set(names))
    assert [name for name in names if "," in name or name != name.strip().lower()] == []


@pytest.mark.parametrize("kind", ["faults", "variants"])
def test_each_is_described_in_one_sentence(catalogue, kind):
    undescribed = [each["name"] for each in catalogue[kind] if not each["description"].endswith(".")]
    assert undescribed == []


def test_each_fault_belongs_to_an_item(catalogue, checklist):
    items = {item["id"] for item in checklist}
    assert {fault["item"] for fault in catalogue["faults"]} - items == set()


def test_each_item_that_is_proven_by_calls_or_logs_has_a_fault(catalogue, checklist):
    items = {item["id"] for item in checklist if "browser" not in item["proof"]}
    assert items - {fault["item"] for fault in catalogue["faults"]} == set()


def test_each_variant_says_what_is_to_come_out(catalogue):
    assert {variant["expected"] for variant in catalogue["variants"]} <= {"GO", "INCONCLUSIVE"}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_unknown_name_is_refused_with_the_nearest_one(processes, kind):
    name, nearest = UNKNOWN[kind]
    _, log = processes[kind].communicate(timeout=30)
    assert processes[kind].returncode == 1
    assert f"no {kind} is called {name!r}; the nearest is {nearest!r}" in log
