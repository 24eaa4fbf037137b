"""Reports of a web client, read from whatever form it sends them in."""

import base64
import gzip
import json
from urllib.parse import quote

import pytest

from harness.web.telemetry import (
    PAYWALL,
    Payload,
    Report,
    of_console,
    of_request,
    personal,
    reports,
    unpacked,
)

URL = "http://target.invalid/telemetry"
EVENT = {"event": "paywall_opened", "source": "profile"}
NAMED = base64.b64encode(b'{"who": "smoke_1"}').decode()
PACKED = base64.b64encode(json.dumps(EVENT).encode()).decode()


@pytest.mark.parametrize(
    ("url", "body"),
    [
        (URL, json.dumps(EVENT)),
        (URL, json.dumps([EVENT])),
        (URL, json.dumps({"batch": [{"event": "paywall_opened", "properties": {"source": "profile"}}]})),
        (URL, json.dumps({"name": "paywall_opened", "params": [{"source": "profile"}]})),
        (URL, json.dumps({"user": 1}) + "\n" + json.dumps(EVENT)),
        (f"{URL}?en=paywall_opened&source=profile", ""),
        (URL, "en=paywall_opened&source=profile"),
        (URL, f"data={quote(json.dumps(EVENT))}"),
        (URL, f"data={quote(PACKED)}"),
        (URL, PACKED),
    ],
    ids=[
        "object",
        "list",
        "batch",
        "nested",
        "lines",
        "query",
        "form",
        "json-in-form",
        "base64-in-form",
        "base64",
    ],
)
def test_event_is_found_in_a_request(url, body):
    assert of_request(url, body).reports == [Report("paywall_opened", "profile")]


def test_packed_body_is_read_as_it_was():
    body = json.dumps({"batch": [EVENT]}).encode()
    assert unpacked(gzip.compress(body)) == unpacked(body) == body
    torn = gzip.compress(body)[:-4] + b"torn"
    assert unpacked(torn) == torn
    assert len(unpacked(gzip.compress(bytes(10**8)))) < 10**7


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("[t] paywall_opened {source: profile}", ["[t]", "paywall_opened", {"source": "profile"}]),
        ("[t] JSHandle@object", ["[t]", EVENT]),
        (f"[t] {json.dumps(EVENT)}", [f"[t] {json.dumps(EVENT)}"]),
        ("[t] paywall_opened source=profile", ["[t] paywall_opened source=profile"]),
        ("[t] paywall_opened source: 'profile'", ["[t] paywall_opened source: 'profile'"]),
    ],
    ids=["name-and-object", "object", "json", "words", "colon"],
)
def test_event_is_found_on_the_console(text, arguments):
    assert of_console(text, arguments).reports == [Report("paywall_opened", "profile")]


@pytest.mark.parametrize(
    "body", ["", "7", "null", "[", "\ufffd\x00", '{"event": 7}', '{"event": "screen_view"}', "[" * 100_000]
)
def test_other_payloads_hold_no_event(body):
    assert of_request(URL, body).reports == []


def test_events_of_one_name_are_counted_across_payloads():
    both = [
        of_request(URL, json.dumps([EVENT, {"event": "store_opened"}])),
        of_request(URL, json.dumps(EVENT)),
    ]
    assert reports(both, PAYWALL) == [Report("paywall_opened", "profile")] * 2


@pytest.mark.parametrize(
    ("url", "body", "found"),
    [
        (URL, '{"who": "Smoke_1"}', {"user name"}),
        (f"{URL}?who=smoke_1", "", {"user name"}),
        (URL, f"data={quote(NAMED)}", {"user name"}),
        (URL, '{"t": "Bearer ey.to.ken"}', {"token"}),
        (URL, '{"to": "adam@heroes.example"}', {"e-mail"}),
        (URL, "to=adam%40heroes.example", {"e-mail"}),
        (URL, '{"sdk": "sentry@8.1.0", "user": "3f2a"}', set()),
        (URL, '{"image": "https://target.invalid/logo@2x.png"}', set()),
    ],
    ids=["name", "query", "base64", "token", "e-mail", "escaped", "nothing", "size-of-an-image"],
)
def test_personal_data_is_named(url, body, found):
    assert (
        personal([of_request(url, body)], {"user name": "smoke_1", "token": "ey.to.ken", "password": ""})
        == found
    )


def test_nothing_sent_is_nothing_told():
    assert personal([], {"user name": "smoke_1"}) == set()
    assert Payload("").reports == []
