"""Verdicts whose pages the tests look at, and short ways to what stands on a page."""

import re
from datetime import timedelta
from pathlib import Path

from harness.verdict import Verdict
from harness.verdict.model import Call, Leg
from harness.verdict.report import html
from harness.verdict.signals import Round, Signal
from tests import html_tree
from tests.html_tree import Element
from tests.verdict_examples import ALL_PASSED, HOOKS, LOGIN, LOGS, STARTED, issue, passed, result, verdict

STYLE = (Path(html.__file__).parent / "style.css").read_text("utf-8")
TOLD = """\
GET /api/health answered 500: assert 500 == 200
    +  where 500 = <GET /api/health answered 500>.status
    step 1: A buys
    curl -i -X POST http://game.example/buy
checked    health is well (smoke/x.py:7)
promised   Promise of auth.login.
           [auth.login, blocker]
before     POST /api/user/register answered 201
           curl -i -X POST http://game.example/api/user/register
before     POST /api/purchases/verify answered 200
observed   GET /api/health answered 500 in 3 ms
           {"status":
           "ill"}
repeat     curl -i -X GET -H 'authorization: Bearer <token>' http://game.example/api/health
beware     the check itself could not go on
rollback   scenario 1: Scenario title 1"""
NO_GO = verdict(
    result(LOGIN, "failed", TOLD, name="test_health_is_well"),
    result(LOGIN, "passed", name="test_other"),
    result(LOGS, "not proven", "no log source; set logs.source"),
    result(HOOKS, "failed", "no line", name="test_hook[TEST]"),
    waivers=(issue(item=HOOKS),),
    notes=("A word.",),
    course=(Leg("test_x.life", 1, 2, (Call("GET /api/health answered 500", 1, 0.2),), 3),),
)
WATCHED = verdict(
    *ALL_PASSED,
    signals=(
        Signal(
            "attempts",
            "paywall_opened to purchase_attempt",
            "share",
            0.3,
            400,
            broken_below=0.05,
            healthy_above=0.1,
        ),
        Signal("store", "store_opened, compared with earlier days", "times", None, 3, broken_below=0.5),
    ),
    rounds=tuple(
        Round(STARTED - timedelta(minutes=n), "GO", {"attempts": 0.1 * n, "store": None}) for n in (2, 1)
    ),
)
INTERRUPTED = verdict(*passed(LOGIN), interrupted=True)
EXAMPLES = {
    "NO-GO": NO_GO,
    "GO": verdict(*ALL_PASSED),
    "INCONCLUSIVE": verdict(*passed(LOGIN), result(HOOKS, "not proven", "no secret; set it")),
    "UNREACHABLE": verdict(unreachable="not ready within 1 s:\nrefused"),
    "PARTIAL": verdict(*passed(LOGIN), partial=True),
}


def page(given_verdict: Verdict) -> Element:
    return html_tree.read(html.render(given_verdict))


def headings(root: Element) -> list[Element]:
    return [each for each in root.walk() if re.fullmatch(r"h\d", each.tag)]


def named(root: Element) -> dict[str, list[str]]:
    """What stands beside each name in the lists of names and values."""
    found: dict[str, list[str]] = {}
    for listed in (each for each in root.walk() if each.tag == "dl"):
        for pair in listed.elements:
            found.setdefault(pair.one("dt").text, []).append(pair.one("dd").text)
    return found


def under(root: Element, title: str) -> Element:
    """The section that its h2 names."""
    (found,) = [each for each in root.all("section") if each.elements[0].text == title]
    return found
