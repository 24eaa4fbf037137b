"""`python -m harness.merge`: shards and regions as files in, one verdict and its reports out."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from harness.merge import main
from harness.shards.share import FILE, render
from harness.shards.splitting import Shard
from harness.verdict import TestResult
from harness.verdict.visits import Picture, Visited
from runbook.loader import load_runbook
from tests.test_shards import share

ITEMS = load_runbook().of(("smoke",)).ids


def found(outcome="passed", items=ITEMS, **changes):
    tests = [TestResult("smoke/test_auth.py::test_it", ITEMS[0], outcome, "it said no")]
    tests += [TestResult(f"smoke/test_x.py::test_{item}", item, "passed", "") for item in items[1:]]
    return share(*tests, environment="local", **changes)


def halves(whole):
    """As two machines find it."""
    return [
        replace(whole, shard=Shard(number, 2), tests=tests)
        for number, tests in ((1, whole.tests[:9]), (2, whole.tests[9:]))
    ]


@pytest.fixture
def merged(tmp_path, capsys, monkeypatch):
    """Join shares; gives exit code, what was printed, and the folder of the reports."""
    monkeypatch.setenv("COLUMNS", "100")

    def run(*shares, options=()):
        for number, each in enumerate(shares):
            place = tmp_path / f"shard-{number}" / "local"
            place.mkdir(parents=True, exist_ok=True)
            (place / FILE).write_text(each if isinstance(each, str) else render(each), "utf-8")
        places = [str(tmp_path / f"shard-{number}") for number in range(len(shares))]
        code = main([*places, f"--reports={tmp_path}/out", *options])
        said = capsys.readouterr()
        return code, said.out + said.err, tmp_path / "out" / "local"

    return run


def test_whole_checklist_in_two_halves_is_go(merged):
    code, said, folder = merged(*halves(found()))
    assert code == 0
    assert f"GO: {len(ITEMS)} of {len(ITEMS)} required items proven" in said
    assert sorted(path.name for path in folder.iterdir()) == [
        "message.json",
        "verdict.html",
        "verdict.json",
        "verdict.md",
    ]


@pytest.mark.parametrize(
    ("shares", "code", "decision"),
    [
        (halves(found())[:1], 10, "INCONCLUSIVE: nothing broken; shard 2/2 is missing"),
        (halves(found("failed"))[:1], 1, "NO-GO: 1 of "),
        (halves(found("failed")), 1, "NO-GO: 1 of "),
        (halves(found("not proven")), 10, "INCONCLUSIVE: nothing broken; 1 of "),
        ([replace(each, unreachable="refused", tests=()) for each in halves(found())], 11, "UNREACHABLE: "),
        ([replace(each, partial=True) for each in halves(found())], 0, "PARTIAL: "),
        (halves(found(interrupted=True)), 10, "INCONCLUSIVE: nothing broken; the run was interrupted"),
    ],
)
def test_exit_code_is_the_decision_s(merged, shares, code, decision):
    ended, said, folder = merged(*shares)
    assert ended == code
    assert f"\n{decision}" in said
    assert json.loads((folder / "verdict.json").read_text())["exit_code"] == code


def test_shards_of_two_environments_are_refused_and_leave_no_verdict(merged):
    first, second = halves(found())
    code, said, folder = merged(first, replace(second, environment="staging"))
    assert code == 4
    assert f"shard-1/local/{FILE}: environment: 'staging' is not 'local', as in " in said
    assert not folder.exists()


def test_shards_of_two_targets_are_refused(merged):
    first, second = halves(found())
    code, said, _ = merged(first, replace(second, aim="https://another.example"))
    assert code == 4
    assert "shard.json: aim: 'https://another.example' is not " in said


def test_shards_of_another_environment_file_are_refused(merged):
    shares = [replace(each, excused=frozenset({"health.basic"})) for each in halves(found())]
    code, said, _ = merged(*shares)
    assert code == 4
    assert "checklist.not_required: is another one than " in said


@pytest.mark.parametrize("text", ["", "{}", '{"decision": "GO"}', "\x00"])
def test_foreign_file_is_refused(merged, text):
    code, said, _ = merged(halves(found())[0], text)
    assert code == 4
    assert f"shard-1/local/{FILE}: " in said


def test_file_of_a_visit_that_lies_elsewhere_is_refused(merged):
    first, second = halves(found())
    outside = Visited("x", "web/x", (Picture("start", "../../secret.jpg"),), None, None)
    tests = (replace(first.tests[0], visits=(outside,)), *first.tests[1:])
    code, said, _ = merged(replace(first, tests=tests), second)
    assert (code, "'../../secret.jpg' lies elsewhere" in said) == (4, True)


@pytest.mark.parametrize(
    "options", [["--regions=eu"], ["--regions=e/u"], ["--env=production"], ["--env=nowhere"], ["--nonsense"]]
)
def test_unusable_option_ends_with_4(merged, options):
    try:
        code, said, _ = merged(*halves(found()), options=options)
    except SystemExit as ended:
        code, said = ended.code, "ERROR: "
    assert (code, "ERROR: " in said) == (4, True)


def test_place_without_a_shard_is_refused(tmp_path, capsys):
    assert main([str(tmp_path)]) == 4
    assert f"{tmp_path}: holds no {FILE}; " in capsys.readouterr().err
    assert main([str(tmp_path / "shard-*")]) == 4
    assert "cannot be read" in capsys.readouterr().err


def test_place_that_is_given_twice_is_refused(merged, tmp_path, monkeypatch, capsys):
    merged(*halves(found()))
    monkeypatch.chdir(tmp_path)
    for places in (["shard-0", "shard-0"], ["shard-0", "."], ["shard-0", f"{tmp_path}/shard-0/local"]):
        assert main([*places, "--reports=twice"]) == 4
        assert f"{FILE}: is given twice, also as shard-0/local/{FILE}; " in capsys.readouterr().err
    assert not (tmp_path / "twice").exists()


def test_shard_that_was_kept_from_last_week_is_no_part_of_this_run(merged):
    first, second = halves(found())
    week = timedelta(days=7, minutes=9)
    old = replace(first, started=first.started - week, finished=first.finished - week)
    code, said, _ = merged(old, second)
    assert code == 10
    assert "shard 1/2 ended 7 days before shard 2/2 began: is it of an earlier run?" in " ".join(said.split())


def test_regions_stand_in_every_report(merged):
    code, said, folder = merged(found(region="eu"), found("failed", region="us"), options=["--regions=eu,us"])
    assert code == 1
    data = json.loads((folder / "verdict.json").read_text())
    assert data["regions"] == ["eu", "us"]
    assert [item["regions"] for item in data["items"][:2]] == [
        {"eu": "proven", "us": "broken"},
        {"eu": "proven", "us": "proven"},
    ]
    assert f"| `{ITEMS[0]}` | proven | broken |" in (folder / "verdict.md").read_text()
    page = (folder / "verdict.html").read_text()
    assert '<h2 id="regions">Regions</h2>' in page
    assert page.count('<th scope="col">us</th>') == 1
    assert "us: 1 of 1 case broken: it said no; eu: 1 case holds" in " ".join(said.split())


def test_pictures_of_another_machine_come_along(merged, tmp_path):
    first, second = halves(found("failed"))
    seen = Visited("start", "web/start", (Picture("the page", "web/start/1.jpg"),), None, None)
    (tmp_path / "shard-0/local/web/start").mkdir(parents=True)
    (tmp_path / "shard-0/local/web/start/1.jpg").write_bytes(b"\xff\xd8\xff picture")
    tests = (replace(first.tests[0], visits=(seen,)), *first.tests[1:])
    _, _, folder = merged(replace(first, tests=tests), second)
    [visit] = json.loads((folder / "verdict.json").read_text())["items"][0]["tests"][0]["visits"]
    [picture] = visit["pictures"]
    assert (folder / picture["file"]).read_bytes() == b"\xff\xd8\xff picture"
    assert "data:image/jpeg" in (folder / "verdict.html").read_text()


def test_signature_counts_for_the_joined_run(merged, tmp_path):
    (tmp_path / "out/local").mkdir(parents=True)
    (tmp_path / "out/local/attestations.toml").write_text(
        f'[[attestations]]\nitem = "{ITEMS[0]}"\nenvironment = "local"\nversion = "1.4.2"\n'
        'by = "Jo"\nnote = "Saw it."\nat = 2026-11-23T01:02:03Z\n'
    )
    code, said, _ = merged(*halves(found("not proven")))
    assert (code, f"1 attested: {ITEMS[0]}" in said) == (0, True)


def test_joined_runs_of_the_suite_say_what_one_run_says(suite, tmp_path):
    """One of the shards with workers."""
    some = ("smoke/test_health.py", "smoke/test_auth.py", "smoke/test_purchases.py")
    whole = suite(*some)
    split = [suite(*some, f"--shard={k}/2", "-n", n, reports=tmp_path) for k, n in ((1, "0"), (2, "2"))]
    assert [ended.code for ended in split] == [0, 0]
    command = [sys.executable, "-m", "harness.merge", *(str(tmp_path / f"shard-{k}") for k in (1, 2))]
    ended = subprocess.run(
        [*command, f"--reports={tmp_path}", f"--env={tmp_path}/local.toml"], capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    joined = json.loads((tmp_path / "local" / "verdict.json").read_text())
    tests = [
        {test["nodeid"] for item in each["items"] for test in item["tests"]}
        for each in (joined, whole.verdict)
    ]
    assert tests[0] == tests[1]
    kept = ("decision", "partial", "interrupted", "environment", "version")
    assert {key: joined[key] for key in kept} == {key: whole.verdict[key] for key in kept}
    assert {item["id"]: item["outcome"] for item in joined["items"]} == whole.outcomes
    shares = [json.loads((tmp_path / f"shard-{k}/local/shard.json").read_text()) for k in (1, 2)]
    assert all(each["tests"] for each in shares)


def test_shard_for_which_nothing_is_left_is_no_error(suite, tmp_path):
    ended = suite("smoke/test_health.py", "--shard=9/9", reports=tmp_path)
    assert ended.code == 0, ended.said
    assert json.loads((tmp_path / "shard-9/local/shard.json").read_text())["tests"] == []
    assert ended.last_words == ["PARTIAL"]


@pytest.mark.parametrize(
    ("option", "said"), [("--shard=4/3", "there is no shard 4/3"), ("--region=../x", "'../x' is no name")]
)
def test_unusable_part_ends_with_4(suite, option, said):
    ended = suite("smoke/test_health.py", option)
    assert (ended.code, said in ended.said) == (4, True)
