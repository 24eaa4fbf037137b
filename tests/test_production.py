"""The environment file for production, against a deployment that has such an account: it proves what it requires."""

import tomllib

import tomli_w
from selfcheck import runs

ROOT = runs.ROOT
VARIABLES = {
    "PRODUCTION_SMOKE_USERNAME": "provided_player",
    "PRODUCTION_SMOKE_PASSWORD": "provided-password",
}


def test_production_is_go_without_a_single_write(tmp_path, command):
    file = tomllib.loads((ROOT / "environments" / "production.toml").read_text("utf-8"))
    assert file["access"]["writes"] is False
    start = [*command, "--variant", "provided-accounts", "--access-log"]
    local = tomllib.loads((ROOT / "environments" / "local.toml").read_text("utf-8"))
    file["target"] = {"start": {**local["target"]["start"], "command": start}}
    file["access"]["requests_per_second"] = 1000
    path = tmp_path / "production.toml"
    path.write_text(tomli_w.dumps(file), "utf-8")
    ended = runs.run(tmp_path, f"--env={path}", variables=VARIABLES)
    assert (ended.code, ended.verdict["decision"]) == (0, "GO"), ended.said[-4000:]
    assert ended.verdict["writes"] == []
    asked = (tmp_path / "production" / "target.log").read_text("utf-8")
    assert asked.count("GET /api/") > 20
    assert {
        line for line in asked.splitlines() if " POST " in line and "/api/auth/login" not in line
    } == set()
    unproven = [item for item in ended.verdict["items"] if item["outcome"] == "not proven"]
    assert len(unproven) > 10
    assert [item["id"] for item in unproven if not item["reason"]] == []
