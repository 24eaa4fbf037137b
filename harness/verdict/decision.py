"""Outcomes + checklist + known issues → one verdict. Pure: no clock, no files, no pytest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from harness.verdict import words
from harness.verdict.advice import advise
from harness.verdict.attestations import Attestation
from harness.verdict.comparison import Earlier, compare
from harness.verdict.model import (
    Decision,
    IssueState,
    ItemOutcome,
    ItemVerdict,
    KnownIssueVerdict,
    RunFacts,
    TestResult,
    TestVerdict,
    Verdict,
)
from harness.verdict.regions import together
from harness.verdict.waivers import KnownIssue, matches
from runbook.errors import ConfigError
from runbook.loader import Item, Runbook


def decide(
    runbook: Runbook,
    facts: RunFacts,
    results: Sequence[TestResult],
    *,
    not_required: Sequence[str],
    waivers: Sequence[KnownIssue],
    today: date,
    attestations: Sequence[Attestation] = (),
    earlier: Earlier | None = None,
) -> Verdict:
    """The verdict on a run. `not_required`: `item.id`, or `item.id:pattern` for single cases of it.

    `attestations`: all that are known; those for another version or environment only leave a note. `earlier`: the run
    to compare with; one that did not reach its target is compared with none.

    Raises ConfigError for a result whose item is not on the checklist: it must not vanish from the verdict.
    """
    assert all(result.region in (facts.regions or ("",)) for result in results)
    for result in results:
        runbook.check_item_id(result.item, result.nodeid)
    valid = [issue for issue in waivers if not issue.expired(today)]
    counting = [each for each in attestations if each.counts(facts.environment, facts.version)]

    def judged(item: Item, region: str) -> ItemVerdict:
        own = [r for r in results if (r.item, r.region) == (item.id, region)]
        alone = _judge(item, facts, own, not_required, valid)
        return _attested(alone, [each for each in counting if each.item == item.id])

    regions = facts.regions or ("",)
    items = tuple(together({name: judged(item, name) for name in regions}) for item in runbook.items)
    known = tuple(_state(issue, runbook, facts, results, today) for issue in waivers)
    decision = _decision(facts, items, known)
    complete = not facts.partial and not facts.interrupted
    reached = facts.unreachable is None
    return Verdict(
        decision=decision,
        summary=words.summary(decision, facts, items, known),
        environment=facts.environment,
        phase=facts.phase,
        base_url=facts.base_url,
        version=facts.version,
        partial=facts.partial,
        interrupted=facts.interrupted,
        unreachable=facts.unreachable,
        started=facts.started,
        finished=facts.finished,
        items=items,
        rollback=advise(
            runbook, items, [r for r in results if r.outcome == "failed" and not _known(r, valid)]
        ),
        known_issues=known,
        writes=facts.writes,
        retries=facts.retries,
        notes=(*facts.notes, *words.void(facts, [each for each in attestations if each not in counting])),
        comparison=compare(earlier, items, complete=complete) if earlier and reached else None,
        course=facts.course,
        regions=facts.regions,
        gap=facts.gap,
        signals=facts.signals,
        rounds=facts.rounds,
        by_hand=tuple(each for each in counting if each.item not in runbook.ids),
    )


def check_not_required(runbook: Runbook, entries: Sequence[str], where: str) -> None:
    """Raises ConfigError at `where` for an entry that is neither `item.id` nor `item.id:pattern`."""
    for entry in entries:
        item_id, colon, pattern = entry.partition(":")
        runbook.check_item_id(item_id, where)
        if colon and not pattern:
            raise ConfigError(where, f"{entry!r} has no pattern after the colon", f'write "{item_id}" alone')


def _decision(facts: RunFacts, items: Sequence[ItemVerdict], known: Sequence[KnownIssueVerdict]) -> Decision:
    if facts.unreachable is not None:
        return "UNREACHABLE"
    if any(item.decides for item in items) or any(issue.bad for issue in known):
        return "NO-GO"
    # before PARTIAL, whose exit code 0 says that everything selected has run
    if facts.interrupted:
        return "INCONCLUSIVE"
    if facts.partial:
        return "PARTIAL"
    # Were nothing required, a run that proved nothing would be GO.
    nothing_proven = not any(item.outcome in ("proven", "attested") for item in items)
    return "INCONCLUSIVE" if nothing_proven or any(item.open for item in items) else "GO"


# --- one item


@dataclass(frozen=True)
class _Sorted:
    """An item's results by what they mean for it."""

    passed: list[TestResult]
    failed: list[TestResult]
    known: list[TestResult]
    unproven: list[TestResult]
    optional: list[TestResult]


def _judge(
    item: Item,
    facts: RunFacts,
    results: list[TestResult],
    not_required: Sequence[str],
    waivers: Sequence[KnownIssue],
) -> ItemVerdict:
    patterns = [e.partition(":")[2] for e in not_required if e.startswith(f"{item.id}:")]
    tests = _sort(results, patterns, waivers)
    outcome, reason = _outcome(item, facts, tests, len(results))
    tickets: list[str] = []
    if tests.known and not tests.failed:
        covering = [w for w in waivers if any(w.covers(r.item, r.nodeid) for r in tests.known)]
        tickets = [w.ticket for w in covering]
        named = ", ".join(f"known issue {w.ticket}, {w.owner}, expires {w.expires}" for w in covering)
        reason = words.joined(named, reason)
    required = item.id not in not_required
    # An issue on the item as a whole accepts that it does not hold; one on a test only accepts that test.
    accepted = any(w.item == item.id for w in waivers) and outcome == "broken"
    unproven = outcome == "not proven" or (bool(tickets) and bool(tests.unproven) and not accepted)
    return ItemVerdict(
        **item.model_dump(exclude={"wording", "phase", "first_action"}),
        required=required,
        outcome=outcome,
        reason=reason,
        known_issue=", ".join(dict.fromkeys(tickets)) or None,
        open=required and unproven,
        complete=item.id not in facts.left_out,
        attestations=(),
        tests=tuple(TestVerdict(r.nodeid, r.outcome, r.message, r.visits, r.region) for r in results),
    )


def _attested(item: ItemVerdict, signed: Sequence[Attestation]) -> ItemVerdict:
    """The item as it stands with these signatures: they count for what was not proven, never for what is broken."""
    if not signed:
        return item
    item = replace(item, attestations=tuple(signed))
    if item.outcome == "not proven":
        reason = words.joined(words.signatures(signed), f"not proven by this run: {item.reason}")
        return replace(item, outcome="attested", open=False, reason=reason)
    if item.outcome == "broken":
        return replace(item, reason=words.joined(item.reason, f"yet {words.signatures(signed)}"))
    return item


def _sort(results: list[TestResult], patterns: list[str], waivers: Sequence[KnownIssue]) -> _Sorted:
    tests = _Sorted([], [], [], [], [])
    for result in results:
        if result.outcome == "passed":
            tests.passed.append(result)
        elif result.outcome == "failed":
            (tests.known if _known(result, waivers) else tests.failed).append(result)
        else:
            optional = any(matches(test_name(result.nodeid), pattern) for pattern in patterns)
            (tests.optional if optional else tests.unproven).append(result)
    return tests


def _known(result: TestResult, waivers: Sequence[KnownIssue]) -> bool:
    return any(issue.covers(result.item, result.nodeid) for issue in waivers)


def _outcome(item: Item, facts: RunFacts, tests: _Sorted, total: int) -> tuple[ItemOutcome, str]:
    if total == 0:
        return "not proven", words.why_no_test(item, facts)
    held = f"{len(tests.passed)} of {total} cases hold" if tests.passed else ""
    not_proven = words.reasons("not proven: ", tests.unproven)
    if tests.failed:
        broken = f"{len(tests.failed)} of {words.count(total, 'case')} broken: "
        return "broken", words.joined(
            words.reasons(broken, tests.failed, counted=False),
            words.reasons("known: ", tests.known),
            not_proven,
        )
    if tests.known:
        return "broken", words.joined(words.reasons("", tests.known), not_proven)
    if tests.unproven or not tests.passed:
        lead = "not proven: " if held else ""
        return "not proven", words.joined(held, words.reasons(lead, tests.unproven + tests.optional))
    which = "selected " if facts.partial else "finished " if facts.interrupted else ""
    holds = f"{len(tests.passed)} {which}{'case holds' if len(tests.passed) == 1 else 'cases hold'}"
    optional = f"{words.count(len(tests.optional), 'optional case')} not proven: "
    if item.id in facts.left_out:
        holds += f"; {words.IN_PART}"
    return "proven", words.joined(holds, words.reasons(optional, tests.optional, counted=False))


def test_name(nodeid: str) -> str:
    """`test_x[case]` of `smoke/test_y.py::TestZ::test_x[case]`; the case may contain `::`."""
    path, bracket, case = nodeid.partition("[")
    return path.rpartition("::")[2] + bracket + case


# --- the run


def _state(
    issue: KnownIssue, runbook: Runbook, facts: RunFacts, results: Sequence[TestResult], today: date
) -> KnownIssueVerdict:
    covered = [r for r in results if issue.covers(r.item, r.nodeid)]
    failed = tuple(r.nodeid for r in covered if r.outcome == "failed")
    state: IssueState = "fails" if failed else "not seen"
    # In an incomplete run the test that fails may not be among those that ran.
    complete = issue.names_one_test or not (facts.partial or facts.interrupted)
    # What players meet may not have happened yet.
    may_come = any(runbook.item(result.item).phase == "postdeploy" for result in covered)
    if issue.expired(today):
        state = "expired"
    elif complete and covered and not may_come and all(r.outcome == "passed" for r in covered):
        state = "no longer fails"
    return KnownIssueVerdict(issue, state, failed)
