"""One item in several regions: broken if it is broken in any of them, proven only if it is proven in all."""

from collections.abc import Mapping
from dataclasses import replace

from harness.verdict.model import ItemOutcome, ItemVerdict

_WORST_FIRST: tuple[ItemOutcome, ...] = ("broken", "not proven", "attested", "proven")


def together(by_region: Mapping[str, ItemVerdict]) -> ItemVerdict:
    """The item as it stands in all regions; itself where there is one without a name.

    A known issue covers it only where it covers every region in which it is broken.
    """
    each = list(by_region.values())
    if "" in by_region:
        return each[0]
    outcome = min((item.outcome for item in each), key=_WORST_FIRST.index)
    broken = [item for item in each if item.outcome == "broken"]
    tickets = dict.fromkeys(item.known_issue for item in broken if item.known_issue is not None)
    return replace(
        each[0],
        outcome=outcome,
        reason=_reason(by_region),
        known_issue=None if any(item.decides for item in broken) else ", ".join(tickets) or None,
        open=any(item.open for item in each),
        complete=all(item.complete for item in each),
        tests=tuple(test for item in each for test in item.tests),
        regions={region: item.outcome for region, item in by_region.items()},
    )


def _reason(by_region: Mapping[str, ItemVerdict]) -> str:
    """The worst outcome's first; what is to be said of all regions alike is said once."""
    ordered = sorted(by_region.items(), key=lambda named: _WORST_FIRST.index(named[1].outcome))
    regions: dict[str, list[str]] = {}
    for region, item in ordered:
        regions.setdefault(item.reason, []).append(region)
    if len(regions) == 1:
        return next(iter(regions))
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in regions.items())
