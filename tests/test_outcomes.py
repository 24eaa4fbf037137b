"""The whole suite as its users start it: outcomes, messages and exit codes as the design promises them."""

import base64
import json
import re
import signal
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from selfcheck.catalogue import LOCAL

from tests.heeding import heeding
from tests.visit_examples import without_pictures

ROOT = Path(__file__).parent.parent
MOST_ACCOUNTS = 25  # of a whole run: to register is the costly call


@pytest.fixture(scope="module")
def go(suite):
    variables = {"REVENUECAT_WEBHOOK_SECRET": "canary-of-the-webhook"}
    return suite("--fuzz-examples=12", env="local", variables=variables)


@pytest.fixture
def always():
    """A server that gives every request the same answer; its origin, and the requests it got."""
    servers = []

    def serve(status, body):
        got = []

        class Answer(BaseHTTPRequestHandler):
            def _answer(self):
                got.append(f"{self.command} {self.path}")
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = _answer

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}", got

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_healthy_target_is_go(go):
    assert (go.code, go.last_words, go.verdict["decision"]) == (0, ["GO"], "GO")
    required = {item["id"]: item["outcome"] for item in go.verdict["items"] if item["required"]}
    assert set(required.values()) == {"proven"}


def test_readme_shows_what_the_run_prints(go):
    block = (ROOT / "README.md").read_text("utf-8").partition("$ make smoke\n")[2].partition("```")[0]
    assert as_printed(block) == as_printed(go.said), "put what `make smoke` prints into README.md"


def as_printed(text):
    """The lines of a run without what differs from run to run: numbers, durations, and paths of the machine."""
    machine = ("platform ", "rootdir: ", "plugins: ", "reports: ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(machine)]
    lines = [re.sub(r"took .*| \(\d:\d\d:\d\d\)", "", re.sub(r"={3,}", "===", line)) for line in lines]
    return [re.sub(r"\d+", "#", line) for line in lines]


def test_verdict_has_the_documented_keys(go):
    document = (ROOT / "docs" / "verdict.md").read_text("utf-8")
    assert [key for key in go.verdict if f"`{key}`" not in document] == []
    assert (go.reports / "verdict.md").read_text("utf-8").startswith("# GO")
    assert "<title>GO: local, " in (go.reports / "verdict.html").read_text("utf-8")
    assert f"reports: {go.reports}/verdict.html, verdict.md, verdict.json, message.json\n" in go.said


def test_run_notes_what_it_writes(go):
    noted = [json.loads(line) for line in (go.reports / "ledger.jsonl").read_text("utf-8").splitlines()]
    accounts = {entry["username"] for entry in noted if entry["kind"] == "account"}
    assert accounts == {write["username"] for write in go.verdict["writes"] if write["kind"] == "account"}
    assert len(accounts) in range(1, MOST_ACCOUNTS + 1)


def test_run_changes_nobody_whom_it_did_not_create(go):
    noted = [json.loads(line) for line in (go.reports / "ledger.jsonl").read_text("utf-8").splitlines()]
    own = {str(entry["username"]) for entry in noted if entry["kind"] == "account"}
    said = json.dumps([entry for entry in noted if entry["kind"] in ("event", "purchase", "taken back")])
    named = set(re.findall(r"smoke_\w+", said))
    assert (named - own, len(named) > 12) == (set(), True)
    customers = {entry["app_user_id"] for entry in noted if isinstance(entry.get("app_user_id"), str)}
    assert {name for name in customers - own if name and not name.startswith("$RCAnonymousID:")} == set()
    passes = {
        entry["path"].split("/")[3]
        for entry in noted
        if entry.get("path", "").startswith("/api/battle-pass/")
    }
    assert {name for name in passes if name.startswith("smoke_")} <= own


def test_no_secret_is_printed_or_written(go):
    written = [path.read_text("utf-8", "replace") for path in go.reports.rglob("*") if path.is_file()]
    texts = [without_pictures(text) for text in (go.said, *written)]
    assert [text for text in texts if "canary-of-the-webhook" in text or "eyJ" in text] == []


def test_target_is_stopped_with_the_run(go):
    host, _, port = go.verdict["base_url"].rpartition("//")[2].partition(":")
    with socket.socket() as probe:
        assert probe.connect_ex((host, int(port))) != 0


def test_workers_reach_the_same_verdict(go, suite):
    distributed = suite("-n", "2", env="local")
    assert (distributed.code, distributed.outcomes) == (go.code, go.outcomes)
    assert distributed.verdict["writes"]


def test_wrong_webhook_secret_is_no_go_with_its_scenario(suite):
    env = LOCAL.replace('secret_env = "REVENUECAT_WEBHOOK_SECRET"', 'secret_env = "WRONG_SECRET"')
    ended = suite(env=env, variables={"WRONG_SECRET": "not-the-secret-of-the-target"})
    assert (ended.code, ended.last_words) == (1, ["NO-GO"])
    broken = {item for item, outcome in ended.outcomes.items() if outcome == "broken"}
    assert broken == {
        f"webhooks.{name}" for name in ("delivered", "logged", "signature", "idempotent", "lifecycle")
    }
    assert [advice["scenario"] for advice in ended.verdict["rollback"]] == [2]
    assert "POST /api/webhooks/revenuecat (TEST) answered 401" in ended.said


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "distributed"])
def test_failing_run_gives_no_secret_away(suite, tmp_path, workers):
    """Each canary stands in for one kind of secret; the failures are there to make the run talk."""
    canaries = {
        "WRONG_SECRET": "canary-of-the-webhook",
        "JWT_SECRET_KEY": "canary-of-the-tokens-0123456789abcdef",
        "REVENUECAT_SECRET_KEY": "canary-of-revenuecat",
    }
    env = LOCAL.replace('secret_env = "REVENUECAT_WEBHOOK_SECRET"', 'secret_env = "WRONG_SECRET"')
    outputs = [f"--alluredir={tmp_path}", f"--junitxml={tmp_path}/junit.xml"]
    ended = suite("-v", "-l", "--tb=long", *outputs, *workers, env=env, variables=canaries)
    written = [path for folder in (tmp_path, ended.reports) for path in folder.rglob("*") if path.is_file()]
    texts = {"terminal": ended.said} | {path.name: path.read_text("utf-8", "replace") for path in written}
    assert len(texts) > 100
    leaks = re.compile(
        "canary-of|eyJ[A-Za-z0-9]|v1=[0-9a-f]{64}|" + "|".join(map(_encoded, canaries.values()))
    )
    assert {name: leaks.findall(text) for name, text in texts.items() if leaks.search(text)} == {}


def _encoded(secret):
    return f"{secret.encode().hex()}|{base64.b64encode(secret.encode()).decode().rstrip('=')}"


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "distributed"])
def test_stopped_target_is_unreachable(suite, free_port, workers):
    ended = suite(*workers, env=f'[target]\nbase_url = "http://127.0.0.1:{free_port}"\nready_within_s = 1\n')
    assert (ended.code, ended.last_words) == (11, ["UNREACHABLE"])
    assert "broken" not in ended.outcomes.values()
    assert not re.search(r"\b[1-9]\d* passed", ended.said)


def test_target_that_dies_at_its_start_is_unreachable(suite):
    ended = suite(env='[target.start]\ncommand = ["{python}", "-c", "raise SystemExit(\'no database\')"]\n')
    assert (ended.code, ended.last_words) == (11, ["UNREACHABLE"])
    assert "no database" in ended.said


def test_wrong_version_is_unreachable(suite):
    ended = suite(
        env=LOCAL.replace("ready_within_s = 20", "ready_within_s = 3") + '[expect]\nversion = "9.9.9"\n'
    )
    assert (ended.code, ended.last_words) == (11, ["UNREACHABLE"])
    assert "9.9.9" in ended.said
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", ended.verdict["base_url"])
    assert ended.verdict["version"] == "1.0.0"


@pytest.fixture
def changing():
    """A server whose health names the next of some versions at each call; the last one from then on."""
    servers = []

    def serve(*versions):
        left = list(versions)

        class Health(BaseHTTPRequestHandler):
            def do_GET(self):
                version = left.pop(0) if len(left) > 1 else left[0]
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps({"status": "healthy", "version": version}).encode())

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Health)
        Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


WELL = "test_status_is_healthy or test_health_answers"


def test_run_waits_for_the_release_that_was_deployed(suite, changing):
    origin = changing("1.4.1", "1.4.1", "1.4.2")
    asked = ("--expect-version=1.4.2", "--wait=30", "-m", "health", "-k", WELL)
    ended = suite(*asked, env=f'[target]\nbase_url = "{origin}"\n')
    assert (ended.code, ended.verdict["version"], ended.outcomes["health.basic"]) == (0, "1.4.2", "proven")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "distributed"])
def test_release_that_is_gone_at_the_end_leaves_nothing_proven(suite, changing, workers):
    # One answer says that it is live, ten that it is alone, one is for the checks (of each worker).
    origin = changing(*["1.4.2"] * (12 + bool(workers)), "1.4.1")
    asked = ("--expect-version=1.4.2", "-m", "health", "-k", WELL, *workers)
    ended = suite(*asked, env=f'[target]\nbase_url = "{origin}"\n')
    assert (ended.outcomes["health.basic"], ended.code) == ("not proven", 0), ended.said
    assert (
        "10 of 10 answers still come from 1.4.1: it is not known what they checked"
        in ended.verdict["notes"][0]
    )


def test_500_to_every_call_is_no_go_with_the_backend_scenario(suite, always):
    origin, _ = always(500, b"Internal Server Error")
    env = f'[target]\nbase_url = "{origin}"\n[webhook]\nsecret_env = "SOME_SECRET"\n'
    ended = suite(env=env, variables={"SOME_SECRET": "some-webhook-secret"})
    assert (ended.code, ended.last_words) == (1, ["NO-GO"])
    assert ended.verdict["rollback"][0]["scenario"] == 1
    assert "GET /api/health answered 500" in ended.said
    assert "Traceback" not in ended.said
    assert "INTERNALERROR" not in ended.said


def test_what_the_environment_cannot_prove_is_inconclusive(suite):
    env = LOCAL.replace('secret_env = "REVENUECAT_WEBHOOK_SECRET"\n', "")
    ended = suite(env=env)
    assert (ended.code, ended.last_words) == (10, ["INCONCLUSIVE"])
    assert ended.outcomes["webhooks.signature"] == "not proven"
    assert "set webhook.secret_env" in ended.said


def test_read_only_run_writes_nothing(suite, always):
    origin, got = always(401, b'{"detail": "no"}')
    env = f"""[target]\nbase_url = "{origin}"\n[access]\nwrites = false
[accounts]\nmode = "provided"\nusername_env = "SOMEBODY"\npassword_env = "THEIR_PASSWORD"\n"""
    suite(env=env, variables={"SOMEBODY": "adam", "THEIR_PASSWORD": "adams-password"})
    assert {request for request in got if not request.startswith("GET ")} == {"POST /api/auth/login"}


def test_provided_account_is_read_and_neither_changed_nor_joined_by_others(suite):
    env = LOCAL.replace('"--until-eof"', '"--until-eof", "--variant", "provided-accounts", "--access-log"')
    env += '\n[accounts]\nmode = "provided"\nusername_env = "SOMEBODY"\npassword_env = "THEIR_PASSWORD"\n'
    variables = {"SOMEBODY": "provided_player", "THEIR_PASSWORD": "provided-password"}
    ended = suite(env=env, variables=variables)
    assert (ended.code, ended.last_words) == (10, ["INCONCLUSIVE"])
    ledger = (ended.reports / "ledger.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(line)["kind"] for line in ledger} == {"request"}  # no account, no event
    asked = (ended.reports / "target.log").read_text("utf-8")
    assert (asked.count("POST /api/user/register"), asked.count("POST /api/auth/login") > 0) == (0, True)
    item = next(item for item in ended.verdict["items"] if item["id"] == "contract.conformance")
    proven = {test["nodeid"] for test in item["tests"] if test["outcome"] == "passed"}
    assert len({nodeid for nodeid in proven if "test_operation[GET " in nodeid}) == 6


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["-m", "health"], 0, "PARTIAL: "),
        (["smoke/test_health.py"], 0, "PARTIAL: "),
        (["-k", "no_such_check"], 5, "0 selected"),
        (["--list-envs"], 0, "staging"),
        (["--check-env"], 0, "can prove    webhooks.lifecycle"),
        (["--collect-only", "-q"], 0, "test_status_is_healthy"),
        (["--env=nowhere"], 4, "--env=nowhere: no such environment; use one of local"),
        (["--env=no/such/file.toml"], 4, "no/such/file.toml: no such file; name an existing file"),
        (["--base-url=example"], 4, "--base-url: 'example' is not an http(s) origin; write https://"),
        (["--fuzz-seconds=nan"], 4, "--fuzz-seconds: nan is out of range; choose up to 3600"),
    ],
)
def test_option_gives_its_answer_and_exit_code(suite, arguments, code, said):
    ended = suite(*arguments)
    assert (ended.code, said in ended.said) == (code, True), ended.said


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ('[target]\nbase_ulr = "x"\n', "custom.toml: target.base_ulr: unknown key; did you mean base_url?"),
        (
            '[target]\nbase_url = "https://x"\n[tokens]\nsigning_secret_env = "UNSET_SECRET"\n',
            "custom.toml: tokens.signing_secret_env: the variable UNSET_SECRET is not set; export it",
        ),
        (
            '[target]\nbase_url = "https://x"\n[checklist]\nnot_required = ["auth.logn"]\n',
            "checklist.not_required",
        ),
    ],
    ids=["misspelt-key", "unset-variable", "unknown-item"],
)
def test_bad_environment_ends_with_one_line(suite, env, said):
    ended = suite(env=env)
    assert (ended.code, said in ended.said) == (4, True), ended.said
    assert "(exit code 4: nothing was run)" in ended.said
    assert "Traceback" not in ended.said


def test_check_env_names_the_cause_of_an_unreachable_target(suite, free_port):
    env = f'[target]\nbase_url = "http://127.0.0.1:{free_port}"\nready_within_s = 1\n'
    ended = suite("--check-env", env=env)
    assert ended.code == 11
    assert "unreachable  not ready within 1 s" in ended.said


@pytest.mark.parametrize("arguments", [("--check-env",), ("--attest=auth.login", "--by=Jo", "--note=x")])
def test_version_is_shown_without_secrets_and_commands(suite, always, arguments):
    origin, _ = always(200, b'{"version": "1.0\\u001b[31m\\n::error::canary-1234"}')
    env = f'[target]\nbase_url = "{origin}"\n[webhook]\nsecret_env = "SECRET"\n'
    ended = suite(*arguments, env=env, variables={"SECRET": "canary-1234"})
    assert (ended.code, "<SECRET>" in ended.said) == (0, True), ended.said
    assert [bad for bad in ("\x1b", "\n::error", "canary-1234") if bad in ended.said] == []


def test_check_env_says_that_nobody_signed_in(suite, free_port):
    env = (
        f'[target]\nbase_url = "http://127.0.0.1:{free_port}"\nready_within_s = 1\n'
        '[accounts]\nmode = "provided"\nusername_env = "PLAYER"\npassword_env = "PLAYER_PASSWORD"\n'
    )
    ended = suite("--check-env", env=env, variables={"PLAYER": "jo", "PLAYER_PASSWORD": "canary-1234"})
    assert "not tried    PLAYER, PLAYER_PASSWORD: they are set, and whether their values" in ended.said
    assert "canary-1234" not in ended.said


def test_check_env_has_nothing_to_say_of_secrets_that_it_made_up(suite):
    assert "not tried" not in suite("--check-env").said


@pytest.mark.parametrize(("arguments", "told"), [(["smoke/test_health.py"], True), ([], False)])
def test_partial_run_says_that_it_replaces_what_was_there(suite, arguments, told):
    ended = suite(*arguments, "-p", "no:xdist")
    assert ("they replace those of an earlier run there; --reports=DIR" in ended.said) is told


@pytest.mark.parametrize("workers", [(), ("-n", "2"), ("--continue-on-collection-errors",)])
def test_module_that_cannot_be_imported_is_never_go(suite, extra_module, workers):
    ended = suite(*workers, cwd=extra_module("import no_such_module\n"))
    assert (ended.code, ended.last_words) in ((2, ["INCONCLUSIVE"]), (2, []))


def test_failure_outside_the_checklist_is_not_overruled(suite, extra_module):
    copy = extra_module("def test_it():\n    assert 1 == 2\n", "tests/test_more.py")
    ended = suite("smoke", "contracts", "tests/test_more.py", cwd=copy)
    assert (ended.code, ended.last_words) == (1, ["GO"]), ended.said[-2000:]


def test_check_without_an_item_stops_the_run(suite, extra_module):
    ended = suite(cwd=extra_module("def test_it(api):\n    assert api\n"))
    assert (ended.code, "names 0 checklist items" in ended.said) == (4, True)


@pytest.mark.parametrize("arguments", [["-x"], ["-n", "2", "-x"], ["-n", "4"]])
def test_no_go_is_exit_code_1_however_it_is_run(suite, arguments):
    ended = suite(*arguments, variables={"REFERENCE_FAULTS": "gates.refusal-402"})
    assert (ended.code, ended.last_words) == (1, ["NO-GO"])


def test_four_workers_reach_the_same_verdict(suite):
    ended = suite("-n", "4")
    assert (ended.code, ended.last_words) == (0, ["GO"]), ended.said[-3000:]


NOTING = """
from harness import checks, probe

@probe
async def secret(known_secrets):
    \"\"\"A secret that the check made up.\"\"\"
    known_secrets.add("canary-of-the-note", "canary")

@checks("health.basic")
def test_it(secret, record_property):
    record_property("note", "it holds, with canary-of-the-note")
    assert secret is None
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "distributed"])
def test_note_of_a_check_is_told_without_its_secrets(suite, extra_module, tmp_path, workers):
    copy = extra_module(NOTING)
    junit = tmp_path / "junit.xml"
    ended = suite("-m", "health", f"--junitxml={junit}", *workers, cwd=copy)
    assert (ended.code, ended.verdict["notes"]) == (0, ["it holds, with <canary>"]), ended.said
    assert "NOTES\n  it holds, with <canary>\n" in ended.said
    assert "canary-of-the-note" not in ended.said + junit.read_text("utf-8")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "distributed"])
def test_run_adds_its_verdict_to_the_step_summary_once(suite, tmp_path, workers):
    summary = tmp_path / "summary.md"
    summary.write_text("# Earlier\n", "utf-8")
    ended = suite("-m", "health", *workers, variables={"GITHUB_STEP_SUMMARY": str(summary)})
    report = (ended.reports / "verdict.md").read_text("utf-8")
    assert summary.read_text("utf-8") == f"# Earlier\n{report}\n"


def test_step_summary_that_cannot_be_written_changes_no_outcome(suite, tmp_path):
    ended = suite("-m", "health", variables={"GITHUB_STEP_SUMMARY": str(tmp_path)})
    assert (ended.code, ended.last_words) == (0, ["PARTIAL"])
    assert "warning: the step summary could not be written: " in ended.said


CASES = """
import pytest

from harness import checks, probe

CASES, GATHERED = ("one", "two", "three"), []

@probe(each=CASES)
async def gathered(case):
    \"\"\"One case.\"\"\"
    GATHERED.append(case)
    return case

@checks("health.basic")
def test_each(gathered):
    assert GATHERED.count(gathered) == 1

@checks("health.basic")
@pytest.mark.parametrize("gathered", ["two"], indirect=True)
def test_some(gathered):
    assert gathered == "two"
    assert GATHERED.count("two") == 1
"""


@pytest.fixture(scope="module")
def cases(extra_module):
    return extra_module(CASES)


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        ([], ["each[one]", "each[three]", "each[two]", "some[two]"]),
        (["-n", "2"], ["each[one]", "each[three]", "each[two]", "some[two]"]),
        (["-k", "two"], ["each[two]", "some[two]"]),
        (["smoke/test_more.py::test_each[three]"], ["each[three]"]),
    ],
    ids=["all", "distributed", "by-keyword", "by-id"],
)
def test_each_case_is_a_test_of_its_own_and_gathered_once(suite, cases, arguments, ids):
    place = [] if "::" in str(arguments) else ["smoke/test_more.py"]
    ended = suite("-v", *place, *arguments, cwd=cases)
    passed = re.findall(r"(?m)^(?:\[gw.*PASSED )?smoke/test_more.py::test_(\S+?\])", ended.said)
    assert (ended.code, sorted(set(passed))) == (0, ids), ended.said


def test_setting_up_alone_proves_nothing(suite):
    ended = suite("--setup-only")
    assert ended.last_words == []


def test_assertions_that_are_switched_off_stop_the_run(suite):
    ended = suite("--assert=plain", variables={"PYTHONOPTIMIZE": "1"})
    assert (ended.code, "no check could fail" in ended.said) == (4, True)


def test_left_out_module_makes_the_run_partial(suite):
    ended = suite("--ignore=smoke/test_logs.py", "-m", "health")
    assert (ended.code, ended.last_words) == (0, ["PARTIAL"])


def test_excuse_that_matches_no_check_stops_the_run(suite):
    env = LOCAL.replace("not_required = [", 'not_required = ["gates.enforced:no_such_test*",')
    ended = suite(env=env)
    assert (ended.code, "matches no check; mend the pattern" in ended.said) == (4, True)


def test_run_that_dies_leaves_no_earlier_verdict(suite):
    first = suite("-m", "health")
    again = suite("-k", "no_such_check", reports=first.reports.parent)
    assert (again.code, list(first.reports.glob("verdict.*"))) == (5, [])


@pytest.mark.parametrize(
    "body",
    ["[" * 200_000, '{"version": ' * 3000, "null", "7", "\ud83d"],
    ids=["deep", "deeper", "null", "7", "bytes"],
)
def test_health_that_makes_no_sense_is_no_go(suite, always, body):
    origin, _ = always(200, body.encode("utf-16", "surrogatepass"))
    env = f'[target]\nbase_url = "{origin}"\n[accounts]\nmode = "provided"\nusername_env = "SOMEBODY"\n'
    env += 'password_env = "THEIR_PASSWORD"\n'
    ended = suite("-m", "health", env=env, variables={"SOMEBODY": "adam", "THEIR_PASSWORD": "adams-password"})
    assert (ended.code, ended.last_words) == (1, ["NO-GO"])
    assert "INTERNALERROR" not in ended.said


@pytest.mark.parametrize(
    ("arguments", "env"),
    [
        (["--reports=/dev/null/x"], "local"),
        (["--fuzz-seed=-1"], "local"),
        ([], '[target]\nbase_url = "https://x.invalid"\nca_file = "pytest.ini"\n'),
        ([], '[target]\nbase_url = "https://x.invalid"\n[webhook]\nheader = "X Bad"\n'),
    ],
    ids=["reports", "seed", "ca-file", "header"],
)
def test_unusable_setting_is_one_line(suite, arguments, env):
    ended = suite(*arguments, env=env)
    assert (ended.code, "Traceback" in ended.said, "INTERNALERROR" in ended.said) == (4, False, False), (
        ended.said
    )


@pytest.mark.parametrize(
    "how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["ctrl-c", "sigterm", "sighup"]
)
def test_interrupted_run_says_so_and_stops_its_target(tmp_path, how):
    command = [sys.executable, "-m", "pytest", f"--reports={tmp_path}", "-v", "-p", "no:cacheprovider"]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=heeding,
    )
    for line in process.stdout:
        if "PASSED" in line:
            process.send_signal(how)
            break
    said = process.communicate(timeout=60)[0]
    verdict = json.loads((tmp_path / "local" / "verdict.json").read_text("utf-8"))
    assert process.returncode == 2, said
    assert verdict["interrupted"] is True
    assert verdict["decision"] == "INCONCLUSIVE"
    host, _, port = verdict["base_url"].rpartition("//")[2].partition(":")
    with socket.socket() as probe:
        assert probe.connect_ex((host, int(port))) != 0


# --- the run before, and who is told


@pytest.fixture
def chat(always):
    """A chat that takes posts; the variables of a run that tells it, and the requests it got."""
    origin, got = always(200, b"ok")
    return {"CHAT_URL": f"{origin}/T0CANARY/B0CANARY/canary-of-the-chat"}, got


def test_dying_partial_and_unreachable_runs_leave_what_a_run_is_compared_with(
    suite, tmp_path, chat, free_port
):
    variables, got = chat
    tell = "--notify-url-env=CHAT_URL"
    whole = {"decision": "NO-GO", "environment": "custom", "started": "2026-11-22T01:02:03+00:00"}
    whole |= {"partial": False, "interrupted": False, "unreachable": None}
    whole |= {"items": [{"id": "health.basic", "outcome": "broken"}]}
    (tmp_path / "custom").mkdir()
    (tmp_path / "custom" / "verdict.json").write_text(json.dumps(whole), "utf-8")

    nowhere = f'[target]\nbase_url = "http://127.0.0.1:{free_port}"\nready_within_s = 1\n'
    ended = suite(tell, env=nowhere, variables=variables, reports=tmp_path)
    assert (ended.code, ended.verdict["comparison"]) == (11, None)
    assert got == ["POST /T0CANARY/B0CANARY/canary-of-the-chat"]

    ended = suite(tell, "-m", "health", env=LOCAL, variables=variables, reports=tmp_path)
    assert (ended.code, ended.last_words, len(got)) == (0, ["PARTIAL"], 2)
    assert ended.verdict["comparison"]["fixed"] == ["health.basic"]
    assert "\n  fixed: health.basic\n" in ended.said
    assert json.loads((ended.reports / "previous.json").read_text("utf-8")) == whole
    written = [path.read_text("utf-8") for path in ended.reports.iterdir()]
    assert [text for text in (ended.said, *written) if "CANARY" in text] == []


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "distributed"])
def test_post_that_fails_changes_no_verdict(suite, always, workers):
    origin, got = always(500, b"no")
    ended = suite(
        "-m", "health", *workers, "--notify-url-env=CHAT_URL", variables={"CHAT_URL": f"{origin}/x"}
    )
    assert (ended.code, ended.last_words, got) == (0, ["PARTIAL"], ["POST /x"])
    assert "\nwarning: the message was not posted to $CHAT_URL: it answered 500\n" in ended.said


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "--notify-url-env: the variable CHAT_URL is not set; export an https:// address"),
        ({"CHAT_URL": "http://canary.example/x"}, "what CHAT_URL holds is not an https address"),
    ],
    ids=["unset", "not-https"],
)
def test_unusable_chat_ends_with_one_line(suite, variables, said):
    ended = suite("--notify-url-env=CHAT_URL", variables=variables)
    assert (ended.code, said in ended.said, "canary" in ended.said) == (4, True, False)
    assert "Traceback" not in ended.said
