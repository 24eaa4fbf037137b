"""The transport, against a real server: retry, time-outs, fence, rate, cap, ledger."""

import asyncio
import gzip
import json
from contextlib import suppress
from types import SimpleNamespace
from typing import get_args
from urllib.parse import unquote

import pytest

from harness.errors import ConfigError, NoAnswer, Unprovable
from harness.evidence.exchange import stories
from harness.evidence.ledger import Ledger
from harness.sections import Read
from harness.target import transport as module
from harness.target.transport import Transport


def script(*answers):
    """An answer that says one after another, and keeps the requests in `seen`."""
    left = iter(answers)

    async def answer(request):
        answer.seen.append(request)
        return next(left)

    answer.seen = []
    return answer


async def get(meeting):
    return await meeting.transport.send("GET", meeting.url, {})


async def get_quickly(meeting):
    return await meeting.transport.send("GET", meeting.url, {}, timeout_s=0.05)


async def post(meeting):
    return await meeting.transport.send("POST", meeting.url, {"X-Kind": "test"}, b'{"a": 1}')


def test_exchange_records_what_was_sent_and_what_came_back(meet):
    answer = script((201, {"b": 2}))
    exchange = meet(answer, post)
    assert (exchange.title, exchange.json) == ("POST /x answered 201", {"b": 2})
    assert ("x-kind", "test") in exchange.sent_headers
    assert (exchange.sent_body, answer.seen[0].body) == (b'{"a": 1}', b'{"a": 1}')
    assert (exchange.attempts, exchange.truncated) == (1, False)
    assert exchange.elapsed.total_seconds() > 0


def test_connection_dropped_after_a_500_is_retried_once_and_counted(meet):
    answer = script((500, "broken"), None, (200, "fine"))

    async def work(meeting):
        return [await get(meeting), await post(meeting)], meeting.transport.retries

    exchanges, retries = meet(answer, work)
    assert [(exchange.status, exchange.attempts) for exchange in exchanges] == [(500, 1), (200, 2)]
    assert [request.method for request in answer.seen] == ["GET", "POST", "POST"]
    assert retries == 1


def test_retry_goes_out_on_a_connection_of_its_own(meet):
    """One that was open before may be about to be dropped too."""
    both, seen = asyncio.Barrier(2), []

    async def answer(request):
        seen.append(request.connection)
        if len(seen) <= 2:
            await both.wait()
        return None if len(seen) == 3 else (200, "fine")

    async def work(meeting):
        await asyncio.gather(get(meeting), get(meeting))
        await get(meeting)

    meet(answer, work)
    assert seen[2] in (1, 2)
    assert seen[3] == 3


@pytest.mark.parametrize(
    "said", [None, b"SSH-2.0-server\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"]
)
def test_connection_that_fails_twice_is_no_answer(meet, said):
    answer = script(said, said)
    with pytest.raises(NoAnswer, match=r"^GET /x got no answer, twice: ."):
        meet(answer, get)
    assert len(answer.seen) == 2


@pytest.mark.parametrize(
    ("said", "wait"), [("", 1), ("Retry-After: 0", 0), ("Retry-After: 3", 3), ("Retry-After: 60", 5)]
)
def test_throttled_request_waits_as_told_and_is_sent_again(meet, monkeypatch, said, wait):
    waits = []

    async def sleep(seconds):
        waits.append(seconds)

    monkeypatch.setattr(module, "asyncio", SimpleNamespace(**vars(asyncio) | {"sleep": sleep}))
    too_many = plain(b"", *([said] if said else [])).replace(b"200 OK", b"429 Too Many Requests")

    async def work(meeting):
        return await post(meeting), meeting.transport.retries

    exchange, retries = meet(script(too_many, (200, "fine")), work)
    assert (exchange.status, retries, waits) == (200, 1, [wait])


def test_target_that_goes_on_throttling_proves_nothing(meet):
    answer = script(*[plain(b"", "Retry-After: 0").replace(b"200 OK", b"429 No")] * 5)
    with pytest.raises(Unprovable, match="GET /x is still throttled"):
        meet(answer, get)
    assert len(answer.seen) == 4


async def silent(_):
    await asyncio.Event().wait()


async def dribbling(request):
    request.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        request.send(b"x")
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("answer", [silent, dribbling])
def test_answer_that_is_not_complete_when_the_time_is_over_is_none(meet, answer):
    with pytest.raises(NoAnswer) as caught:
        meet(answer, get_quickly)
    assert str(caught.value) == "GET /x got no complete answer within 0.05 s"


@pytest.mark.parametrize("cut_off", ["in-time", "in-size"])
def test_answer_that_was_cut_off_does_not_stand_in_the_way_of_the_next(meet, monkeypatch, cut_off):
    monkeypatch.setattr(module, "MAX_BODY", 100)

    async def answer(request):
        if request.connection > 1:
            return 200, "next"
        return await silent(request) if cut_off == "in-time" else plain(b"x" * 1_000_000)

    async def work(meeting):
        with suppress(NoAnswer):
            await get_quickly(meeting)
        return await asyncio.wait_for(get(meeting), 5)

    assert meet(answer, work, access={"max_concurrency": 1}).json == "next"


def plain(body: bytes, *headers: str) -> bytes:
    head = "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers])
    return f"{head}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("said", "content", "truncated"),
    [
        (plain(b"x" * 100), b"x" * 100, False),
        (plain(b"x" * 101), b"x" * 100, True),
        (plain(gzip.compress(b"x" * 5000), "Content-Encoding: gzip"), b"x" * 100, True),
        (plain(gzip.compress(b"fine"), "Content-Encoding: gzip"), b"fine", False),
        (plain(b"not gzip", "Content-Encoding: gzip"), b"", True),
    ],
    ids=["at-the-cap", "above", "unpacked-above", "gzip", "gzip-in-name-only"],
)
def test_body_is_kept_up_to_a_cap(meet, monkeypatch, said, content, truncated):
    monkeypatch.setattr(module, "MAX_BODY", 100)
    exchange = meet(script(said), get)
    assert (exchange.content, exchange.truncated) == (content, truncated)


def test_redirect_is_an_answer_and_is_not_followed(meet):
    answer = script(plain(b"").replace(b"200 OK", b"302 Found\r\nLocation: /elsewhere"))
    assert meet(answer, get).status == 302
    assert [request.target for request in answer.seen] == ["/x"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_fence_refuses_a_write_before_a_byte_leaves(meet, method):
    answer = script()

    async def work(meeting):
        with pytest.raises(Unprovable) as caught:
            await meeting.transport.send(method, meeting.url, {}, b"{}")
        return str(caught.value), meeting.ledger.entries

    expected = f"{method} /x may write; set access.writes = true where that is allowed"
    assert meet(answer, work, access={"writes": False}) == (expected, [])
    assert answer.seen == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/x"),
        ("HEAD", "/api/health"),
        ("OPTIONS", "/api/health"),
        ("GET", "/api/health/"),
        ("GET", "/api/healthz"),
        ("GET", "/api/auth/logout"),
        ("GET", "/api/hero/%2e%2E/cinematic/access"),
        ("GET", "/api/hero/a/b/cinematic/access"),
        ("GET", "/v1/subscribers/smoke_1/offerings"),
    ],
)
def test_fence_lets_nothing_pass_that_is_not_on_the_list(meet, method, path):
    answer = script()

    async def work(meeting):
        with pytest.raises(Unprovable) as caught:
            await meeting.transport.send(method, meeting.url.copy_with(raw_path=path.encode()), {})
        return str(caught.value)

    told = f"{method} {unquote(path)} is not among what may be read here; see access.reads"
    assert meet(answer, work, access={"writes": False}) == told
    assert answer.seen == []


def test_fence_lets_a_login_pass_only_where_it_is_one(meet):
    answer = script()

    async def work(meeting):
        with pytest.raises(Unprovable, match="POST /api/auth/login may write"):
            await meeting.api.call("login", "POST", json_body={})
        with pytest.raises(Unprovable, match="POST /api/user/register is not among what may be read here"):
            await meeting.api.call("register", "POST", json_body={}, harmless=True)

    meet(answer, work, access={"writes": False})
    assert answer.seen == []


@pytest.mark.parametrize("name", get_args(Read))
def test_environment_says_what_may_be_read(meet, name):
    """With a path in which something has to be filled in, and one that the file renames."""
    answer = script((200, "fine"))

    async def work(meeting):
        if name == "openapi":
            await meeting.api.at("/openapi.json")
        else:
            await meeting.api.call(name, path={"hero_id": "a/b %?"})

    meet(answer, work, access={"writes": False, "reads": [name]}, paths={"verify": "/me"})
    with pytest.raises(Unprovable, match="is not among what may be read here"):
        meet(script(), work, access={"writes": False, "reads": []}, paths={"verify": "/me"})
    assert len(answer.seen) == 1


@pytest.mark.parametrize(
    ("path", "written"), [("/v1/subscribers/smoke_1", 1), ("/v1/subscribers/a/offerings", 0)]
)
def test_look_up_that_creates_a_customer_is_a_write(meet, path, written):
    async def look_up(meeting):
        await meeting.transport.send("GET", meeting.url.copy_with(path=path), {})
        return len(meeting.ledger.entries)

    assert meet(script((200, {})), look_up) == written
    if written:
        with pytest.raises(Unprovable, match=f"GET {path} may write"):
            meet(script(), look_up, access={"writes": False})


def test_fence_lets_reading_and_a_login_pass_and_neither_is_in_the_ledger(meet):
    answer = script((200, 1), (200, 2))

    async def work(meeting):
        await meeting.api.health()
        await meeting.api.login("adam", "password")
        return meeting.ledger.entries

    assert meet(answer, work, access={"writes": False}) == []
    assert [request.target for request in answer.seen] == ["/api/health", "/api/auth/login"]


def test_write_is_in_the_ledger_before_it_arrives(meet, tmp_path):
    lines = []

    async def answer(_):
        lines.extend((tmp_path / "ledger.jsonl").read_text().splitlines())
        return 200, "fine"

    meet(answer, post)
    entry = json.loads(lines[0])
    del entry["time"]
    assert (len(lines), entry) == (1, {"kind": "request", "method": "POST", "path": "/x"})


def test_write_that_cannot_be_noted_is_not_sent_and_proves_nothing(meet, tmp_path):
    """A full disk of ours is no broken promise."""
    (tmp_path / "ledger.jsonl").symlink_to("/dev/full")
    answer = script((200, "fine"))

    async def work(meeting):
        with pytest.raises(Unprovable, match=r"ledger\.jsonl cannot be written \(No space left"):
            await post(meeting)
        return meeting.ledger.entries

    assert (meet(answer, work), answer.seen) == ([], [])


def test_requests_are_spaced_by_the_rate_and_so_are_retries(meet, monkeypatch):
    waits = []

    async def sleep(seconds):
        waits.append(round(seconds, 6))

    monkeypatch.setattr(module, "monotonic", lambda: 1000.0)
    monkeypatch.setattr(module, "asyncio", SimpleNamespace(**vars(asyncio) | {"sleep": sleep}))

    async def work(meeting):
        for _ in range(3):
            await get(meeting)

    meet(script((200, 1), (200, 2), None, (200, 3)), work, access={"requests_per_second": 4})
    assert waits == [0.0, 0.25, 0.5, 0.75]


def test_no_more_requests_are_out_at_once_than_allowed(meet):
    out, peaks, pair = set(), [], asyncio.Barrier(2)

    async def answer(request):
        out.add(request.connection)
        peaks.append(len(out))
        await pair.wait()
        out.discard(request.connection)
        return 200, "fine"

    async def work(meeting):
        await asyncio.gather(*(get(meeting) for _ in range(6)))

    meet(answer, work, access={"max_concurrency": 2})
    assert max(peaks) == 2


def test_exchanges_of_one_probe_are_one_story(meet):
    async def work(meeting):
        alone = await get(meeting)
        stories.set([])
        return alone, await get(meeting), await post(meeting)

    alone, first, second = meet(script((200, 1), (200, 2), (200, 3)), work)
    assert alone.story == [alone]
    assert first.story is second.story
    assert first.story == [first, second]


def test_certificate_file_that_is_none_is_named(make_environment, tmp_path):
    path = tmp_path / "ca.pem"
    path.write_text("not PEM")
    environment = make_environment(target={"base_url": "https://h", "ca_file": str(path)})
    ledger = Ledger(tmp_path / "ledger.jsonl")
    with pytest.raises(ConfigError, match=r"^test.toml: target.ca_file: not a usable .*; name a PEM file$"):
        Transport(environment, ledger)
    ledger.close()
