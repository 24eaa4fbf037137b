"""Exchanges: what an answer gives to a check, and what it says where it breaks a promise."""

from datetime import UTC, datetime, timedelta, timezone

import httpx
import pytest

from harness.errors import PromiseBroken
from harness.evidence.exchange import witnessed

TITLE = "GET /api/health answered 200"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b'{"a": NaN}',
        b"[Infinity]",
        b"[" * 100_000,
        b"\xff",
        b"1" * 5000,
        b'\xef\xbb\xbf{"a": 1}',
    ],
    ids=["empty", "html", "nan", "infinity", "deep", "not-utf-8", "huge-number", "byte-order-mark"],
)
def test_body_that_is_no_json_breaks_a_promise(make_exchange, content):
    exchange = make_exchange(content)
    with pytest.raises(PromiseBroken) as caught:
        _ = exchange.json
    assert str(caught.value).startswith(f"{TITLE}: promised JSON, and this is none (")
    assert caught.value.exchange is exchange


def test_answer_is_read_as_status_headers_text_and_json(make_exchange):
    exchange = make_exchange('{"name": "é\xff"}'.encode("latin-1"), 404)
    assert (exchange.status, exchange.headers["x-kind"]) == (404, "test")
    assert exchange.text == '{"name": "\ufffd\ufffd"}'
    assert exchange.json == {"name": "\ufffd\ufffd"}


def test_request_body_is_read_as_json(make_exchange):
    assert make_exchange(sent_body=b'{"level": 1}').sent_json == {"level": 1}


def test_field_is_found_along_its_path(make_exchange):
    exchange = make_exchange({"user": {"roles": ["a", None]}})
    assert exchange.field("user", "roles", 0) == "a"
    assert exchange.field("user", "roles", 1) is None
    assert exchange.field() == {"user": {"roles": ["a", None]}}


@pytest.mark.parametrize(
    ("path", "where"),
    [
        (("token",), "token"),
        (("user", "name", "first"), "user.name"),
        (("user", "roles", 5), "user.roles.5"),
        (("user", "roles", "x"), "user.roles.x"),
        (("nothing", "x"), "nothing.x"),
    ],
)
def test_missing_field_is_named_as_far_as_the_answer_goes(make_exchange, path, where):
    exchange = make_exchange({"user": {"roles": ["a"]}, "nothing": None})
    with pytest.raises(PromiseBroken) as caught:
        exchange.field(*path)
    assert str(caught.value) == f"{TITLE}: promised `{where}`, and the answer has none"


def test_expected_status_gives_the_exchange_and_another_one_breaks_a_promise(make_exchange):
    exchange = make_exchange()
    assert exchange.expect(201, 200) is exchange
    with pytest.raises(PromiseBroken) as caught:
        exchange.expect(401, 403)
    assert str(caught.value) == f"{TITLE}: promised 401 or 403"
    assert caught.value.exchange is exchange


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T01:02:03Z", datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)),
        (
            "2026-11-23T01:02:03.5+02:00",
            datetime(2026, 11, 23, 1, 2, 3, 500_000, timezone(timedelta(hours=2))),
        ),
    ],
)
def test_time_with_an_offset_is_a_time(make_exchange, text, moment):
    assert make_exchange({"at": text}).time("at") == moment


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("2026-11-23T01:02:03", "`at` has no offset: '2026-11-23T01:02:03'"),
        ("2026-11-23", "`at` has no offset: '2026-11-23'"),
        ("yesterday", "`at` is no ISO 8601 time: 'yesterday'"),
        (1764000000, "`at` is no ISO 8601 time: 1764000000"),
        (None, "`at` is no ISO 8601 time: None"),
    ],
)
def test_anything_else_is_no_time(make_exchange, value, told):
    with pytest.raises(PromiseBroken) as caught:
        make_exchange({"at": value}).time("at")
    assert str(caught.value) == f"{TITLE}: {told}"


@pytest.mark.parametrize("ahead", [timedelta(seconds=40), timedelta(0), timedelta(seconds=-40)])
def test_clock_skew_is_measured_at_the_midpoint_of_the_request(make_exchange, ahead):
    started, elapsed = datetime(2026, 1, 1, tzinfo=UTC), timedelta(seconds=4)
    there = (started + timedelta(seconds=2) + ahead).astimezone(timezone(timedelta(hours=-5)))
    exchange = make_exchange({"at": there.isoformat()}, started=started, elapsed=elapsed)
    assert exchange.clock_skew("at") == ahead


def test_curl_line_repeats_the_request_in_a_shell(make_exchange):
    exchange = make_exchange(
        method="POST",
        url=httpx.URL("http://h/api/a?b=c d"),
        sent_headers=(("Host", "h"), ("X-Name", "it's"), ("Content-Length", "8")),
        sent_body=b'{"a": 1}',
    )
    assert exchange.curl(str) == (
        """curl -i -X POST -H 'X-Name: it'"'"'s' --data-raw '{"a": 1}' 'http://h/api/a?b=c%20d'"""
    )


def test_answer_is_shown_with_its_time_and_a_long_body_is_cut(make_exchange):
    assert make_exchange(b"fine").show(str) == f"{TITLE} in 200 ms\nfine"
    assert make_exchange(b"").show(str) == f"{TITLE} in 200 ms\n(empty body)"
    shown = make_exchange(b"x" * 2000, truncated=True).show(str)
    assert shown == f"{TITLE} in 200 ms, cut off\n{'x' * 1000}... (2000 characters)"


@pytest.mark.parametrize(
    "read",
    [
        lambda exchange: exchange.status,
        lambda exchange: exchange.headers,
        lambda exchange: exchange.text,
        lambda exchange: exchange.json,
        lambda exchange: exchange.field("at"),
        lambda exchange: exchange.expect(200),
        lambda exchange: exchange.clock_skew("at"),
    ],
    ids=["status", "headers", "text", "json", "field", "expect", "clock_skew"],
)
def test_reading_an_answer_makes_it_evidence(make_exchange, read):
    exchange = make_exchange({"at": "2026-11-23T01:02:03Z"})
    with witnessed() as evidence:
        read(exchange)
    assert evidence == [exchange]


def test_evidence_is_in_order_of_first_reading_and_only_of_this_block(make_exchange):
    first, second, outside = make_exchange(), make_exchange(), make_exchange()
    with witnessed() as evidence:
        _ = (second.status, first.status, second.json)
        _ = (outside.title, outside.curl(str), outside.show(str), repr(outside))
        with witnessed() as inner:
            assert outside.status == 200
    assert outside.status == 200
    assert (evidence, inner) == ([second, first], [outside])


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "text/html; charset=utf-8"}])
def test_json_that_is_not_announced_as_such_breaks_the_promise(make_exchange, headers):
    exchange = make_exchange({"a": 1}, response=httpx.Response(200, headers=headers))
    with pytest.raises(PromiseBroken, match="its content type is"):
        _ = exchange.json


def test_json_may_be_announced_with_its_details(make_exchange):
    headers = {"content-type": "application/problem+json; charset=utf-8"}
    assert make_exchange({"a": 1}, response=httpx.Response(400, headers=headers)).json == {"a": 1}
