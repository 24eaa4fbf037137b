"""Every way to break a file, an option or a variable: exit code 4, one line with place and remedy, no traceback."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from selfcheck import runs

from harness.environment import load
from runbook.errors import ConfigError

ROOT = Path(__file__).parent.parent
GOOD = {
    "env.toml": '[target]\nbase_url = "https://target.invalid"\n',
    "known_issues.toml": "",
    "checklist.toml": (ROOT / "runbook" / "checklist.toml").read_text("utf-8"),
    "rollback.toml": (ROOT / "runbook" / "rollback.toml").read_text("utf-8"),
}
ISSUE = """[[issues]]
item = "webhooks.logged"
environments = ["env"]
owner = "Jo"
ticket = "DH-1"
reason = "Lines get lost."
expires = 2026-11-23
"""
SIGNED = """[[attestations]]
item = "webhooks.logged"
environment = "env"
version = "1.4.2"
by = "Jo"
note = "Saw it in the log."
at = 2026-11-23T01:02:03+00:00
"""
ATTESTATIONS = "env/attestations.toml"  # below the reports


class Bad(NamedTuple):
    """A file's text (None: it is a folder), or options instead; and how the line goes on behind the place."""

    told: str
    file: str = ""
    text: str | bytes | None = ""
    options: tuple[str, ...] = ()


def env(text, told):
    return Bad(told, "env.toml", GOOD["env.toml"] + text)


def whole(text, told, file="env.toml"):
    return Bad(told, file, text)


def issue(old, new, told):
    assert old in ISSUE
    return Bad(told, "known_issues.toml", ISSUE.replace(old, new, 1))


def signature(old, new, told):
    assert old in SIGNED
    return Bad(f"attestations.0{told}", ATTESTATIONS, SIGNED.replace(old, new, 1))


def item(old, new, told):
    assert old in GOOD["checklist.toml"]
    return Bad(told, "checklist.toml", GOOD["checklist.toml"].replace(old, new, 1))


def scenario(old, new, told):
    assert old in GOOD["rollback.toml"]
    return Bad(told, "rollback.toml", GOOD["rollback.toml"].replace(old, new, 1))


def option(*options, told):
    return Bad(told, options=options)


CASES = {
    "empty": whole("", "target: missing; add"),
    "not-toml": whole("[target", "not valid TOML: "),
    "not-utf-8": whole(b"# \xff", "not UTF-8 (byte 2); save it as UTF-8"),
    "key-twice": whole(GOOD["env.toml"] * 2, "not valid TOML: "),
    "no-target": whole("[access]\n", "target: missing; add"),
    "target-is-text": whole('target = "x"', "target: Input should be a valid dictionary"),
    "no-place": whole("[target]\n", "target: has no base_url; add base_url"),
    "two-places": env('[target.start]\ncommand = ["x"]\n', "target: has both base_url and start; keep"),
    "no-origin": whole(
        '[target]\nbase_url = "target"', "target.base_url: 'target' is not an http(s) origin; wr"
    ),
    "a-path": whole(
        '[target]\nbase_url = "https://h/api"', "target.base_url: holds more than an origin; write"
    ),
    "credentials-in-it": whole(
        '[target]\nbase_url = "https://a:b@h"', "target.base_url: holds more than an or"
    ),
    "password-at-the-wrong-place": whole(
        '[target]\nbase_url = "jo:passw0rd@h"', "target.base_url: holds more than an origin; write"
    ),
    "in-the-clear": whole(
        '[target]\nbase_url = "http://h.example"', "target.base_url: http://h.example would"
    ),
    "unknown-section": env("[acess]\n", "acess: unknown key; did you mean access?"),
    "unknown-key": env("[access]\nwrite = true\n", "access.write: unknown key; did you mean writes?"),
    "text-for-switch": env('[access]\nwrites = "no"\n', "access.writes: Input should be a valid boolean"),
    "number-for-switch": env("[access]\nwrites = 0\n", "access.writes: Input should be a valid boolean"),
    "nothing-at-once": env(
        "[access]\nmax_concurrency = 0\n", "access.max_concurrency: Input should be greater"
    ),
    "too-much-at-once": env(
        "[access]\nmax_concurrency = 65\n", "access.max_concurrency: Input should be less"
    ),
    "half-a-request": env(
        "[access]\nmax_concurrency = 1.5\n", "access.max_concurrency: Input should be a valid"
    ),
    "no-rate": env(
        "[access]\nrequests_per_second = 0\n", "access.requests_per_second: Input should be greater"
    ),
    "no-time": env("[access]\ntimeout_s = 0\n", "access.timeout_s: Input should be greater than 0"),
    "no-number": env("[access]\ntimeout_s = nan\n", "access.timeout_s: Input should be "),
    "for-ever": env("[access]\ntimeout_s = inf\n", "access.timeout_s: Input should be "),
    "may-read-what": env('[access]\nreads = ["logout"]\n', "access.reads.0: Input should be 'health', "),
    "bad-prefix": env('[accounts]\nprefix = "a-b"\n', "accounts.prefix: String should match pattern"),
    "long-prefix": env('[accounts]\nprefix = "ninechars"\n', "accounts.prefix: String should match pattern"),
    "nobody-provided": env(
        '[accounts]\nmode = "provided"\n', 'accounts: mode is "provided" without an account'
    ),
    "half-an-owner": env(
        '[accounts]\nentitled_username_env = "A"\n', "accounts: half of the entitled account"
    ),
    "unset-variable": env(
        '[tokens]\nsigning_secret_env = "UNSET_1"\n', "tokens.signing_secret_env: the variable"
    ),
    "no-variable": env('[webhook]\nsecret_env = "a b"\n', "webhook.secret_env: String should match pattern"),
    "a-secret-itself": env('[webhook]\nsecret_env = "s3cr3t!"\n', "webhook.secret_env: String should match"),
    "no-strategy": env(
        '[webhook]\nstrategy = "basic"\n', "webhook.strategy: Input should be 'static', 'signed'"
    ),
    "no-header": env('[webhook]\nheader = "X Bad"\n', "webhook.header: String should match pattern"),
    "before-now": env(
        "[webhook]\ntolerance_s = -1\n", "webhook.tolerance_s: Input should be greater than or"
    ),
    "half-a-purchase": env(
        '[purchase.valid]\nproduct_id = "p"\n', "purchase.valid.entitlement_key: missing; add"
    ),
    "no-log-file": env('[logs]\nsource = "file"\n', 'logs: source is "file" without a path; set'),
    "no-log-command": env('[logs]\nsource = "command"\n', 'logs: source is "command" without a command; set'),
    "no-log-source": env('[logs]\nsource = "syslog"\n', "logs.source: Input should be 'none', 'file'"),
    "path-without-slash": env(
        '[paths]\nhealth = "healthz"\n', "paths.health: 'healthz' is not a path; begin"
    ),
    "path-of-nobody": env(
        '[paths]\nclaim = "/claim"\n', "paths: claim must name ['level', 'track', 'username']"
    ),
    "path-of-what": env('[paths]\nhealht = "/h"\n', "paths.healht: unknown key; did you mean health?"),
    "one-hero": env('[expect]\nheroes = ["a"]\n', "expect.heroes.1: missing; add this key"),
    "no-ca-file": env('ca_file = "no.pem"\n', "target.ca_file: no such file; name a PEM file"),
    "ca-file-of-words": env('ca_file = "pytest.ini"\n', "target.ca_file: not a usable certificate file"),
    "unknown-item": env(
        '[checklist]\nnot_required = ["auth.logn"]\n', "checklist.not_required: no checklist item"
    ),
    "empty-pattern": env(
        '[checklist]\nnot_required = ["auth.login:"]\n', "checklist.not_required: 'auth.login:'"
    ),
    "number-too-long": env(
        f"[access]\nmax_concurrency = {'9' * 5000}\n", "not valid TOML: a number too long"
    ),
    "nested-too-deeply": env(f"x = {'[' * 5000}{']' * 5000}\n", "not valid TOML: a number too long, or bra"),
    "key-of-two-lines": env('"a\\n::error::b" = 1\n', "target.a\\n::error::b: unknown key; remove it"),
    "key-in-colours": env('"\\u001b[31m" = 1\n', "target.\\x1b[31m: unknown key; remove it"),
    "nul-in-a-path": env(
        '[logs]\nsource = "file"\npath = "a\\u0000b"\n', "logs.path: holds a NUL character; remove it"
    ),
    "nul-in-a-list": env(
        '[checklist]\nnot_required = ["a", "\\u0000"]\n',
        "checklist.not_required.1: holds a NUL character; re",
    ),
    "log-command-of-nothing": env(
        '[logs]\nsource = "command"\ncommand = [""]\n', "logs.command: begins with an empty word; name"
    ),
    "start-of-nothing": whole(
        '[target.start]\ncommand = [" "]\n', "target.start.command: begins with an empty word; name"
    ),
    "start-with-an-odd-variable": whole(
        '[target.start]\ncommand = ["x"]\nvariables = { "A=B" = "x" }\n', "target.start.variables.A=B"
    ),
    "version-of-blanks": env('[expect]\nversion = " "\n', "expect.version: names no version; write"),
    "version-of-two-lines": env('[expect]\nversion = "1\\n2"\n', "expect.version: names no version; write"),
    "hero-without-a-name": env('[expect]\nheroes = ["a", ""]\n', "expect.heroes.1: String should have at"),
    "prefix-of-two-lines": env('[webhook]\nprefix = "a\\nb"\n', "webhook.prefix: String should match pat"),
    "issue-unknown-key": issue("owner", "ownr", "issues.0.owner: missing; add this key"),
    "issue-of-nothing": issue(
        'item = "webhooks.logged"\n', "", "issues.0: has neither item nor test; say which"
    ),
    "issue-of-both": issue("item", 'test = "*"\nitem', "issues.0: has both item and test; keep one of them"),
    "issue-of-what": issue("webhooks.logged", "webhooks.loged", "issues.0.item: no checklist item is called"),
    "issue-for-ever": issue("expires = 2026-11-23\n", "", "issues.0.expires: missing; add this key"),
    "issue-until-text": issue("2026-11-23", '"soon"', "issues.0.expires: not a date; write it as"),
    "issue-of-nobody": issue('"Jo"', '""', "issues.0.owner: String should have at least 1 character"),
    "issue-nowhere": issue('["env"]', "[]", "issues.0.environments: Tuple should have at least 1 item"),
    "issues-not-toml": whole("[[issues", "not valid TOML: ", "known_issues.toml"),
    "attestations-not-toml": whole("[[attestations", "not valid TOML: ", ATTESTATIONS),
    "attestations-not-utf-8": whole(b"# \xff", "not UTF-8 (byte 2); save it as UTF-8", ATTESTATIONS),
    "attestations-twice": whole("attestations = []\n" * 2, "not valid TOML: ", ATTESTATIONS),
    "attestations-misspelt": whole(
        SIGNED.replace("attestations", "attestation"),
        "attestation: unknown key; did you mean attestations?",
        ATTESTATIONS,
    ),
    "attestations-of-text": whole(
        'attestations = "x"', "attestations: Input should be a valid", ATTESTATIONS
    ),
    "attestation-of-text": whole('attestations = ["x"]', "attestations.0: Input should be a", ATTESTATIONS),
    "attestations-in-a-folder": whole(None, "cannot be read (", ATTESTATIONS),
    "signed-second-wrong": whole(
        SIGNED + SIGNED.replace('"Jo"', "7"),
        "attestations.1.by: Input should be a valid string",
        ATTESTATIONS,
    ),
    "signed-unknown-key": signature("note =", 'nota = "x"\nnote =', ".nota: unknown key; did you mean note?"),
    "signed-item-missing": signature('item = "webhooks.logged"\n', "", ".item: missing; add this key"),
    "signed-environment-missing": signature(
        'environment = "env"\n', "", ".environment: missing; add this key"
    ),
    "signed-version-missing": signature('version = "1.4.2"\n', "", ".version: missing; add this key"),
    "signed-by-missing": signature('by = "Jo"\n', "", ".by: missing; add this key"),
    "signed-note-missing": signature('note = "Saw it in the log."\n', "", ".note: missing; add this key"),
    "signed-at-missing": signature("at = 2026-11-23T01:02:03+00:00\n", "", ".at: missing; add this key"),
    "signed-what": signature("webhooks.logged", "webhooks.loged", ".item: no checklist item is called"),
    "signed-nothing": signature("webhooks.logged", " ", ".item: is blank; say it in words"),
    "signed-nowhere": signature('"env"', '""', ".environment: is blank; say it in words"),
    "signed-for-a-number": signature('"1.4.2"', "1.4", ".version: Input should be a valid string"),
    "signed-for-none": signature('"1.4.2"', '""', ".version: is blank; say it in words"),
    "signed-by-nobody": signature('"Jo"', '" "', ".by: is blank; say it in words"),
    "signed-by-several": signature('"Jo"', '["Jo", "Al"]', ".by: Input should be a valid string"),
    "signed-for-nothing-seen": signature('"Saw it in the log."', '""', ".note: is blank; say it in words"),
    "signed-soon": signature(
        "2026-11-23T01:02:03+00:00", '"soon"', ".at: not a time with its zone; write it as 2026-"
    ),
    "signed-on-a-day": signature(
        "2026-11-23T01:02:03+00:00", "2026-11-23", ".at: not a time with its zone; write it as 2026-"
    ),
    "signed-somewhere": signature("+00:00", "", ".at: not a time with its zone; write it as 2026-"),
    "signed-on-no-day": whole(SIGNED.replace("11-23", "11-31"), "not valid TOML: ", ATTESTATIONS),
    "checklist-not-toml": whole("[[items", "not valid TOML: ", "checklist.toml"),
    "checklist-empty": whole("items = []", "items: Tuple should have at least 1 item", "checklist.toml"),
    "item-misspelt": item("promise =", "promiss =", "items.0.promise: missing; add this key"),
    "item-urgent": item('severity = "blocker"', 'severity = "urgent"', "items.0.severity: Input should be"),
    "item-elsewhere": item(
        'section = "health"', 'section = "gates"', "health.basic: section 'gates' is not the"
    ),
    "item-to-nowhere": item(
        "scenario = 1", "scenario = 9", "health.basic: scenario 9 is not in rollback.toml"
    ),
    "rollback-not-toml": whole("[[scenarios", "not valid TOML: ", "rollback.toml"),
    "rollback-misspelt": scenario(
        "first_action", "first_acton", "scenarios.0.first_action: missing; add this key"
    ),
    "rollback-twice": scenario("number = 2", "number = 1", "1: this scenario is there twice; keep one"),
    "no-such-environment": option("--env=nowhere", told="--env=nowhere: no such environment; use one of"),
    "no-such-file": option("--env=no/such.toml", told="no/such.toml: no such file; name an existing file"),
    "base-url": option("--base-url=target", told="--base-url: 'target' is not an http(s) origin; write"),
    "base-url-in-the-clear": option(
        "--base-url=http://h.example", told="--base-url: http://h.example would get"
    ),
    "wait": option("--wait=0", told="--wait: 0 is out of range; choose"),
    "expect-version": option("--expect-version=", told="--expect-version: names no version; write"),
    "expect-version-of-two-lines": option(
        "--expect-version=1\n2", told="--expect-version: names no version; write"
    ),
    "password-in-base-url": option(
        "--base-url=https://jo:passw0rd@h:1e9", told="--base-url: holds more than an origin; write"
    ),
    "timeline": option(
        "--timeline=/dev/null/x", told="--timeline=/dev/null/x: cannot be written (File exists); name"
    ),
    "timeline-in-a-folder": option("--timeline=/dev", told="--timeline=/dev: is a folder; name a file in it"),
    "junit": option(
        "--junitxml=/dev/null/x", told="--junitxml=/dev/null/x: cannot be written (File exists); name"
    ),
    "allure": option("--alluredir=/dev/null/x", told="--alluredir=/dev/null/x: cannot be written (Not a di"),
    "reports-of-an-unset-variable": option("--reports=", told="--reports: names no folder; write"),
    "reports": option(
        "--reports=/dev/null/x", told="--reports: /dev/null/x/env/ledger.jsonl cannot be written"
    ),
    "seed": option("--fuzz-seed=-1", told="--fuzz-seed: -1 is out of range; choose"),
    "examples": option("--fuzz-examples=0", told="--fuzz-examples: 0 is out of range; choose"),
    "seconds": option("--fuzz-seconds=nan", told="--fuzz-seconds: nan is out of range; choose"),
}


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """What became of a run with each of the cases."""
    folder = tmp_path_factory.mktemp("bad")
    for name, case in CASES.items():
        (folder / name).mkdir()
        for file, text in {**GOOD, **({case.file: case.text} if case.file else {})}.items():
            (folder / name / file).parent.mkdir(exist_ok=True)
            if text is None:
                (folder / name / file).mkdir()
            else:
                (folder / name / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    commands = {
        name: [f"--env={folder / name / 'env.toml'}", f"--reports={folder / name}", *case.options]
        for name, case in CASES.items()
    }
    return folder, runs.refused(folder, commands)


def test_there_are_many_ways():
    assert len(CASES) >= 60


@pytest.mark.parametrize("name", CASES)
def test_bad_input_ends_the_run_with_one_line_that_says_what_to_do(name, ended):
    folder, runs_of_them = ended
    case, run = CASES[name], runs_of_them[name]
    assert (run.code, "Traceback" in run.said, "INTERNALERROR" in run.said) == (4, False, False), run.said
    lines = [line for line in run.said.splitlines() if line.strip()]
    assert len(lines) == 1, run.said
    assert re.fullmatch(r"ERROR: .+: .+; .+", lines[0]), lines[0]
    assert "passw0rd" not in lines[0]
    where = f"{folder / name / case.file}: " if case.file else ""
    assert lines[0].startswith(f"ERROR: {where}{case.told}"), lines[0]


def test_variables_in_a_dot_env_file_are_not_read(tmp_path, monkeypatch):
    """It may hold those of another deployment."""
    (tmp_path / "env.toml").write_text(GOOD["env.toml"] + '[webhook]\nsecret_env = "ONLY_IN_DOT_ENV"\n')
    (tmp_path / ".env").write_text("ONLY_IN_DOT_ENV=secret\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="the variable ONLY_IN_DOT_ENV is not set"):
        load("./env.toml")
