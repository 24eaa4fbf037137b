"""The embedded deployment as a target of benchmarks: fresh, on loopback, with a delay added to every answer."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from benchmarks.measuring import ROOT


@dataclass(frozen=True)
class Target:
    """Where it is, and what it takes for RevenueCat's credentials (sent as they are, in `Authorization`)."""

    base_url: str
    webhook_secret: str

    @property
    def variables(self) -> dict[str, str]:
        """What the tools are told of it."""
        return {"BASE_URL": self.base_url, "WEBHOOK_SECRET": self.webhook_secret}


@dataclass(frozen=True)
class Deployment:
    """How to start one. `add_ms`: to every answer; `reset`: the share of requests whose connection is reset."""

    add_ms: float = 0
    reset: float = 0
    fault: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def command(self) -> list[str]:
        own = [sys.executable, "-m", "reference", "--until-eof"]
        relay = ["-m", "benchmarks.delayed", f"--add-ms={self.add_ms}", f"--reset={self.reset}"]
        return [sys.executable, *relay, *own] if self.add_ms or self.reset else own

    @contextmanager
    def started(self) -> Iterator[Target]:
        """Start it, and stop it at the end of the block; raises RuntimeError where it does not start."""
        secret = secrets.token_hex(32)
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        variables |= {
            "SERVER_DEV_MODE": "false",
            "JWT_SECRET_KEY": secrets.token_hex(32),
            "REVENUECAT_SECRET_KEY": secrets.token_hex(32),
            "REVENUECAT_WEBHOOK_SECRET": secret,
            "WEBHOOK_STRATEGY": "static",
            "REFERENCE_FAULTS": self.fault,
            **self.variables,
        }
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(self.command, cwd=ROOT, env=variables, text=True, **pipes) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                line = process.stdout.readline()
                if not line:
                    raise RuntimeError("the target did not start")
                yield Target(json.loads(line)["base_url"], secret)
            finally:
                process.stdin.close()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
