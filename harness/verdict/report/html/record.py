"""What stays on record: the whole checklist, what the run changed on the target, and its notes."""

from collections.abc import Iterator
from itertools import groupby

from harness.verdict import comparison, words
from harness.verdict.model import ItemOutcome, ItemVerdict, Verdict
from harness.verdict.report.html.markup import (
    Markup,
    bullets,
    item_anchor,
    link,
    many,
    pairs,
    symbol,
    tag,
    text,
)
from harness.verdict.report.terminal import write_counts

SIGNS: dict[ItemOutcome, str] = {"proven": "✓", "broken": "✗", "not proven": "?", "attested": "✓"}
NOT_PROVEN = "not-proven"


def checklist(verdict: Verdict) -> Markup:
    """Every item with its outcome and its tests' outcomes, by section."""
    head = tag("tr", *(tag("th", text(name), scope="col") for name in ("Item", "Outcome", "Tests, evidence")))
    bodies = (
        tag(
            "tbody",
            tag("tr", tag("th", text(name), colspan="3", scope="rowgroup")),
            *(_row(item) for item in items),
        )
        for name, items in groupby(verdict.items, key=lambda item: item.section)
    )
    return tag("table", tag("thead", head), *bodies, class_="checklist")


def _row(item: ItemVerdict) -> Markup:
    name = tag("span", tag("code", text(item.id)), text(f", {item.severity}"), class_="aside")
    return tag(
        "tr",
        tag("th", Markup(text(item.title) + " " + name), scope="row"),
        tag("td", _outcome(item), class_=item.outcome.replace(" ", "-") + " decides" * item.decides),
        tag("td", _tests(item)),
    )


def _outcome(item: ItemVerdict) -> Markup:
    beside = [f"known issue {item.known_issue}"] if item.known_issue else []
    beside += [] if item.required else ["not required"]
    beside += [] if item.complete or item.outcome != "proven" else [words.IN_PART]
    aside = (Markup(" " + tag("span", text(said), class_="aside")) for said in beside)
    return Markup(tag("b", symbol(SIGNS[item.outcome]), text(item.outcome)) + many(aside))


def _tests(item: ItemVerdict) -> Markup:
    """`2 passed, 1 failed`; what is not well leads to what is told of it."""
    told = item.outcome == "not proven" or item.open
    counts = []
    for outcome, number in words.counts(item).items():
        said = text(f"{number} {outcome}")
        if outcome == "failed":
            said = link(item_anchor(item.id), said)
        elif outcome == "not proven" and told:
            said = link(NOT_PROVEN, said)
        counts.append(said)
    if not counts:
        counts = [link(NOT_PROVEN, text("no test")) if told else text("no test")]
    return bullets(counts, class_="counts")


def regions(verdict: Verdict) -> Markup:
    """What each item came to in each of them; empty without any."""
    if not verdict.regions:
        return Markup("")
    head = tag("tr", *(tag("th", text(name), scope="col") for name in ("Item", *verdict.regions)))
    rows = (
        tag(
            "tr",
            tag("th", tag("code", text(item.id)), scope="row"),
            *(_in_region(outcome) for outcome in item.regions.values()),
        )
        for item in verdict.items
    )
    return tag("table", tag("thead", head), tag("tbody", *rows), class_="regions")


def _in_region(outcome: ItemOutcome) -> Markup:
    return tag("td", symbol(SIGNS[outcome]), text(outcome), class_=outcome.replace(" ", "-"))


def this_run(verdict: Verdict) -> Markup:
    """What it changed on the target, and what was sent again."""
    return pairs(
        (
            (text("Checks"), text(words.totals(verdict))),
            (text("Wrote on the target"), text(write_counts(verdict) or "nothing")),
            (
                text("Requests sent again (connection errors, throttling)"),
                text(str(verdict.retries)),
            ),
        ),
        class_="run",
    )


def compared(verdict: Verdict) -> Iterator[Markup]:
    """With which run, and what became of what was or is broken."""
    if verdict.comparison is None:
        return
    yield tag("p", text(f"That was {comparison.base(verdict.comparison)}."))
    yield pairs(
        (
            (text(label), bullets(_changed(changed), class_="names") if changed else text("none"))
            for label, changed in comparison.changes(verdict.comparison, verdict.items)
        ),
        class_="run",
    )


def _changed(items: list[tuple[str, str]]) -> Iterator[Markup]:
    for item_id, beside in items:
        name = tag("code", text(item_id))
        yield Markup(name + text(f" ({beside})")) if beside else name


def notes(verdict: Verdict) -> Iterator[Markup]:
    if verdict.notes:
        yield bullets(text(note) for note in verdict.notes)
