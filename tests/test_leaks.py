"""What an answer must show to nobody, and words that look like it."""

import httpx
import pytest

from harness.contract import judging

PYTHON = 'Traceback (most recent call last):\n  File "/app/main.py", line 7, in <module>\nKeyError: 1'
JAVASCRIPT = """Error: no
    at Object.<anonymous> (/app/server.js:10:5)
    at Module._compile (node:internal/modules/cjs/loader:1105:14)"""


def leaks(make_exchange, text, strangers=()):
    return judging.leaks(
        make_exchange({"detail": text}), lambda text: ["JWT"] * ("canary" in text), strangers
    )


def test_leak_in_a_header_is_one(make_exchange):
    answer = httpx.Response(200, headers={"X-Debug": "canary", "X-Online": "smoke_1_002"})
    exchange = make_exchange({}, response=answer)
    found = judging.leaks(exchange, lambda text: ["JWT"] * ("canary" in text), ["smoke_1_002"])
    assert found == ["shows a secret: JWT", "shows another player's name: smoke_1_002"]


@pytest.mark.parametrize(
    "text",
    [
        PYTHON,
        'File "/app/main.py", line 7',
        JAVASCRIPT,
        "TypeError: x is not a function at async handler (/app/server.js:10:5)",
        "at new Store (file:///app/store.mjs:3:21)",
        "at Layer.handle [as handle_request] (/app/node_modules/express/layer.js:95:5)",
        "at /app/server.js:10:5",
        "at async file:///app/server.mjs:10:5",
    ],
)
def test_stack_trace_is_a_leak(make_exchange, text):
    assert leaks(make_exchange, text) == ["shows a stack trace"]


@pytest.mark.parametrize(
    "text",
    [
        "$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234",
        "$2y$10$x",
        "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
        "pbkdf2:sha256:260000$salt$hash",
        "scrypt:32768:8:1$salt$hash",
        "$scrypt$ln=16,r=8,p=1$salt$hash",
    ],
)
def test_hash_is_a_leak(make_exchange, text):
    assert leaks(make_exchange, text) == ["shows a password's hash"]


def test_secret_is_a_leak(make_exchange):
    assert leaks(make_exchange, "it is canary") == ["shows a secret: JWT"]


def test_other_players_name_is_a_leak(make_exchange):
    found = leaks(make_exchange, "taken by smoke_2", ["smoke_1", "smoke_2"])
    assert found == ["shows another player's name: smoke_2"]


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "line 7 of the file",
        "at 10:05:30 (UTC)",
        "try again at 2026-11-23T10:05:30",
        "look at https://help.invalid:8080/errors",
        '{"$ne": ""}',
        "$2 is too little",
        "a description",
    ],
)
def test_plain_words_are_no_leak(make_exchange, text):
    assert leaks(make_exchange, text, ["smoke_1"]) == []
