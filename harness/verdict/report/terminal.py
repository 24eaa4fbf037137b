"""The verdict for a person at a terminal: lines of plain text, with pytest's markup beside them."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator

from harness.verdict import comparison, waiting, words
from harness.verdict.model import ItemVerdict, RollbackAdvice, Verdict
from harness.verdict.report import inert
from harness.verdict.report.inert import one_line

Line = tuple[str, dict[str, bool]]

BOLD, RED, GREEN, YELLOW = {"bold": True}, {"red": True}, {"green": True}, {"yellow": True}
DECISION_MARKUP = {"GO": GREEN, "NO-GO": RED, "UNREACHABLE": RED, "INCONCLUSIVE": YELLOW, "PARTIAL": YELLOW}
OUTCOME_WIDTH = 12  # "not proven" and a gap
ID_WIDTH = 29  # all ids but one, and a gap; that one pushes its title to the right
REASON_LINES = 2
TESTS_SHOWN = 5


def render(verdict: Verdict, width: int = 80) -> list[Line]:
    """(text, markup) pairs of at most `width` columns (60 or more), one a line; the decision comes last.

    The markup's keys are those of pytest's `TerminalReporter.write_line`. Colour only repeats what words say.
    """
    width = max(width, 60)
    blocks: list[tuple[str, Iterable[Line]]] = [
        ("CHECKLIST", _checklist(verdict, width)),
        ("BROKEN", _broken(verdict, width)),
        ("WHAT TO DO", _to_do(verdict, width)),
        ("SINCE THE LAST WHOLE RUN", _comparison(verdict, width)),
        ("KNOWN ISSUES", _known_issues(verdict, width)),
        ("ATTESTED by a person", _attested(verdict, width)),
        ("NOT PROVEN, and what would prove it", _not_proven(verdict, width)),
        ("NOTES", _notes(verdict, width)),
        ("THIS RUN", _run(verdict, width)),
    ]
    lines: list[Line] = []
    for heading, block in blocks:
        body = list(block)
        if body:
            lines += [(heading, BOLD), *body, ("", {})]
    return [*lines, *_decision(verdict, width)]


def item_word(item: ItemVerdict) -> str:
    """The outcome as the table shows it; capitals for what makes the run NO-GO."""
    return item.outcome.upper() if item.decides else item.outcome


def duration(seconds: float) -> str:
    """`12.3 s`, or `2 min 5 s` from a minute on."""
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


def when(verdict: Verdict) -> str:
    """When the run started, to the second and with its time zone."""
    return verdict.started.strftime("%Y-%m-%d %H:%M:%S %Z").strip()


def write_counts(verdict: Verdict) -> str:
    """`12 x account, 3 x webhook`, most frequent first; what was taken back again is none of it."""
    kinds = Counter(str(write.get("kind", "write")) for write in verdict.writes)
    del kinds["taken back"]
    return ", ".join(f"{number} x {kind}" for kind, number in kinds.most_common())


def _checklist(verdict: Verdict, width: int) -> Iterator[Line]:
    for item in verdict.items:
        if verdict.partial and not item.tests and item.outcome == "not proven":
            continue  # listed once, below what is not proven
        markup = _markup(item)
        first = f"{item_word(item):<{OUTCOME_WIDTH}}{item.id:<{ID_WIDTH - 2}}  "
        hanging = min(OUTCOME_WIDTH + ID_WIDTH, width // 2)
        yield from _wrapped(item.title, width, first, " " * hanging, markup)
        why = "" if item.outcome == "proven" and item.complete else _short_reason(verdict, item)
        if why:
            indent = " " * OUTCOME_WIDTH
            lines = list(_wrapped(why, width - 4, indent, indent))
            if len(lines) > REASON_LINES:
                lines = [*lines[: REASON_LINES - 1], (lines[REASON_LINES - 1][0] + " ...", {})]
            yield from lines


def _short_reason(verdict: Verdict, item: ItemVerdict) -> str:
    # In a run that did not come to all items, the reason is the same for many and stands further down.
    incomplete = verdict.partial or verdict.interrupted or verdict.unreachable is not None
    if incomplete and not item.tests:
        return ""
    reason = waiting.in_short(item)
    return reason if item.required or item.outcome == "broken" else f"not required: {reason}"


def _broken(verdict: Verdict, width: int) -> Iterator[Line]:
    for item in verdict.items:
        if not item.decides:
            continue
        yield from _wrapped(
            f"{item.id}: {item.title} ({words.told_of(item, verdict)})", width, "  ", "    ", RED
        )
        yield from _wrapped(item.promise, width, "    promised: ", " " * 14)
        yield from _wrapped(item.reason, width, "    observed: ", " " * 14)
        failed = [test.nodeid for test in item.tests if test.outcome == "failed"]
        for nodeid in failed[:TESTS_SHOWN]:
            yield from _wrapped(nodeid, width, "      ", "        ")
        if failed[TESTS_SHOWN:]:
            yield f"      and {len(failed) - TESTS_SHOWN} more", {}


def _to_do(verdict: Verdict, width: int) -> Iterator[Line]:
    for advice in verdict.rollback:
        title = f"Scenario {advice.scenario}: {advice.title} (because of {', '.join(advice.because)})"
        yield from _wrapped(title, width, "  ", "    ", BOLD)
        yield from _wrapped(advice.first_action, width, "    first: ", " " * 11, BOLD)
        yield from _steps(advice, width)
        for number, symptom in enumerate(advice.symptoms):
            label = " " * 11 if number else "    shows: "
            yield from _wrapped(words.sign(symptom), width, label, " " * 13)
        yield from _wrapped("; ".join(advice.escalate_to), width, "    call:  ", " " * 11, BOLD)
    if verdict.decision != "GO":
        for step in words.to_do(verdict):
            yield from _wrapped(step, width, "  ", "    ", BOLD)


def _steps(advice: RollbackAdvice, width: int) -> Iterator[Line]:
    then, stop = ("then:", advice.steps), (f"{words.how_to_stop(advice).lower()}:", advice.stop_purchases)
    for lead, steps in (stop, then) if advice.stop_first else (then, stop):
        if lead != "then:" and steps:
            yield f"    {lead}", {}
        for number, step in enumerate(steps, 1):
            label = "    then:  " if lead == "then:" and number == 1 else " " * 11
            yield from _wrapped(step, width, f"{label}{number}. ", " " * 14)


def _comparison(verdict: Verdict, width: int) -> Iterator[Line]:
    if verdict.comparison is None:
        return
    yield from _wrapped(f"that was {comparison.base(verdict.comparison)}", width, "  ", "    ")
    for label, changed in comparison.lines(verdict.comparison, verdict.items):
        yield from _wrapped(f"{label.lower()}: {changed}", width, "  ", "    ")


def _known_issues(verdict: Verdict, width: int) -> Iterator[Line]:
    for known in verdict.known_issues:
        issue = known.issue
        state = known.state.upper() if known.bad else known.state
        text = (
            # each for itself: what one begins, as a terminal's title, must not swallow the next
            f"{one_line(issue.ticket)} ({state}): {issue.item or issue.test}: {one_line(issue.reason)} "
            f"Owner {one_line(issue.owner)}, expires {issue.expires}. {known.remedy}"
        )
        yield from _wrapped(text, width, "  ", "    ", RED if known.bad else YELLOW)


def _attested(verdict: Verdict, width: int) -> Iterator[Line]:
    for item in verdict.items:
        if item.outcome == "attested":
            yield from _wrapped(f"{item.id}: {item.title}", width, "  ", "    ")
            for signed in item.attestations:
                yield from _wrapped(words.signatures([signed]), width, "    ", "      ")
    for signed in verdict.by_hand:
        yield from _wrapped(signed.item, width, "  ", "    ")
        yield from _wrapped(words.signatures([signed]), width, "    ", "      ")


def _not_proven(verdict: Verdict, width: int) -> Iterator[Line]:
    for required in (True, False):
        groups = waiting.by_reason(
            [item for item in waiting.not_proven(verdict) if item.required == required]
        )
        for reason, items in groups.items():
            lead = "required" if required else "not required"
            ids = ", ".join(f"{item.id} ({cases})" if cases else item.id for item, cases in items)
            yield from _wrapped(f"{lead}: {ids}", width, "  ", "    ", YELLOW if required else {})
            # An empty line would end the section.
            yield from _wrapped(one_line(reason) or "no reason is given", width, "    ", "    ")


def _notes(verdict: Verdict, width: int) -> Iterator[Line]:
    for note in verdict.notes:
        yield from _wrapped(note, width, "  ", "    ")


def _run(verdict: Verdict, width: int) -> Iterator[Line]:
    yield f"  checks: {words.totals(verdict)}", {}
    wrote = write_counts(verdict) or "nothing"
    yield from _wrapped(f"wrote on the target: {wrote}", width, "  ", "    ")
    yield from _wrapped(
        f"requests sent again (connection errors, throttling): {verdict.retries}", width, "  ", "    "
    )


def _decision(verdict: Verdict, width: int) -> Iterator[Line]:
    markup = {**DECISION_MARKUP[verdict.decision], "bold": True}
    yield from _wrapped(f"{verdict.decision}: {verdict.summary}", width, "", "  ", markup)
    for caveat in words.caveats(verdict):
        yield from _wrapped(caveat, width, "  ", "    ", YELLOW)
    version = f"version {verdict.version}" if verdict.version else "version unknown"
    for text in (
        f"{verdict.place}, {verdict.base_url}, {version}",
        f"{when(verdict)}, took {duration(verdict.duration_s)}",
    ):
        yield from _wrapped(text, width, "  ", "  ")
    if way := waiting.way_to_go(verdict):
        yield from _wrapped(way, width, "  ", "    ")


def _markup(item: ItemVerdict) -> dict[str, bool]:
    if item.decides:
        return {**RED, "bold": True}
    if item.outcome in ("proven", "attested"):
        return GREEN if item.complete or item.outcome == "attested" else YELLOW
    return YELLOW if item.required else {}


def _wrapped(
    text: str, width: int, first: str, rest: str, markup: dict[str, bool] | None = None
) -> Iterator[Line]:
    # Ids hold hyphens: broken there, they could not be copied.
    lines = textwrap.wrap(
        one_line(text), width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )
    for line in lines or [first.rstrip()]:
        # What stood in the middle of a text may now begin a line, and be a command there.
        yield inert.lines(line), dict(markup or {})
