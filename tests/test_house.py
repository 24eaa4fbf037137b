"""The house's own rules, read from its code: tests judge and do no I/O, arrows run one way, rooms stay small."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LARGEST = 300  # lines of a module
# How a check could get past the harness.
WAYS_ROUND = {"httpx", "requests", "urllib.request", "http.client", "aiohttp", "socket", "subprocess"}
IO_CALLS = {"open", "Path", "pathlib.Path", "time.sleep", "os.system", "asyncio.run", "input"}

# Who may import whom; `tests` and `benchmarks` see everything but the reference deployment.
MAY_IMPORT = {
    "runbook": {"runbook"},
    "harness": {"harness", "runbook"},
    "smoke": {"smoke", "harness"},
    "contracts": {"contracts", "harness"},
    "predeploy": {"predeploy", "harness"},
    "postdeploy": {"postdeploy", "harness"},
    "reference": {"reference"},
    "benchmarks": {"benchmarks", "harness", "runbook"},
}
PACKAGES = set(MAY_IMPORT) | {"tests"}
# Inside the harness: what the verdict means knows nothing of how a target is reached, and the other way round;
# the evidence, which both use, knows neither.
APART = [
    ("harness.verdict", "harness.target"),
    ("harness.target", "harness.verdict"),
    ("harness.evidence", "harness.target"),
    ("harness.evidence", "harness.verdict"),
]


@dataclass(frozen=True)
class Module:
    path: Path

    @property
    def name(self) -> str:
        return ".".join(self.path.relative_to(ROOT).with_suffix("").parts)

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def imports(self) -> Iterator[str]:
        """The full names of what it imports, also inside functions."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name}: relative import"
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


@dataclass(frozen=True)
class Function:
    module: Module
    node: ast.FunctionDef | ast.AsyncFunctionDef

    def __str__(self) -> str:
        return f"{self.module.path.relative_to(ROOT)}:{self.node.lineno} {self.node.name}"

    def decorated(self, name: str) -> list[ast.expr]:
        """Its decorators of that name, called or not."""
        return [each for each in self.node.decorator_list if called(each).rpartition(".")[2] == name]

    def nodes(self, *kinds: type[ast.AST]) -> list[ast.AST]:
        return [node for node in ast.walk(self.node) if isinstance(node, kinds)]

    @property
    def calls(self) -> list[str]:
        return [called(node) for node in self.nodes(ast.Call)]


def called(node: ast.AST) -> str:
    """The dotted name of what is called, or of what stands there."""
    if isinstance(node, ast.Call):
        return called(node.func)
    if isinstance(node, ast.Attribute):
        return f"{called(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def modules(*packages: str) -> list[Module]:
    return [Module(path) for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


CHECKS = modules("predeploy", "smoke", "contracts", "postdeploy")
FUNCTIONS = [
    Function(module, node)
    for module in CHECKS
    for node in ast.walk(module.tree)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
]
TESTS = [each for each in FUNCTIONS if each.node.name.startswith("test_")]
PROBES = [each for each in FUNCTIONS if each.decorated("probe")]
CODE = modules(*sorted(MAY_IMPORT))


def told(functions: list[Function]) -> list[str]:
    return [str(function) for function in functions]


def test_there_is_something_to_look_at():
    assert len(TESTS) > 50
    assert len(PROBES) > 30
    assert {module.package for module in CODE} >= {"smoke", "harness", "runbook", "reference"}


# --- tests judge


def test_a_test_awaits_nothing():
    waiting = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.AsyncFunctionDef)
    assert told([test for test in TESTS if test.nodes(*waiting)]) == []


def test_checks_do_no_io_of_their_own():
    """Neither tests nor what they call; probes go through the harness."""
    imported = {
        f"{module.name}: {name}"
        for module in CHECKS
        for name in module.imports
        if any(f"{name}.".startswith(f"{way}.") for way in WAYS_ROUND)
    }
    called_there = {str(each) for each in FUNCTIONS if IO_CALLS.intersection(each.calls)}
    assert imported | called_there == set()


def test_a_test_belongs_to_one_item():
    assert told([test for test in TESTS if len(test.decorated("checks")) != 1]) == []


def test_a_test_tries_nothing():
    assert told([test for test in TESTS if test.nodes(ast.Try, ast.TryStar)]) == []


def test_no_check_skips_or_fails_by_itself():
    by_hand = {"pytest.skip", "pytest.fail", "pytest.xfail", "pytest.importorskip"}
    marks = {"pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"}
    used = {
        f"{module.path.relative_to(ROOT)}:{node.lineno}"
        for module in CHECKS
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call | ast.Attribute) and called(node) in by_hand | marks
    }
    assert used == set()


def test_a_test_asserts():
    assert told([test for test in TESTS if not test.nodes(ast.Assert)]) == []


def test_a_test_stands_at_module_level():
    inside = [test for test in TESTS if test.node not in test.module.tree.body]
    assert told(inside) == []


def test_test_names_are_unique():
    """Two of one name in a module: only the second would run."""
    names = [f"{test.module.name}.{test.node.name}" for test in TESTS]
    assert sorted(names) == sorted(set(names))


# --- probes gather


def test_a_probe_is_asynchronous_and_says_what_it_gathers():
    wrong = [
        probe
        for probe in PROBES
        if not isinstance(probe.node, ast.AsyncFunctionDef) or not ast.get_docstring(probe.node)
    ]
    assert told(wrong) == []


def test_a_probe_judges_nothing():
    assert told([probe for probe in PROBES if probe.nodes(ast.Assert)]) == []


def test_a_probe_name_is_unique():
    """A probe of the same name in a conftest would be hidden."""
    names = [probe.node.name for probe in PROBES]
    shared = {probe.node.name for probe in PROBES if probe.module.path.name == "conftest.py"}
    assert [name for name in names if names.count(name) > 1 and name in shared] == []


# --- arrows run one way


@pytest.mark.parametrize("module", CODE, ids=lambda module: module.name)
def test_imports_run_one_way(module):
    ours = {name for name in module.imports if name.partition(".")[0] in PACKAGES}
    assert {name for name in ours if name.partition(".")[0] not in MAY_IMPORT[module.package]} == set()


@pytest.mark.parametrize(("room", "other"), APART)
def test_rooms_that_stay_apart(room, other):
    inside = [module for module in modules("harness") if module.name.startswith(room)]
    meeting = {(module.name, name) for module in inside for name in module.imports if name.startswith(other)}
    assert meeting == set()


def test_nobody_imports_the_reference_deployment():
    """It is started as a process: a mistake shared by both sides would cancel out."""
    others = [module for module in [*CODE, *modules("tests")] if module.package != "reference"]
    guilty = {
        module.name for module in others for name in module.imports if name.split(".")[0] == "reference"
    }
    assert guilty == set()


# --- small rooms, plain walls


def test_modules_are_small():
    large = {
        f"{module.name}: {length} lines"
        for module in CODE
        if (length := len(module.text.splitlines())) > LARGEST
    }
    assert large == set()


@pytest.mark.parametrize("module", CODE, ids=lambda module: module.name)
def test_module_says_what_it_is_for(module):
    assert ast.get_docstring(module.tree)


def test_nobody_prints():
    """But the answer to --list-envs, and a merge, whose shards were scrubbed before they were written; everything
    else goes through pytest, and so through the scrubber."""
    printing = [
        module.name
        for module in CODE
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and called(node) == "print"
    ]
    assert printing == ["harness.merge", "harness.plugin"]


def test_no_check_names_a_deployment():
    """What differs between deployments comes from the environment file."""
    named = re.compile(r"https?://|localhost|127\.0\.0\.1|@example")
    assert [module.name for module in CHECKS if named.search(module.text)] == []


def test_start_imports_nothing_that_only_some_runs_need():
    """The fuzzer and the driver of the browser are not imported, nor are the command lines of libraries."""
    heavy = "schemathesis hypothesis playwright rich click requests"
    code = f"""if True:
        import importlib, pathlib, sys
        for name in ("plugin", "fixtures", "answers", "web.fixtures", "predeploy.fixtures", "postdeploy.fixtures"):
            importlib.import_module(f"harness.{{name}}")
        print(sorted(set("{heavy}".split()) & set(sys.modules)))"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
