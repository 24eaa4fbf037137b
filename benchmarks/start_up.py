"""What a start imports, and what that takes: python -m benchmarks.start_up."""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.figures import Series, table
from benchmarks.measuring import measure
from benchmarks.target import Deployment

SHOWN = 15
WATCHED = ("schemathesis", "hypothesis", "playwright", "requests", "jsonschema_rs", "allure_pytest", "xdist")
STARTS = {  # -s: else pytest would keep what is said from its own start on
    "pytest --check-env": ["--env=local", "--check-env", "-s"],
    "pytest -m smoke --collect-only": ["--env=local", "-m", "smoke", "--collect-only", "-q", "-s"],
}
DEPLOYED = "benchmarks/peers/ours/environment.toml"
TIMED = {
    "python -c pass": ["-c", "pass"],
    "python -c 'import pytest'": ["-c", "import pytest"],
    "python -c 'import httpx, pydantic'": ["-c", "import httpx, pydantic; pydantic.BaseModel"],
    "pytest --check-env, of a target that is there": ["-m", "pytest", f"--env={DEPLOYED}", "--check-env"],
    "pytest --check-env, of one that it starts": ["-m", "pytest", "--env=local", "--check-env"],
}
LINE = re.compile(r"import time:\s+(\d+) \|\s+(\d+) \| ( *)(\S+)$", re.MULTILINE)
INTRODUCTION = f"""\
First whole processes: `--check-env` starts, collects everything, reaches the target and ends. Then what is imported, by
`python -X importtime`, which makes imports slower: read it as shares. A package's own time is that of its modules
without what these import; of all, the {SHOWN} largest. Then where it is imported first.
"""


@dataclass(frozen=True)
class Import:
    """One module: its own time in milliseconds, and the module whose import led to it ("" at the top)."""

    name: str
    own_ms: float
    by: str

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]


def imports(said: str) -> list[Import]:
    """What `-X importtime` said, in its order: a module stands before the one that imports it, further in."""
    found: list[Import] = []
    above: list[tuple[int, str]] = []  # read backwards, an importer comes before what it imports
    for own, _, indent, name in reversed(LINE.findall(said)):
        while above and above[-1][0] >= len(indent):
            above.pop()
        found.append(Import(name, int(own) / 1000, above[-1][1] if above else ""))
        above.append((len(indent), name))
    return found[::-1]


def packages(of: Sequence[Import]) -> list[tuple[str, float, int, str]]:
    """For each package its own time in ms, how many modules, and who imported it first; the largest first."""
    grouped: dict[str, list[Import]] = {}
    for each in of:
        grouped.setdefault(each.package, []).append(each)
    rows = []
    for package, modules in grouped.items():
        outside = [each.by for each in modules if each.by and each.by.partition(".")[0] != package]
        rows.append((package, sum(each.own_ms for each in modules), len(modules), (outside or [""])[0]))
    return sorted(rows, key=lambda row: -row[1])


def times(runs: int) -> str:
    """A table of whole processes."""
    rows = []
    with Deployment().started() as target:
        for name, options in TIMED.items():
            more = [f"--base-url={target.base_url}"] if f"--env={DEPLOYED}" in options else []
            took = [measure([sys.executable, *options, *more], target.variables) for _ in range(runs)]
            if failed := next((each for each in took if each.code != 0), None):
                raise RuntimeError(f"{name} ended with {failed.code}:\n{failed.said[-2000:]}")
            wall, cpu = (
                Series(tuple(each.wall_s for each in took)),
                Series(tuple(each.cpu_s for each in took)),
            )
            rows.append([f"`{name}`", f"{wall.median:.2f} s", f"±{wall.spread:.0%}", f"{cpu.median:.2f} s"])
    return table(["process", "time", "spread", "CPU"], rows)


def report(runs: int) -> Iterator[str]:
    """Markdown: a table of times, then one for each kind of start."""
    yield times(runs)
    for name, options in STARTS.items():
        ended = measure([sys.executable, "-X", "importtime", "-m", "pytest", *options])
        found = imports(ended.said)
        rows = packages(found)
        total, loaded = sum(each.own_ms for each in found), {row[0] for row in rows}
        yield f"\n### `{name}`\n\n"
        yield f"{len(found)} modules, {total:.0f} ms in imports, {ended.wall_s:.2f} s in all, exit code {ended.code}.\n"
        yield (
            "Imported: "
            + ", ".join(f"{each} {'yes' if each in loaded else 'no'}" for each in WATCHED)
            + ".\n\n"
        )
        shown = [
            [f"`{package}`", f"{own:.0f} ms", f"{own / total:.0%}", modules, f"`{by}`" if by else ""]
            for package, own, modules, by in rows[:SHOWN]
        ]
        yield table(["package", "own time", "share", "modules", "first imported by"], shown)


def main() -> int:
    for text in report(5):
        sys.stdout.write(text)
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
