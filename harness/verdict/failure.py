"""What a failed test tells: promised, observed, how to repeat it, and the rollback scenario."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import indent

import pytest

from harness.errors import ProbeFailed
from harness.evidence.exchange import Evidence, Exchange
from harness.evidence.forged import how_to_make
from harness.verdict.checks import gave_away
from harness.verdict.report import inert
from harness.verdict.words import in_words
from runbook.loader import Item, Runbook, Scenario

_SHOWN = 2  # exchanges in full: an assertion is about what was read last
_ERROR = re.compile(r"^([\w.]*\.)?(AssertionError|PromiseBroken|NoAnswer|DriftError|ProbeFailed): ")
_LISTED = 10  # exchanges of the story, by title, and by command if they write
_UNDER = " " * 11  # below the text of a labelled line
# What an assertion may say. A runner of CI gets all of it from pytest: with an endless text, megabytes.
_LINES, _LINE = 40, 1000


@dataclass(frozen=True)
class Checked:
    """What a test checked, and what came of it: `place` is the line that failed, as file:line.

    `stuck`: it could not go on for a reason that may be the check's own, not the target's. `gave_away`: a purchase was
    granted that should not be.
    """

    test: str
    observed: str
    place: str
    stuck: bool = False
    gave_away: bool = False


def checked(test: pytest.Item, error: pytest.ExceptionInfo[BaseException]) -> Checked:
    """The failure of a test, placed at its own line rather than at the harness's."""
    own = [entry for entry in error.traceback if Path(entry.path) == test.path]
    line = own[-1].lineno if own else test.reportinfo()[1] or 0
    file = test.path.relative_to(test.config.rootpath).as_posix()
    stuck = isinstance(error.value, ProbeFailed)
    place = f"{file}:{line + 1}"
    return Checked(test.name, error.exconly(tryshort=True), place, stuck, gave_away(test, error.value))


class Explainer:
    """Tells each failure; one that many tests share, because they ask for the same evidence, only once."""

    def __init__(self, runbook: Runbook) -> None:
        self._runbook = runbook
        self._told: dict[BaseException, str] = {}  # the first test that failed with an error

    def explain(
        self,
        test: pytest.Item,
        item_id: str,
        error: pytest.ExceptionInfo[BaseException],
        evidence: Sequence[Evidence],
        scrub: Callable[[str], str],
    ) -> str:
        """The message of a failed test, without secrets."""
        failure = checked(test, error)
        first = self._told.setdefault(error.value, test.nodeid)
        if first != test.nodeid:
            failure = replace(failure, observed=_bounded(scrub(failure.observed)))
            again = f"{summary(failure, [])}\nchecked    {in_words(test.name)}\nthe same as {first}"
            return inert.lines(scrub(again))
        item = self._runbook.item(item_id)
        return explain(item, self._runbook.scenario(item.scenario), failure, evidence, scrub)


def explain(
    item: Item,
    scenario: Scenario,
    failure: Checked,
    evidence: Sequence[Evidence],
    scrub: Callable[[str], str],
) -> str:
    """The message of a failed test, without secrets.

    Its first line says what is wrong, and is the same for cases that fail in the same way.
    `evidence`: the exchanges that the test read, in order.
    """
    # Scrubbed before it is cut: half a secret is not recognised.
    failure = replace(failure, observed=_bounded(scrub(failure.observed)))
    lines = [summary(failure, evidence)]
    lines += [f"    {line.strip()}" for line in failure.observed.strip().splitlines()[1:]]
    lines += [f"checked    {in_words(failure.test)} ({failure.place})"]
    lines += [f"promised   {item.promise}", f"           [{item.id}, {item.severity}]"]
    lines += _shown(evidence, scrub)
    if failure.stuck:
        lines += [
            "beware     the check itself could not go on; see whether it is at fault before you roll back"
        ]
    stop = "; stop purchases first" if failure.gave_away and scenario.given_away else ""
    lines += [f"rollback   scenario {scenario.number}: {scenario.title}{stop}"]
    return inert.lines(scrub("\n".join(lines)))


def summary(failure: Checked, evidence: Sequence[Evidence]) -> str:
    """What is wrong, in one line; secrets are still in it."""
    said = _ERROR.sub("", failure.observed.strip()).partition("\n")[0] or "failed"
    title = evidence[-1].title if evidence else ""
    return said if title in said else f"{title}: {said}"


def _bounded(observed: str) -> str:
    lines = observed.strip().splitlines()
    shown = [line if len(line) <= _LINE else f"{line[:_LINE]}... ({len(line)} characters)" for line in lines]
    more = [f"... ({len(lines) - _LINES} more lines)"] if len(lines) > _LINES else []
    return "\n".join(shown[:_LINES] + more)


def _shown(evidence: Sequence[Evidence], scrub: Callable[[str], str]) -> Iterator[str]:
    if not evidence:
        return
    evidence = sorted(evidence, key=lambda exchange: exchange.started)
    last = evidence[-1]
    before = last.story[: last.story.index(last)][-_LISTED:] if last in last.story else []
    shown = evidence[-_SHOWN:]
    for step in before:
        yield f"before     {step.title}"
        # What reads needs no repeating, and what is shown below is repeated there.
        if isinstance(step, Exchange) and step.method != "GET" and step not in shown:
            yield f"{_UNDER}{step.curl(scrub)}"
    for exchange in shown:
        again = " (after a retry)" if exchange.attempts > 1 else ""
        yield "observed   " + indent(exchange.show(scrub), _UNDER).strip() + again
        command = exchange.curl(scrub)
        yield f"repeat     {command}"
        if isinstance(exchange, Exchange) and "<jwt>" in command:
            yield f"{_UNDER}{how_to_make(dict(exchange.sent_headers))}"
