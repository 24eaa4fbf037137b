"""The scrubber: no known secret gets through, in whatever form it stands."""

import base64
import html
import json
import re
import shlex
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, strategies

from harness.evidence.logged import Crash
from harness.evidence.secrets import Secrets

AWKWARD = "p/ä\"ss\\w'ord+&\n?"


def knowing(**named: str) -> Secrets:
    known = Secrets()
    for name, value in named.items():
        known.add(value, name)
    return known


@pytest.mark.parametrize(
    "form",
    [
        AWKWARD,
        quote(AWKWARD, safe=""),
        quote(AWKWARD),
        quote_plus(AWKWARD),
        re.sub("%..", lambda found: found[0].lower(), quote(AWKWARD, safe="")),
        html.escape(AWKWARD),
        json.dumps(AWKWARD)[1:-1],
        json.dumps(AWKWARD, ensure_ascii=False)[1:-1],
        repr(AWKWARD)[1:-1],
        base64.b64encode(AWKWARD.encode()).decode().rstrip("="),
        AWKWARD.encode().hex(),
        AWKWARD.encode().hex().upper(),
        base64.urlsafe_b64encode(AWKWARD.encode()).decode().rstrip("="),
        shlex.quote(AWKWARD)[1:-1],
        shlex.quote(json.dumps(AWKWARD))[2:-2],
    ],
    ids=[
        "plain",
        "url",
        "url-path",
        "url-form",
        "url-in-lower-case",
        "html",
        "json",
        "json-in-unicode",
        "python",
        "base64",
        "hex",
        "HEX",
        "base64-url",
        "shell",
        "json-in-shell",
    ],
)
def test_secret_is_replaced_by_its_name_in_every_form(form):
    known = knowing(password=AWKWARD)
    assert known.scrub(f"a {form} b {form}") == "a <password> b <password>"
    assert known.found_in(f"a {form} b") == {"password"}


def test_longer_secret_is_replaced_before_a_shorter_one_inside_it():
    known = knowing(short="abcd", long="abcdefgh", middle="abcdef")
    assert known.scrub("abcdefgh abcdef abcd") == "<long> <middle> <short>"


def test_secret_with_a_line_end_of_its_file_is_found_without_it():
    assert knowing(password="correct horse\n").scrub("a correct horse b") == "a <password> b"


def test_first_name_of_a_value_stays():
    known = knowing(REVENUECAT_SECRET="value-1", header="value-1")
    assert known.scrub("value-1") == "<REVENUECAT_SECRET>"


def test_secret_added_after_a_first_scrubbing_counts():
    known = knowing(one="first-secret")
    assert known.scrub("second-secret") == "second-secret"
    known.add("second-secret", "two")
    assert known.scrub("first-secret second-secret") == "<one> <two>"


def test_crash_of_the_verifier_is_told_without_secrets():
    known, held = knowing(password="correct horse"), "correct horse"
    try:
        raise ValueError(f"no {held}")
    except ValueError:
        told = pytest.ExceptionInfo.from_current().getrepr(showlocals=True, style="long")
    before = str(told)
    Crash(known.scrub).pytest_internalerror(told)
    assert ("correct horse" in before, str(told)) == (True, before.replace("correct horse", "<password>"))


def test_value_too_short_to_be_told_from_a_word_is_left():
    assert knowing(one="no", two="").scrub("no one knows") == "no one knows"


@pytest.mark.parametrize("signature", ["c2lnbmF0dXJl", ""], ids=["signed", "unsigned"])
def test_whatever_looks_like_a_jwt_is_replaced(signature):
    token = f"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.{signature}"
    assert Secrets().scrub(f'Authorization: Bearer {token}"') == 'Authorization: Bearer <jwt>"'


@pytest.mark.parametrize("text", ["", "eyJust.a.word", "version 1.2.3", "Ünï\x00cödé"])
def test_text_without_secrets_is_left_as_it_is(text):
    assert knowing(password="correct horse").scrub(text) == text


@pytest.mark.parametrize(
    "line_break", ["\n", "\r\n", "\n        ", "\\\n", "\n\t", r"\n", r"\n    ", r"\r\n", r"\\n"]
)
@pytest.mark.parametrize(
    "form", [AWKWARD.replace("\n", "-"), (AWKWARD * 4).replace("\n", "-").encode().hex()]
)
def test_secret_that_is_split_over_lines_is_found(form, line_break):
    known = knowing(plain=AWKWARD.replace("\n", "-"), long=(AWKWARD * 4).replace("\n", "-"))
    split = line_break.join(form[start : start + 5] for start in range(0, len(form), 5))
    scrubbed = known.scrub(f"one\n  {split}\ntwo")
    assert scrubbed in ("one\n  <plain>\ntwo", "one\n  <long>\ntwo")


def test_split_secrets_that_share_a_text_are_each_found_once():
    known = knowing(token="head.claims.signature", signature="signature", other="another-one")
    text = "head.cla\nims.signa\nture, signa\nture, sig\nnature; ano\nther-one"
    assert known.scrub(text) == "<token>, <signature>, <signature>; <other>"


def test_lines_without_secrets_stay_lines():
    text = "correct\n  horse\nbattery"
    assert knowing(password="another-secret").scrub(text) == text


def test_backslashes_without_end_are_read_once():
    known = Secrets()
    known.add("canary-canary", "canary")
    text = "\\" * 1_000_000 + "\ncanary-\\ncanary"
    assert known.scrub(text).endswith("<canary>")  # with a look back at each of them it would take hours


@pytest.mark.parametrize(
    ("token", "body"),
    [("a" * 400_000, "a" * 1_000_000), ("a" * 30_000 + "b" + "a" * 30_000, "a" * 1_000_000)],
    ids=["at-every-place", "nowhere"],
)
def test_hostile_text_is_searched_once_for_each_secret(token, body):
    """Compared at each place where its end stands, this would take minutes."""
    known = knowing(token=token)
    assert known.found_in(body) == ({"token"} if token in body else set())


# What makes up a long run, and what ends one.
CHARACTERS = strategies.text("aZ09_.~%+/=,-" + ':"{ é', max_size=40)


@given(
    values=strategies.lists(CHARACTERS.filter(lambda value: len(value) > 3), min_size=1, max_size=4),
    before=CHARACTERS,
    after=CHARACTERS,
)
def test_secret_is_found_whatever_stands_around_it(values, before, after):
    known = knowing(**{f"<{number}>": value for number, value in enumerate(values)})
    for value in values:
        text = before + value + after
        assert known.found_in(text)
        assert value not in known.scrub(text)
