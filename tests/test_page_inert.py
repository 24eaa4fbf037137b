"""Whatever a target sent is text on the page, and nothing in it is alive."""

import re

import pytest
from hypothesis import given

from harness.verdict.report import html
from harness.verdict.report.html.markup import tag
from harness.verdict.report.inert import one_line
from tests import html_tree
from tests.page_examples import NO_GO, STYLE, named, page
from tests.verdict_examples import LOGIN, LOGS, result, verdict
from tests.verdict_strategies import HOSTILE, thorough, verdicts

ATTRIBUTES = {
    "alt": ".+",
    "aria-hidden": "true",
    "aria-label": "On this page",
    "aria-labelledby": "[a-z-]+",
    "charset": "utf-8",
    "class": "[a-z-]+( [a-z-]+)*",
    "colspan": "3",
    "content": ".*",
    "datetime": r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d\+00:00)?",
    "height": r"10|100%",
    "href": "#[a-z0-9.-]+|[A-Za-z0-9_.~%-][A-Za-z0-9_.~%/-]*",
    "http-equiv": "Content-Security-Policy",
    "id": "[a-z0-9.-]+",
    "lang": "en",
    "name": "viewport|color-scheme|referrer",
    "open": "",
    "scope": "col|row|rowgroup",
    "src": "data:image/jpeg;base64,[A-Za-z0-9+/]+=*",
    "tabindex": "0",
    "width": r"\d{1,3}(\.\d\d)?%",
    "x": r"\d{1,3}\.\d\d%",
}


@thorough
@given(verdicts())
def test_whatever_was_sent_is_text(given_verdict):
    written = html.render(given_verdict)
    root = html_tree.read(written)
    odd = [
        (each.tag, name, value)
        for each in root.walk()
        for name, value in each.attributes.items()
        if name not in ATTRIBUTES or not re.fullmatch(ATTRIBUTES[name], value)
    ]
    assert odd == []
    assert root.one("style").raw.strip() == STYLE.strip()
    assert not re.search(
        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]", written
    )


def test_text_in_an_attribute_stays_in_it():
    assert tag("p", title="\"><b>'") == '<p title="&quot;&gt;&lt;b&gt;&#x27;"></p>\n'


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_nothing_else(text):
    given_verdict = verdict(
        result(LOGIN, "failed", f"{text}\nobserved   {text}\nrepeat     {text}", name=f"test_it[{text}]"),
        result(LOGS, "not proven", text),
        environment=text,
        base_url=text,
        version=text,
        notes=(text,),
        writes=({"kind": text},),
    )
    harmless = verdict(
        result(LOGIN, "failed", "x\nobserved   x\nrepeat     x", name="test_it[x]"),
        result(LOGS, "not proven", "x"),
        environment="x",
        notes=("x",),
    )
    root = page(given_verdict)
    assert [each.tag for each in root.walk()] == [each.tag for each in page(harmless).walk()]
    facts = named(root.one("main").elements[1])
    assert facts["Address"] == facts["Version"] == [one_line(text)]


def test_nothing_comes_from_elsewhere():
    root = page(NO_GO)
    (policy,) = [each for each in root.all("meta") if "http-equiv" in each.attributes]
    rules = policy.attributes["content"].split("; ")
    assert rules[:3] == ["default-src 'none'", "style-src 'unsafe-inline'", "img-src data:"]
    assert not re.search(r"url\(|@import|@font-face|src:", STYLE)
    assert {each.tag for each in root.walk()} & {"script", "link", "img", "iframe", "base", "form"} == set()
