"""Tokens in what a page keeps: found by their value, and under the keys that an environment names."""

import json

import pytest

from harness.web.storage import holding

TOKEN = "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl"
STATE = {"token": TOKEN, "onboarded": True}


@pytest.mark.parametrize(
    "value",
    [
        TOKEN,
        f"Bearer {TOKEN}",
        json.dumps(TOKEN),
        json.dumps(STATE),
        json.dumps({"auth": json.dumps(STATE)}),
        "0paque",
    ],
    ids=["plain", "scheme", "text-in-json", "nested", "json-in-json", "opaque"],
)
def test_named_key_holds_a_token(value):
    assert holding([("session", value), ("other", "0paque")], [], ["session"]) == {"session"}


@pytest.mark.parametrize(
    "value",
    [
        "",
        "null",
        "undefined",
        '""',
        "{}",
        json.dumps({"state": {**STATE, "token": None}, "version": 0}),
        "[" * 100_000,
    ],
    ids=["empty", "null", "undefined", "empty-text", "empty-object", "frame", "deep"],
)
def test_session_that_has_ended_may_leave_its_frame(value):
    assert holding([("session", value)], [TOKEN], ["session"]) <= ({"session"} if value[:1] == "[" else set())


def test_used_token_is_found_wherever_it_is():
    kept = [("a", json.dumps(STATE)), ("b", "none"), ("cookie c", TOKEN), ("a", "")]
    assert holding(kept, [TOKEN], []) == {"a", "cookie c"}
