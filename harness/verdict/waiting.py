"""What is not proven, what stands in its way, and what would have to hold for GO."""

import re
from collections.abc import Sequence

from harness.verdict import words
from harness.verdict.model import ItemVerdict, Verdict

NAMED = 5  # items in a sentence
_UP_TO_REMEDY = re.compile(r"^(?:`[^`]*`|[^;])*")  # a command within may hold a semicolon


def not_proven(verdict: Verdict) -> list[ItemVerdict]:
    """What is not proven, or not all that is required of it."""
    return [item for item in verdict.items if item.outcome == "not proven" or item.open]


def in_short(item: ItemVerdict) -> str:
    """An item's reason without what would prove it, which is the same for many."""
    return _UP_TO_REMEDY.findall(item.reason)[0] if item.outcome == "not proven" else item.reason


def by_reason(items: Sequence[ItemVerdict]) -> dict[str, list[tuple[ItemVerdict, str]]]:
    """Items that are not proven by what stands in the way, each with how many of its cases: `2 of 11 cases`."""
    groups: dict[str, list[tuple[ItemVerdict, str]]] = {}
    for item in items:
        stopped = [words.first_line(test.message) for test in item.tests if test.outcome == "not proven"]
        for reason in dict.fromkeys(stopped):
            cases = f"{stopped.count(reason)} of {words.count(len(item.tests), 'case')}"
            groups.setdefault(reason, []).append((item, cases))
        if not stopped:
            groups.setdefault(item.reason, []).append((item, ""))
    return groups


def way_to_go(verdict: Verdict) -> str:
    """What has to become true before a run can end in GO; empty where this one did."""
    if verdict.decision == "GO":
        return ""
    whole = not (verdict.partial or verdict.interrupted or verdict.unreachable is not None)
    broken = [item.id for item in verdict.items if item.decides]
    unproven = [item.id for item in verdict.items if item.open and not item.decides and (whole or item.tests)]
    nothing = not any(item.outcome in ("proven", "attested") for item in verdict.items)
    return "GO becomes possible when: " + words.joined(
        "the target answers" if verdict.unreachable is not None else "",
        f"{_some(broken)} {'holds' if len(broken) == 1 else 'hold'}" if broken else "",
        words.bad_issues(verdict.known_issues),
        f"proven, or signed for: {_some(unproven)}" if unproven else "",
        "something is proven" if whole and nothing and not (broken or unproven) else "",
        "" if whole else "the whole checklist has run to its end",
    )


def _some(ids: Sequence[str]) -> str:
    return ", ".join(ids[:NAMED]) + (f" and {len(ids) - NAMED} more" if ids[NAMED:] else "")
