"""--check-env: whether the commands that an environment names are here."""

import pytest

from harness.commands import missing
from harness.sections import File

GONE = "no-such-command-anywhere"


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """A checkout with an executable `bin/tool`, in which the tests are run."""
    place = tmp_path / "checkout" / "bin" / "tool"
    place.parent.mkdir(parents=True)
    place.write_text("#!/bin/sh\n")
    place.chmod(0o755)
    (tmp_path / "checkout" / "notes").write_text("")
    monkeypatch.chdir(tmp_path)


def file(**sections):
    return File.model_validate({"target": {"base_url": "https://game.example"}} | sections)


def logs(command):
    return file(logs={"source": "command", "command": [command]})


@pytest.mark.parametrize(
    ("resource", "given", "key"),
    [
        ("logs", logs(GONE), "logs.command"),
        ("guards", file(predeploy={"guards": [{"command": [GONE]}]}), "predeploy.guards.command"),
        ("backend", file(predeploy={"startup": {"command": [GONE]}}), "predeploy.startup.command"),
        ("backend", file(target={"start": {"command": [GONE]}}), "target.start.command"),
        (
            "switches_source",
            file(predeploy={"switches": {"source": "command", "command": [GONE]}}),
            "predeploy.switches.command",
        ),
        ("migrations", file(predeploy={"order": {"migrations": [GONE]}}), "predeploy.order.migrations"),
    ],
)
def test_command_that_is_not_here_is_named_with_its_key(resource, given, key):
    assert list(missing(given, resource)) == [f"`{GONE}` is not found; install it here, or mend {key}"]
    assert list(missing(given, "players")) == []


@pytest.mark.parametrize("command", ["sh", "{python}", "checkout/bin/tool"])
def test_command_that_is_here_is_no_obstacle(tool, command):
    assert list(missing(logs(command), "logs")) == []


@pytest.mark.parametrize(
    ("command", "within", "said"),
    [
        ("bin/tool", "checkout", []),
        ("../checkout/bin/tool", "checkout", []),
        ("sh", "checkout", []),
        ("bin/tool", None, ["`bin/tool` is not found; "]),
        ("./notes", "checkout", ["`./notes` is not found; "]),
        ("sh", "../frontend", ["the folder ../frontend is not found; "]),
    ],
)
def test_path_begins_in_the_folder_that_the_command_is_run_in(tool, command, within, said):
    given = file(predeploy={"guards": [{"command": [command], "within": within}]})
    assert [each.partition("; ")[0] + "; " for each in missing(given, "guards")] == said


def test_no_source_is_told_of_by_itself():
    assert [
        each for name in ("logs", "guards", "backend", "switches_source") for each in missing(file(), name)
    ] == []


def test_check_env_says_that_the_log_s_command_is_not_here(suite, free_port):
    env = (
        f'[target]\nbase_url = "http://127.0.0.1:{free_port}"\nready_within_s = 1\n'
        f'[logs]\nsource = "command"\ncommand = ["{GONE}"]\n'
    )
    said = suite("--check-env", env=env).said
    [_, obstacles] = said.split("can't prove  purchases.logged\n")
    told = f"{'':15}`{GONE}` is not found; install it here, or mend logs.command"
    assert told in obstacles.partition("prove ")[0].splitlines()
