"""Whole runs with visits, made up without a browser: what comes of their files, in one process and in several."""

import io
import json
import re
import zipfile
from collections import Counter

import pytest

from tests.visit_examples import JPEG

VISITS = '''
import zipfile
from dataclasses import dataclass

from harness import checks, probe
from harness.web.scene import Record, Scene


class Tape:
    lines = ["console error: canary-of-the-webhook refused", "GET http://x.invalid/a 401"]


@dataclass(frozen=True, repr=False)
class Seen(Record):
    shown: str


@probe
async def visit(run, api):
    """Two steps, of which one lost its picture."""
    raw = run.reports / f"{run.scenes.name}-raw.zip"
    scene = Scene("made-up", run.scenes / "made-up", [Tape], raw)
    with zipfile.ZipFile(raw, "w") as trace:
        trace.writestr("trace.network", "Bearer canary-of-the-webhook")
    picture = scene.picture("gate pressed")
    picture.parent.mkdir(parents=True)
    picture.write_bytes(JPEG)
    scene.picture("gone back")
    return Seen(scene, "paywall")


@checks("gates.paywall-route")
def test_a_visit_that_shows_it(visit):
    assert visit.shown == "paywall"


@checks("gates.paywall-route")
def test_b_visit_that_shows_it(visit):
    assert visit.shown == "paywall"


@checks("gates.paywall-telemetry")
def test_c_visit_that_does_not(visit):
    assert visit.shown == "login"


@checks("gates.paywall-telemetry")
def test_d_visit_that_does_not(visit):
    assert visit.shown == "nothing"
'''.replace("(JPEG)", repr(JPEG).join("()"))
NAMES = ("a_visit_that_shows_it", "b_visit_that_shows_it", "c_visit_that_does_not", "d_visit_that_does_not")


@pytest.fixture(scope="module", params=[(), ("-n", "2")], ids=["alone", "distributed"])
def run(request, suite, extra_module, tmp_path_factory):
    """What the visits' run left: its end, and its Allure results by test."""
    folder = tmp_path_factory.mktemp("visits")
    for earlier in ("web", "web-gw0", "web-gw3"):
        (folder / "local" / earlier / "earlier").mkdir(parents=True)
    ended = suite(
        "smoke/test_more.py",
        f"--alluredir={folder}/local/allure-results",
        *request.param,
        cwd=extra_module(VISITS),
        reports=folder,
        variables={"REVENUECAT_WEBHOOK_SECRET": "canary-of-the-webhook"},
    )
    assert ended.code == 1, ended.said
    return ended


@pytest.fixture(scope="module")
def tests(run):
    """The tests of the verdict, by name."""
    found = [test for item in run.verdict["items"] for test in item["tests"]]
    return {test["nodeid"].rpartition("test_")[2]: test for test in found}


@pytest.fixture(scope="module")
def results(run):
    """The Allure results by test, and their folder."""
    folder = run.reports / "allure-results"
    read = [json.loads(path.read_text("utf-8")) for path in folder.glob("*-result.json")]
    return {each["fullName"].rpartition("test_")[2]: each for each in read}, folder


def test_verdict_knows_what_each_test_looked_at(run, tests):
    assert set(tests) == set(NAMES)
    for name, test in tests.items():
        [visit] = test["visits"]
        assert re.fullmatch(r"web(-gw\d)?/made-up", visit["folder"])
        assert [(each["step"], each["file"]) for each in visit["pictures"]] == [
            ("gate pressed", f"{visit['folder']}/01-gate-pressed.jpg"),
            ("gone back", f"{visit['folder']}/02-gone-back.jpg"),
        ]
        assert (run.reports / visit["pictures"][0]["file"]).read_bytes() == JPEG
        assert name[:1] in "ab" or (run.reports / visit["trace"]).is_file()
        assert name[:1] in "ab" or (run.reports / visit["log"]).is_file()


def test_nothing_is_left_of_visits_of_an_earlier_run(run, tests):
    visited = {run.reports / visit["folder"] for test in tests.values() for visit in test["visits"]}
    assert set(run.reports.glob("web*/*")) == visited
    assert {path.parent for path in visited} == {path for path in run.reports.glob("web*") if path.is_dir()}


def test_page_holds_pictures_and_log(run):
    page = (run.reports / "verdict.html").read_text("utf-8")
    assert page.count("<img ") >= 1
    assert "There is no such picture: " in page
    assert "GET http://x.invalid/a 401" in page


def attachments(step):
    yield from step.get("attachments", ())
    for each in step.get("steps", ()):
        yield from attachments(each)


def test_allure_shows_pictures_log_and_trace_of_each_failure(results):
    told, folder = results
    for name in NAMES[2:]:
        [visit] = [step for step in told[name]["steps"] if step["name"] == "web client (made-up)"]
        assert visit["status"] == "failed"
        titles = [step["name"] for step in visit["steps"]]
        assert titles[:2] == ["gate pressed", "gone back (there is no picture of it)"]
        [picture] = visit["steps"][0]["attachments"]
        assert (picture["type"], (folder / picture["source"]).read_bytes()) == ("image/jpeg", JPEG)
        assert picture["source"].endswith("-attachment.jpg")
        [log] = [each for each in visit["attachments"] if each["name"] == "log.txt"]
        assert log["type"] == "text/plain"
        assert (folder / log["source"]).read_text("utf-8").splitlines()[1] == "GET http://x.invalid/a 401"


def test_allure_has_each_trace_once(run, results):
    told, _ = results
    every = [each for result in told.values() for each in attachments(result)]
    traces = [each for each in every if each["type"] == "application/vnd.allure.playwright-trace"]
    kept = list(run.reports.glob("web*/made-up/trace.zip"))
    assert len(traces) == len(kept) >= 1
    assert {each["source"][-len("-attachment.zip") :] for each in traces} == {"-attachment.zip"}
    others = [
        step["name"]
        for result in told.values()
        for visit in result["steps"]
        for step in visit.get("steps", ())
        if step["name"].startswith("trace.zip is with: ")
    ]
    assert len(others) == 2 - len(kept)


def test_no_two_results_name_one_file(results):
    """Allure shows it with the first only."""
    told, folder = results
    sources = Counter(each["source"] for result in told.values() for each in attachments(result))
    assert {source for source, times in sources.items() if times > 1} == set()
    assert {source for source in sources if not (folder / source).is_file()} == set()


def test_what_is_well_has_its_pictures_with_one_result(run, results):
    told, _ = results
    pictures = {
        name: sum(each["type"] == "image/jpeg" for each in attachments(result))
        for name, result in told.items()
    }
    processes = len(list(run.reports.glob("web*/made-up")))
    assert [pictures[name] for name in NAMES[2:]] == [1, 1]
    assert 1 <= sum(pictures[name] for name in NAMES[:2]) <= processes


def test_nothing_of_a_visit_holds_a_secret(run):
    paths = (path for path in run.reports.rglob("*") if path.is_file() and not path.name.endswith("-raw.zip"))
    contents = {path.name: path.read_bytes() for path in paths}
    assert len(contents) > 15
    for name in [name for name in contents if name.endswith(".zip")]:
        contents[name] = zipfile.ZipFile(io.BytesIO(contents[name])).read("trace.network")
        assert contents[name] == b"Bearer <REVENUECAT_WEBHOOK_SECRET>"
    assert [name for name, content in contents.items() if b"canary-of-the-webhook" in content] == []
