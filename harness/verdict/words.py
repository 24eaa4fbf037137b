"""The verdict's sentences: reasons of an item, and the decision in words."""

from collections import Counter
from collections.abc import Sequence

from harness.verdict.model import Decision, ItemVerdict, KnownIssueVerdict, RunFacts, TestResult
from runbook.loader import Item

REASONS_SHOWN = 3


def why_no_test(item: Item, facts: RunFacts) -> str:
    if facts.unreachable is not None:
        return "the target was not reached"
    if facts.interrupted:
        return "the run was interrupted before it"
    if facts.partial:
        return "not selected in this partial run"
    return f"no check of it exists yet; it takes {item.proof}"


def reasons(lead: str, tests: Sequence[TestResult], *, counted: bool = True) -> str:
    """Equal reasons grouped, most frequent first: `<lead>a (2 cases); b (1 case)`.

    `counted`: whether to count a single group too; pass False when `lead` holds the number already.
    Reasons that are all different are not counted.
    """
    if not tests:
        return ""
    groups = Counter(first_line(test.message) for test in tests).most_common()
    several = groups[0][1] > 1 and (counted or len(groups) > 1)
    shown = [
        f"{reason} ({count(number, 'case')})" if several else reason
        for reason, number in groups[:REASONS_SHOWN]
    ]
    if groups[REASONS_SHOWN:]:
        shown.append(f"and {count(len(groups) - REASONS_SHOWN, 'other reason')}")
    return lead + "; ".join(shown)


def first_line(message: str) -> str:
    return next((line.strip() for line in message.splitlines() if line.strip()), "no reason was given")


def joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def summary(
    decision: Decision, facts: RunFacts, items: Sequence[ItemVerdict], known: Sequence[KnownIssueVerdict]
) -> str:
    """The decision in words, without the decision's name."""
    match decision:
        case "UNREACHABLE":
            return f"no check was run: {first_line(facts.unreachable or '')}"
        case "NO-GO":
            return joined(_broken(items) or "no item broken", _bad_issues(known))
        case "PARTIAL":
            selected = [item for item in items if item.tests]
            proven = sum(item.outcome == "proven" for item in selected)
            return (
                f"nothing broken; {proven} of {count(len(selected), 'selected item')} proven, "
                f"{len(items) - len(selected)} not selected. This is not a verdict on the release"
            )
        case "INCONCLUSIVE":
            interrupted = "the run was interrupted" if facts.interrupted else ""
            empty = "" if _proven(items) else "nothing proven"
            return joined("nothing broken", interrupted, empty, _open(items), _tolerated(items))
        case "GO":
            required = [item for item in items if item.required and item.known_issue is None]
            rest = sum(item.outcome == "not proven" for item in items)
            optional = f"{rest} not proven and not required" if rest else ""
            return joined(
                f"{_proven(required)} of {count(len(required), 'required item')} proven",
                optional,
                _tolerated(items),
            )


def _proven(items: Sequence[ItemVerdict]) -> int:
    return sum(item.outcome in ("proven", "attested") for item in items)


def _broken(items: Sequence[ItemVerdict]) -> str:
    ids = [item.id for item in items if item.decides]
    return f"{len(ids)} of {count(len(items), 'item')} broken: {', '.join(ids)}" if ids else ""


def _bad_issues(known: Sequence[KnownIssueVerdict]) -> str:
    bad = [f"{k.issue.ticket} {'has expired' if k.state == 'expired' else k.state}" for k in known if k.bad]
    return f"{count(len(bad), 'known issue')} to clear up: {', '.join(bad)}" if bad else ""


def _open(items: Sequence[ItemVerdict]) -> str:
    ids = [item.id for item in items if item.open]
    required = sum(item.required for item in items)
    return f"{len(ids)} of {count(required, 'required item')} not proven: {', '.join(ids)}" if ids else ""


def _tolerated(items: Sequence[ItemVerdict]) -> str:
    ids = [item.id for item in items if item.known_issue is not None]
    return f"{len(ids)} broken by a known issue: {', '.join(ids)}" if ids else ""
