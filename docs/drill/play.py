"""Plays a release on the embedded deployment: before the deploy, after it, a fault in the hours that follow, mended.

`make release-drill`; needs no browser with `--without-client`. Ends with 0 if each step ended as a release manager
should see it.
"""

import argparse
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import tomli_w

ROOT = Path(__file__).parents[2]
FAULT = "postdeploy.attempts-fail"
BEFORE, VERSION = "1.0.0", "1.1.0"  # the release before, and the one that is played
LONGEST_S = 120  # of a step
CLIENT = [
    "auth.force-logout",
    "entitlements.resume-refresh",
    "gates.paywall-route",
    "gates.paywall-telemetry",
    "gates.paywall-products",
]


class Failed(Exception):
    """A step that did not end as it should; says which, and what was printed."""


class Deployment:
    """The reference deployment at fixed ports, so that it can be replaced by another release of itself."""

    def __init__(self, log: Path, variables: dict[str, str]) -> None:
        self.port, self.services_port = free_port(), free_port()
        self._log, self._variables = log, variables
        self._process: subprocess.Popen[str] | None = None

    def start(self, version: str, fault: str = "") -> None:
        """Until it listens."""
        command = [sys.executable, "-m", "reference", "--until-eof", f"--port={self.port}"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, f"--revenuecat-port={self.services_port}"],
                cwd=ROOT,
                env={**self._variables, "APP_VERSION": version, "REFERENCE_FAULTS": fault},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        if not self._process.stdout.readline():
            raise Failed(f"the deployment did not start, see {self._log}")

    def stop(self) -> None:
        """Until it is gone."""
        if self._process is not None:
            self._process.stdin.close()
            self._process.wait(10)
            self._process = None


class Drill:
    """The steps; each prints what it is, and what the release manager reads at its end."""

    def __init__(self, folder: Path, client: bool, options: list[str]) -> None:
        self._folder, self._options = folder, options
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "target.log"
        log.unlink(missing_ok=True)
        start = local()["target"]["start"]
        made_up = {name: secrets.token_hex(32) for name in start["generate"]}
        self._variables = {**os.environ, **made_up, **start["variables"]}
        self.deployment = Deployment(log, self._variables)
        self._environment = folder / "drill.toml"
        self._environment.write_text(tomli_w.dumps(environment(self.deployment, log, client)), "utf-8")
        self._deployed = ""

    def play(self) -> None:
        """All of it; raises Failed at the first step that ends otherwise than it should."""
        self.say("The release before", f"version {BEFORE} is what players have")
        self.deployment.start(BEFORE)
        self.verify("Before the deploy", 0, "--phase=predeploy")
        self.deploy("The deploy", f"version {VERSION} takes its place")
        self.verify("Right after the deploy", 0, f"--expect-version={VERSION}")
        self.watch()
        self.deploy("The release is mended", f"version {VERSION} takes its own place, without the fault")
        self.verify("Right after that deploy", 0, f"--expect-version={VERSION}")
        self.verify("And what players do", 0, "--phase=postdeploy")

    def watch(self) -> None:
        """The rollout is watched, and a fault appears while it is."""
        self.say("During the rollout", "it is watched every second, and players begin to fail at purchases")
        rounds = self._folder / "drill" / "postdeploy" / "watch.jsonl"
        rounds.unlink(missing_ok=True)
        with subprocess.Popen(
            self._command("--watch=10m", "--every=1s"),
            cwd=ROOT,
            env=self._variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as watch:
            try:
                self._until(lambda: rounds.exists() and '"GO"' in rounds.read_text("utf-8"), watch)
                self.replace(FAULT)
                output, _ = watch.communicate(timeout=LONGEST_S)
            finally:
                watch.kill()
        self.show(watch.returncode, 1, output)
        advised = [each["scenario"] for each in self.verdict("postdeploy")["rollback"]]
        if advised != [3]:
            raise Failed(f"scenario 3 was to be advised, and {advised} was")

    def deploy(self, title: str, what: str) -> None:
        """The release that is played; what happened before this moment is not its own."""
        self.say(title, what)
        self._deployed = f"--deployed-at={datetime.now(UTC).isoformat()}"
        self.replace()

    def replace(self, fault: str = "") -> None:
        """The release that is played, in the place of what is there."""
        self.deployment.stop()
        self.deployment.start(VERSION, fault)

    def verify(self, title: str, code: int, *options: str) -> None:
        """A run of the verifier that has to end with `code`."""
        self.say(title, f"pytest --env=drill {' '.join(options)}")
        ended = subprocess.run(
            self._command(*options),
            cwd=ROOT,
            env=self._variables,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
        )
        self.show(ended.returncode, code, ended.stdout + ended.stderr)

    def verdict(self, phase: str) -> dict:
        """What a run left for machines."""
        return json.loads((self._folder / "drill" / phase / "verdict.json").read_text("utf-8"))

    def show(self, code: int, wanted: int, output: str) -> None:
        """Of what was printed, what to do and the decision; raises Failed where the code is another."""
        if code != wanted:
            raise Failed(f"exit code {wanted} was due, and it was {code}\n{output}")
        told = output.splitlines()
        rounds = [line for line in told if re.match(r"\d\d:\d\d:\d\d  ", line)]
        parts = [index for index, line in enumerate(told) if line == "WHAT TO DO"]
        ends = [index for index, line in enumerate(told) if line.startswith(("GO: ", "NO-GO: "))]
        lines = told[parts[-1] : told.index("", parts[-1])] if code and parts else []
        for line in [*rounds, *lines, *told[ends[-1] : ends[-1] + 3]]:
            sys.stdout.write(f"    {line}\n")

    def say(self, title: str, what: str) -> None:
        """Name the step."""
        sys.stdout.write(f"\n== {title}: {what}\n")
        sys.stdout.flush()

    def _command(self, *options: str) -> list[str]:
        given = f"--env={self._environment}", f"--reports={self._folder}", *filter(None, [self._deployed])
        return [sys.executable, "-m", "pytest", *given, *self._options, *options]

    def _until(self, met, watch: subprocess.Popen) -> None:
        over = time.monotonic() + LONGEST_S
        while not met():
            if watch.poll() is not None:
                raise Failed(f"the watch ended too early\n{watch.stdout.read()}")
            if time.monotonic() > over:
                raise Failed("no round of the watch was GO")
            time.sleep(0.1)


def local() -> dict:
    """environments/local.toml."""
    return tomllib.loads((ROOT / "environments" / "local.toml").read_text("utf-8"))


def environment(deployment: Deployment, log: Path, client: bool) -> dict:
    """The same deployment, started by the drill instead of the run."""
    sections = local()
    start = sections["target"].pop("start")
    sections["predeploy"]["startup"] = {"command": start["command"], "variables": start["variables"]}
    del sections["predeploy"]["order"]  # the frontend goes after the backend, and is not played
    sections["target"]["base_url"] = f"http://127.0.0.1:{deployment.port}"
    sections["revenuecat"] = {"stand_in": f"http://127.0.0.1:{deployment.services_port}"}
    sections["logs"] |= {"source": "file", "path": str(log)}
    excused = sections.setdefault("checklist", {}).setdefault("not_required", [])
    # The deployment has purchases on, and no frontend comes after it.
    excused += ["operations.emergency-stop", "predeploy.order"]
    if not client:
        del sections["web"]
        excused += CLIENT
    return sections


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--reports", type=Path, default=ROOT / "reports" / "drill", metavar="DIR")
    parser.add_argument("--without-client", action="store_true", help="needs no browser")
    arguments, options = parser.parse_known_args()
    drill = Drill(arguments.reports.resolve(), not arguments.without_client, options)
    began = time.monotonic()
    try:
        drill.play()
    except (Failed, subprocess.TimeoutExpired) as problem:
        sys.stdout.write(f"\nThe drill failed: {problem}\n")
        return 1
    finally:
        drill.deployment.stop()
    sys.stdout.write(f"\nThe drill went as it should, in {time.monotonic() - began:.0f} s.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
