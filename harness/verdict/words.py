"""The verdict's sentences: reasons of an item, and the decision in words."""

from collections import Counter
from collections.abc import Sequence
from typing import get_args

from harness.verdict.attestations import Attestation
from harness.verdict.comparison import of_item
from harness.verdict.message import parts
from harness.verdict.model import (
    Decision,
    ItemVerdict,
    KnownIssueVerdict,
    RollbackAdvice,
    RunFacts,
    Sign,
    TestOutcome,
    TestResult,
    Verdict,
)
from runbook.loader import Item, Severity

REASONS_SHOWN = 3
IN_PART = "not all its checks were selected"
BEFORE = "predeploy"  # the phase in which players still have the release before
_BROKEN: dict[Severity, str] = {  # worst first
    "blocker": "A blocker is broken: the release can't stay.",
    "critical": "A critical promise is broken: the release can't stay for long.",
    "normal": "A lesser promise is broken: mend it within hours, not at night.",
}
_NOT_READY: dict[Severity, str] = {
    "blocker": "A blocker is broken: the release can't be deployed.",
    "critical": "A critical promise is broken: the release had better not be deployed.",
    "normal": "A lesser promise is broken: mend it before the deploy, if there is time.",
}


def why_no_test(item: Item, facts: RunFacts) -> str:
    if facts.unreachable is not None:
        return "the target was not reached"
    if facts.interrupted:
        return facts.gap or "the run was interrupted before it"
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


def signatures(signed: Sequence[Attestation]) -> str:
    """`signed by Jo, 2026-11-23 01:02 UTC: pressed the button`, for each."""
    return joined(*(f"signed by {one.by}, {one.at:%Y-%m-%d %H:%M %Z}: {one.note}" for one in signed))


def void(facts: RunFacts, attestations: Sequence[Attestation]) -> list[str]:
    """A note on what was signed for another version or environment, for each of those."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in attestations:
        found.setdefault((one.environment, one.version), []).append(f"{one.item} by {one.by}")
    here = f"{facts.environment}, version {facts.version or '(not known)'}"
    return [
        f"void, signed for {environment}, version {version}, and this is {here}: {', '.join(signed)}"
        for (environment, version), signed in found.items()
    ]


def first_line(message: str) -> str:
    return next((line.strip() for line in message.splitlines() if line.strip()), "no reason was given")


def in_words(test: str) -> str:
    """`test_alg_none_is_refused[x]` as `alg none is refused [x]`."""
    name, bracket, case = test.removeprefix("test_").partition("[")
    return name.replace("_", " ") + (f" [{case}" if bracket else "")


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
            return joined(_broken(items) or "no item broken", bad_issues(known))
        case "PARTIAL":
            selected = [item for item in items if item.tests]
            whole = [item.complete for item in selected if item.outcome == "proven"]
            in_part = f"{whole.count(False)} in part, " if not all(whole) else ""
            return (
                joined(
                    "nothing broken",
                    _attested(items),
                    f"{whole.count(True)} of {count(len(selected), 'selected item')}",
                )
                + f" proven, {in_part}{len(items) - len(selected)} not selected. "
                + "This is not a verdict on the release"
            )
        case "INCONCLUSIVE":
            interrupted = (facts.gap or "the run was interrupted") if facts.interrupted else ""
            empty = "" if _proven(items) else "nothing proven"
            return joined(
                "nothing broken", interrupted, empty, _open(items), _attested(items), _tolerated(items)
            )
        case "GO":
            required = [item for item in items if item.required and item.known_issue is None]
            rest = sum(item.outcome == "not proven" for item in items)
            optional = f"{rest} not proven and not required" if rest else ""
            proven = sum(item.outcome == "proven" for item in required)
            return joined(
                f"{proven} of {count(len(required), 'required item')} proven",
                _attested(items),
                optional,
                _tolerated(items),
            )


def caveats(verdict: Verdict) -> list[str]:
    """What has to be known before the decision is read, where its name does not say it: the run was not whole."""
    said = []
    if verdict.gap:
        said.append(f"Incomplete: {verdict.gap}; more may be broken than was seen.")
    elif verdict.interrupted:
        said.append("Interrupted run: it was stopped before its end, and more may be broken than it saw.")
    if verdict.partial and verdict.decision != "PARTIAL":
        said.append("Partial run: only some checks were selected, and more may be broken than they show.")
    return said


def meaning(verdict: Verdict) -> str:
    """What the decision says about the release."""
    known = any(item.known_issue for item in verdict.items)
    match verdict.decision:
        case "UNREACHABLE":
            return "Nothing was checked: this says nothing about the release, neither good nor bad."
        case "NO-GO":
            broken = {item.severity for item in verdict.items if item.decides}
            how_bad = _NOT_READY if verdict.phase == BEFORE else _BROKEN
            worst = next((said for severity, said in how_bad.items() if severity in broken), None)
            return worst or "Nothing new is broken, but what was agreed on a known issue no longer holds."
        case "PARTIAL":
            return "Only a part was checked, and nothing in it is broken. The release itself was not judged."
        case "INCONCLUSIVE":
            return f"Nothing {'newly ' * known}broken was found, but whether the release holds is not known."
        case "GO":
            signed = any(item.outcome == "attested" for item in verdict.items)
            holds = "What is required holds" + "; some of it because a person has signed for it" * signed
            return holds + (", but for what is known." if known else ".")


def to_do(verdict: Verdict) -> list[str]:
    """What to do now, beside the scenarios of `verdict.rollback`."""
    match verdict.decision:
        case "UNREACHABLE":
            return ["Look at the deployment. Do not roll back on this alone.", "Run again once it answers."]
        case "NO-GO":
            return [f"{known.issue.ticket}: {known.remedy}" for known in verdict.known_issues if known.bad]
        case "PARTIAL":
            return ["Run the whole checklist before you decide on the release."]
        case "INCONCLUSIVE" if verdict.interrupted:
            return ["Run it again, to its end, before you decide on the release."]
        case "INCONCLUSIVE":
            return [
                "Prove what is not proven (see below) and run again.",
                "Until then a person has to decide: this is no leave to deploy."
                if verdict.phase == BEFORE
                else "Until then a person has to decide: this is no reason to roll back, and no leave to go on.",
            ]
        case "GO":
            return ["Deploy the release." if verdict.phase == BEFORE else "Keep the release."]


def sign(seen: Sign) -> str:
    """A symptom with what this run saw of it."""
    return f"{seen.text}: {seen.state}" + (f" ({', '.join(seen.because)})" if seen.because else "")


def how_to_stop(advice: RollbackAdvice) -> str:
    """What stands above the steps that stop purchases."""
    return "To stop purchases now" if advice.stop_first else "If purchases must stop meanwhile"


def warnings(item: ItemVerdict) -> list[str]:
    """What the failed tests of an item say against themselves, each once."""
    told = (part for test in item.tests if test.outcome == "failed" for part in parts(test.message))
    return list(dict.fromkeys(said for label, said in told if label == "beware"))


def totals(verdict: Verdict) -> str:
    """All checks of a run: `470 (465 passed, 3 failed, 2 not proven)`."""
    number = Counter(test.outcome for item in verdict.items for test in item.tests)
    each = ", ".join(f"{number[outcome]} {outcome}" for outcome in get_args(TestOutcome))
    return f"{number.total()} ({each})"


def counts(item: ItemVerdict) -> dict[TestOutcome, int]:
    """How many of an item's tests came to what, without those to which none came."""
    number = Counter(test.outcome for test in item.tests)
    return {outcome: number[outcome] for outcome in get_args(TestOutcome) if number[outcome]}


def told_of(item: ItemVerdict, verdict: Verdict) -> str:
    """How bad it is if it is broken, and whether that is news: `blocker, newly broken`."""
    news = of_item(verdict.comparison, item.id) if item.outcome == "broken" else ""
    return f"{item.severity}, {news}" if news else item.severity


def _proven(items: Sequence[ItemVerdict]) -> int:
    return sum(item.outcome in ("proven", "attested") for item in items)


def _attested(items: Sequence[ItemVerdict]) -> str:
    ids = [item.id for item in items if item.outcome == "attested"]
    return f"{len(ids)} attested: {', '.join(ids)}" if ids else ""


def _broken(items: Sequence[ItemVerdict]) -> str:
    ids = [item.id for item in items if item.decides]
    return f"{len(ids)} of {count(len(items), 'item')} broken: {', '.join(ids)}" if ids else ""


def bad_issues(known: Sequence[KnownIssueVerdict]) -> str:
    """Those that decide: `2 known issues to clear up: DH-1 has expired, DH-2 no longer fails`."""
    bad = [f"{k.issue.ticket} {'has expired' if k.state == 'expired' else k.state}" for k in known if k.bad]
    return f"{count(len(bad), 'known issue')} to clear up: {', '.join(bad)}" if bad else ""


def _open(items: Sequence[ItemVerdict]) -> str:
    ids = [item.id for item in items if item.open]
    required = sum(item.required for item in items)
    return f"{len(ids)} of {count(required, 'required item')} not proven: {', '.join(ids)}" if ids else ""


def _tolerated(items: Sequence[ItemVerdict]) -> str:
    ids = [item.id for item in items if item.known_issue is not None]
    return f"{len(ids)} broken by a known issue: {', '.join(ids)}" if ids else ""
