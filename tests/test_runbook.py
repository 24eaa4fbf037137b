"""The runbook: its two files are whole, and a slip in one of them is named."""

import re
from pathlib import Path

import pytest

from runbook.errors import ConfigError
from runbook.loader import HERE, load_runbook

IDS = [
    "predeploy.guards",
    "predeploy.startup",
    "predeploy.switches",
    "predeploy.revenuecat",
    "predeploy.order",
    "health.basic",
    "auth.registration",
    "auth.login",
    "auth.token-refusal",
    "auth.force-logout",
    "entitlements.snapshot",
    "entitlements.freshness",
    "entitlements.expiry",
    "entitlements.resume-refresh",
    "gates.enforced",
    "gates.paywall-route",
    "gates.paywall-telemetry",
    "gates.paywall-products",
    "purchases.invalid-refused",
    "purchases.idempotent",
    "purchases.logged",
    "purchases.granted",
    "webhooks.delivered",
    "webhooks.logged",
    "webhooks.signature",
    "webhooks.idempotent",
    "webhooks.lifecycle",
    "operations.release-mode",
    "operations.simulated-purchases-off",
    "operations.emergency-stop",
    "operations.quiet-logs",
    "contract.conformance",
    "contract.robustness",
    "contract.sequences",
    "contract.drift",
    "postdeploy.errors",
    "postdeploy.funnel",
    "postdeploy.logs",
]
CLIENT = {
    "auth.force-logout",
    "entitlements.resume-refresh",
    "gates.paywall-route",
    "gates.paywall-telemetry",
    "gates.paywall-products",
}

CHECKLIST = """
[[items]]
id = "auth.login"
section = "auth"
title = "Login works"
promise = "It works."
proof = "calling the API"
severity = "blocker"
scenario = 1
"""
ROLLBACK = """
[contacts]
backend = "DevOps"
[emergency_stop]
title = "Stop"
steps = ["Pull the plug."]
[[scenarios]]
number = 1
title = "Failed"
symptoms = ["5xx"]
first_action = "Go back."
steps = ["Read the log."]
escalate_to = ["backend"]
"""


def folder(path: Path, checklist: str = CHECKLIST, rollback: str = ROLLBACK) -> Path:
    (path / "checklist.toml").write_text(checklist)
    (path / "rollback.toml").write_text(rollback)
    return path


def test_checklist_has_every_permanent_id_in_order():
    assert list(load_runbook().ids) == IDS


def test_sections_follow_the_checklist():
    assert load_runbook().sections == (
        "predeploy",
        "health",
        "auth",
        "entitlements",
        "gates",
        "purchases",
        "webhooks",
        "operations",
        "contract",
        "postdeploy",
    )


def test_scenarios_are_the_four_of_the_release_runbook_and_not_to_deploy():
    assert [scenario.number for scenario in load_runbook().scenarios] == [1, 2, 3, 4, 5]


def test_items_of_one_phase_make_a_runbook_of_their_own():
    assert load_runbook().of(["predeploy"]).sections == ("predeploy",)
    assert load_runbook().of(["smoke"]).ids == tuple(each for each in IDS if "deploy." not in each)


def test_each_item_leads_to_the_scenario_of_its_part_of_the_product():
    by_section = {"webhooks": 2, "purchases": 3, "predeploy": 5}
    expected = {i: 4 if i in CLIENT else by_section.get(i.partition(".")[0], 1) for i in IDS}
    expected["contract.sequences"] = 2  # of what webhooks report, above all
    expected |= {"postdeploy.errors": 4, "postdeploy.funnel": 3, "postdeploy.logs": 1}
    assert {item.id: item.scenario for item in load_runbook().items} == expected


def test_lookups_give_the_item_and_the_scenario():
    runbook = load_runbook()
    assert runbook.item("webhooks.signature").title == "Forged webhooks are refused"
    assert runbook.scenario(2).title == "Webhooks failing"


def test_titles_and_steps_are_plain_ascii_for_any_terminal():
    for name in ("checklist.toml", "rollback.toml"):
        assert (HERE / name).read_text(encoding="utf-8").isascii()


def test_contacts_are_spelled_out_in_the_scenarios(tmp_path):
    assert load_runbook(folder(tmp_path)).scenario(1).escalate_to == ("DevOps",)


@pytest.mark.parametrize(
    ("checklist", "rollback", "told"),
    [
        pytest.param(
            CHECKLIST * 2, ROLLBACK, "auth.login: this item is there twice; keep one", id="item-twice"
        ),
        pytest.param(
            CHECKLIST.replace('section = "auth"', 'section = "gates"'),
            ROLLBACK,
            "auth.login: section 'gates' is not the id's; set section = \"auth\"",
            id="section-is-not-the-prefix",
        ),
        pytest.param(
            CHECKLIST,
            ROLLBACK.replace('["5xx"]', '[{ text = "5xx", items = ["auth.nothing"] }]'),
            "scenario 1: symptoms: 5xx: 'auth.nothing' is no item of the checklist",
            id="symptom-of-no-item",
        ),
        pytest.param(
            CHECKLIST,
            ROLLBACK.replace('["5xx"]', '[{ text = "5xx", says = "(" }]'),
            "'(' is no regular expression",
            id="symptom-that-says-nothing",
        ),
        pytest.param(
            CHECKLIST.replace("scenario = 1", "scenario = 7"),
            ROLLBACK,
            "auth.login: scenario 7 is not in rollback.toml; use one of: 1",
            id="unknown-scenario",
        ),
        pytest.param(
            CHECKLIST,
            ROLLBACK + ROLLBACK[ROLLBACK.index("[[scenarios]]") :],
            "1: this scenario is there twice; keep one",
            id="scenario-twice",
        ),
        pytest.param(
            CHECKLIST,
            ROLLBACK.replace('["backend"]', '["nobody"]'),
            "scenario 1: escalate_to: no contact is called 'nobody'; use one of: backend",
            id="unknown-contact",
        ),
        pytest.param(
            CHECKLIST.replace("blocker", "urgent"), ROLLBACK, "items.0.severity", id="unknown-severity"
        ),
        pytest.param(
            CHECKLIST.replace("promise", "promiss"), ROLLBACK, "items.0.promise: missing", id="misspelt-key"
        ),
        pytest.param(CHECKLIST.replace("Login works", ""), ROLLBACK, "items.0.title", id="empty-title"),
        pytest.param("items = []", ROLLBACK, "items", id="no-item"),
    ],
)
def test_a_slip_is_named_with_its_place(tmp_path, checklist, rollback, told):
    with pytest.raises(ConfigError, match=re.escape(told)):
        load_runbook(folder(tmp_path, checklist, rollback))


def test_unknown_item_id_is_answered_with_the_nearest_known_one():
    with pytest.raises(ConfigError) as caught:
        load_runbook().check_item_id("auth.logins", "smoke/test_auth.py")
    assert str(caught.value) == (
        "smoke/test_auth.py: no checklist item is called 'auth.logins'; did you mean auth.login?"
    )
