"""Starting or finding the target: what counts as ready, and what is said of one that never is."""

import asyncio
import os
import socket
import subprocess
from contextlib import AsyncExitStack

import httpx
import pytest

from harness.contract.budget import Budget
from harness.errors import NoAnswer, Unreachable
from harness.run import Run
from harness.sections import Start
from harness.target.api import Api
from harness.target.lifecycle import ANSWERS, Process, Site, mixed, moved_to, ready

HEALTHY = """
import http.server, json, os
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"version": str(os.getpid())}).encode())
server = http.server.HTTPServer(("127.0.0.1", 0), Health)
print(json.dumps({"base_url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
server.serve_forever()
"""


def script(*answers):
    left = iter(answers)

    async def answer(request):
        answer.seen.append(request.target)
        return next(left)

    answer.seen = []
    return answer


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def starting(code: str, **variables: str) -> Start:
    return Start(command=["{python}", "-I", "-S", "-c", code], variables=variables)


async def located(process: Process, within_s: float = 10) -> Site:
    try:
        return await process.located(within_s)
    finally:
        process.end()
        process.wait()


@pytest.mark.parametrize("not_yet", [502, 503, 504, None], ids=str)
def test_target_is_ready_once_its_health_answers(meet, not_yet):
    answer = script(*([None, None] if not_yet is None else [(not_yet, "")]), (200, {"status": "healthy"}))
    health = meet(answer, lambda meeting: ready(meeting.api, 5, None))
    assert (health.status, set(answer.seen)) == (200, {"/api/health"})


def test_target_that_refuses_connections_first_is_waited_for(meet, serving):
    place, stack, refusals = socket.socket(), AsyncExitStack(), []
    place.bind(("127.0.0.1", 0))  # and nobody listens there yet

    class Watched(Api):
        async def health(self, timeout_s=None):
            try:
                return await super().health(timeout_s)
            except NoAnswer as refusal:
                refusals.append(str(refusal))
                await stack.enter_async_context(serving(script((200, {})), sock=place))
                raise

    async def work(meeting):
        async with stack:
            origin = "http://127.0.0.1:{1}".format(*place.getsockname())
            return await ready(Watched(meeting.environment, meeting.transport, origin), 5, None)

    assert meet(script(), work).status == 200
    assert refusals == ["GET /api/health got no answer, twice: connection refused: nobody listens there"]


@pytest.mark.parametrize("answer", [(500, {"version": "2"}), (404, "no")], ids=str)
def test_any_other_answer_means_that_the_target_is_up(meet, answer):
    health = meet(script(answer), lambda meeting: ready(meeting.api, 5, "1"))
    assert (health.status, health.json) == answer


def test_older_version_is_waited_out(meet):
    older = [(200, {"version": "1"}), (200, ["no", "object"]), (200, {"version": 2})]
    answer = script(*older, *[(200, {"version": "2"})] * (1 + ANSWERS))
    assert meet(answer, lambda meeting: ready(meeting.api, 5, "2")).json == {"version": "2"}


def test_version_is_live_when_it_answers_on_every_connection(meet):
    """Behind a gateway, one connection may lead to the new release for ever and another to the old one."""
    asked = []

    async def answer(request):
        asked.append(request.connection)
        return 200, {"version": "1" if request.connection in (3, 7) else "2"}

    meet(answer, lambda meeting: ready(meeting.api, 5, "2"))
    assert len(asked) == 2 * (1 + ANSWERS)
    assert len(set(asked)) >= 2 * ANSWERS


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        ([], None),
        (["1.4.1"] * 2, "2 of 10 answers still come from 1.4.1"),
        (["1.4.1", "1.4.0"], "1 of 10 answers still come from 1.4.0, 1 of 10 answers still come from 1.4.1"),
        ([None], "1 of 10 answers still come from (none named)"),
    ],
    ids=["one", "two-of-ten", "two-others", "none-named"],
)
def test_mix_of_versions_is_named(meet, versions, told):
    said = [(200, {"version": version}) for version in versions]
    answer = script(*said, *[(200, {"version": "1.4.2"})] * (ANSWERS - len(said)))
    assert meet(answer, lambda meeting: mixed(meeting.api, "1.4.2")) == told


def test_mix_that_does_not_end_is_unreachable_and_named(meet):
    async def answer(request):
        return 200, {"version": "1" if request.headers.get("connection") == "close" else "2"}

    with pytest.raises(Unreachable, match=r": 10 of 10 answers still come from 1, and expect\.version is 2$"):
        meet(answer, lambda meeting: ready(meeting.api, 0.02, "2"), access={"max_concurrency": 10})


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ((503, ""), "a gateway answers 503 in its place"),
        (None, "GET /api/health got no answer, twice: Server disconnected without sending a response."),
        ((200, {"version": "1"}), "it is version 1, and expect.version is 2"),
        ((200, {}), "it is version (none named), and expect.version is 2"),
    ],
    ids=["gateway", "dropped", "other-version", "no-version"],
)
def test_target_that_is_not_ready_in_time_is_unreachable_for_its_last_cause(meet, said, cause):
    async def answer(_):
        return said

    with pytest.raises(Unreachable) as caught:
        meet(answer, lambda meeting: ready(meeting.api, 0.02, "2"))
    assert str(caught.value) == f"not ready within 0.02 s: {cause}"


def test_process_says_where_it_is_and_gets_its_variables(tmp_path):
    code = "import os; print(os.environ['PLACE'])"
    place = {"PLACE": '{"base_url": "http://h:1", "revenuecat_url": "http://h:2"}', "OTHER": "file"}
    process = Process(starting(code, **place | {"PLACE": "file"}), place, tmp_path / "reports" / "target.log")
    assert asyncio.run(located(process)) == Site("http://h:1", "http://h:2")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "import sys; sys.exit('one\\ntwo\\nthree\\nno REVENUECAT_SECRET_KEY')",
            "two / three / no REVENUECAT_SECRET_KEY",
        ),
        ("pass", "(no log)"),
        ("print('listening on 1'); print('{}')", "(no log)"),
        ("print('[]')", "(no log)"),
    ],
    ids=["refuses", "ends", "says-another-thing", "names-no-place"],
)
def test_process_that_does_not_come_up_is_unreachable_with_its_last_log_lines(tmp_path, code, told):
    process = Process(starting(code), {}, tmp_path / "target.log")
    with pytest.raises(Unreachable) as caught:
        asyncio.run(located(process))
    assert str(caught.value) == f"the target that this run started did not come up: {told}"


def test_process_that_says_nothing_is_unreachable_when_the_time_is_over(tmp_path):
    process = Process(starting("input()"), {}, tmp_path / "target.log")
    with pytest.raises(Unreachable, match=r"^the target that this run started said nothing within 0\.01 s$"):
        asyncio.run(located(process, within_s=0.01))


def test_command_that_is_not_there_is_unreachable(tmp_path):
    with pytest.raises(Unreachable, match=r"^`no-such-command` does not start: No such file or directory$"):
        Process(Start(command=["no-such-command"]), {}, tmp_path / "target.log")


def test_process_that_ignores_the_request_to_end_is_ended_by_force(tmp_path, monkeypatch):
    code = (
        "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.alarm(60);"
        'print(\'{"base_url": "%d"}\' % os.getpid(), flush=True); signal.pause()'
    )
    wait = subprocess.Popen.wait
    monkeypatch.setattr(subprocess.Popen, "wait", lambda self, timeout=None: wait(self, timeout and 0.05))
    site = asyncio.run(located(Process(starting(code), {}, tmp_path / "target.log")))
    assert not exists(int(site.origin))


def test_started_target_stops_with_its_run(make_environment, tmp_path):
    target = {"start": {"command": ["{python}", "-I", "-S", "-c", HEALTHY]}}
    run = Run(make_environment(target=target), tmp_path, Budget(1, 1, 1))
    try:
        site = run.wait()
        assert exists(int(site.version))
    finally:
        run.close()
    assert not exists(int(site.version))
    assert (run.site, run.transport.retries) == (site, 0)


@pytest.mark.parametrize(
    ("location", "origin"),
    [
        ("https://target.invalid/api/health", "https://target.invalid"),
        ("http://target.invalid:8080/api/health", "http://target.invalid:8080"),
        ("https://elsewhere.invalid/api/health", None),
        ("/api/healthz", None),
        ("ftp://target.invalid/api/health", None),
        ("http://[::1/\x7f", None),
    ],
)
def test_redirect_is_followed_on_the_same_host_alone(make_exchange, location, origin):
    answer = httpx.Response(308, headers={"Location": location})
    assert moved_to(make_exchange(response=answer)) == origin


def test_redirect_from_https_to_http_is_not_followed(make_exchange):
    answer = httpx.Response(301, headers={"Location": "http://target.invalid/api/health"})
    secure = httpx.URL("https://target.invalid/api/health")
    assert moved_to(make_exchange(url=secure, response=answer)) is None
