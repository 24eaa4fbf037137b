"""Which rollback scenarios apply, what this run saw of each, and what comes first. Pure."""

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import get_args

from harness.verdict.model import ItemVerdict, RollbackAdvice, Sign, TestResult
from runbook.loader import Runbook, Severity, Symptom

SEVERITIES: tuple[Severity, ...] = get_args(Severity)  # worst first
ACCOUNTS = {"health", "auth"}  # sections without which nobody comes as far as a purchase


def advise(
    runbook: Runbook, items: Sequence[ItemVerdict], failed: Iterable[TestResult]
) -> tuple[RollbackAdvice, ...]:
    """The scenarios of the items that decide: the worst severity first, then where purchases have to stop, by number.

    To stop purchases is advised where they are broken while accounts are well: otherwise the release itself has to go.
    Where goods are given away, it is advised whatever else is broken.

    `failed`: the failures that no known issue covers.
    """
    broken: dict[int, list[ItemVerdict]] = {}
    for item in items:
        if item.decides:
            broken.setdefault(item.scenario, []).append(item)
    failures = list(failed)
    advice = [_advice(runbook, number, broken[number], items, failures) for number in broken]
    return tuple(
        sorted(advice, key=lambda each: (_worst(broken[each.scenario]), not each.stop_first, each.scenario))
    )


def _worst(items: Sequence[ItemVerdict]) -> int:
    return min(SEVERITIES.index(item.severity) for item in items)


def _advice(
    runbook: Runbook,
    number: int,
    broken: Sequence[ItemVerdict],
    items: Sequence[ItemVerdict],
    failures: Sequence[TestResult],
) -> RollbackAdvice:
    scenario, because = runbook.scenario(number), tuple(item.id for item in broken)
    accounts_well = not any(item.decides and item.section in ACCOUNTS for item in items)
    kinds = {failure.gave_away for failure in failures if failure.item in because}
    away = scenario.given_away if True in kinds else None
    own = [runbook.item(item_id).first_action for item_id in because]
    actions = list(dict.fromkeys(action for action in own if action is not None))
    if None in own:
        actions.insert(0, scenario.first_action)
    steps, contacts = scenario.steps, scenario.escalate_to
    given = [failure for failure in failures if failure.gave_away]
    signs = _signs(scenario.symptoms, items, [failure for failure in failures if not failure.gave_away])
    if away is not None:
        # What the scenario says of refused purchases would only delay who gives goods away, unless both happen.
        both = False in kinds
        signs = _signs(away.symptoms, items, given) + signs * both
        steps = away.steps + (tuple(actions) + steps) * both
        actions = [away.first_action]
        contacts = tuple(dict.fromkeys(away.escalate_to + contacts))
    stops = scenario.stop_purchases and (accounts_well or away is not None)
    return RollbackAdvice(
        scenario=number,
        title=scenario.title,
        because=because,
        symptoms=signs,
        first_action=actions[0],
        steps=(*actions[1:], *steps),
        escalate_to=contacts,
        stop_purchases=runbook.emergency_stop.steps if stops else (),
        stop_first=away is not None,
    )


def _signs(
    symptoms: Sequence[Symptom], items: Sequence[ItemVerdict], failures: Sequence[TestResult]
) -> tuple[Sign, ...]:
    return tuple(_sign(symptom, items, failures) for symptom in symptoms)


def _sign(symptom: Symptom, items: Sequence[ItemVerdict], failures: Sequence[TestResult]) -> Sign:
    """What this run saw of a symptom; of a failure, its first line says what is wrong."""
    showing = [item for item in items if any(fnmatchcase(item.id, each) for each in symptom.items)]
    ids = {item.id for item in showing}
    seen = [
        failure.item
        for failure in failures
        if failure.item in ids
        and (symptom.says is None or re.search(symptom.says, failure.message.partition("\n")[0]))
    ]
    if seen:
        return Sign(symptom.text, "seen", tuple(dict.fromkeys(seen)))
    # What was signed for was looked at by a person.
    judged = any(item.outcome in ("proven", "broken", "attested") for item in showing)
    return Sign(symptom.text, "not seen" if judged else "not looked at")
