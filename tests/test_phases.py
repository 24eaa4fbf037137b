"""Phases of a release: which are run, what is required then, and what may be missing in them."""

import pytest

from harness.phases import excuses, title

GUARDED = """
[target]
base_url = "http://127.0.0.1:{port}"

[webhook]
secret_env = "NOT_SET_BEFORE_THE_DEPLOY"

[checklist]
not_required = ["entitlements.snapshot", "entitlements.snapshot:test_of_another_phase", {excused}]

[[predeploy.guards]]
command = ["sh", "-c", "echo looked; exit {code}"]
"""


@pytest.fixture
def guarded(free_port):
    """An environment file whose target is not there yet."""

    def text(code=0, excused=""):
        return GUARDED.format(port=free_port, code=code, excused=excused)

    return text


@pytest.mark.parametrize(
    "arguments", [["--phase=predeploy"], ["predeploy"], ["--phase=predeploy", "predeploy"]]
)
def test_before_the_deploy_no_target_is_waited_for(suite, guarded, arguments):
    ended = suite(*arguments, "-k", "every_guard", env=guarded())
    assert ended.code == 0
    verdict = ended.verdict_of("predeploy")
    assert verdict["phase"] == "predeploy"
    assert [item["id"] for item in verdict["items"] if item["outcome"] == "proven"] == ["predeploy.guards"]
    assert {item["section"] for item in verdict["items"]} == {"predeploy"}


def test_failed_guard_says_that_nothing_is_deployed(suite, guarded):
    ended = suite("predeploy/test_guards.py", env=guarded(code=3))
    assert ended.code == 1
    [advice] = ended.verdict_of("predeploy")["rollback"]
    assert advice["first_action"].startswith("Do not deploy")
    assert "exit 3'` ended with 3" in ended.said
    assert "           looked\n" in ended.said


def test_path_of_another_phase_is_refused(suite, guarded):
    ended = suite("--phase=predeploy", "smoke/test_health.py", env=guarded())
    assert ended.code == 4
    assert "--phase=predeploy: a path of phase smoke is named, too" in ended.said


def test_excuse_for_an_unknown_item_is_refused_in_every_phase(suite, guarded):
    ended = suite("--phase=predeploy", env=guarded(excused='"predeploy.guard"'))
    assert ended.code == 4
    assert "did you mean predeploy.guards?" in ended.said


@pytest.mark.parametrize(
    ("arguments", "folders"),
    [
        ([], {"smoke", "contracts"}),
        (["."], {"smoke", "contracts", "tests"}),
        (["--phase=predeploy"], {"predeploy"}),
        (["--phase=all"], {"predeploy", "smoke", "contracts", "postdeploy"}),
        (["predeploy", "contracts"], {"predeploy", "contracts"}),
    ],
)
def test_what_is_collected_is_of_the_chosen_phases(suite, arguments, folders):
    ended = suite(*arguments, "--collect-only", "-q")
    collected = {line.partition("/")[0] for line in ended.said.splitlines() if "::" in line}
    assert collected == folders


@pytest.mark.parametrize(
    ("pattern", "phases", "may"),
    [
        ("smoke/test_x.py::test_y*", ["smoke"], True),
        ("contracts/test_x.py::test_y*", ["smoke"], True),
        ("*test_y*", ["smoke"], True),
        ("predeploy/test_x.py::*", ["smoke"], False),
        ("*test_y*", ["predeploy"], False),
        ("predeploy/test_x.py::*", ["predeploy", "smoke"], True),
    ],
)
def test_excuse_is_for_the_phase_of_its_folder(pattern, phases, may):
    assert excuses(pattern, phases) is may


def test_phases_have_a_title():
    assert title(("predeploy",)) == "predeploy"
    assert title(("predeploy", "smoke")) == "predeploy+smoke"
    assert title(("predeploy", "smoke", "postdeploy")) == "all"
