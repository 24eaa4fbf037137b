"""The environment file for production, against a deployment that has such an account: it proves what it requires."""

import tomllib

import pytest
import tomli_w
from selfcheck import runs

ROOT = runs.ROOT
LOCAL = tomllib.loads((ROOT / "environments" / "local.toml").read_text("utf-8"))
STARTS = ("at_the_login", "without_an_error", "without_a_failed_request")
VARIABLES = {
    "PRODUCTION_SMOKE_USERNAME": "provided_player",
    "PRODUCTION_SMOKE_PASSWORD": "provided-password",
}


@pytest.fixture
def production(tmp_path, command):
    """A run with the file for production; `more` sections are added to it. What ended, and the target's log."""
    file = tomllib.loads((ROOT / "environments" / "production.toml").read_text("utf-8"))
    assert file["access"]["writes"] is False
    start = [*command, "--variant", "provided-accounts", "--access-log"]
    file["target"] = {"start": {**LOCAL["target"]["start"], "command": start}}
    file["access"]["requests_per_second"] = 1000

    def run(*arguments, fault="", **more):
        path = tmp_path / "production.toml"
        path.write_text(tomli_w.dumps({**file, **more}), "utf-8")
        ended = runs.run(
            tmp_path, f"--env={path}", *arguments, variables={**VARIABLES, "REFERENCE_FAULTS": fault}
        )
        asked = (tmp_path / "production" / "target.log").read_text("utf-8")
        posted = {line for line in asked.splitlines() if " POST " in line and "/api/auth/login" not in line}
        assert (posted, ended.verdict["writes"]) == (set(), [])
        return ended, asked

    return run


def test_production_is_go_without_a_single_write(production):
    ended, asked = production()
    assert (ended.code, ended.verdict["decision"]) == (0, "GO"), ended.said[-4000:]
    assert asked.count("GET /api/") > 20
    unproven = [item for item in ended.verdict["items"] if item["outcome"] == "not proven"]
    assert len(unproven) > 10
    assert [item["id"] for item in unproven if not item["reason"]] == []


def test_web_client_is_seen_to_start_and_nobody_signs_in(production):
    ended, asked = production("-m", "browser", web=LOCAL["web"])
    tests = [test for item in ended.verdict["items"] for test in item["tests"]]
    passed = {test["nodeid"].rpartition("::")[2] for test in tests if test["outcome"] == "passed"}
    assert passed == {f"test_app_starts_{how}" for how in STARTS}, ended.said[-4000:]
    left = {test["message"] for test in tests if test["outcome"] != "passed"}
    assert len(left) == 1
    assert "set access.writes = true" in left.pop()
    assert "GET /app/config.json" in asked


@pytest.mark.parametrize(
    "fault", ["client.configuration-incomplete", "client.error-at-start", "client.file-missing"]
)
def test_web_client_that_does_not_start_is_no_go(production, fault):
    ended, _ = production("-m", "browser", "-k", "app_starts", fault=fault, web=LOCAL["web"])
    assert (ended.code, ended.outcomes["auth.force-logout"]) == (1, "broken"), ended.said[-4000:]
