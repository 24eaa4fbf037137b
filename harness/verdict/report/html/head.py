"""The first screen: the decision, what it means, what to do now, and what was checked when."""

from collections.abc import Iterator
from itertools import chain

from harness.verdict import comparison, waiting, words
from harness.verdict.model import Decision, RollbackAdvice, Verdict
from harness.verdict.report.html.markup import (
    Markup,
    lines,
    link,
    listed,
    many,
    numbered,
    pairs,
    symbol,
    tag,
    text,
)
from harness.verdict.report.terminal import duration, when

SIGNS: dict[Decision, str] = {
    "GO": "✓",
    "NO-GO": "✗",
    "INCONCLUSIVE": "?",
    "UNREACHABLE": "!",
    "PARTIAL": "◐",
}


def decision(verdict: Verdict) -> Markup:
    """In a box of its own, readable in ten seconds."""
    steps = list(_steps(verdict))
    return tag(
        "div",
        tag("h1", symbol(SIGNS[verdict.decision]), text(verdict.decision)),
        *(tag("p", text(caveat), class_="caveat") for caveat in words.caveats(verdict)),
        tag("p", text(words.meaning(verdict)), class_="meaning"),
        tag("p", text(verdict.summary), class_="summary"),
        *_cause(verdict),
        *_news(verdict),
        tag("h2", text("What to do now")),
        tag("p", steps[0]) if len(steps) == 1 else numbered(steps),
        *(tag("p", text(way), class_="way") for way in filter(None, [waiting.way_to_go(verdict)])),
        class_=f"decision {verdict.decision.lower()}",
    )


def facts(verdict: Verdict) -> Markup:
    """Which deployment, in which version, when and for how long."""
    return pairs(
        (
            (text("Environment"), text(verdict.place)),
            (text("Address"), tag("code", text(verdict.base_url))),
            (text("Version"), text(verdict.version or "unknown")),
            (
                text("Started"),
                tag("time", text(when(verdict)), datetime=verdict.started.isoformat(timespec="seconds")),
            ),
            (text("Took"), text(duration(verdict.duration_s))),
            (text("Exit code"), text(str(verdict.exit_code))),
        ),
        class_="facts",
    )


def scenario_anchor(advice: RollbackAdvice) -> str:
    return f"scenario-{advice.scenario}"


def scenario_title(advice: RollbackAdvice) -> Markup:
    return text(f"Scenario {advice.scenario}: {advice.title}")


def _doubts(verdict: Verdict, advice: RollbackAdvice) -> Markup:
    """What is to be said against a scenario, if it is said against all that calls for it."""
    said = [words.warnings(item) for item in verdict.items if item.id in advice.because]
    each = dict.fromkeys(chain.from_iterable(said)) if all(said) else ()
    doubts = (tag("span", text(f"Beware: {warning}"), class_="aside doubt") for warning in each)
    return many(Markup(f" {doubt}") for doubt in doubts)


def _cause(verdict: Verdict) -> Iterator[Markup]:
    # The summary holds its first line; the rest may be the end of the target's log.
    if verdict.unreachable is not None and len(verdict.unreachable.strip().splitlines()) > 1:
        yield tag("pre", lines(verdict.unreachable), tabindex="0")


def _news(verdict: Verdict) -> Iterator[Markup]:
    if verdict.comparison is not None:
        then = comparison.base(verdict.comparison)
        said = f"Since the last whole run ({then}): {comparison.in_short(verdict.comparison)}."
        yield tag("p", text(said), class_="since")


def _steps(verdict: Verdict) -> Iterator[Markup]:
    for advice in verdict.rollback:
        yield Markup(
            tag("strong", text(advice.first_action))
            + " "
            + tag(
                "span",
                link(scenario_anchor(advice), scenario_title(advice)),
                text(". Call: "),
                listed(advice.escalate_to),
                class_="aside",
            )
            + _doubts(verdict, advice)
        )
    for step in words.to_do(verdict):
        yield tag("strong", text(step))
