"""The tools that the same 24 checks are written for, and how they are installed: into a folder of their own."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measuring import ROOT, Measured, measure
from benchmarks.target import Target

HERE = Path(__file__).parent
SCRATCH = ROOT / "reports" / "bench" / "tools"
FLOOR = "asyncio + httpx"
CAREFUL = "asyncio + httpx, as careful as ours"
OURS = "this project's harness"


@dataclass(frozen=True)
class Tool:
    """`command`: what runs the checks against a target; `fault`: a broken promise that it has to notice."""

    name: str
    fault: str
    command: Callable[[Target], list[str]]
    cwd: Path = ROOT

    def run(self, target: Target) -> Measured:
        """The whole process, from its start to its end."""
        return measure(self.command(target), target.variables, self.cwd)


def _newman(target: Target) -> list[str]:
    options = ["--reporters", "cli", "--reporter-cli-no-banner", "--env-var", f"base={target.base_url}"]
    newman = SCRATCH / "node_modules" / "newman" / "bin" / "newman.js"
    collection = HERE / "smoke.postman_collection.json"
    return [
        "node",
        str(newman),
        "run",
        str(collection),
        *options,
        "--env-var",
        f"secret={target.webhook_secret}",
    ]


def _ours(target: Target) -> list[str]:
    place = HERE / "ours"
    options = [f"--rootdir={place}", f"--env={place / 'environment.toml'}", f"--base-url={target.base_url}"]
    options += [f"--reports={SCRATCH.parent / 'reports'}", "-p", "no:cacheprovider", "-q"]
    return [sys.executable, "-m", "pytest", "-c", str(ROOT / "pytest.ini"), *options, str(place)]


TOOLS = [
    Tool(FLOOR, "webhooks.duplicates-counted", lambda _: [sys.executable, "-m", "benchmarks.peers.floor"]),
    Tool(
        CAREFUL,
        "gates.cinematics-open",
        lambda _: [sys.executable, "-m", "benchmarks.peers.floor", "--careful"],
    ),
    Tool(
        "node --test, fetch",
        "operations.simulated-vip-purchase-open",
        lambda _: ["node", "--test", str(HERE / "smoke.test.mjs")],
    ),
    Tool(OURS, "gates.claim-premium-open", _ours),
    Tool("bash + curl", "purchases.refused-and-granted", lambda _: [str(HERE / "smoke.sh")]),
    Tool(
        "Tavern",
        "operations.health-ok",
        lambda _: [str(SCRATCH / "tavern" / "bin" / "python"), "-m", "pytest"],
        HERE / "tavern",
    ),
    Tool("Newman", "webhooks.no-credentials-accepted", _newman),
]


def install() -> None:
    """Newman and Tavern as their locks say, unless that was done before; raises RuntimeError."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    sources = [HERE / name for name in ("package.json", "package-lock.json", ".npmrc")]
    lock = HERE / "tavern" / "requirements.lock"
    state = hashlib.sha256(b"".join(path.read_bytes() for path in [*sources, lock])).hexdigest()
    stamp = SCRATCH / "installed"
    if stamp.exists() and stamp.read_text() == state:
        return
    for source in sources:
        shutil.copy(source, SCRATCH)
    _quietly("npm", "ci", "--silent", "--prefix", str(SCRATCH))
    _quietly(sys.executable, "-m", "venv", "--clear", str(SCRATCH / "tavern"))
    pip = [str(SCRATCH / "tavern" / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
    _quietly(*pip, "--disable-pip-version-check", "-r", str(lock))
    stamp.write_text(state)


def _quietly(*command: str) -> None:
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode != 0:
        raise RuntimeError(f"{command[0]} could not install the tools:\n{ended.stderr[-2000:]}")
