"""Trying out a start command: how each kind of start is told, and that nothing of it stays."""

import asyncio
import os
import signal
import sys
import time
from functools import partial

import pytest

from harness.errors import PromiseBroken, Unprovable
from harness.evidence.ledger import Ledger
from harness.evidence.secrets import Secrets
from harness.predeploy.settings import Startup, Switches
from harness.predeploy.startup import MARKERS, Backend
from harness.predeploy.switches import Source
from harness.target.api import Api
from harness.target.transport import Transport
from runbook.switches import load_switches

COMMAND = f"{sys.executable} backend.py"
NEEDED = ("REVENUECAT_SECRET_KEY", "REVENUECAT_WEBHOOK_SECRET")
# A backend of a few lines: it wants two secrets, tells its process id, and serves health at a port that it is told.
SERVE = """
import json, os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
open(os.environ["PIDS"], "a").write(f"{os.getpid()}\\n")
for name in ("REVENUECAT_SECRET_KEY", "REVENUECAT_WEBHOOK_SECRET"):
    if not os.environ.get(name):
        sys.exit(f"{name} not configured")
class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"status": "healthy", "server_dev_mode": os.environ["SERVER_DEV_MODE"] != "false"})
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())
    def log_message(self, *_):
        pass
"""
READY = "server = HTTPServer(('127.0.0.1', int(os.environ['PORT'])), Health)\n"
LOGS = "".join(f"print({marker!r}, file=sys.stderr, flush=True)\n" for marker in MARKERS)


@pytest.fixture
def try_out(tmp_path, make_environment):
    """Start `code` as a backend; gives what came of it, what is secret since, and its process ids."""

    def run(code, within_s=20.0, variables=None, command=None, generate=("JWT_SECRET_KEY",), **lacks):
        (tmp_path / "backend.py").write_text(SERVE + code)

        async def main():
            environment, ledger = make_environment(), Ledger(tmp_path / "ledger.jsonl")
            transport, known = Transport(environment, ledger), Secrets()
            settings = Startup(
                command=command or ("{python}", "backend.py"),
                within=str(tmp_path),
                variables={"PIDS": str(tmp_path / "pids"), NEEDED[1]: "of-the-file"},
                generate=generate,
                port_variable=None if command else "PORT",
                takes_at_most_s=within_s,
            )
            given = {**os.environ, **(variables or {})}
            source = Source(Switches(), given, "/api", known)
            api = partial(Api, environment, transport)
            backend = Backend(settings, given, load_switches(), known, api, source.shown)
            try:
                return await backend.start(**lacks), known
            finally:
                await transport.close()
                ledger.close()

        return asyncio.run(main())

    return run


def living(path):
    """Those of the processes that are still there."""
    pids = [int(line) for line in path.read_text().split()]
    assert pids
    return [pid for pid in pids if os.path.exists(f"/proc/{pid}")]


def test_backend_on_a_port_that_it_is_told_is_ready_in_release_mode(try_out, tmp_path):
    start, _ = try_out(LOGS + READY + "server.serve_forever()", said=MARKERS)
    assert start.is_ready
    assert start.health.field("server_dev_mode") is False
    assert [marker for marker in MARKERS if not start.says(marker)] == []
    assert (start.printed, start.title) == ([], f"`{COMMAND}` started")
    assert living(tmp_path / "pids") == []


@pytest.mark.parametrize(("how", "title"), [("without", "without {}"), ("empty", "with {} empty")])
@pytest.mark.parametrize("name", NEEDED)
def test_refusal_is_known_by_its_code_and_names_what_is_missing(try_out, how, title, name):
    start, _ = try_out(READY + "server.serve_forever()", **{how: name})
    assert (start.is_refused, start.is_ready) == (True, False)
    assert (start.says(start.lacks), start.printed) == (True, [])
    assert start.title == f"`{COMMAND}` {title.format(name)} ended with 1"


def test_start_all_the_same_is_no_refusal(try_out):
    start, _ = try_out(READY + "server.serve_forever()", without="JWT_SECRET_KEY")
    assert (start.is_refused, start.code) == (False, None)
    assert start.title.endswith("without JWT_SECRET_KEY started")


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("sys.exit(0)", "ended with 0"),
        ("os.kill(os.getpid(), 9)", "was ended by SIGKILL"),
        ("os.kill(os.getpid(), 36)", "was ended by signal 36"),
        ("signal.pause()", "was neither ready nor at its end within 3 s"),
    ],
)
def test_end_that_is_no_refusal_is_told(try_out, tmp_path, code, title):
    start, _ = try_out(code, within_s=3 if "pause" in code else 20)
    assert (start.is_refused, start.is_ready) == (False, False)
    assert start.title == f"`{COMMAND}` {title}"
    with pytest.raises(PromiseBroken, match=title):
        start.health  # noqa: B018 (it raises)
    assert living(tmp_path / "pids") == []


def test_what_a_backend_started_and_its_deafness_do_not_outlive_the_trial(try_out, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.predeploy.process.GONE_WITHIN_S", 0.2)
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nif os.fork() == 0:\n"
    child = "    open(os.environ['PIDS'], 'a').write(f'{os.getpid()}\\n')\n    signal.pause()\n"
    start, _ = try_out(deaf + child + READY + "server.serve_forever()")
    assert start.is_ready
    until = time.monotonic() + 5
    while (left := living(tmp_path / "pids")) and time.monotonic() < until:
        os.sched_yield()  # a child that nobody waits for is gone a moment later
    assert left == []


def test_what_runs_away_with_the_output_is_not_waited_for(try_out, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.predeploy.process.GONE_WITHIN_S", 0.2)
    away = "r, w = os.pipe()\nif os.fork() == 0:\n    os.setsid()\n"
    child = "    open(os.environ['PIDS'], 'a').write(f'{os.getpid()}\\n')\n    os.write(w, b'1')\n    signal.pause()\n"
    start, _ = try_out(f"{away}{child}os.read(r, 1)\nprint('bye', flush=True)\nsys.exit(1)")
    assert (start.is_refused, start.says("bye")) == (True, True)
    [left] = living(tmp_path / "pids")
    os.kill(left, signal.SIGKILL)


def test_printed_secret_is_named_and_shown_nowhere(try_out):
    code = "print('key', os.environ['JWT_SECRET_KEY'], flush=True)\nsys.exit(1)"
    start, known = try_out(code)
    assert start.printed == ["JWT_SECRET_KEY"]
    assert start.given["JWT_SECRET_KEY"] not in start.show(known.scrub) + start.curl(known.scrub)
    assert "key <made-up JWT_SECRET_KEY>" in start.show(known.scrub)


def test_made_up_secrets_have_the_form_of_the_releases(try_out):
    start, _ = try_out("sys.exit(1)")
    assert start.given["REVENUECAT_SECRET_KEY"].startswith("sk_")
    assert start.given["REVENUECAT_WEBHOOK_SECRET"].startswith("whsec_")
    assert len(start.given["JWT_SECRET_KEY"]) == 64


def test_variables_of_the_release_do_not_reach_a_trial(try_out):
    code = "print(os.environ.get('MONGO_URL'), os.environ.get('OTHER'), flush=True)\nsys.exit(1)"
    start, _ = try_out(code, variables={"MONGO_URL": "mongodb://real", "OTHER": "kept", NEEDED[0]: "sk_real"})
    assert "None kept" in start.output
    assert "sk_real" not in start.given.values()


def test_secret_that_the_table_does_not_know_is_lacking_too(try_out):
    code = "print(sorted(name for name in os.environ if name in ('OWN_KEY', 'JWT_SECRET_KEY')))\nsys.exit(1)"
    start, _ = try_out(code, variables={"OWN_KEY": "of the run"}, generate=("OWN_KEY",), without="OWN_KEY")
    assert start.output == "[]\n"


def test_trial_is_repeated_by_hand_as_it_was(try_out):
    without, empty = (try_out("sys.exit(1)", **{how: NEEDED[0]})[0].curl(str) for how in ("without", "empty"))
    assert without.startswith(f"env -u {NEEDED[0]} SERVER_DEV_MODE=false {NEEDED[1]}=whsec_")
    assert empty.startswith(f"env {NEEDED[0]}= SERVER_DEV_MODE=false {NEEDED[1]}=whsec_")
    assert empty.endswith(COMMAND)


def test_port_may_stand_in_the_command(try_out):
    code = "server = HTTPServer(('127.0.0.1', int(sys.argv[1])), Health)\nserver.serve_forever()"
    start, _ = try_out(code, command=("{python}", "backend.py", "{port}"))
    assert start.is_ready


def test_first_line_may_say_where_it_listens(try_out):
    code = "server = HTTPServer(('127.0.0.1', 0), Health)\n" + (
        "print(json.dumps({'base_url': f'http://127.0.0.1:{server.server_port}'}), flush=True)\n"
        "server.serve_forever()"
    )
    start, _ = try_out(code, command=("{python}", "backend.py"))
    assert start.is_ready


@pytest.mark.parametrize("line", ["listening", "[]", '{"url": 1}', '{"base_url": "x y"}'])
def test_first_line_that_says_no_place_is_no_start(try_out, line):
    code = f"print({line!r}, flush=True)\nsignal.pause()"
    start, _ = try_out(code, within_s=0.7, command=("{python}", "backend.py"))
    assert (start.is_ready, start.code) == (False, None)


def test_command_that_is_not_there_proves_nothing_and_its_key_is_named(try_out):
    """As in `--check-env`: what is not installed here says nothing of the release."""
    told = "`no-such-backend` cannot be run .No such file or directory.; install it, or mend predeploy.startup.command"
    with pytest.raises(Unprovable, match=told):
        try_out("", command=("no-such-backend",))


def test_long_output_is_cut_in_a_message(try_out):
    start, known = try_out("print(*range(100), sep='\\n')\nsys.exit(2)")
    assert "(80 lines before)" in start.show(known.scrub)
