"""Which rollback scenarios apply, and what comes first in each. Pure."""

from collections.abc import Iterable, Sequence
from typing import get_args

from harness.verdict.model import ItemVerdict, RollbackAdvice, TestResult
from runbook.loader import Runbook, Severity

SEVERITIES: tuple[Severity, ...] = get_args(Severity)  # worst first


def advise(
    runbook: Runbook, items: Sequence[ItemVerdict], failed: Iterable[TestResult]
) -> tuple[RollbackAdvice, ...]:
    """The scenarios of the items that decide: the worst severity first, then where purchases have to stop, by number.

    `failed`: the failures that no known issue covers.
    """
    broken: dict[int, list[ItemVerdict]] = {}
    for item in items:
        if item.decides:
            broken.setdefault(item.scenario, []).append(item)
    failures = list(failed)
    advice = [_advice(runbook, number, broken[number], failures) for number in broken]
    return tuple(
        sorted(advice, key=lambda each: (_worst(broken[each.scenario]), not each.stop_first, each.scenario))
    )


def _worst(items: Sequence[ItemVerdict]) -> int:
    return min(SEVERITIES.index(item.severity) for item in items)


def _advice(
    runbook: Runbook, number: int, items: Sequence[ItemVerdict], failures: Sequence[TestResult]
) -> RollbackAdvice:
    scenario, because = runbook.scenario(number), tuple(item.id for item in items)
    kinds = {failure.gave_away for failure in failures if failure.item in because}
    away = scenario.given_away if True in kinds else None
    own = [runbook.item(item_id).first_action for item_id in because]
    actions = list(dict.fromkeys(action for action in own if action is not None))
    if None in own:
        actions.insert(0, scenario.first_action)
    symptoms, steps, contacts = scenario.symptoms, scenario.steps, scenario.escalate_to
    if away is not None:
        # What the scenario says of refused purchases would only delay who gives goods away, unless both happen.
        both = False in kinds
        symptoms = away.symptoms + symptoms * both
        steps = away.steps + (tuple(actions) + steps) * both
        actions = [away.first_action]
        contacts = tuple(dict.fromkeys(away.escalate_to + contacts))
    return RollbackAdvice(
        scenario=number,
        title=scenario.title,
        because=because,
        symptoms=symptoms,
        first_action=actions[0],
        steps=(*actions[1:], *steps),
        escalate_to=contacts,
        stop_purchases=runbook.emergency_stop.steps if scenario.stop_purchases else (),
        stop_first=away is not None,
    )
