"""What asks for action: what is broken and its scenarios, known issues, and what was not proven."""

from collections.abc import Iterator

from harness.verdict import waiting, words
from harness.verdict.decision import test_name
from harness.verdict.message import parts
from harness.verdict.model import ItemVerdict, KnownIssueVerdict, RollbackAdvice, Verdict
from harness.verdict.report.html.evidence import telling
from harness.verdict.report.html.head import scenario_anchor, scenario_title
from harness.verdict.report.html.markup import (
    Markup,
    bullets,
    item_anchor,
    link,
    listed,
    many,
    numbered,
    pairs,
    symbol,
    tag,
    text,
)
from harness.verdict.report.html.pictures import Album
from harness.verdict.report.terminal import TESTS_SHOWN

LISTED = 5  # items that wait for the same thing; more are folded away


def broken(verdict: Verdict, album: Album) -> Iterator[Markup]:
    """Each scenario with the items that call for it, then how to stop purchases, once, unless that comes first."""
    by_id = {item.id: item for item in verdict.items}
    for advice in verdict.rollback:
        yield tag(
            "article",
            tag("h3", scenario_title(advice), id=scenario_anchor(advice)),
            *(_broken_item(verdict, by_id[item_id], album) for item_id in advice.because),
            _what_to_do(advice),
            class_="scenario",
        )
    stops: dict[tuple[str, ...], list[RollbackAdvice]] = {}
    for advice in verdict.rollback:
        if advice.stop_purchases and not advice.stop_first:
            stops.setdefault(advice.stop_purchases, []).append(advice)
    for steps, scenarios in stops.items():
        numbers = " and ".join(str(advice.scenario) for advice in scenarios)
        many_of = "scenario" + "s" * (len(scenarios) > 1)
        title = f"{words.how_to_stop(scenarios[0])} ({many_of} {numbers})"
        yield tag(
            "article", tag("h3", text(title)), numbered(text(step) for step in steps), class_="scenario"
        )


def _broken_item(verdict: Verdict, item: ItemVerdict, album: Album) -> Markup:
    visits = [visit for test in item.tests if test.outcome == "failed" for visit in test.visits]
    pictured = {anchor: visit.name for visit in visits if (anchor := album.anchor(visit)) is not None}
    how = ", and what the player saw" if pictured else ", and how to repeat it" * _repeats(item)
    pictures = (Markup(text(", ") + link(anchor, text(name))) for anchor, name in pictured.items())
    return tag(
        "div",
        tag(
            "p",
            symbol("✗"),
            tag("strong", text(item.title)),
            text(" "),
            tag(
                "span", text(f"{words.told_of(item, verdict)}, "), tag("code", text(item.id)), class_="aside"
            ),
        ),
        pairs(
            (
                (text("Promised"), text(item.promise)),
                (text("Failed checks"), bullets(_failed(item), class_="names")),
                (text("Observed"), tag("div", text(item.reason), class_="reason")),
                *((text("Beware"), tag("strong", text(warning))) for warning in words.warnings(item)),
            )
        ),
        tag("p", link(item_anchor(item.id), text(f"Evidence of {item.id}{how}")), *pictures),
        class_="breakage",
    )


def _repeats(item: ItemVerdict) -> bool:
    """Whether its evidence shows a request to repeat; none does of a variable, a line of the log, a start."""
    shown = telling([test for test in item.tests if test.outcome == "failed"])
    return any(label == "repeat" for test in shown for label, _ in parts(test.message))


def _failed(item: ItemVerdict) -> Iterator[Markup]:
    """Its failed tests in words; several cases of one are counted."""
    cases: dict[str, list[str]] = {}
    for test in item.tests:
        if test.outcome == "failed":
            said = words.in_words(test_name(test.nodeid))
            cases.setdefault(said.partition(" [")[0], []).append(said)
    for name, each in cases.items():
        yield text(f"{name} ({len(each)} cases)" if len(each) > 1 else each[0])


def _what_to_do(advice: RollbackAdvice) -> Markup:
    steps = numbered(text(step) for step in advice.stop_purchases)
    stop = [(text(words.how_to_stop(advice)), steps)] if advice.stop_first else []
    return pairs(
        (
            (text("First"), tag("strong", text(advice.first_action))),
            *stop,
            (text("Then"), numbered(text(step) for step in advice.steps)),
            (text("Call"), tag("strong", listed(advice.escalate_to))),
            (text("How it shows"), listed(words.sign(symptom) for symptom in advice.symptoms)),
        ),
        class_="to-do",
    )


def known_issues(verdict: Verdict) -> Iterator[Markup]:
    """Bad ones first: they decide."""
    for known in sorted(verdict.known_issues, key=lambda known: not known.bad):
        yield _known_issue(known)


def _known_issue(known: KnownIssueVerdict) -> Markup:
    issue = known.issue
    covers = issue.item or issue.test or ""
    rows = [
        (text("State"), text(f"{known.state}. {known.remedy}".rstrip())),
        (text("Covers"), tag("code", text(covers))),
        (text("Owner"), text(issue.owner)),
        (text("Expires"), tag("time", text(str(issue.expires)), datetime=str(issue.expires))),
    ]
    if known.tests:
        more = len(known.tests) - TESTS_SHOWN
        names = [tag("code", text(test)) for test in known.tests[:TESTS_SHOWN]]
        names += [text(f"and {more} more")] if more > 0 else []
        rows.append((text("Failed"), bullets(names, class_="names")))
    return tag(
        "article",
        tag("h3", symbol("✗" if known.bad else "•"), text(f"{issue.ticket}: {issue.reason}")),
        pairs(rows),
        class_="issue bad" if known.bad else "issue",
    )


def attested(verdict: Verdict) -> Iterator[Markup]:
    """Who signed for what, when, and what they say."""
    rows = [
        (
            Markup(text(item.title) + " " + tag("span", tag("code", text(item.id)), class_="aside")),
            bullets(text(words.signatures([signed])) for signed in item.attestations),
        )
        for item in verdict.items
        if item.outcome == "attested"
    ]
    rows += [
        (tag("code", text(each.item)), bullets([text(words.signatures([each]))])) for each in verdict.by_hand
    ]
    if rows:
        yield pairs(rows)


def not_proven(verdict: Verdict) -> Iterator[Markup]:
    """What is required first; items that wait for the same thing together."""
    for required in (True, False):
        items = [item for item in waiting.not_proven(verdict) if item.required == required]
        if items:
            yield tag("h3", text("Required" if required else "Not required"))
            yield many(_waiting(reason, each) for reason, each in waiting.by_reason(items).items())


def _waiting(reason: str, items: list[tuple[ItemVerdict, str]]) -> Markup:
    entries = (
        Markup(
            text(item.title)
            + " "
            + tag("span", tag("code", text(item.id)), text(f", {cases}" if cases else ""), class_="aside")
        )
        for item, cases in items
    )
    names = bullets(entries)
    # Where a run did not come to them, there is nothing to be done about each.
    if len(items) > LISTED and not any(item.tests for item, _ in items):
        names = tag("details", tag("summary", text(words.count(len(items), "item"))), names)
    return tag("div", tag("p", symbol("?"), tag("strong", text(reason))), names, class_="waiting")
