"""The evidence of each failed test: what was wrong, what came before, what came back, how to repeat it."""

import re
from collections.abc import Iterator
from itertools import chain, groupby, zip_longest
from operator import itemgetter

from harness.verdict import words
from harness.verdict.message import blocks, parts
from harness.verdict.model import ItemVerdict, TestVerdict, Verdict
from harness.verdict.report.html.markup import (
    Markup,
    bullets,
    item_anchor,
    lines,
    many,
    numbered,
    pairs,
    symbol,
    tag,
    text,
)
from harness.verdict.report.html.pictures import Album
from harness.verdict.report.markdown import MESSAGES_SHOWN, cut

_NAMED = re.compile(r"<[^<>\n]+>")
_SECRETS = (
    "To repeat a request by hand, put in your own values for the names in <angle brackets>: "
    "they stand for secrets."
)
_LOGGED_IN = (
    " A player's token is what a login answers: POST .../auth/login, or .../user/register for a new player, "
    "with username and password."
)
_FORGED = " <jwt> is a forged token, and the line below its command says how to make it from yours in $TOKEN."
_SIGNED = (
    " <webhook credentials> is the secret itself where webhooks are static. Where they are signed it is t=$T,v1=$V, "
    "with T=$(date +%s), BODY as what stands behind --data-raw, and V=$(printf '%s' \"$T.$BODY\" | "
    "openssl dgst -sha256 -hmac \"$SECRET\" | sed 's/.*= //')."
)
# What a part of a message is called here; the promise and the scenario stand with the item.
_NAMES = {
    "": "Wrong",
    "beware": "Beware",
    "before": "Before",
    "observed": "Observed",
    "repeat": "Repeat by hand",
    "the same as": "The same as",
}


def evidence(verdict: Verdict, album: Album) -> Iterator[Markup]:
    """How to repeat them, then each item with failed tests: several in full, all by name."""
    tickets = {
        test: known.issue.ticket
        for known in verdict.known_issues
        if known.state == "fails"
        for test in known.tests
    }
    broken = [item for item in verdict.items if any(test.outcome == "failed" for test in item.tests)]
    failed = {item.id: [test for test in item.tests if test.outcome == "failed"] for item in broken}
    commands = [
        command for tests in failed.values() for test in telling(tests) for command in _commands(test)
    ]
    if said := "".join(_legend("\n".join(commands))):
        yield tag("p", text(said), class_="aside")
    for item in broken:
        yield _item(item, failed[item.id], tickets, album)


def _commands(test: TestVerdict) -> Iterator[str]:
    for _, said in parts(test.message):
        yield from (command for is_command, command in blocks(said) if is_command)


def _legend(commands: str) -> Iterator[str]:
    """What has to be filled in, of what occurs in the commands that are shown."""
    if _NAMED.search(commands):
        yield _SECRETS
        if "<token>" in commands or "<jwt>" in commands:
            yield _LOGGED_IN
        if "<jwt>" in commands:
            yield _FORGED
        if "<webhook credentials>" in commands:
            yield _SIGNED


def _item(item: ItemVerdict, failed: list[TestVerdict], tickets: dict[str, str], album: Album) -> Markup:
    full = telling(failed)
    rest = [test for test in failed if test not in full]
    known = f", known issue {item.known_issue}" if item.known_issue else ""
    told = {visit.folder for test in full for visit in test.visits}
    visits = {visit.folder: visit for test in rest for visit in test.visits if visit.folder not in told}
    return tag(
        "article",
        tag("h3", text(item.title), id=item_anchor(item.id)),
        tag(
            "p",
            tag("code", text(item.id)),
            text(f", {item.severity}{known}: {len(failed)} of {words.count(len(item.tests), 'test')} failed"),
        ),
        tag("p", tag("b", text("Promised")), text(f": {item.promise}")),
        many(_test(test, tickets.get(test.nodeid), album, opened=test is full[0]) for test in full),
        _others(rest, tickets),
        many(album.visit(each) for each in visits.values()),
        class_="evidence",
    )


def telling(failed: list[TestVerdict]) -> list[TestVerdict]:
    """At most MESSAGES_SHOWN of an item's failed tests: of each reason one, then of each another; no message twice."""
    different = {test.message: test for test in reversed(failed)}.values()
    by_reason: dict[str, list[TestVerdict]] = {}
    for test in failed:
        if any(test is each for each in different):
            by_reason.setdefault(words.first_line(test.message), []).append(test)
    turns = chain.from_iterable(zip_longest(*by_reason.values()))
    return [test for test in turns if test is not None][:MESSAGES_SHOWN]


def _test(test: TestVerdict, ticket: str | None, album: Album, *, opened: bool) -> Markup:
    told = parts(test.message)
    checked = next((said for label, said in told if label == "checked"), "")
    name = [tag("strong", text(checked)), text(" ")] if checked else []
    known = [text(f" (known issue {ticket})")] if ticket else []
    summary = tag("summary", symbol("✗"), *name, tag("code", text(test.nodeid)), *known)
    captions = {picture.step for visit in test.visits for picture in visit.pictures}
    groups = ((label, [said for _, said in group]) for label, group in groupby(told, key=itemgetter(0)))
    rows = [
        (text(_NAMES[label]), _shown(label, texts))
        for label, texts in groups
        if label in _NAMES and not (label == "before" and captions.issuperset(texts))
    ]
    rows = rows or [(text(_NAMES[""]), text(words.first_line(test.message)))]
    rows[1:1] = [(text("What was seen"), album.visit(visit)) for visit in test.visits]
    body = pairs(rows, class_="told")
    return tag("details", summary, body, open="") if opened else tag("details", summary, body)


def _shown(label: str, texts: list[str]) -> Markup:
    match label:
        case "before":
            return numbered(
                many(_command(said) if command else text(said) for command, said in blocks(each))
                for each in texts
            )
        case "repeat":
            return many(_command(each) for each in texts)
        case "observed":
            return many(_box(each) for each in texts)
        case "":
            return many(
                _command(said) if command else _box(said) for each in texts for command, said in blocks(each)
            )
        case _:
            return many(tag("p", text(each)) for each in texts)


def _box(said: str) -> Markup:
    return tag("pre", lines(cut(said)), tabindex="0")


def _command(said: str) -> Markup:
    return tag("pre", lines(cut(said)), class_="command", tabindex="0")


def _others(rest: list[TestVerdict], tickets: dict[str, str]) -> Markup:
    if not rest:
        return Markup("")
    names = (
        Markup(
            tag("code", text(test.nodeid))
            + text(f" (known issue {tickets[test.nodeid]})" if test.nodeid in tickets else "")
        )
        for test in rest
    )
    summary = tag("summary", text(f"{words.count(len(rest), 'more failed test')}, told in verdict.json"))
    return tag("details", summary, bullets(names, class_="names"))
