"""Runs with the web client: what they leave behind, what they import, and what they say without a browser."""

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from time import monotonic

import pytest
import tomli_w

from tests import canaries
from tests.heeding import heeding
from tests.visit_examples import without_pictures

ROOT = Path(__file__).parent.parent
CLIENT = "smoke/test_web_client_logout.py"
CANARIES = {
    "REVENUECAT_WEBHOOK_SECRET": "canary-of-the-webhook",
    "JWT_SECRET_KEY": "canary-of-the-tokens-0123456789abcdef",
    "REVENUECAT_SECRET_KEY": "canary-of-revenuecat",
}


def command(reports, *arguments):
    return [sys.executable, "-m", "pytest", f"--reports={reports}", "-p", "no:cacheprovider", *arguments]


def run(reports, *arguments, **variables):
    """A run that ended: its exit code, and all it said."""
    ended = subprocess.run(
        command(reports, *arguments),
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=180,
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """A run against a client that ignores a 401; its folder, what it said, and its secrets by their names."""
    folder = tmp_path_factory.mktemp("failed")
    spilled = tmp_path_factory.mktemp("spilled") / "secrets.jsonl"
    outputs = f"--alluredir={folder}/allure", f"--junitxml={folder}/junit.xml"
    variables = {"REFERENCE_FAULTS": "client.401-ignored", "SPILLED": str(spilled)}
    code, said = run(folder, CLIENT, "-p", "tests.selfcheck.spilled", *outputs, **variables, **CANARIES)
    assert code == 1, said
    secrets = {}
    for line in spilled.read_text("utf-8").splitlines():
        name, value = json.loads(line)
        secrets.setdefault(name, set()).add(value)
    return folder, said, secrets


def test_failure_names_steps_pictures_and_trace(failed):
    folder, said, _ = failed
    scene = folder / "local" / "web" / "force-logout"
    assert "web client (force-logout): assert None == 'login_screen'\n" in said
    assert "where None = <web client (force-logout)>.shown" in said
    assert "before     signed in\n" in said
    assert f"pictures, log.txt and trace.zip in {scene}/" in said
    assert re.search(r" GET http://[\d.]+:\d+/api/entitlements/snapshot 401", said)
    assert f"repeat     playwright show-trace {scene}/trace.zip" in said
    assert {path.name for path in scene.iterdir()} >= {
        "01-signed-in.jpg",
        "02-token-refused.jpg",
        "log.txt",
        "trace.zip",
    }


def test_page_shows_what_the_player_saw(failed):
    page = (failed[0] / "local" / "verdict.html").read_text("utf-8")
    evidence = page.partition(' id="evidence"')[2]
    steps = ["signed in", "token refused", "gone back", "other tab", "other tab goes on"]
    said = re.findall(r'<img alt="(.+?) \(picture \d of 5\)" src="data:image/jpeg;base64,/9j/', evidence)
    assert said == steps
    assert 'href="web/force-logout/trace.zip"' in evidence
    rest = page.partition(' id="seen"')[2].partition(' id="this-run"')[0]
    assert set(re.findall(r"<b>(.+?)</b>", rest)) == {"start", "unharmed"}


def test_allure_has_the_pictures(failed):
    kinds = Counter(
        each["type"]
        for path in (failed[0] / "allure").glob("*-result.json")
        for each in re.findall(r'{[^{}]*"source"[^{}]*}', path.read_text("utf-8"))
        for each in [json.loads(each)]
    )
    # Five of each failure, and those of the other visits once.
    assert kinds["image/jpeg"] == 6 * 5 + 1 + 4
    assert (kinds["text/plain"], kinds["application/vnd.allure.playwright-trace"]) == (6, 1)


def test_scene_without_a_failure_keeps_its_pictures_only(failed):
    folder, *_ = failed
    kept = {path.name for path in (folder / "local" / "web" / "start").iterdir()}
    assert kept == {"01-opened.jpg"}


def test_trace_can_be_read(failed):
    folder, *_ = failed
    with zipfile.ZipFile(folder / "local" / "web" / "force-logout" / "trace.zip") as trace:
        assert trace.testzip() is None
        events = trace.read("trace.trace").decode().splitlines()
    assert json.loads(events[0])["type"] == "context-options"


def test_nothing_that_is_left_holds_a_secret(failed):
    folder, said, secrets = failed
    texts = {"terminal": said}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as members:
                texts |= {
                    f"{path.name}/{each}": members.read(each).decode("latin-1") for each in members.namelist()
                }
        else:
            texts[path.name] = without_pictures(path.read_text("latin-1"))
    assert len(texts) > 20
    leaks = re.compile(r"canary-of|eyJ[A-Za-z0-9]{8}")
    assert {name for name, text in texts.items() if leaks.search(text)} == set()
    assert secrets.keys() >= {"password", "token", "signature of a token", *CANARIES}
    texts.pop("target.log")  # the target writes it
    assert canaries.leaks(texts, secrets) == set()


@pytest.mark.parametrize("arguments", [["-m", "health"], ["--check-env"]], ids=["health", "check-env"])
def test_playwright_is_not_imported_without_need(tmp_path, arguments):
    imported = [sys.executable, "-X", "importtime", *command(tmp_path, "-s", *arguments)[1:]]
    ended = subprocess.run(imported, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, "playwright" in ended.stderr, "harness.web" in ended.stderr) == (0, False, True)


@pytest.fixture
def environment(tmp_path):
    """local.toml with another [web], or without it; its path."""

    def write(**web):
        sections = tomllib.loads((ROOT / "environments" / "local.toml").read_text("utf-8"))
        sections["web"] = {
            key: value for key, value in {**sections["web"], **web}.items() if value is not None
        }
        if web == {"url": None}:
            del sections["web"]
        path = tmp_path / "other.toml"
        path.write_text(tomli_w.dumps(sections), "utf-8")
        return f"--env={path}"

    return write


def without_browser(place):
    """Variables of a machine on which no browser is found."""
    return {"PATH": str(place), "PLAYWRIGHT_BROWSERS_PATH": str(place)}


def test_machine_without_a_browser_is_inconclusive_with_the_remedy(tmp_path):
    code, said = run(tmp_path, "--fuzz-examples=2", **without_browser(tmp_path))
    verdict = json.loads((tmp_path / "local" / "verdict.json").read_text("utf-8"))
    unproven = {item["id"] for item in verdict["items"] if item["outcome"] == "not proven"}
    assert (code, verdict["decision"], len(unproven)) == (10, "INCONCLUSIVE", 5), said
    assert "apt-get install chromium-headless-shell" in " ".join(said.split())  # it may be wrapped


@pytest.mark.parametrize(
    ("web", "said"),
    [
        ({"url": None}, "where the web client is, is not known; add a [web] section"),
        ({"revenuecat": None}, "set web.revenuecat, or list web.products"),
    ],
    ids=["no-web", "no-products"],
)
def test_check_env_says_what_is_missing(tmp_path, environment, web, said):
    code, text = run(tmp_path, "--check-env", environment(**web))
    assert (code, said in text) == (0, True), text


def test_browser_that_does_not_start_proves_nothing_and_breaks_nothing(tmp_path, environment):
    code, said = run(
        tmp_path, "smoke/test_web_client_products.py", environment(browser={"executable": "/bin/false"})
    )
    assert (code, "the browser /bin/false does not start" in said) == (0, True), said
    assert "PARTIAL: nothing broken; 0 of 1 selected item proven" in said


def living():
    """The processes that live, by number: name, and the number of the one that started it."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, fields = stat.read_text().partition(" (")[2].rpartition(") ")
        except OSError:
            continue
        if fields[0] != "Z":
            found[int(stat.parent.name)] = name, int(fields.split()[1])
    return found


def started_by(leader):
    """The living processes that a process has started, and those have, by number: their names."""
    every, found = living(), {leader: ""}
    while more := {
        pid: name for pid, (name, parent) in every.items() if parent in found and pid not in found
    }:
        found |= more
    return found


def visiting(reports, *arguments):
    """A run in the middle of a visit."""
    process = subprocess.Popen(
        command(reports, *arguments, "smoke/test_web_client_resume.py"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heeding,
    )
    pictures = reports / "local" / "web"
    while not any(pictures.rglob("*.jpg")) and process.poll() is None:
        signal.sigtimedwait([], 0.05)
    return process


@pytest.mark.parametrize("traces", ["true", "false"], ids=["traces", "no-traces"])
@pytest.mark.parametrize("name", ["node", "chrom"], ids=["driver", "browser"])
def test_browser_that_ends_in_the_middle_proves_nothing_and_breaks_nothing(tmp_path, name, traces):
    local = (ROOT / "environments" / "local.toml").read_text("utf-8")
    (tmp_path / "local.toml").write_text(f"{local}\n[web.browser]\ntraces = {traces}\n", "utf-8")
    process = visiting(tmp_path, f"--env={tmp_path}/local.toml")
    for pid, named in started_by(process.pid).items():
        if name in named:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    said = process.communicate(timeout=60)[0]
    assert (process.returncode, "the browser ended in the middle of the run" in said) == (0, True), said
    # A visit may have come to its end before.
    assert re.search(r"checks: 12 \(\d passed, 0 failed, \d+ not proven\)", said), said


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_interrupted_run_leaves_no_browser(tmp_path, how):
    process = visiting(tmp_path)
    members = started_by(process.pid)
    assert any("chrom" in name for name in members.values())
    # To all of them, as a terminal does with Ctrl-C; SIGTERM goes to the run alone.
    if how == signal.SIGINT:
        os.killpg(process.pid, how)
    else:
        process.send_signal(how)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 2, said
    over = monotonic() + 20
    while (left := members.keys() & living().keys()) and monotonic() < over:
        signal.sigtimedwait([], 0.05)
    assert {members[pid] for pid in left} == set()
