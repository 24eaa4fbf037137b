"""What a failed assertion shows of the values that it compared: no secret, not half of one either."""

import pytest

from harness.comparing import compared, without_secrets

SECRET = "Correct-Horse-Battery-Staple-77"


def scrub(text):
    return text.replace(SECRET, "<pw>")


class Thing:
    def __init__(self, shown):
        self.shown = shown

    def __repr__(self):
        return self.shown


@pytest.mark.parametrize(
    "value",
    [
        SECRET,
        SECRET.encode(),
        {SECRET: [SECRET]},
        {"a": {"b": (SECRET,)}},
        {SECRET},
        frozenset({SECRET}),
        Thing(SECRET),
        [Thing(SECRET)],
    ],
    ids=str,
)
def test_whatever_holds_a_secret_shows_its_name_instead(value):
    told = repr(without_secrets(value, scrub))
    assert (SECRET in told, "<pw>" in told) == (False, True)


@pytest.mark.parametrize(
    "value", [{"a": [1, None, (True, b"\xff")]}, {1, 2}, 1.5, "ü", Thing("plain")], ids=str
)
def test_whatever_holds_none_is_as_it_was(value):
    assert without_secrets(value, scrub) == value


LEAKING = f"""
import pytest
from harness import checks, probe

PW = "{SECRET}"
LINES = ["POST /api/user/register from 10.0.0.1 with " + PW, "x" * 100 + PW + "y" * 300, "b"]

@probe
async def secret(known_secrets):
    \"\"\"A secret that shows in a log.\"\"\"
    known_secrets.add(PW, "pw")
    return list(LINES)

class Lines(list):
    def hold(self):
        return False

@checks("health.basic")
def test_equal(secret):
    assert secret == []

@checks("health.basic")
def test_longer(secret):
    assert secret == ["b"]

@checks("health.basic")
def test_text(secret):
    assert secret[1] == "x"

@checks("health.basic")
def test_not_in(secret):
    assert "xxxx" not in secret[1]

@checks("health.basic")
def test_set(secret):
    assert set(secret) <= set()

@checks("health.basic")
def test_alone(secret):
    assert not secret[1]

@checks("health.basic")
def test_called(secret):
    assert Lines(secret).hold()

@checks("health.basic")
def test_bytes(secret):
    assert secret[1].encode() == b""
"""


@pytest.mark.parametrize("options", [(), ("-vv", "--tb=long", "-l")], ids=["plain", "talkative"])
def test_no_piece_of_a_secret_is_told_however_a_check_compares(suite, extra_module, options):
    ended = suite("smoke/test_more.py", *options, cwd=extra_module(LEAKING))
    assert ended.code == 1, ended.said
    assert "8 failed" in ended.said
    files = [path.read_text("utf-8") for path in ended.reports.glob("verdict.*")]
    pieces = {SECRET[at : at + 6] for at in range(len(SECRET) - 5)}
    assert {piece for piece in pieces for text in (ended.said, *files) if piece in text} == set()


MANY = [f"wrong price: Product {nth} costs 4.99 USD, and is shown for $8.99" for nth in range(4)]


@pytest.mark.parametrize(("left", "nothing"), [(MANY, []), ({MANY[0]}, set())], ids=["list", "set"])
def test_what_should_not_be_there_is_told_whole(request, left, nothing):
    assert compared(request.config, "==", left, nothing, str) == [f"{left!r} == {nothing!r}"]


def test_what_should_not_be_there_is_told_without_secrets(request):
    (told,) = compared(request.config, "==", [f"a {SECRET}"], [], scrub)
    assert (SECRET in told, "<pw>" in told) == (False, True)


def test_equal_sets_are_told_alike(request):
    told = compared(request.config, "==", {"c", "a", "b"}, set(), str)
    assert told == ["{'a', 'b', 'c'} == set()"]
