"""A small runbook and short ways to say what a run gave, for the tests of the verdict."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from harness.verdict import Attestation, KnownIssue, RunFacts, TestResult, Verdict, decide
from harness.verdict.comparison import Earlier, earlier
from harness.verdict.report import json_file
from runbook.loader import EmergencyStop, Item, Runbook, Scenario, Symptom

TODAY = date(2026, 11, 23)
STARTED = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
LOGIN, LOGS, HOOKS = "auth.login", "purchases.logged", "webhooks.delivered"


def item(item_id: str, severity: Any = "blocker", scenario: int = 1) -> Item:
    return Item(
        id=item_id,
        section=item_id.partition(".")[0],
        title=f"Title of {item_id}",
        promise=f"Promise of {item_id}.",
        proof="calling the API",
        severity=severity,
        scenario=scenario,
    )


def scenario(number: int, *, stop_purchases: bool = False) -> Scenario:
    return Scenario(
        number=number,
        title=f"Scenario title {number}",
        symptoms=(Symptom(text=f"symptom {number}"),),
        first_action=f"First action {number}.",
        steps=(f"Step {number}.",),
        escalate_to=(f"contact {number}",),
        stop_purchases=stop_purchases,
    )


RUNBOOK = Runbook(
    items=(item(LOGIN), item(LOGS, "normal", 3), item(HOOKS, "critical", 2)),
    scenarios=(scenario(1), scenario(2), scenario(3, stop_purchases=True)),
    emergency_stop=EmergencyStop(title="Stop", steps=("Pull the plug.",)),
)


def facts(**changes: Any) -> RunFacts:
    plain: dict[str, Any] = {
        "environment": "staging",
        "base_url": "https://game.example",
        "version": "1.4.2",
        "started": STARTED,
        "finished": STARTED + timedelta(seconds=12.3456),
        "partial": False,
        "interrupted": False,
        "unreachable": None,
        "writes": ({"kind": "account", "name": "a"}, {"kind": "webhook"}, {"kind": "account", "name": "b"}),
        "retries": 2,
        "notes": (),
    }
    return RunFacts(**plain | changes)


def result(item_id: str, outcome: Any, message: str = "", name: str = "test_it", **more: Any) -> TestResult:
    return TestResult(f"smoke/test_x.py::{name}", item_id, outcome, message, **more)


def passed(*item_ids: str) -> list[TestResult]:
    return [result(item_id, "passed") for item_id in item_ids]


ALL_PASSED = passed(LOGIN, LOGS, HOOKS)


def issue(**changes: Any) -> KnownIssue:
    plain: dict[str, Any] = {
        "environments": ("staging",),
        "owner": "Jo",
        "ticket": "DH-1",
        "reason": "Lines get lost.",
        "expires": TODAY,
    }
    return KnownIssue(**plain | changes)


def signed(item_id: str, **changes: Any) -> Attestation:
    plain: dict[str, Any] = {
        "environment": "staging",
        "version": "1.4.2",
        "by": "Jo",
        "note": "Saw it work.",
        "at": STARTED,
    }
    return Attestation(item=item_id, **plain | changes)


def verdict(
    *results: TestResult,
    not_required: tuple[str, ...] = (),
    waivers: tuple[KnownIssue, ...] = (),
    attestations: tuple[Attestation, ...] = (),
    today: date = TODAY,
    then: Earlier | None = None,
    **changes: Any,
) -> Verdict:
    excuses: dict[str, Any] = {"not_required": not_required, "waivers": waivers, "attestations": attestations}
    return decide(RUNBOOK, facts(**changes), results, **excuses, today=today, earlier=then)


def before(given: Verdict) -> Earlier:
    """What a later run knows of that one."""
    return earlier(json_file.render(given))


def outcomes(given: Verdict) -> dict[str, str]:
    return {item.id: item.outcome for item in given.items}


def reason(given: Verdict, item_id: str) -> str:
    return next(item.reason for item in given.items if item.id == item_id)
