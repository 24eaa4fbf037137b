"""A reference deployment that outlives a run, and the way to it."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from selfcheck.runs import ROOT

SECRETS = ("JWT_SECRET_KEY", "REVENUECAT_SECRET_KEY", "REVENUECAT_WEBHOOK_SECRET")


@dataclass(frozen=True)
class Served:
    """Where the deployment and its RevenueCat listen; `variables`: its secrets, by name; `log`: its file."""

    base_url: str
    revenuecat_url: str
    variables: dict[str, str]
    log: Path

    def environment(self, base_url: str, **sections: dict[str, Any]) -> str:
        """The option that leads the suite to `base_url`; `sections`: what the file says besides."""
        content: dict[str, dict[str, Any]] = {
            "target": {"base_url": base_url},
            "tokens": {"signing_secret_env": "JWT_SECRET_KEY"},
            "webhook": {"secret_env": "REVENUECAT_WEBHOOK_SECRET"},
            "revenuecat": {"stand_in": self.revenuecat_url},
            "logs": {"source": "file", "path": str(self.log)},
        }
        for name, section in sections.items():
            content[name] = {**content.get(name, {}), **section}
        path = self.log.with_name("served.toml")
        path.write_text(tomli_w.dumps(content), "utf-8")
        return f"--env={path}"


@contextmanager
def deployment(folder: Path) -> Iterator[Served]:
    """A deployment with its log in `folder`, until the end of the block."""
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
        yield Served(where["base_url"], where["revenuecat_url"], variables, log)
    finally:
        process.communicate()
