"""What whole runs leave for Allure and JUnit, and the page that is rendered from it."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest
from selfcheck.catalogue import LOCAL

ROOT = Path(__file__).parent.parent
PURCHASES = "test_operation[POST /api/purchases/verify]"
WORKERS = pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "distributed"])
KNOWN = """
[[issues]]
test = "*::test_one_heros_key_opens_no_other_hero[access]"
environments = ["local"]
owner = "Jo"
ticket = "DH-7"
reason = "It answers 402."
expires = 2999-12-31
"""
BUILD = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://forge.example",
    "GITHUB_REPOSITORY": "team/game",
    "GITHUB_RUN_ID": "777",
    "GITHUB_RUN_NUMBER": "42",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_WORKFLOW": "deploy",
}


class Told:
    """A folder of Allure results, read."""

    def __init__(self, folder):
        self.folder = folder
        self.results = [json.loads(path.read_text("utf-8")) for path in folder.glob("*-result.json")]
        self.by_id = {result["fullName"].rpartition("::")[2]: result for result in self.results}

    def statuses(self):
        return Counter(result["status"] for result in self.results)

    def attached(self, step):
        [attachment] = step["attachments"]
        assert attachment["type"] == "application/vnd.allure.http+json"
        return json.loads((self.folder / attachment["source"]).read_text("utf-8"))


def labels(result):
    return {label["name"]: label["value"] for label in result["labels"]}


@pytest.fixture
def told(suite, tmp_path):
    """Run the suite with its Allure results where `make report` looks for them."""

    def run(*arguments, name="local", **how):
        folder = tmp_path / name / "allure-results"
        ended = suite(f"--alluredir={folder}", *arguments, reports=tmp_path, **how)
        return ended, Told(folder)

    return run


@WORKERS
def test_failing_run_is_told_in_the_words_of_the_checklist(told, extra_module, tmp_path, workers):
    stale = tmp_path / "local" / "allure-results" / "old-result.json"
    stale.parent.mkdir(parents=True)
    stale.write_text("{}", "utf-8")
    ended, told = told(
        "-k",
        "opens_no_other_hero or test_status_is_healthy",
        f"--junitxml={tmp_path}/junit.xml",
        *workers,
        cwd=extra_module(KNOWN, "environments/known_issues.toml"),
        variables={**BUILD, "REFERENCE_FAULTS": "gates.refusal-402"},
    )
    assert (ended.code, told.statuses()) == (1, {"passed": 1, "failed": 2}), ended.said
    failed = told.by_id["test_one_heros_key_opens_no_other_hero[url]"]
    expected = {
        "epic": "local",
        "feature": "gates",
        "story": "Premium gates open for owners only",
        "severity": "blocker",
        "item": "gates.enforced",
    }
    assert labels(failed).items() >= expected.items()
    assert failed["name"] == "One heros key opens no other hero [url]"
    assert failed["links"][0]["name"].startswith("Scenario 1: ")
    said = "GET /api/hero/hero_2/cinematic/url answered 402: assert 402 == 403"
    assert (failed["statusDetails"]["message"], "\nrepeat     curl" in failed["statusDetails"]["trace"]) == (
        said,
        True,
    )

    (about,) = [step for step in failed["steps"] if step["status"] == "failed"]
    others = [step for step in failed["steps"] if step is not about]
    assert (about["name"], {step["status"] for step in others}) == (said.partition(":")[0], {"passed"})
    exchange = told.attached(about)
    assert (exchange["request"]["method"], exchange["response"]["status"]) == ("GET", 402)
    sent = {header["name"].lower(): header["value"] for header in exchange["request"]["headers"]}
    assert sent["authorization"] == "__ALLURE_REDACTED__"
    event = next(told.attached(step) for step in others if step["name"].startswith("POST /api/webhooks/"))
    sent = {header["name"].lower(): header["value"] for header in event["request"]["headers"]}
    assert sent["x-revenuecat-webhook-signature"] == "__ALLURE_REDACTED__"

    known = told.by_id["test_one_heros_key_opens_no_other_hero[access]"]
    assert known["statusDetails"]["known"] is True
    assert known["statusDetails"]["message"].startswith("known issue DH-7 (Jo, until 2999-12-31): GET ")

    assert json.loads((told.folder / "executor.json").read_text("utf-8"))["buildName"] == "deploy #42"
    assert "verdict=NO-GO: " in (told.folder / "environment.properties").read_text("utf-8")
    names = [
        category["name"] for category in json.loads((told.folder / "categories.json").read_text("utf-8"))
    ]
    assert {"Broken promise", "Known issue", "Environment unreachable", "Suite error", "Not proven"} == set(
        names
    )

    cases = {
        case.get("name"): {each.get("name"): each.get("value") for each in case.iter("property")}
        for case in ET.parse(tmp_path / "junit.xml").iter("testcase")
    }
    assert len(cases) == 3
    assert cases["test_status_is_healthy"] == {"item": "health.basic", "environment": "local"}


@WORKERS
def test_allure_gets_a_result_for_each_operation_and_no_failure_is_hidden(told, workers):
    """It takes results of the same history id for attempts at one test, and shows the last."""
    selected = ("contracts/test_conformance.py", "-k", "purchase", "--fuzz-examples=2")
    ended, told = told(*selected, *workers, variables={"REFERENCE_FAULTS": "fuzz.android-418"})
    counted = re.findall(r"(\d+) (?:passed|failed)", ended.said.splitlines()[-1])
    assert len(told.results) == sum(map(int, counted)) > 5, ended.said
    assert len({result["historyId"] for result in told.results}) == len(told.results)
    failing = {name: result["status"] for name, result in told.by_id.items() if result["status"] != "passed"}
    assert failing == {PURCHASES: "failed"}
    labels = (label for result in told.results for label in result["labels"])
    assert len({label["value"] for label in labels if label["name"] == "thread"}) == (2 if workers else 1)
    # All processes make up the same requests.
    seeds = [note for note in ended.verdict["notes"] if "--fuzz-seed=" in note]
    assert len(seeds) == 1, seeds


DYING = """
import os
import signal

from harness import checks

@checks("health.basic")
def test_it_dies(api):
    os.kill(os.getpid(), signal.SIGKILL)
    assert api
"""


def test_test_in_which_a_worker_died_is_told_and_so_are_all_others(told, extra_module):
    # The worker that takes the place of the dead one must not clean the folder again.
    ended, told = told("-n", "2", "-m", "health", "--clean-alluredir", cwd=extra_module(DYING))
    assert (ended.code, ended.last_words) == (1, ["NO-GO"]), ended.said
    lost = told.by_id["test_it_dies"]
    assert lost["status"] == "broken"
    assert re.match(r"worker 'gw\d' crashed while running 'smoke/", lost["statusDetails"]["message"])
    assert labels(lost).items() >= {"epic": "local", "story": "The backend is up and healthy"}.items()
    judged = [test["nodeid"] for item in ended.verdict["items"] for test in item["tests"]]
    assert len(judged) > 5
    assert sorted(result["fullName"] for result in told.results) == sorted(judged)


def test_run_that_stops_early_tells_what_it_did_not_prove(told):
    ended, told = told("-x", "-m", "gates", variables={"REFERENCE_FAULTS": "gates.refusal-402"})
    judged = Counter(test["outcome"] for item in ended.verdict["items"] for test in item["tests"])
    assert told.statuses()["failed"] == judged["failed"] == 1
    assert told.statuses()["skipped"] == judged["not proven"] > 1
    said = {result["statusDetails"]["message"] for result in told.results if result["status"] == "skipped"}
    assert said == {"not proven: the run ended before this check; run it again"}


def test_what_the_environment_cannot_prove_is_no_bare_skip(told):
    env = LOCAL.replace('signing_secret_env = "JWT_SECRET_KEY"\n', "")
    ended, told = told("-k", "invalid_claims_read", "smoke/test_tokens.py", env=env, name="custom")
    skipped = [result for result in told.results if result["status"] == "skipped"]
    assert skipped, ended.said
    assert {result["name"].partition(": ")[0] for result in skipped} == {"Not proven"}
    said = "not proven: only the target's own secret can sign such a token; set tokens.signing_secret_env"
    assert {result["statusDetails"]["message"] for result in skipped} == {said}


@WORKERS
def test_unreachable_environment_is_one_broken_result(told, free_port, workers):
    env = f'[target]\nbase_url = "http://127.0.0.1:{free_port}"\nready_within_s = 1\n'
    ended, told = told(*workers, env=env, name="custom")
    [only] = told.results
    assert (ended.code, only["status"]) == (11, "broken"), ended.said
    assert only["statusDetails"]["message"].startswith("environment unreachable: not ready within 1 s")
    assert "verdict=UNREACHABLE: " in (told.folder / "environment.properties").read_text("utf-8")


@pytest.mark.skipif(shutil.which("npm") is None, reason="make report needs npm")
def test_report_is_one_page_that_loads_nothing_and_remembers_each_run_once(told, tmp_path):
    _, told = told("-m", "health")
    command = ["make", "--no-print-directory", "report", "ENV=local", f"REPORTS={tmp_path}"]

    def render():
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        return (tmp_path / "local" / "history.jsonl").read_text("utf-8").splitlines()

    assert len(render()) == len(render()) == 1
    page = (tmp_path / "local" / "allure-report" / "index.html").read_text("utf-8")
    assert re.search(r"<title>\s*PARTIAL: local\s*<", page)
    assert "googletagmanager" not in page
    assert re.findall(r"""(?:src|href)=["']?https?://""", page) == []
    assert [path.name for path in (tmp_path / "local" / "allure-report").iterdir()] == ["index.html"]
    for path in told.folder.glob("*-result.json"):  # the next run
        result = json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps({**result, "uuid": f"{result['uuid']}-2"}), "utf-8")
    first, second = (json.loads(line)["testResults"] for line in render())
    assert first.keys() == second.keys()
    assert len(first) == len(told.results)
