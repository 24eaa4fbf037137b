"""Every fault is caught by its item, no legal variant raises an alarm; --whole runs them all."""

import json
from pathlib import Path

import pytest
from selfcheck import catalogue, fuzzed, matrix, runs

FAST_VARIANTS = 6


def pytest_generate_tests(metafunc):
    faults, variants = catalogue.load()
    if not metafunc.config.getoption("whole"):
        faults = catalogue.one_an_item(faults)
        variants = variants[:: max(1, len(variants) // FAST_VARIANTS)]
    if "fault" in metafunc.fixturenames:
        metafunc.parametrize("fault", faults, ids=lambda fault: fault.name)
    if "variant" in metafunc.fixturenames:
        metafunc.parametrize("variant", variants, ids=lambda variant: variant.name)


@pytest.fixture
def folder(request, tmp_path):
    """Where a run's reports go: kept for the matrix of a whole selfcheck."""
    return Path(request.config.getoption("whole") or tmp_path)


def test_fault_is_caught_by_its_item(fault, folder, command):
    place = folder / "runs" / fault.name
    env = catalogue.environment_file(place, command, fault)
    # One of each item meets all that a user runs; the others, what has to notice them.
    checks = fault.everything if fault in catalogue.one_an_item(catalogue.load()[0]) else fault.checks
    variables = {"REFERENCE_FAULTS": fault.name}
    ended = runs.run(place, f"--env={env}", *checks, *fuzzed.options(), variables=variables)
    row = matrix.row(fault.name, fault.description, fault.item, "NO-GO", ended)
    matrix.save(folder, row)
    assert row.decision == "NO-GO", ended.said[-3000:]
    assert fault.item in row.broken


def test_legal_variant_raises_no_alarm(variant, folder, command):
    place = folder / "runs" / variant.name
    env = catalogue.environment_file(place, command, variant)
    variables = {**variant.variables, "REFERENCE_VARIANTS": variant.name}
    brief = fuzzed.options(examples=fuzzed.BRIEF)
    ended = runs.run(place, f"--env={env}", *variant.checks, *brief, variables=variables)
    row = matrix.row(variant.name, variant.description, None, variant.expected, ended)
    matrix.save(folder, row)
    assert (row.decision, row.broken) == (variant.expected, []), ended.said[-5000:]


def test_forked_run_gathers_what_any_run_does(tmp_path, command):
    """Checks that were imported before the fork would stand on probes of an earlier conftest.py, and gather twice."""
    env = catalogue.environment_file(tmp_path, command)
    timeline = tmp_path / "timeline.jsonl"
    ended = runs.run(tmp_path, f"--env={env}", "smoke", f"--timeline={timeline}")
    names = [json.loads(line)["name"] for line in timeline.read_text("utf-8").splitlines()]
    assert (ended.code, sorted(names)) == (0, sorted(set(names))), ended.said[-3000:]
    assert "conftest.bought" in names
