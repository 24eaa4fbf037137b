"""A page of a target that may not be written to: what it sends by itself, and what of that arrives."""

import asyncio
import json
import re
import select
import socket
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from hostile.server import Hostile, answer, honest
from playwright.async_api import Error
from selfcheck import runs

from harness.environment import Environment
from harness.evidence.secrets import Secrets
from harness.sections import File
from harness.web.chromium import Place
from harness.web.gate import Gate
from harness.web.settings import Selectors, Telemetry
from harness.web.tape import Tape

SELECTORS = dict.fromkeys(Selectors.model_fields, "text=nowhere") | {"login_screen": "text=Sign in"}
CLIENT = "https://play.example"


# --- the decision


@pytest.fixture
def gate(tmp_path):
    """The gate of a read-only target at api.example, whose client is at play.example, with another host."""

    def make(writes=False, prefix="/api", base=f"{CLIENT}/app/"):
        file = File.model_validate(
            {
                "target": {"base_url": "https://api.example", "api_prefix": prefix},
                "access": {"writes": writes},
                "web": {"url": base, "hosts": ["fonts.example"], "selectors": SELECTORS},
            }
        )
        environment = Environment("gated", tmp_path / "gated.toml", file, {})
        hosts = frozenset({"play.example", "api.example", "fonts.example"})
        return Gate(environment, file.web, base, hosts)

    return make


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize(
    "url", [f"{CLIENT}/app/", f"{CLIENT}/main.js?v=1", "https://fonts.example/a.woff2", f"{CLIENT}/apiary"]
)
def test_client_itself_may_be_asked_for(gate, method, url):
    assert gate().refusal(method, url) is None


@pytest.mark.parametrize("host", ["https://api.example", CLIENT])
def test_call_that_the_fence_passes_may_be_made(gate, host):
    assert gate().refusal("GET", f"{host}/api/entitlements/snapshot?fresh=1") is None


@pytest.mark.parametrize(
    ("method", "url", "why"),
    [
        ("POST", f"{CLIENT}/app/", "POST /app/ may write"),
        ("QUERY", "https://fonts.example/a", "QUERY /a may write"),
        ("POST", "https://api.example/api/auth/login", "POST /api/auth/login may write"),
        ("GET", "https://fonts.example/v1/subscribers/adam", "GET /v1/subscribers/adam may write"),
        ("GET", "https://api.example/app/", "GET /app/ is not among what may be read here"),
        ("GET", f"{CLIENT}/api/user/delete", "GET /api/user/delete is not among"),
        ("GET", f"{CLIENT}/api", "GET /api is not among"),
        ("GET", f"{CLIENT}/%61pi/user/delete", "GET /api/user/delete is not among"),
        ("GET", f"{CLIENT}/app/..%2fapi/user/delete", "GET /app/../api/user/delete is not among"),
        ("GET", f"{CLIENT}//api/user/delete", "GET //api/user/delete is not among"),
        ("GET", f"{CLIENT}/v2/auth/logout", None),
        ("GET", "https://fonts.example/v2/api/auth/logout", "GET /v2/api/auth/logout is not among"),
        ("GET", "https://elsewhere.example/", "another host"),
        ("GET", "https://play.example@elsewhere.example/", "another host"),
        ("GET", "https://adam@play.example/", "another host"),
        ("GET", "https://[play.example/", "not a URL that can be read"),
    ],
)
def test_anything_else_is_refused_with_the_reason(gate, method, url, why):
    said = gate().refusal(method, url)
    assert said is None if why is None else said.startswith(why)


def test_api_without_a_prefix_is_known_by_its_paths(gate):
    gated = gate(prefix="")
    assert gated.refusal("GET", f"{CLIENT}/app/main.js") is None
    assert gated.refusal("GET", f"{CLIENT}/auth/logout").startswith("GET /auth/logout is not among")


@pytest.mark.parametrize("base", ["/app/", "https://PLAY.example:443/app/"])
def test_hosts_are_compared_as_the_browser_names_them(tmp_path, base):
    web = {"url": base, "hosts": ["Fonts.Example:443"], "selectors": SELECTORS}
    target = {"base_url": "https://Play.Example:443"}
    file = File.model_validate({"target": target, "access": {"writes": False}, "web": web})
    environment = Environment("gated", tmp_path / "gated.toml", file, {})
    place = Place.of(file.web, environment, file.target.base_url)
    gated = Gate(environment, file.web, place.base, place.hosts)
    assert gated.refusal("GET", f"{CLIENT}/app/") is None
    assert gated.refusal("GET", "https://fonts.example/a.woff2") is None


# --- what is fetched for a page


class Routed:
    """A request of a page, as a browser would hand it over; `said`: the answers that it gets, or what is raised.

    `done`: how it ended, `blocked`: why it was not let through, `failure`: why it got no answer.
    """

    def __init__(self, url, *said, resource_type="fetch", navigates=False):
        headers = {"authorization": "Bearer x", "accept": "*/*"}
        self.request = SimpleNamespace(url=url, method="GET", headers=headers, resource_type=resource_type)
        self.request.is_navigation_request = lambda: navigates
        self.said, self.fetched = list(said), []
        self.done = self.blocked = self.failure = None

    async def fetch(self, url, headers, **_):
        self.fetched.append((url, headers))
        said = self.said.pop(0)
        if isinstance(said, Exception):
            raise said
        return SimpleNamespace(status=302 if said else 200, headers={"location": said} if said else {})

    async def fulfill(self, **how):
        self.done = how

    async def abort(self, why="failed"):
        self.done = why

    async def block(self, _, why):
        self.blocked = why

    def give_up(self, _, why):
        self.failure = why


def answered(gate, asked):
    """The request after the gate has dealt with it."""
    handlers = []

    async def route(pattern, handler):
        handlers.append((pattern, handler))

    async def no_socket(*_):
        pass

    async def go():
        context = SimpleNamespace(route=route, route_web_socket=no_socket, on=lambda *_: None)
        await gate.guard(context, [asked])
        # The last that matches is asked, as in a browser.
        await next(act for pattern, act in reversed(handlers) if pattern.search(asked.request.url))(asked)

    asyncio.run(go())
    return asked


@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.parametrize(
    "url", ["https://elsewhere.example/", "https://adam@play.example/", "ftp://play.example/"]
)
def test_another_host_is_not_asked(gate, writes, url):
    asked = answered(gate(writes=writes), Routed(url))
    assert (asked.fetched, asked.blocked, asked.done) == ([], "another host", "blockedbyclient")


def test_token_is_not_shown_to_another_host(gate):
    asked = answered(gate(), Routed(f"{CLIENT}/a", f"{CLIENT}/b", "https://fonts.example/c", None))
    assert asked.fetched == [
        (f"{CLIENT}/a", None),
        (f"{CLIENT}/b", None),
        ("https://fonts.example/c", {"accept": "*/*"}),
    ]
    assert asked.done["response"].status == 200


@pytest.mark.parametrize(
    ("to", "why"),
    [
        (f"{CLIENT}/api/user/delete", "GET /api/user/delete is not among what may be read here"),
        ("https://elsewhere.example/", "another host"),
    ],
)
def test_redirect_leads_nowhere_that_may_not_be_asked(gate, to, why):
    asked = answered(gate(), Routed(f"{CLIENT}/a", to))
    assert (len(asked.fetched), asked.blocked, asked.done) == (1, why, "blockedbyclient")


@pytest.mark.parametrize("kind", ["script", "stylesheet"])
@pytest.mark.parametrize("to", [f"{CLIENT}/app/build-42/main.js", "https://fonts.example/app/main.js"])
def test_what_looks_for_its_parts_in_another_folder_is_refused(gate, kind, to):
    asked = answered(gate(), Routed(f"{CLIENT}/app/main.js?v=1", to, None, resource_type=kind))
    assert asked.blocked == "GET /app/main.js has moved, and cannot be followed here"
    assert asked.done == "blockedbyclient"


@pytest.mark.parametrize(
    ("kind", "to"), [("script", f"{CLIENT}/app/main-42.js"), ("image", f"{CLIENT}/app/build-42/main.js")]
)
def test_what_looks_in_the_right_folder_is_followed(gate, kind, to):
    asked = answered(gate(), Routed(f"{CLIENT}/app/main.js?v=1", to, None, resource_type=kind))
    assert (asked.blocked, asked.done["response"].status) == (None, 200)


def test_page_itself_goes_where_it_is_sent(gate):
    asked = answered(gate(), Routed(f"{CLIENT}/app/", '/b?c="d', navigates=True))
    assert f"url={CLIENT}/b?c=&quot;d" in asked.done["body"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([Error("unable to verify the certificate\nCall log:")], "unable to verify the certificate"),
        ([f"{CLIENT}/a"] * 99, "redirected too often, or from https to http"),
        ([CLIENT.replace("https:", "http:")], "redirected too often, or from https to http"),
        (["http://[oops"], "Invalid IPv6 URL"),
    ],
    ids=["no-answer", "loop", "in-the-clear", "no-url"],
)
def test_request_that_comes_to_nothing_has_failed_with_the_reason(gate, said, why):
    asked = answered(gate(), Routed(f"{CLIENT}/a", *said))
    assert (asked.done, asked.blocked, len(asked.fetched) <= 10) == ("failed", None, True)
    assert asked.failure == why


@pytest.mark.parametrize(
    ("browser", "told", "wrong"),
    [
        ("net::ERR_FAILED", "getaddrinfo ENOTFOUND", True),
        ("net::ERR_ABORTED", "net::ERR_ABORTED", False),
    ],
)
def test_reason_is_told_unless_the_page_gave_up_itself(browser, told, wrong):
    heard = {}
    request = Mock(method="GET", url=f"{CLIENT}/a", headers={}, resource_type="script", failure=browser)
    tape = Tape(Mock(url=CLIENT, on=heard.__setitem__), Telemetry(), Secrets(), None)
    heard["request"](request)
    tape.give_up(request, "getaddrinfo ENOTFOUND")
    heard["requestfailed"](request)
    assert [(call.failure, call.is_wrong) for call in tape.calls] == [(told, wrong)]


@pytest.mark.parametrize(("kind", "path"), [("image", "a/telemetry"), ("xhr", "telemetry?event=x")])
def test_telemetry_is_taken_for_delivered(gate, kind, path):
    asked = answered(gate(), Routed(f"{CLIENT}/{path}", resource_type=kind))
    assert (asked.done["status"], asked.fetched, asked.blocked) == (204, [], None)


def test_script_about_telemetry_is_none(gate):
    asked = answered(gate(), Routed(f"{CLIENT}/telemetry.js?v=1", None, resource_type="script"))
    assert asked.done["response"].status == 200


@pytest.mark.parametrize(
    ("before", "late", "after", "excused"),
    [([], [], ["broke"], True), (["broke"], [], [], False), ([], ["broke"], [], False)],
    ids=["after", "before", "told-late"],
)
def test_only_an_error_after_the_refusal_is_excused_by_it(before, late, after, excused):
    heard = {}

    async def evaluate(_):
        for error in late:
            heard["pageerror"](error)

    async def go():
        request = Mock(method="POST", url=f"{CLIENT}/a", headers={}, resource_type="fetch")
        tape = Tape(Mock(url=CLIENT, on=heard.__setitem__, evaluate=evaluate), Telemetry(), Secrets(), None)
        for error in before:
            heard["pageerror"](error)
        heard["request"](request)
        await tape.block(request, "POST /a may write")
        for error in after:
            heard["pageerror"](error)
        return tape.is_excused

    assert asyncio.run(go()) is excused


# --- a browser

WRITES = """
const W = name => '/app/written/' + name, quiet = () => {};
const post = {method: 'POST', body: 'x'};
const sent = {
  'fetch': () => fetch(W('fetch'), post),
  'put': () => fetch(W('put'), {...post, method: 'PUT'}),
  'delete': () => fetch(W('delete'), {method: 'DELETE'}),
  'xhr': () => { const x = new XMLHttpRequest(); x.onerror = quiet; x.open('POST', W('xhr')); x.send('x'); },
  'beacon': () => navigator.sendBeacon(W('beacon'), 'x'),
  'ping': () => { const a = document.createElement('a'); a.href = '#there'; a.ping = W('ping');
                  document.body.append(a); a.click(); },
  'form': () => { const f = document.createElement('form'); f.method = 'post'; f.action = W('form');
                  f.target = 'frame'; document.body.append(f); f.submit(); },
  'socket': () => { new WebSocket(location.origin.replace('http', 'ws') + W('socket')).onerror = quiet; },
  'worker': () => new Worker(URL.createObjectURL(new Blob([
    `fetch('${location.origin}${W('worker')}', {method: 'POST'}).catch(() => {});
     new WebSocket('${location.origin.replace('http', 'ws')}${W('socket-of-a-worker')}');`]))),
  'shared-worker': () => new SharedWorker(URL.createObjectURL(new Blob([
    `fetch('${location.origin}${W('shared-worker')}', {method: 'POST'}).catch(() => {});`]))),
  'api': () => fetch('/api/written/api'),
  'disguised': () => fetch('/%61pi/written/disguised'),
  'create': () => fetch('/v1/subscribers/create'),
  'moved': () => fetch('/app/moved?to=/api/written/moved'),
  'frame': () => { const f = document.createElement('iframe'); f.src = '/app/moved?to=/api/written/frame';
                   document.body.append(f); },
  'stream': () => { new EventSource('/api/written/stream').onerror = quiet; },
  'report': () => fetch('/app/telemetry/written/report', post).then(a => { window.delivered = a.status; }),
  'pixel': () => { new Image().src = '/app/telemetry/written/pixel'; },
};
for (const send of Object.values(sent)) Promise.resolve().then(send).catch(quiet);
addEventListener('pagehide', () => {
  navigator.sendBeacon(W('beacon-at-the-end'), 'x');
  fetch(W('fetch-at-the-end'), {...post, keepalive: true}).catch(quiet);
});
fetch('/api/health').catch(quiet);
fetch('/app/moved?to=/app/arrived').catch(quiet);
"""
# To a host of another name, and in digits where nobody asks for a name.
REACHES = """
const H = 'ELSEWHERE', O = 'http://' + H, quiet = () => {}, plain = {mode: 'no-cors'};
const made = (tag, how) => document.body.append(Object.assign(document.createElement(tag), how));
const work = (kind) => URL.createObjectURL(new Blob([
  `fetch('${O}/${kind}', {mode: 'no-cors'}).catch(() => {}); new WebSocket('ws://${H}/${kind}');`]));
const sent = [
  () => fetch(O + '/fetch', {...plain, method: 'POST'}),
  () => { new Image().src = O + '/image'; },
  () => navigator.sendBeacon(O + '/beacon', 'x'),
  () => { new WebSocket('ws://' + H + '/socket').onerror = quiet; },
  () => new Worker(work('worker')),
  () => new SharedWorker(work('shared-worker')),
  () => { new EventSource(O + '/stream').onerror = quiet; },
  () => made('iframe', {src: O + '/frame'}),
  () => made('link', {rel: 'preconnect', href: O}),
  () => made('link', {rel: 'prefetch', href: O + '/prefetch'}),
  () => made('script', {type: 'speculationrules', textContent: JSON.stringify({prerender: [{urls: [O + '/next']}]})}),
  () => fetch('/app/moved?to=' + O + '/moved', plain),
  () => { const peer = new RTCPeerConnection({iceServers: [{urls: 'stun:' + H.replace('localhost', '127.0.0.1')}]});
          peer.createDataChannel('x'); peer.createOffer().then(offer => peer.setLocalDescription(offer)); },
];
for (const send of sent) Promise.resolve().then(send).catch(quiet);
addEventListener('pagehide', () => navigator.sendBeacon(O + '/beacon-at-the-end', 'x'));
"""
PAGE = """<!doctype html><link rel="icon" href="data:,">
<h1>{title}</h1><iframe name="frame"></iframe><script>{script}</script>"""
GUEST = """fetch('/app/guest', {method: 'POST'})
  .then(() => { document.querySelector('h1').textContent = 'Sign in'; });"""
REPORTER = """addEventListener('error', () => {
  fetch('/app/crashes', {method: 'POST'}).catch(() => {});
}, true);"""
CRASH = REPORTER + "null.start();"
MISSING = REPORTER + "</script><script src='/app/missing.js'>"
CUT_OFF = "fetch('https://elsewhere.invalid/flags').then(() => {});"
BOOTS = {
    "cut-off": CUT_OFF,
    "writing": WRITES,
    "reaching": REACHES,
    "guest": GUEST,
    "crash": CRASH,
    "missing": MISSING,
}


def served(boot, elsewhere):
    """A client of that kind on a target that would take anything."""
    title = "Sign in" if boot in ("writing", "reaching", "cut-off") else "Wait"

    def behave(asked):
        path, _, query = asked.path.partition("?")
        if path == "/app/":
            yield answer(b"", "302 Found", "Location: /app/index.html")
        elif path == "/app/index.html":
            page = PAGE.format(title=title, script=BOOTS[boot].replace("ELSEWHERE", elsewhere))
            yield answer(page.encode(), kind="text/html")
        elif path == "/app/missing.js":
            yield answer({}, "404 Not Found")
        elif path == "/app/moved":
            yield answer(b"", "302 Found", f"Location: {query.removeprefix('to=')}")
        elif "/auth/" in path or "/user/" in path or "health" in path or "snapshot" in path:
            yield from honest(asked)
        else:
            yield answer({})

    return behave


def visited(folder, boot, writes, elsewhere=""):
    """The run that opened the client; what arrived at the target."""
    with Hostile(served(boot, elsewhere)) as target:
        selectors = "\n".join(f'{name} = "{said}"' for name, said in SELECTORS.items())
        path = folder / "gated.toml"
        path.write_text(
            f'[target]\nbase_url = "{target.origin}"\n[access]\nwrites = {json.dumps(writes)}\n'
            f'[web]\nurl = "/app/"\nshows_within_s = 3\n[web.selectors]\n{selectors}\n'
        )
        started = "test_app_starts"
        ended = runs.run(folder, f"--env={path}", "smoke/test_web_client_logout.py", "-k", started)
    return SimpleNamespace(ended=ended, seen=target.seen, tests=of(ended))


def written(asked):
    """By which way that request was sent, if by one of those that must be none."""
    found = re.search(r"(?:written|subscribers)/([\w-]+)", asked.path.partition("?")[0])
    return found and found[1]


def of(ended):
    return {test["outcome"] for item in ended.verdict["items"] for test in item["tests"]}


def test_page_that_writes_in_every_way_it_can_writes_nothing(tmp_path):
    run = visited(tmp_path, "writing", writes=False)
    assert run.tests == {"passed"}, run.ended.said
    assert {asked.path for asked in run.seen if asked.method != "GET" or written(asked)} == set()
    assert [asked.path for asked in run.seen if re.search("(?i)^upgrade:", asked.head, re.MULTILINE)] == []
    assert {asked.path for asked in run.seen} >= {"/app/index.html", "/app/arrived", "/api/health"}
    noted = "\n".join(run.ended.verdict["notes"])
    for why in ("fetch: POST /app/written/fetch may write", "a WebSocket", "/api/written/api is not among"):
        assert why in noted
    assert "telemetry" not in noted
    assert (run.ended.verdict["writes"], (tmp_path / "gated" / "ledger.jsonl").read_text()) == ([], "")


def test_same_page_writes_where_it_may(tmp_path):
    """Else what it tries would be no attempt."""
    run = visited(tmp_path, "writing", writes=True)
    arrived = {written(asked) for asked in run.seen}
    tried = set(re.findall(r"^  '([\w-]+)': ", WRITES, re.MULTILINE))
    assert tried - arrived == set()
    assert "socket-of-a-worker" in arrived


def test_page_that_may_write_reaches_no_other_host(tmp_path):
    with (
        socket.create_server(("127.0.0.1", 0)) as connections,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
    ):
        port = connections.getsockname()[1]
        datagrams.bind(("127.0.0.1", port))
        run = visited(tmp_path, "reaching", writes=True, elsewhere=f"localhost:{port}")
        assert select.select([connections, datagrams], [], [], 0)[0] == []
    assert run.tests == {"passed"}, run.ended.said
    noted = "\n".join(run.ended.verdict["notes"])
    for asked in ("POST http://{}/fetch", "GET ws://{}/socket", "GET http://{}/moved", "GET ws://{}/worker"):
        assert f"{asked.format(f'localhost:{port}')}: another host" in noted


def test_app_that_does_not_start_without_a_write_is_not_proven(tmp_path):
    run = visited(tmp_path, "guest", writes=False)
    assert run.tests == {"not proven"}
    said = "the web client does not start without this: POST /app/guest may write; set access.writes = true"
    assert said in " ".join(run.ended.said.split())
    assert [asked for asked in run.seen if asked.method != "GET"] == []


def test_app_that_misses_another_host_is_not_proven(tmp_path):
    run = visited(tmp_path, "cut-off", writes=True)
    assert run.tests == {"not proven"}, run.ended.said
    said = "an error without this: GET https://elsewhere.invalid/flags: another host; name in web.hosts the hosts"
    assert said in " ".join(run.ended.said.split())


@pytest.mark.parametrize(
    ("errors", "path", "cut_off"),
    [
        (["Failed to fetch"], "https://elsewhere.example/a", True),
        (["Failed to fetch", "x is not a function"], "https://elsewhere.example/a", False),
        ([], "https://elsewhere.example/a", False),
        (["Failed to fetch"], None, False),
    ],
    ids=["cut-off", "another-error", "no-error", "nothing-blocked"],
)
def test_only_an_error_for_want_of_an_answer_is_that_of_another_host(errors, path, cut_off):
    heard = {}
    tape = Tape(Mock(url=CLIENT, on=heard.__setitem__), Telemetry(), Secrets(), None)
    if path:
        request = Mock(method="GET", url=path, headers={}, resource_type="fetch")
        heard["request"](request)
        asyncio.run(tape.block(request, "another host"))
    for error in errors:
        heard["pageerror"](error)
    assert tape.is_cut_off is cut_off


@pytest.mark.parametrize("boot", ["crash", "missing"])
def test_refused_report_of_a_crash_does_not_excuse_it(tmp_path, boot):
    run = visited(tmp_path, boot, writes=False)
    assert run.tests == {"passed", "failed"}, run.ended.said
    assert "POST /app/crashes may write" in "\n".join(run.ended.verdict["notes"])
    assert boot == "crash" or "/app/missing.js 404" in json.dumps(run.ended.verdict)
