"""What a process takes: wall time, processor time, memory."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Linux counts the memory of who starts a process as that process's own, so somebody small has to start it.
STARTER = """
import os, resource, sys, time
began = time.perf_counter()
_, status = os.waitpid(os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ), 0)
wall = time.perf_counter() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    file.write(str([wall, used.ru_utime + used.ru_stime, used.ru_maxrss, os.waitstatus_to_exitcode(status)]))
"""


@dataclass(frozen=True)
class Measured:
    """A process that ended. `cpu_s` and `peak_mb` count its children too: their sum, and the largest of them.

    `code`: below 0 for a process that was killed.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    code: int
    said: str


def measure(
    command: Sequence[str],
    variables: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    limit_s: float = 120,
) -> Measured:
    """Run a command to its end; after `limit_s` it is killed, with all that it started.

    Raises RuntimeError for one that cannot be started.
    """
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as place, (Path(place) / "said").open("w+b") as sink:
        figures = Path(place) / "figures"
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", STARTER, str(figures), *command],
            cwd=cwd,
            env={**inherited, **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            process.wait(limit_s)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
        said = Path(sink.name).read_text("utf-8", "replace")
        if not figures.exists():
            if process.returncode > 0:
                raise RuntimeError(f"{command[0]} could not be started:\n{said}")
            return Measured(limit_s, 0.0, 0.0, -signal.SIGKILL, said)
        wall_s, cpu_s, peak_kb, code = json.loads(figures.read_text())
    return Measured(wall_s, cpu_s, peak_kb / 1024, code, said)
