"""The reference deployment starts and stops as it promises."""

import subprocess
import sys

import pytest
from deployed import ROOT, SECRET_NAMES, SECRETS, Target, environment


@pytest.mark.parametrize("name", SECRET_NAMES)
@pytest.mark.parametrize("how", ["missing", "empty"])
def test_start_up_is_refused_without_a_secret(name: str, how: str):
    settings = environment(**{name: ""})
    if how == "missing":
        del settings[name]
    command = [sys.executable, "-m", "reference"]
    run = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, timeout=5)
    assert (run.returncode, run.stdout, len(run.stderr.splitlines())) == (1, "", 1)
    assert f"{name} not configured" in run.stderr
    assert not any(secret in run.stderr for secret in SECRETS.values())


def test_another_process_on_the_same_database_knows_players_and_tokens(deployments: dict[str, Target]):
    player = deployments["body-hmac"].ready().player()
    player.target = deployments["another header"].ready()
    assert player.snapshot()["username"] == player.name


def test_start_up_markers_are_logged(target: Target):
    log = target.log.read_text()
    for marker in (
        "SERVER_DEV_MODE=FALSE",
        "Production configuration validated",
        "Created unique index on username_canon",
    ):
        assert marker in log
