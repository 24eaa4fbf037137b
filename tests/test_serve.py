"""`make serve`: it says what it needs, and nothing of it outlives make."""

import json
import os
import shutil
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SECRETS = ("REVENUECAT_SECRET_KEY", "REVENUECAT_WEBHOOK_SECRET", "JWT_SECRET_KEY")
GIVEN = dict.fromkeys(SECRETS, "5" * 64)

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make here")


def serve(reports, port=0, **variables):
    # -o: the virtual environment is not made anew, whatever its age.
    settings = [f"REPORTS={reports}", f"PORT={port}", "REVENUECAT_PORT=0"]
    plain = {name: value for name, value in os.environ.items() if name not in SECRETS}
    return subprocess.Popen(
        ["make", "-o", ".venv/installed", "serve", *settings],
        cwd=ROOT,
        env={**plain, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.parametrize("missing", SECRETS)
def test_unset_secret_is_named_with_how_to_set_all(tmp_path, missing):
    process = serve(tmp_path, **{name: value for name, value in GIVEN.items() if name != missing})
    said, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert f"{missing} is not set" in said
    assert "export" + "".join(f" {name}=$(openssl rand -hex 32)" for name in SECRETS) in said
    assert list(tmp_path.iterdir()) == []


def test_killing_make_ends_the_deployment_and_its_log_is_kept(tmp_path):
    process = serve(tmp_path, **GIVEN)
    try:
        lines = (line for line in process.stdout if line.startswith('{"base_url"'))
        health = json.loads(next(lines))["base_url"] + "/api/health"
        assert urllib.request.urlopen(health, timeout=30).status == 200
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)  # its output ends with the last process that holds it
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(health, timeout=30)
    assert '{"base_url"' in (tmp_path / "served" / "target.log").read_text("utf-8")
