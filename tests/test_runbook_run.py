"""--runbook and --attest as their users start them, against the embedded deployment."""

import re
import tomllib

import pytest
from selfcheck import catalogue, runs

CHECKLIST = """\
# Smoke Test Checklist

- [ ] New user registration works
- [ ] Login with existing user works
- [x] `server_time` and `ttl_seconds` present
- [ ] Verify with an invalid receipt returns an error, not 500
- [ ] Server logs show the attempt
- [x] App Store screenshots updated
- [ ] Test webhook
- [ ] Logs show it received
- [ ] Send a test webhook from the RevenueCat dashboard
- [ ] Health
"""
FAULTS = "logs.webhook-missing,entitlements.ttl-0,operations.health-ok"


@pytest.fixture(scope="module")
def checklist(tmp_path_factory):
    path = tmp_path_factory.mktemp("team") / "RELEASE.md"
    path.write_text(CHECKLIST, "utf-8")
    return path


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    """The option for local without the web client, so that there is something that it does not prove."""
    path = tmp_path_factory.mktemp("env") / "local.toml"
    path.write_text(catalogue.LOCAL, "utf-8")
    return f"--env={path}"


def words(path):
    """Of each line: its mark, and the word that its first evidence begins with."""
    text = path.read_text("utf-8")
    return re.findall(r"^- \[(.)\] [^\n]*(?:\n  <br>\*\*([^*]+)\*\*)?", text, re.MULTILINE)


def test_healthy_target_ticks_what_the_suite_covers_and_takes_signatures_into_account(
    tmp_path, checklist, env
):
    signing = (
        "--attest=webhooks.delivered",
        "--attest=gates.paywall-route",
        "--by=Jo",
        '--note=Pressed "Test".',
    )
    attested = runs.run(tmp_path, env, *signing)
    assert (attested.code, attested.verdict) == (0, None), attested.said
    assert "signed by Jo for local, version 1.0.0: webhooks.delivered, gates.paywall-route" in attested.said
    assert [path.name for path in (tmp_path / "local").iterdir()] == ["attestations.toml"]
    ended = runs.run(tmp_path, env, "smoke", f"--runbook={checklist}")
    assert (ended.code, ended.outcomes["gates.paywall-route"]) == (0, "attested"), ended.said
    assert words(tmp_path / "local" / "RELEASE.md") == [
        *[("x", "proven")] * 5,
        (" ", "not covered by the suite"),
        ("x", "proven"),
        ("x", "proven"),
        ("x", "attested"),
        ("x", "proven"),
    ]
    assert "message.json, RELEASE.md" in ended.said
    assert checklist.read_text("utf-8") == CHECKLIST


def test_three_faults_show_line_by_line_and_void_signatures_are_told(tmp_path, checklist, env):
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "attestations.toml").write_text(
        "".join(
            f'[[attestations]]\nitem = "{item}"\nenvironment = "local"\nversion = "{version}"\nby = "Jo"\n'
            'note = "Looked."\nat = 2026-11-23T01:02:03Z\n'
            for item, version in (("health.basic", "1.0.0"), ("gates.paywall-route", "0.9.0"))
        ),
        "utf-8",
    )
    ended = runs.run(tmp_path, env, "smoke", f"--runbook={checklist}", variables={"REFERENCE_FAULTS": FAULTS})
    assert (ended.code, ended.verdict["decision"]) == (1, "NO-GO"), ended.said
    assert ended.outcomes["gates.paywall-route"] == "not proven"
    assert (
        "void, signed for local, version 0.9.0, and this is local, version 1.0.0: gates.paywall-route by Jo"
        in (ended.verdict["notes"])
    )
    assert words(tmp_path / "local" / "RELEASE.md") == [
        ("x", "proven"),
        ("x", "proven"),
        (" ", "BROKEN"),
        ("x", "proven"),
        ("x", "proven"),
        (" ", "not covered by the suite"),
        ("x", "proven"),
        (" ", "BROKEN"),
        (" ", "to be signed"),
        (" ", "BROKEN"),
    ]
    shown = (tmp_path / "local" / "RELEASE.md").read_text("utf-8")
    assert "**BROKEN**: `health.basic` (blocker, rollback scenario 1)" in shown
    assert "yet signed by Jo" in shown


@pytest.mark.parametrize(
    ("arguments", "ticked"),
    [
        (["-m", "auth"], 2),
        (["-k", "wrong_password"], 0),
        (["smoke/test_health.py"], 1),
        (["smoke/test_health.py::test_status_is_healthy"], 0),
        (["-m", "health", "-n", "2"], 1),
    ],
)
def test_partial_run_ticks_only_items_that_it_ran_wholly(tmp_path, checklist, arguments, ticked):
    ended = runs.run(tmp_path, *arguments, f"--runbook={checklist}")
    assert (ended.code, ended.verdict["decision"]) == (0, "PARTIAL"), ended.said
    marks = [mark for mark, _ in words(tmp_path / "local" / "RELEASE.md")]
    assert (len(marks), marks.count("x")) == (10, ticked)


def test_unreachable_target_ticks_and_signs_nothing(tmp_path, checklist):
    file = tmp_path / "away.toml"
    file.write_text('[target]\nbase_url = "http://127.0.0.1:9"\nready_within_s = 0.5\n', "utf-8")
    ended = runs.run(tmp_path, f"--env={file}", f"--runbook={checklist}")
    assert ended.code == 11, ended.said
    assert {mark for mark, _ in words(tmp_path / "away" / "RELEASE.md")} == {" "}
    attested = runs.run(tmp_path, f"--env={file}", "--attest=auth.login", "--by=Jo", "--note=x")
    assert (attested.code, "nothing was signed" in attested.said) == (11, True)
    assert not (tmp_path / "away" / "attestations.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--runbook=nowhere.md"], "--runbook=nowhere.md: no such file; name a Markdown file"),
        (["--runbook=runbook"], "--runbook=runbook: is a folder"),
        (["--runbook=pytest.ini"], "--runbook=pytest.ini: holds no box"),
        (["--attest=auth.login"], "--by: is missing or blank; sign with --attest=ITEM --by=NAME --note=TEXT"),
        (["--attest=auth.login", "--by=Jo", "--note= "], "--note: is missing or blank"),
        (["--by=Jo"], "--attest: is missing or blank"),
        (
            ["--attest=auth.logn", "--by=Jo", "--note=x"],
            "--attest: no checklist item is called 'auth.logn'; did you",
        ),
    ],
)
def test_slip_on_the_command_line_is_one_line_and_exit_code_4(tmp_path, arguments, told):
    ended = runs.run(tmp_path, *arguments)
    assert (ended.code, told in ended.said, "Traceback" in ended.said) == (4, True, False), ended.said


def test_slip_in_the_attestations_ends_the_run(tmp_path):
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "attestations.toml").write_text('[[attestations]]\nitem = "auth.login"\n', "utf-8")
    ended = runs.run(tmp_path, "-m", "health")
    assert (ended.code, "attestations.toml: attestations.0." in ended.said) == (4, True), ended.said


def test_run_that_dies_leaves_no_earlier_ticks_and_every_signature(tmp_path, checklist):
    runs.run(tmp_path, "-m", "health", f"--runbook={checklist}")
    runs.run(tmp_path, "--attest=auth.login", "--by=Jo", "--note=x")
    again = runs.run(tmp_path, "-k", "no_such_check", f"--runbook={checklist}")
    assert (again.code, (tmp_path / "local" / "RELEASE.md").exists()) == (5, False)
    signed = tomllib.loads((tmp_path / "local" / "attestations.toml").read_text("utf-8"))
    assert [each["item"] for each in signed["attestations"]] == ["auth.login"]
