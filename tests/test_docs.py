"""Documentation and code agree: keys, options, markers, items, exit codes, links; and no file gives a place away."""

import ast
import configparser
import importlib
import json
import re
import subprocess
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from harness import options
from harness.collection import MARKERS
from harness.phases import FOLDERS
from harness.sections import File
from runbook.loader import load_runbook

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
RUNBOOK = load_runbook()
PAGES = [
    *sorted(DOCS.glob("*.md")),
    *(path for path in (ROOT / folder / "README.md" for folder in (".", "reference", "benchmarks"))),
    ROOT / "SECURITY.md",
]
READ = {path: path.read_text("utf-8") for path in PAGES if path.is_file()}
ENVIRONMENTS = READ[DOCS / "environments.md"]


def tracked():
    """Every file of the repository, those included that will be added to it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def sections(model, name=""):
    """Every table of an environment file that holds keys, by its name, with its model."""
    for key, info in model.model_fields.items():
        below = table(info.annotation)
        if below is not None:
            yield f"{name}{info.alias or key}", below
            yield from sections(below, f"{name}{key}.")


def table(annotation):
    """The model behind the annotation of a key, if the key is a table."""
    if get_origin(annotation) in (Union, UnionType):
        return next((found for each in get_args(annotation) if (found := table(each))), None)
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def keys(model, nested):
    """Key and default of a table, as TOML writes them; `nested` tables have sections of their own."""
    for key, info in model.model_fields.items():
        if table(info.annotation) not in nested:
            yield info.alias or key, "required" if info.is_required() else toml(default(info))


def default(info):
    return info.default_factory() if info.default_factory else info.default


def toml(value: Any) -> str:
    match value:
        case None:
            return "none"
        case float():
            return f"`{value:g}`"
        case _:
            return f"`{json.dumps(value)}`"


SECTIONS = dict(sections(File))
# The one that is written inline, as a value.
INLINE = {"purchase.valid"}


def documented(text):
    """The rows of the tables in a text: key and default."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): row[2 if len(row) > 2 else 1] for row in rows}


@pytest.mark.parametrize("name", SECTIONS)
def test_section_is_documented_with_every_key_and_default(name):
    nested = [model for other, model in SECTIONS.items() if other not in INLINE]
    if name in INLINE:
        _, _, text = ENVIRONMENTS.partition(f"| key of `{name.rpartition('.')[2]}` |")
    else:
        _, found, text = ENVIRONMENTS.partition(f"\n## [{name}]\n")
        assert found, f"docs/environments.md has no section [{name}]"
        text = text.partition("| key of ")[0]
    assert documented(text.partition("\n## ")[0]) == dict(keys(SECTIONS[name], nested))


def test_only_real_sections_are_documented():
    assert set(re.findall(r"^## \[([\w.]+)\]$", ENVIRONMENTS, re.MULTILINE)) == set(SECTIONS) - INLINE


def test_every_option_is_documented():
    named = re.findall(r'addoption\(\s*"(--[\w-]+)"', Path(options.__file__).read_text("utf-8"))
    everything = "\n".join(READ.values())
    assert len(named) > 5
    assert [option for option in named if not re.search(rf"{option}\b(?!-)", everything)] == []


def test_every_marker_says_section_folder_or_need():
    listed = configparser.ConfigParser()
    listed.read(ROOT / "pytest.ini")
    markers = {line.partition(":")[0] for line in listed["pytest"]["markers"].split("\n") if line}
    needs = set()
    for path in (ROOT / "harness").rglob("fixtures.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "resource":
                needs |= {mark.value for mark in node.args if isinstance(mark, ast.Constant)}
    folders = {MARKERS.get(folder, folder) for folder in FOLDERS}
    assert markers == {"checks(id)", *RUNBOOK.sections, *folders, *needs}


def test_every_item_has_a_check():
    proven = set()
    for path in (path for folder in FOLDERS for path in (ROOT / folder).glob("**/test_*.py")):
        proven |= set(re.findall(r'^@checks\("([\w.-]+)"[,)]', path.read_text("utf-8"), re.MULTILINE))
    assert set(RUNBOOK.ids) == proven


@pytest.mark.parametrize("page", ["README.md", "docs/verdict.md"])
@pytest.mark.parametrize("code", [0, 1, 10, 11])
def test_exit_code_is_documented(page, code):
    assert re.search(rf"\| {code} \|", READ[ROOT / page])


def test_every_decision_is_documented():
    words = ("GO", "NO-GO", "INCONCLUSIVE", "UNREACHABLE", "PARTIAL")
    assert [word for word in words if f"| `{word}` |" not in READ[DOCS / "verdict.md"]] == []


@pytest.mark.parametrize("page", READ, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)\s]+)\)", READ[page])
    local = [target.partition("#") for target in targets if "://" not in target]
    missing = [file for file, _, _ in local if file and not (page.parent / file).exists()]
    headings = {heading_id(line) for line in re.findall(r"^#+ (.+)$", READ[page], re.MULTILINE)}
    lost = [anchor for file, _, anchor in local if not file and anchor not in headings]
    assert (missing, lost) == ([], [])


def heading_id(heading):
    """The name that a link to a heading has on the usual forges."""
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", READ, ids=lambda path: str(path.relative_to(ROOT)))
def test_python_in_a_page_is_up_to_date(page):
    for block in re.findall(r"```python\n(.*?)```", READ[page], re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(node.module or "")
                assert [name.name for name in node.names if not hasattr(module, name.name)] == []


@pytest.mark.parametrize("name", ["go", "no-go", "no-go-2", "inconclusive", "unreachable"])
def test_picture_of_a_page_is_whole_and_small(name):
    """As `make pictures` draws it; large files make every clone slow."""
    content = (DOCS / "reports" / f"{name}.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(content[16:20], "big") == 1280
    assert content.endswith(b"IEND\xaeB`\x82")
    assert len(content) < 300_000


# Of the machine that somebody worked on; put together here, so that this file does not hold them itself.
MACHINE = re.compile(r"(?<![\w.}/*-])/(?:" + "|".join(["work", "home", "Users", "root"]) + r")/[\w.-]+")
INDEX = re.compile(
    "|".join([r"pypi\.", r"python" + r"hosted", r"/simp" + r"le/", r"npm" + r"js\.", r"index-" + "url ?="])
)


def test_no_file_names_a_machine_or_a_package_index():
    found = []
    for path in tracked():
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            if MACHINE.search(line) or INDEX.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []
