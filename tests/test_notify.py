"""The post to a chat: what is sent where, within which time, and that its address stands in no output."""

import logging
import socket
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from harness import ci, notify
from harness.errors import ConfigError
from harness.evidence.secrets import Secrets
from harness.telling import Telling
from harness.verdict.report import MESSAGE, append_summary, markdown
from tests.page_examples import NO_GO
from tests.verdict_examples import ALL_PASSED, verdict

SECRET = "T0CANARY/B0CANARY/canary-of-the-chat"


@pytest.fixture
def chat():
    """A chat whose server answers every post alike; the channel, and what it got."""
    servers = []

    def open_channel(status=200, **headers):
        got = []

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self):
                content = self.rfile.read(int(self.headers["Content-Length"]))
                got.append((self.path, self.headers["Content-Type"], content))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            do_GET = do_POST

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        url = f"http://127.0.0.1:{server.server_port}/{SECRET}"
        return notify.channel("CHAT_URL", {"CHAT_URL": url}), got

    yield open_channel
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def listening():
    """A socket that takes connections and says nothing; its address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server, f"http://127.0.0.1:{server.getsockname()[1]}/{SECRET}"


def test_message_is_posted_once_as_json(chat):
    channel, got = chat()
    assert channel.post(b'{"text": "x"}') == ""
    assert got == [(f"/{SECRET}", "application/json", b'{"text": "x"}')]


@pytest.mark.parametrize("status", [204, 302, 307, 400, 404, 500])
def test_answer_that_is_no_success_is_a_warning(chat, status):
    elsewhere, nothing = chat()
    channel, got = chat(status, Location=elsewhere.url)
    failed = f"warning: the message was not posted to $CHAT_URL: it answered {status}"
    assert channel.post(b"{}") == ("" if status == 204 else failed)
    assert (len(got), nothing) == (1, [])  # not again, and no redirect is followed


@pytest.mark.parametrize("trickle", [b"", b"HTTP/1.1 200 OK\r\nX-"], ids=["silent", "trickling"])
def test_slow_answer_is_given_up(listening, monkeypatch, trickle):
    server, url = listening
    monkeypatch.setattr(notify, "WITHIN_S", 0.4)
    over = threading.Event()

    def answer():
        connection, _ = server.accept()
        with connection:
            connection.sendall(trickle)
            while trickle and not over.wait(0.05):
                connection.sendall(b"x")
            over.wait()

    talking = threading.Thread(target=answer)
    talking.start()
    began = time.monotonic()
    warned = notify.channel("CHAT_URL", {"CHAT_URL": url}).post(b"{}")
    took = time.monotonic() - began
    over.set()
    talking.join()
    assert warned.startswith("warning: the message was not posted to $CHAT_URL: ")
    assert took < 2


def test_time_for_a_post_is_five_seconds():
    assert notify.WITHIN_S == 5


def test_refused_connection_is_a_warning_without_the_address(listening, caplog):
    server, url = listening
    server.close()
    with caplog.at_level(logging.DEBUG):
        warned = notify.channel("CHAT_URL", {"CHAT_URL": url}).post(b"{}")
    assert warned == "warning: the message was not posted to $CHAT_URL: ConnectError"
    assert "CANARY" not in caplog.text


def test_client_logs_nothing_of_a_post(chat, caplog):
    channel, _ = chat()
    with caplog.at_level(logging.DEBUG):
        channel.post(b"{}")
        logging.getLogger("after").warning("logging goes on")
    assert [record.message for record in caplog.records] == ["logging goes on"]


# --- the address


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (None, "the variable CHAT_URL is not set"),
        ("  ", "the variable CHAT_URL is not set"),
        (f"http://hooks.example/{SECRET}", "what CHAT_URL holds is not an https address"),
        (f"ftp://hooks.example/{SECRET}", "what CHAT_URL holds is not an https address"),
        (f"https:///{SECRET}", "what CHAT_URL holds is not an https address"),
        (f"https://hooks.example:port/{SECRET}", "what CHAT_URL holds is not an https address"),
        (f"https://hooks.example/{SECRET}\x00", "what CHAT_URL holds is not an https address"),
        (f"http://127.0.0.1.evil.example/{SECRET}", "what CHAT_URL holds is not an https address"),
        (SECRET, "what CHAT_URL holds is not an https address"),
    ],
)
def test_unusable_address_is_refused_without_showing_it(value, problem):
    with pytest.raises(ConfigError) as refused:
        notify.channel("CHAT_URL", {} if value is None else {"CHAT_URL": value})
    assert problem in str(refused.value)
    assert "CANARY" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_address_in_place_of_a_name_is_refused_without_showing_it():
    with pytest.raises(ConfigError, match="takes the name of a variable, not an address") as refused:
        notify.channel(f"https://hooks.example/{SECRET}", {})
    assert "CANARY" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["https://hooks.example/x\n", "http://127.0.0.1:9/x", "http://[::1]/x", "http://localhost:9/x"]
)
def test_https_and_this_machine_are_usable(url):
    assert notify.channel("CHAT_URL", {"CHAT_URL": url}).url == url.strip()


def test_address_is_in_no_output():
    channel = notify.channel("CHAT_URL", {"CHAT_URL": f"https://hooks.example/{SECRET}"})
    secrets = Secrets()
    channel.protect(secrets)
    assert "CANARY" not in repr(channel)
    said = secrets.scrub(f"posting to https://hooks.example/{SECRET}, path /{SECRET}")
    assert said == "posting to <CHAT_URL>, path /<CHAT_URL>"


# --- the whole telling


def test_what_is_posted_is_the_file(tmp_path, chat, monkeypatch):
    channel, got = chat(500)
    monkeypatch.setattr(notify, "channel", lambda *_: channel)
    telling = Telling(tmp_path, "CHAT_URL", {})
    told = telling.tell(NO_GO, lambda text: text.replace("Title of", "<hidden>"))
    assert told.items[0].title == "<hidden> auth.login"
    assert (told.decision, told.exit_code) == ("NO-GO", 1)
    assert got[0][2] == (tmp_path / MESSAGE).read_bytes()
    assert b"<hidden>" not in got[0][2]
    assert b"&lt;hidden&gt; auth.login" in got[0][2]


JENKINS = {"JENKINS_URL": "https://ci.example/"}


def test_build_is_named_instead_of_the_path(tmp_path, monkeypatch):
    monkeypatch.setattr(ci, "build_url", lambda _: "https://ci.example/7")
    Telling(tmp_path, None, {}).tell(verdict(*ALL_PASSED), str)
    assert "<https://ci.example/7|" in (tmp_path / MESSAGE).read_text("utf-8")


@pytest.mark.parametrize(
    ("variables", "address"),
    [
        ({}, None),
        (
            {
                "GITHUB_ACTIONS": "true",
                "GITHUB_SERVER_URL": "https://git.example",
                "GITHUB_REPOSITORY": "a/b",
                "GITHUB_RUN_ID": "7",
            },
            "https://git.example/a/b/actions/runs/7",
        ),
        ({"GITHUB_ACTIONS": "true"}, None),
        (
            {"GITLAB_CI": "true", "CI_JOB_URL": "https://git.example/a/-/jobs/7"},
            "https://git.example/a/-/jobs/7",
        ),
        ({**JENKINS, "BUILD_URL": "http://ci.example/job/a/7/"}, "http://ci.example/job/a/7/"),
        ({**JENKINS, "BUILD_URL": "javascript:alert(1)"}, None),
        ({**JENKINS, "BUILD_URL": "https://user:pass@ci.example/"}, None),
        ({**JENKINS, "BUILD_URL": "https://ci.example/|<!here>"}, None),
    ],
)
def test_build_has_the_address_that_the_runner_gives_it(variables, address):
    assert ci.build_url(variables) == address


# --- the step summary


def test_summary_is_added_to_what_other_steps_wrote(tmp_path):
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", "utf-8")
    assert [append_summary(NO_GO, summary) for _ in range(2)] == ["", ""]
    assert summary.read_text("utf-8") == "before\n" + (markdown.render(NO_GO) + "\n") * 2


def test_summary_that_cannot_be_written_is_a_warning(tmp_path):
    assert append_summary(NO_GO, tmp_path).startswith("warning: the step summary could not be written: ")
    assert append_summary(NO_GO, None) == ""
