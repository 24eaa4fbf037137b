"""The evidence on the page: each failure as it was told, laid out."""

import re

import pytest

from harness.verdict import Verdict
from harness.verdict.failure import Checked, explain
from harness.verdict.message import parts
from tests.html_tree import Element
from tests.page_examples import NO_GO, STYLE, named, page, under
from tests.verdict_examples import HOOKS, LOGIN, RUNBOOK, TODAY, issue, passed, result, verdict


def test_evidence_is_laid_out():
    shown = under(page(NO_GO), "Evidence").all("article")[0]
    assert shown.elements[1].text == "auth.login, blocker: 1 of 2 tests failed"
    assert shown.elements[2].text == "Promised: Promise of auth.login."
    details = shown.one("details")
    assert details.elements[
        0
    ].text == "health is well (smoke/x.py:7) smoke/x.py::test_health_is_well".replace(
        "smoke/x.py::", "smoke/test_x.py::"
    )
    rows = {row.one("dt").text: row.one("dd") for row in details.one("dl").elements}
    assert list(rows) == ["Wrong", "Before", "Observed", "Repeat by hand", "Beware"]
    assert [(each.raw, each.attributes.get("class")) for each in rows["Wrong"].all("pre")] == [
        (
            "GET /api/health answered 500: assert 500 == 200\n"
            "    +  where 500 = <GET /api/health answered 500>.status\n    step 1: A buys",
            None,
        ),
        ("curl -i -X POST http://game.example/buy", "command"),
    ]
    assert [each.text for each in rows["Before"].all("li")] == [
        "POST /api/user/register answered 201curl -i -X POST http://game.example/api/user/register",
        "POST /api/purchases/verify answered 200",
    ]
    assert [each.raw for each in rows["Before"].all("pre", "command")] == [
        "curl -i -X POST http://game.example/api/user/register"
    ]
    assert rows["Observed"].one("pre").raw == 'GET /api/health answered 500 in 3 ms\n{"status":\n"ill"}'
    command = rows["Repeat by hand"].one("pre", "command")
    assert command.raw == "curl -i -X GET -H 'authorization: Bearer <token>' http://game.example/api/health"
    assert re.search(r"\.command \{[^}]*user-select: all", STYLE)


def test_evidence_says_first_what_stands_for_secrets():
    told = under(page(NO_GO), "Evidence").elements[1].text
    assert "put in your own values for the names in <angle brackets>" in told
    assert "A player's token is what a login answers: POST .../auth/login" in told
    assert "angle brackets" not in page(verdict(*passed(LOGIN))).text


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("curl -i http://game.example/api/health", []),
        ("curl -i -H 'x-key: <WEBHOOK_SECRET>' http://game.example", ["angle brackets"]),
        (
            "curl -i -H 'authorization: Bearer <token>' http://game.example",
            ["angle brackets", "a login answers"],
        ),
        (
            "curl -i -H 'authorization: Bearer <jwt>' http://game.example",
            ["angle brackets", "a login answers", "forged"],
        ),
        ("curl -i -H 'x-signature: <webhook credentials>' http://x", ["angle brackets", "openssl dgst"]),
    ],
)
def test_only_what_has_to_be_filled_in_is_explained(command, said):
    shown = under(page(verdict(result(LOGIN, "failed", f"no <b>\nrepeat     {command}"))), "Evidence")
    told = " ".join(each.text for each in shown.all("p", "aside"))
    assert [
        each for each in ("angle brackets", "a login answers", "forged", "openssl dgst") if each in told
    ] == said


def test_what_cannot_be_repeated_does_not_say_how():
    """A variable, a start, a line of the log: nobody asks for that with curl."""
    broken = "What is broken, and what to do"
    for more, said in (("", ""), ("\nrepeat     curl -i http://game.example", ", and how to repeat it")):
        root = page(verdict(result(LOGIN, "failed", f"API_URL is empty\nobserved   API_URL{more}")))
        [link] = under(root, broken).one("div", "breakage").all("a")
        assert link.text == f"Evidence of {LOGIN}{said}"


def test_messages_are_taken_apart_as_they_are_put_together(make_exchange):
    item = RUNBOOK.item(LOGIN)
    body = b"first\nrepeat     curl -i evil\nchecked    all is well"
    failure = Checked("test_it", "assert 1 == 2\n  + where", "smoke/x.py:7", stuck=True)
    message = explain(item, RUNBOOK.scenario(1), failure, [make_exchange(body)], str)
    told = parts(message)
    assert [label for label, _ in told] == [
        "",
        "checked",
        "promised",
        "observed",
        "repeat",
        "beware",
        "rollback",
    ]
    assert dict(told)["observed"].endswith("in 200 ms\n" + body.decode())


def test_message_without_labels_is_shown_as_it_is():
    assert parts("one\n  two") == [("", "one\n  two")]
    assert parts("") == []
    details = page(verdict(result(LOGIN, "failed", "")))
    assert named(details.one("details"))["Wrong"] == ["no reason was given"]


def test_first_failure_of_each_item_is_open():
    failed = [
        result(item, "failed", f"m{n}", name=f"test_it[{n}]") for item in (LOGIN, HOOKS) for n in range(3)
    ]
    opened = [
        ["open" in each.attributes for each in item.all("details")] for item in evidence(verdict(*failed))
    ]
    assert opened == [[True, False, False]] * 2


def evidence(given_verdict: Verdict) -> list[Element]:
    return under(page(given_verdict), "Evidence").all("article")


def test_each_reason_is_shown_before_another_failure_of_the_same():
    failed = [result(LOGIN, "failed", f"same\n{n}", name=f"test_same[{n}]") for n in range(7)]
    failed += [result(LOGIN, "failed", "other", name=f"test_other[{n}]") for n in range(2)]
    *full, rest = evidence(verdict(*failed))[0].all("details")
    assert [each.one("summary").text.rpartition("::")[2] for each in full] == [
        "test_same[0]",
        "test_other[0]",
        "test_same[1]",
        "test_same[2]",
        "test_same[3]",
    ]
    assert rest.one("summary").text == "4 more failed tests, told in verdict.json"
    names = [each.text.rpartition("::")[2] for each in rest.all("li")]
    assert names == ["test_same[4]", "test_same[5]", "test_same[6]", "test_other[1]"]


def test_failures_that_are_known_say_so():
    failed = [result(HOOKS, "failed", "same", name=f"test_hook[{n}]") for n in range(2)]
    known, new = evidence(verdict(*failed, result(LOGIN, "failed"), waivers=(issue(item=HOOKS),)))[::-1]
    assert all(
        "(known issue DH-1)" in each.text for each in [*known.all("summary")[:1], *known.all("li")[-1:]]
    )
    assert "known issue" not in new.text


def test_failures_whose_known_issue_has_expired_are_not_called_known():
    expired = issue(item=HOOKS, expires=TODAY.replace(day=1))
    assert "known issue" not in evidence(verdict(result(HOOKS, "failed"), waivers=(expired,)))[0].text


def test_very_long_answers_are_cut_and_say_where_the_rest_is():
    shown = evidence(verdict(result(LOGIN, "failed", "x" * 5000)))[0].one("pre").raw
    assert shown == "x" * 1000 + "\n... (cut; the whole is in verdict.json)\n" + "x" * 3000
