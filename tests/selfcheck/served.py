"""A reference deployment that outlives the runs against it."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from selfcheck.runs import ROOT

SECRETS = ("JWT_SECRET_KEY", "REVENUECAT_SECRET_KEY", "REVENUECAT_WEBHOOK_SECRET")


@dataclass(frozen=True)
class Served:
    """Where it is, the environment file that leads there, and the variables that the file names."""

    origin: str
    environment: Path
    variables: dict[str, str]


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Started in a process of its own, which ends with the block."""
    variables = {name: secrets.token_hex(32) for name in SECRETS}
    log = folder / "served.log"
    with log.open("ab") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "reference", "--until-eof"],
            cwd=ROOT,
            env={**variables, "SERVER_DEV_MODE": "false", "REVENUECAT_TIMEOUT_MS": "300"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    assert process.stdout is not None
    try:
        where = json.loads(process.stdout.readline())
        environment = {
            "target": {"base_url": where["base_url"]},
            "tokens": {"signing_secret_env": "JWT_SECRET_KEY"},
            "webhook": {"secret_env": "REVENUECAT_WEBHOOK_SECRET", "settles_within_s": 2},
            "revenuecat": {"stand_in": where["revenuecat_url"]},
            "logs": {"source": "file", "path": str(log)},
        }
        path = folder / "served.toml"
        path.write_text(tomli_w.dumps(environment), "utf-8")
        yield Served(where["base_url"], path, variables)
    finally:
        process.communicate()
