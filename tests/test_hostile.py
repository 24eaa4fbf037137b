"""Runs against hostile targets: none crashes or hangs the suite, fills its memory, or is called what it is not."""

import json
import re
import threading
import time

import pytest
from hostile import catalogue
from hostile.server import HEALTH, SNAPSHOT, End, Hostile, honest
from selfcheck import runs

EXIT_CODES = {"NO-GO": 1, "UNREACHABLE": 11, "PARTIAL": 0, "INCONCLUSIVE": 10}
TIMEOUT_S = 5
LONGEST_S = 100  # a run that hangs would take for ever
MOST_MB = 200  # above what a run against an honest target takes
ROWS = {row.name: row for row in catalogue.ROWS}
IN_ONE_PLACE = [row.name for row in catalogue.ROWS if not row.tls]
# What they say is told to Allure as well.
ODD = {
    "commands-in-every-text",
    "lone-surrogates",
    "texts-without-end",
    "header-of-1-mb",
    "storm-of-cookies",
    "nul-in-a-header",
    "nul-bytes",
    "invalid-utf-8",
    "huge-integer",
    "nan",
    "endless-body",
}
LARGEST = 60_000  # bytes of a file for Allure


def environment(folder, origin, ready_within_s=20):
    path = folder / "hostile.toml"
    path.write_text(
        f'[target]\nbase_url = "{origin}"\nready_within_s = {ready_within_s}\nverify_tls = false\n'
        f"[access]\ntimeout_s = {TIMEOUT_S}\n"
    )
    return f"--env={path}"


def run(folder, origin, *selected, ready_within_s=20, allure=False):
    """What became of a run; asserts what has to hold against any target."""
    began = time.monotonic()
    outputs = [f"--junitxml={folder}/junit.xml", *([f"--alluredir={folder}/allure"] if allure else [])]
    ended = runs.run(folder, environment(folder, origin, ready_within_s), *outputs, *selected)
    assert time.monotonic() - began < LONGEST_S
    crash = re.search(r"INTERNALERROR|Traceback|ProbeFailed|could not go on|Unhandled", ended.said)
    assert crash is None, ended.said[-5000:]
    assert ended.verdict is not None, ended.said[-5000:]
    assert len(ended.said) < 200_000
    if allure:
        judged = sum(len(item["tests"]) for item in ended.verdict["items"])
        assert told(folder / "allure") == max(judged, 1)  # one for a target that is not reached
    return ended


def told(folder):
    """How many results there are for Allure; asserts that each file can be read, and holds no more than it may."""
    results = 0
    for path in folder.iterdir():
        assert path.stat().st_size < LARGEST, path
        text = path.read_bytes().decode("utf-8")
        if path.suffix in (".json", ".httpexchange"):
            said = json.loads(text, parse_constant=pytest.fail)
            json.dumps(said, ensure_ascii=False).encode("utf-8")  # a lone surrogate would be no text
            results += path.name.endswith("-result.json")
    return results


@pytest.fixture(scope="module")
def usual_mb(tmp_path_factory):
    """What a run against an honest target takes."""
    with Hostile(honest) as target:
        ended = run(tmp_path_factory.mktemp("honest"), target.origin, "smoke/test_health.py")
    assert (ended.code, ended.outcomes["health.basic"]) == (0, "proven"), ended.said
    return ended.peak_mb


def test_catalogue_is_large():
    assert len(ROWS) == len(catalogue.ROWS) >= 40
    assert ROWS.keys() >= ODD


@pytest.mark.parametrize("name", ROWS)
def test_target_that_is_so_everywhere_gets_the_decision_it_deserves(name, tmp_path, usual_mb):
    row = ROWS[name]
    with Hostile(row.behave) as target:
        origin = target.origin.replace("http:", "https:") if row.tls else target.origin
        patience_s = 1 if row.everywhere == "UNREACHABLE" else 20
        ended = run(tmp_path, origin, "smoke/test_health.py", ready_within_s=patience_s, allure=name in ODD)
    assert ended.verdict["decision"] == row.everywhere, ended.said[-3000:]
    assert ended.code == EXIT_CODES[row.everywhere]
    assert ended.peak_mb - usual_mb < MOST_MB
    assert row.says in (ended.verdict["unreachable"] or "")
    broken = {item for item, outcome in ended.outcomes.items() if outcome == "broken"}
    assert broken == ({"health.basic"} if row.everywhere == "NO-GO" else set())


@pytest.mark.parametrize("name", IN_ONE_PLACE)
def test_target_that_is_so_in_one_place_is_judged_by_it_there_alone(name, tmp_path, usual_mb):
    row = ROWS[name]
    with Hostile(row.behave, lambda path: path.startswith(SNAPSHOT)) as target:
        ended = run(
            tmp_path,
            target.origin,
            "smoke/test_health.py",
            "smoke/test_entitlements.py",
            allure=name in ODD,
        )
    assert ended.outcomes["health.basic"] == "proven", ended.said[-3000:]
    assert ended.peak_mb - usual_mb < MOST_MB
    if row.in_one_place == "broken":
        assert "broken" in {ended.outcomes["entitlements.snapshot"], ended.outcomes["entitlements.freshness"]}
    else:
        ttl = {test["outcome"] for test in results_of(ended, "test_ttl_is_one_the_client_will_honour")}
        assert ttl == {"passed" if row.in_one_place == "proven" else "not proven"}
    assert ended.code == (1 if row.in_one_place == "broken" else 0), ended.said[-3000:]


def results_of(ended, name):
    return [test for item in ended.verdict["items"] for test in item["tests"] if name in test["nodeid"]]


def test_target_that_is_well_in_its_health_alone_is_no_go(tmp_path, usual_mb):
    row = ROWS["every-call-500"]
    with Hostile(row.behave, lambda path: path != HEALTH) as target:
        ended = run(tmp_path, target.origin, "smoke", "contracts", "--fuzz-examples=2")
    assert (ended.code, ended.verdict["decision"]) == (1, "NO-GO")
    assert (ended.outcomes["health.basic"], ended.outcomes["auth.registration"]) == ("proven", "broken")
    assert ended.peak_mb - usual_mb < MOST_MB


def test_what_a_target_says_is_inert_in_every_report(tmp_path):
    with Hostile(ROWS["commands-in-every-text"].behave) as target:
        ended = run(tmp_path, target.origin, "smoke/test_health.py")
    reports = {path.name: path.read_text("utf-8") for path in (tmp_path / "hostile").glob("verdict.*")}
    assert set(reports) == {"verdict.html", "verdict.md", "verdict.json"}
    junit = (tmp_path / "junit.xml").read_text("utf-8")
    printed = {**reports, "terminal": ended.said, "junit.xml": junit}
    invisible = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028]")
    assert {name: found for name, text in printed.items() if (found := invisible.findall(text))} == {}
    commands = re.compile(r"^\s*(::error::|##vso\[)", re.MULTILINE)
    assert {name for name, text in printed.items() if commands.search(text)} == set()
    assert "<script>alert" not in reports["verdict.html"] + junit
    outside = re.sub(r"(?ms)^(`{3,}).*?^\1$", "", reports["verdict.md"])
    assert "<script>alert" not in outside
    assert json.loads(reports["verdict.json"])["version"] == ended.verdict["version"]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "distributed"])
def test_target_that_dies_in_mid_run_ends_it_and_nothing_is_called_broken(tmp_path, workers):
    def mortal(asked):
        if asked.path.startswith(SNAPSHOT):
            target.die()
        yield from honest(asked)

    with Hostile(mortal) as target:
        ended = run(tmp_path, target.origin, "smoke/test_entitlements.py", *workers)
    assert (ended.code, ended.verdict["decision"], ended.verdict["interrupted"]) == (10, "INCONCLUSIVE", True)
    assert ended.outcomes["entitlements.snapshot"] == "not proven"
    since = re.compile(
        r"the target stopped answering at \d\d:\d\d:\d\d UTC \(asked [A-Z]+ /api/.*\); look at"
    )
    assert since.match(ended.verdict["notes"][0])
    assert ended.said.count("stopped answering") < 30  # once an item, not once a check


@pytest.mark.parametrize("after", ["hangs", "hangs up"])
def test_target_that_only_falls_silent_is_noticed_too(tmp_path, after):
    fell = threading.Event()

    def falling(asked):
        if asked.path.startswith(SNAPSHOT):
            fell.set()
        yield from ([3600.0] if after == "hangs" else [End.CLOSE]) if fell.is_set() else honest(asked)

    with Hostile(falling) as target:
        ended = run(tmp_path, target.origin, "smoke/test_health.py", "smoke/test_entitlements.py")
    assert (ended.code, ended.verdict["decision"]) == (10, "INCONCLUSIVE")
    assert "stopped answering" in ended.verdict["notes"][0]


def test_target_that_comes_back_is_judged_by_what_it_dropped(tmp_path):
    dropped, silent = [], []

    def stumbling(asked):
        if asked.path.startswith(SNAPSHOT):
            dropped.append(asked)
            yield End.RESET
        elif asked.path == HEALTH and dropped and len(silent) < 3:
            silent.append(asked)
            yield End.RESET
        yield from honest(asked)

    with Hostile(stumbling) as target:
        ended = run(tmp_path, target.origin, "smoke/test_entitlements.py")
    assert (ended.code, ended.verdict["interrupted"]) == (1, False), ended.said[-3000:]


def test_reports_that_cannot_be_written_say_nothing_of_the_release(tmp_path):
    """1 would be NO-GO, and 0 GO."""

    def occupying(asked):
        if len(target.seen) > 1:  # readiness is over, and so is the clearing of the folder
            (tmp_path / "hostile" / "verdict.html").mkdir(exist_ok=True)
        yield from honest(asked)

    with Hostile(occupying) as target:
        ended = runs.run(tmp_path, environment(tmp_path, target.origin), "smoke/test_health.py")
    assert (ended.code, "Traceback" in ended.said) == (3, False), ended.said
    assert "the reports cannot be written: " in ended.said


def test_nobody_elsewhere_is_shown_what_was_meant_for_the_target(tmp_path):
    """Neither a token nor a request follows a redirect to another origin."""
    with Hostile(honest) as elsewhere:

        def send_there(asked):
            yield catalogue.moved(elsewhere.origin.replace("127.0.0.1", "localhost") + asked.path)

        with Hostile(send_there, lambda path: path != HEALTH and "/auth/" not in path) as target:
            ended = run(tmp_path, target.origin, "smoke/test_health.py", "smoke/test_entitlements.py")
    assert (ended.code, ended.outcomes["health.basic"], elsewhere.seen) == (1, "proven", [])
