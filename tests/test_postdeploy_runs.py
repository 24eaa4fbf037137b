"""Whole runs of phase postdeploy: with what they need, without it, and since when they count."""

import csv
import re
from datetime import UTC, datetime, timedelta

import pytest
from selfcheck import catalogue

from harness.environment import load
from harness.errors import ConfigError

LOCAL = catalogue.LOCAL
NOW = datetime.now(UTC)
# Enough to be healthy.
NUMBERS = {
    "paywall_opened": 200,
    "purchase_attempt": 60,
    "purchase_success": 50,
    "premium_gate_denied": 80,
    "store_opened": 90,
}
BARE = '[target]\nbase_url = "https://game.example"\n'


def outcome(ended, item):
    return next(each for each in ended.verdict_of("postdeploy")["items"] if each["id"] == item)


def without(section):
    """The text of local.toml without a section."""
    found = re.subn(rf"\[{re.escape(section)}\]\n(?:[^\[]|(?<!\n)\[)*", "", LOCAL)
    assert found[1] == 1
    return found[0]


def test_rollout_of_the_reference_deployment_is_go(suite):
    ended = suite("--phase=postdeploy")
    verdict = ended.verdict_of("postdeploy")
    assert (ended.code, verdict["decision"], verdict["phase"]) == (0, "GO", "postdeploy"), ended.said
    assert {each["section"] for each in verdict["items"]} == {"postdeploy"}
    assert [each["name"] for each in verdict["signals"]] == [
        "errors", "attempts", "successes", "denied", "store", "log-errors"
    ]  # fmt: skip
    [note] = [note for note in verdict["notes"] if note.startswith("the deploy counts from")]
    assert note.endswith("UTC on (the start of this run; name it with --deployed-at)")
    assert (verdict["writes"], (ended.reports / "postdeploy" / "ledger.jsonl").read_text()) == ([], "")


def test_processes_count_from_the_same_moment_and_note_it_once(suite):
    ended = suite("--phase=postdeploy", "-n", "2")
    assert ended.code == 0, ended.said
    verdict = ended.verdict_of("postdeploy")
    assert len([note for note in verdict["notes"] if note.startswith("the deploy counts")]) == 1
    assert len(verdict["signals"]) == 6


@pytest.mark.parametrize(
    ("section", "item", "remedy"),
    [
        ("postdeploy.sentry", "postdeploy.errors", "nothing is said of Sentry; add [postdeploy.sentry]"),
        ("postdeploy.posthog", "postdeploy.funnel", "add [postdeploy.posthog] or [postdeploy.export]"),
        ("logs", "postdeploy.logs", "there is no log source; set logs.source"),
    ],
)
def test_what_is_not_configured_is_not_proven_and_says_what_to_add(suite, section, item, remedy):
    ended = suite("--phase=postdeploy", env=without(section))
    found = outcome(ended, item)
    assert (ended.code, found["outcome"]) == (10, "not proven"), ended.said
    assert remedy in found["reason"]


LOG_FILE = 'source = "file"\npath = "{reports}/target.log"'


@pytest.mark.parametrize(
    ("env", "item", "told"),
    [
        (
            LOCAL.replace(LOG_FILE, 'source = "command"\ncommand = ["no-such-log-command"]'),
            "postdeploy.logs",
            "`no-such-log-command` does not start (No such file or directory); mend logs.command",
        ),
        (
            LOCAL.replace(LOG_FILE, 'source = "file"\npath = "/no/such/backend.log"'),
            "postdeploy.logs",
            "the log /no/such/backend.log cannot be read (No such file or directory); mend logs.path",
        ),
        (
            without("postdeploy.posthog") + '\n[postdeploy.export]\npath = "/no/such.csv"\n',
            "postdeploy.funnel",
            "the export /no/such.csv cannot be read (No such file or directory); mend postdeploy.export.path",
        ),
    ],
    ids=["a command", "a file", "an export"],
)
def test_source_that_cannot_be_read_is_no_reason_to_roll_back(suite, env, item, told):
    ended = suite("--phase=postdeploy", env=env)
    found = outcome(ended, item)
    assert (ended.code, found["outcome"]) == (10, "not proven"), ended.said
    assert found["reason"].startswith(told)


def test_moment_of_a_fault_says_what_was_observed_and_how_to_repeat_it(suite):
    ended = suite("--phase=postdeploy", variables={"REFERENCE_FAULTS": "postdeploy.new-issue"})
    assert ended.code == 1
    assert "new: TypeError: price is undefined in shop/offer.tsx, 12 times" in ended.said
    assert "-H 'authorization: Bearer <SENTRY_AUTH_TOKEN>'" in ended.said
    assert "scenario 4" in ended.said


def test_secrets_of_the_services_stand_in_no_output(suite):
    tokens = {"SENTRY_AUTH_TOKEN": "sentry-canary-0815", "POSTHOG_API_KEY": "posthog-canary-4711"}
    refused = "postdeploy-sentry-wrong-token,postdeploy-posthog-wrong-key"
    ended = suite("--phase=postdeploy", variables={**tokens, "REFERENCE_VARIANTS": refused})
    assert ended.code == 10, ended.said
    assert "Sentry answered 401; mend postdeploy.sentry" in ended.said
    written = [path.read_bytes() for path in ended.reports.rglob("*") if path.is_file()]
    assert [token for token in tokens.values() if token in ended.said] == []
    assert [token for token in tokens.values() if any(token.encode() in each for each in written)] == []


# --- two builds at once

BUILDS = "THE FUNNEL COUNTS BOTH BUILDS"


def test_funnel_of_a_canary_is_its_own(suite):
    mixed = LOCAL.replace('release_property = "release"\n', "")
    canary = ("--phase=postdeploy", "--canary-header=X-Canary: always")
    faults = {"REFERENCE_FAULTS": "postdeploy.attempts-fail-in-the-canary"}
    own, both = suite(*canary, variables=faults), suite(*canary, env=mixed, variables=faults)
    assert (own.code, both.code) == (1, 0), both.said
    assert [
        any(BUILDS in note for note in each.verdict_of("postdeploy")["notes"]) for each in (own, both)
    ] == [
        False,
        True,
    ]


# --- what has not settled

SLOW = LOCAL.replace("settles_m = 0", "settles_m = 5")


@pytest.mark.parametrize(
    ("ago", "wanted"),
    [
        (None, ["not proven", "not proven", "not proven"]),
        (timedelta(minutes=10), ["proven", "not proven", "proven"]),  # nobody has played yet
    ],
)
def test_moment_after_the_deploy_that_nothing_is_seen_proves_nothing(suite, ago, wanted):
    given = [] if ago is None else [f"--deployed-at={(datetime.now(UTC) - ago).isoformat()}"]
    ended = suite("--phase=postdeploy", *given, env=SLOW)
    assert ended.code == 10, ended.said
    assert [each["outcome"] for each in ended.verdict_of("postdeploy")["items"]] == wanted
    assert ("say when it went live with --deployed-at" in outcome(ended, "postdeploy.errors")["reason"]) == (
        ago is None
    )


def test_what_is_seen_at_once_is_told_at_once(suite):
    faults = "postdeploy.new-issue,postdeploy.error-line"
    ended = suite("--phase=postdeploy", env=SLOW, variables={"REFERENCE_FAULTS": faults})
    wanted = ["broken", "not proven", "broken"]
    assert [each["outcome"] for each in ended.verdict_of("postdeploy")["items"]] == wanted, ended.said


# --- an export


def export(path, since, **numbers):
    """Events of eight days in a file, with the columns in another order than one would think."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["timestamp", "distinct_id", "event"])
        for day in range(8):
            for event, number in (NUMBERS | (numbers if day == 0 else {})).items():
                moment = (since + timedelta(minutes=5) - timedelta(days=day)).isoformat()
                rows.writerows([moment, f"player_{nth}", event] for nth in range(number))


@pytest.mark.parametrize(
    ("numbers", "code", "wanted"),
    [
        ({}, 0, "proven"),
        ({"purchase_success": 20}, 1, "broken"),
        ({"paywall_opened": 20}, 0, "not proven"),  # of a part of the phase
    ],
)
def test_export_counts_as_well_as_posthog(suite, tmp_path, numbers, code, wanted):
    since = NOW - timedelta(minutes=10)
    export(tmp_path / "events.csv", since, **numbers)
    env = without("postdeploy.posthog") + f'\n[postdeploy.export]\npath = "{tmp_path}/events.csv"\n'
    ended = suite("postdeploy/test_funnel.py", f"--deployed-at={since.isoformat()}", env=env)
    assert ended.code == code, ended.said
    assert outcome(ended, "postdeploy.funnel")["outcome"] == wanted


# --- since when


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "2026-11-24",
        "2026-11-24T02:00:00",
        "",
        "0001-01-01T00:00:00+14:00",
        "2999-01-01T00:00:00Z",
    ],
)
def test_moment_that_is_none_is_refused(suite, text):
    ended = suite("--phase=postdeploy", f"--deployed-at={text}")
    assert (ended.code, "--deployed-at" in ended.said) == (4, True)
    assert "write --deployed-at=2026-01-31T12:00:00Z" in ended.said or "is yet to come" in ended.said


@pytest.mark.parametrize(
    ("since", "given", "at", "source"),
    [
        ("", None, NOW, "the start of this run"),
        ("since = 2026-01-02T03:00:00+01:00", None, datetime(2026, 1, 2, 2, tzinfo=UTC), "postdeploy.since"),
        (
            "since = 2026-01-02T03:00:00+01:00",
            "2026-01-01T00:00:00Z",
            datetime(2026, 1, 1, tzinfo=UTC),
            "--deployed-at",
        ),
    ],
)
def test_command_line_comes_before_the_file_and_the_file_before_the_run(tmp_path, since, given, at, source):
    path = tmp_path / "x.toml"
    path.write_text(f"{BARE}[postdeploy]\n{since}\n")
    found = load(str(path), deployed_at=given, begun=NOW).deploy
    assert (found.at, found.source.partition(";")[0]) == (at, source)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[postdeploy]\nsince = 2026-01-02T03:00:00\n", "write it as 2026-01-31T12:00:00Z"),
        ("[postdeploy]\nsince = 2999-01-02T03:00:00Z\n", "is yet to come"),
        ("[postdeploy]\nsince = 0001-01-01T00:00:00+14:00\n", "out of range"),
        (
            '[postdeploy.export]\npath = "x"\n[postdeploy.posthog]\nproject = "7"\nkey_env = "K"\n',
            "has both posthog and",
        ),
        ('[postdeploy.sentry]\norganization = "a/b"\ntoken_env = "T"\n', "postdeploy.sentry.organization"),
        (
            '[postdeploy.sentry]\norganization = "a"\ntoken_env = "T"\norigin = "http://s.example"\n',
            "in the clear",
        ),
        ('[postdeploy.sentry]\norganization = "a"\ntoken_env = "T"\norigin = "s.example"\n', "not an http"),
        ('[postdeploy.posthog]\nproject = "7"\nkey = "phx_1"\n', "key_env: missing; add this key"),
    ],
)
def test_slip_in_the_section_is_named(tmp_path, text, told):
    (tmp_path / "x.toml").write_text(BARE + text)
    with pytest.raises(ConfigError, match=re.escape(told)):
        load(str(tmp_path / "x.toml"), phases=["postdeploy"])


def test_tokens_are_needed_in_their_phase_only(tmp_path):
    (tmp_path / "x.toml").write_text(BARE + '[postdeploy.sentry]\norganization = "a"\ntoken_env = "T"\n')
    assert load(str(tmp_path / "x.toml"), variables={}).variables == {}
    with pytest.raises(ConfigError, match="the variable T is not set"):
        load(str(tmp_path / "x.toml"), variables={}, phases=["postdeploy"])
