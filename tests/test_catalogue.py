"""The catalogue of faults and variants is well-formed. That each fault is caught is shown by running it."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def reference(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reference", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture(scope="module")
def catalogue():
    return json.loads(reference("--catalogue").stdout)


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


@pytest.mark.parametrize("kind", ["fault", "variant"])
def test_unknown_name_is_refused_with_the_nearest_one(catalogue, kind):
    name = catalogue[f"{kind}s"][0]["name"]
    refused = reference(f"--{kind}", name + "x")
    assert refused.returncode == 1
    assert f"no {kind} is called {name + 'x'!r}; the nearest is {name!r}" in refused.stderr
