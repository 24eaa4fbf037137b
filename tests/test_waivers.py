"""Known issues: the file, and which failures an entry covers."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from harness.verdict import load_known_issues
from harness.verdict.waivers import matches
from runbook.errors import ConfigError
from runbook.loader import load_runbook
from tests.verdict_examples import LOGIN, LOGS, RUNBOOK, TODAY, issue

ENTRY = """
[[issues]]
item = "purchases.logged"
environments = ["staging", "production"]
owner = "Jo"
ticket = "DH-1"
reason = "Lines get lost."
expires = 2026-11-23
"""


def load(folder: Path, text: str, environment: str = "staging"):
    path = folder / "known_issues.toml"
    path.write_text(text)
    return load_known_issues(path, RUNBOOK, environment)


def test_the_projects_own_file_is_empty_and_has_a_valid_example(tmp_path):
    path = Path(__file__).parent.parent / "environments" / "known_issues.toml"
    runbook = load_runbook()
    assert load_known_issues(path, runbook, "local") == ()
    example = re.findall(r"^# (\[\[.*|(?!test)\w+ = .*)$", path.read_text(), re.MULTILINE)
    (tmp_path / "example.toml").write_text("\n".join(example))
    assert [i.ticket for i in load_known_issues(tmp_path / "example.toml", runbook, "staging")] == ["DH-123"]


def test_entry_becomes_a_known_issue_of_its_environments(tmp_path):
    expected = issue(item=LOGS, environments=("staging", "production"))
    assert load(tmp_path, ENTRY) == (expected,)
    assert load(tmp_path, ENTRY, "production") == (expected,)
    assert load(tmp_path, ENTRY, "local") == ()


def test_file_without_entries_is_fine(tmp_path):
    assert load(tmp_path, "# nothing\n") == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("item =", 'test = "*"\nitem =', "issues.0: has both item and test; keep one of them"),
        ('item = "purchases.logged"', "", "issues.0: has neither item nor test; say which"),
        (
            LOGS,
            "purchases.loged",
            "issues.0.item: no checklist item is called 'purchases.loged'; did you mean",
        ),
        ("2026-11-23", '"2026-11-23"', "issues.0.expires: not a date; write it as 2026-01-31"),
        ("2026-11-23", "2026-11-23T10:00:00", "issues.0.expires: not a date; write it as 2026-01-31"),
        ('owner = "Jo"', "", "issues.0.owner: missing; add this key"),
        ('"Jo"', '""', "issues.0.owner"),
        ('["staging", "production"]', "[]", "issues.0.environments"),
        ("expires", "expire", "issues.0.expires: missing"),
        ("[[issues]]", "[[issue]]", "issue: unknown key; did you mean issues?"),
    ],
)
@pytest.mark.parametrize("environment", ["staging", "local"])
def test_slip_is_named_wherever_the_run_goes(tmp_path, old, new, told, environment):
    with pytest.raises(ConfigError, match=re.escape(told)):
        load(tmp_path, ENTRY.replace(old, new), environment)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        load_known_issues(tmp_path / "known_issues.toml", RUNBOOK, "staging")


def test_issue_lasts_through_its_last_day():
    days = [TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1)]
    assert [issue(item=LOGS).expired(day) for day in days] == [False, False, True]


def test_issue_of_an_item_covers_all_its_tests_and_no_other():
    known = issue(item=LOGS)
    assert [known.covers(LOGS, "a.py::test_a"), known.covers(LOGIN, "a.py::test_a")] == [True, False]


@pytest.mark.parametrize(
    ("name", "pattern", "matching"),
    [
        ("test_x[a]", "test_x[a]", True),
        ("test_x[a]", "test_x[*]", True),
        ("test_x[a]", "*[?]", True),
        ("test_xa", "test_x[a]", False),
        ("test_x[a]", "TEST_X[A]", False),
        ("test_x[a]", "test_x", False),
        ("test_x[!a]", "test_x[!a]", True),
    ],
)
def test_brackets_in_a_pattern_are_brackets(name, pattern, matching):
    assert matches(name, pattern) is matching
