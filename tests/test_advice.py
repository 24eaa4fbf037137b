"""What a rollback scenario says to do first: it has to fit what is broken."""

from dataclasses import replace

import pytest

from harness.verdict import decide
from harness.verdict.failure import Checked, explain
from harness.verdict.report import html, markdown, message, terminal
from runbook.loader import load_runbook
from tests.page_examples import page
from tests.verdict_examples import TODAY, facts, issue, result

RUNBOOK = load_runbook()
GRANTED, PRICES, ROUTE = "purchases.granted", "gates.paywall-products", "gates.paywall-route"
GIVEN_AWAY = result(GRANTED, "failed", "given away: PREMIUM", "test_away", gave_away=True)
REFUSED = result(GRANTED, "failed", "refused", "test_refused")
OPEN_LOGIN = result("auth.login", "failed", "x")
SCENARIO = RUNBOOK.scenario(3)


def verdict(*results, waivers=()):
    return decide(RUNBOOK, facts(), results, not_required=(), waivers=waivers, today=TODAY)


def advice(*results, **changes):
    return verdict(*results, **changes).rollback


def texts(told):
    return [symptom.text for symptom in told.symptoms]


def test_where_something_is_given_away_purchases_stop_first():
    (told,) = advice(GIVEN_AWAY)
    assert (told.scenario, told.stop_first) == (3, True)
    assert told.first_action.startswith("Stop purchases now")
    assert texts(told) == [each.text for each in SCENARIO.given_away.symptoms]
    assert told.steps == SCENARIO.given_away.steps
    assert told.stop_purchases == RUNBOOK.emergency_stop.steps
    assert told.escalate_to == (*SCENARIO.given_away.escalate_to, *SCENARIO.escalate_to)


def test_where_purchases_are_refused_the_key_is_looked_at_first():
    (told,) = advice(REFUSED)
    assert (told.stop_first, told.first_action) == (False, SCENARIO.first_action)
    assert texts(told) == [each.text for each in SCENARIO.symptoms]
    assert told.steps == SCENARIO.steps
    assert told.escalate_to == SCENARIO.escalate_to


def test_where_both_happen_nothing_of_either_is_lost():
    (told,) = advice(REFUSED, GIVEN_AWAY)
    assert told.first_action == SCENARIO.given_away.first_action
    assert told.steps == (*SCENARIO.given_away.steps, SCENARIO.first_action, *SCENARIO.steps)
    assert texts(told) == [each.text for each in SCENARIO.given_away.symptoms + SCENARIO.symptoms]


def test_what_is_known_to_be_given_away_does_not_decide_what_comes_first():
    (told,) = advice(GIVEN_AWAY, REFUSED, waivers=[issue(test="*test_away")])
    assert not told.stop_first


def test_stopping_purchases_comes_before_a_scenario_of_the_same_severity():
    assert [each.scenario for each in advice(GIVEN_AWAY, OPEN_LOGIN)] == [3, 1]
    assert [each.scenario for each in advice(REFUSED, OPEN_LOGIN)] == [1, 3]


def test_wrong_price_leads_to_the_offering_and_not_to_crashes():
    (told,) = advice(result(PRICES, "failed", "wrong price"))
    assert "offering" in told.first_action
    assert RUNBOOK.scenario(4).first_action not in (told.first_action, *told.steps)


def test_forged_webhooks_that_are_taken_lead_to_a_rollback_and_refused_ones_to_the_secret():
    forged = result("webhooks.signature", "failed", "answered 200")
    (told,) = advice(forged)
    assert told.first_action.startswith("Go back to the previous backend release")
    (told,) = advice(forged, result("webhooks.delivered", "failed", "answered 401"))
    assert told.first_action == RUNBOOK.scenario(2).first_action
    assert told.steps[0].startswith("Go back to the previous backend release")


def test_wrong_price_beside_another_failure_of_the_client_comes_second():
    (told,) = advice(result(PRICES, "failed", "wrong price"), result(ROUTE, "failed", "x"))
    assert told.first_action == RUNBOOK.scenario(4).first_action
    assert told.steps == (RUNBOOK.item(PRICES).first_action, *RUNBOOK.scenario(4).steps)


@pytest.mark.parametrize(
    "render",
    [
        lambda given: "\n".join(text for text, _ in terminal.render(given, 120)),
        markdown.render,
        html.render,
    ],
    ids=["terminal", "markdown", "page"],
)
def test_every_report_puts_the_stop_before_the_steps(render):
    told = " ".join(render(verdict(GIVEN_AWAY)).split())
    stop, step = RUNBOOK.emergency_stop.steps[1][:30], SCENARIO.given_away.steps[0][:30]
    assert 0 < told.lower().index("to stop purchases now") < told.index(stop) < told.index(step)
    assert "if purchases must stop meanwhile" not in told.lower()


def test_chat_is_told_to_stop_purchases():
    assert "*First:* Stop purchases now" in message.render(verdict(GIVEN_AWAY), "here")


@pytest.mark.parametrize("given_away", [True, False])
def test_message_of_a_failure_says_whether_purchases_stop_first(given_away):
    failure = replace(Checked("test_x", "assert 0", "smoke/test_x.py:7"), gave_away=given_away)
    told = explain(RUNBOOK.item(GRANTED), SCENARIO, failure, [], str).splitlines()[-1]
    assert told.endswith("; stop purchases first") is given_away


def test_goods_given_away_in_an_outage_are_called_so(suite):
    ended = suite(
        "smoke/test_repeats.py", "-k", "outage", variables={"REFERENCE_FAULTS": "purchases.outage-grants"}
    )
    (told,) = ended.verdict["rollback"]
    assert (ended.code, told["stop_first"], told["because"]) == (1, True, [GRANTED])
    assert "given away while RevenueCat could confirm nothing: STARTER_PACK" in ended.said


def test_outage_that_is_told_as_another_refusal_stops_no_purchases(suite):
    ended = suite(
        "smoke/test_repeats.py", "-k", "outage", variables={"REFERENCE_FAULTS": "purchases.outage-500"}
    )
    (told,) = ended.verdict["rollback"]
    assert (ended.code, told["stop_first"], told["because"]) == (1, False, [GRANTED])


# What this run saw of a scenario


def sign(told, text):
    (found,) = [symptom for symptom in told.symptoms if symptom.text.startswith(text)]
    return found.state, found.because


def test_symptom_is_seen_in_the_items_that_show_it():
    (told,) = advice(result("health.basic", "failed", "GET /api/health answered 500: assert 500 == 200"))
    assert sign(told, "5xx answers") == ("seen", ("health.basic",))
    assert sign(told, "the server does not start") == ("not looked at", ())


def test_symptom_is_not_seen_where_the_items_say_something_else():
    (told,) = advice(
        result("health.basic", "failed", "GET /api/health answered 404\nbefore GET /x answered 500")
    )
    assert sign(told, "5xx answers") == ("not seen", ())
    assert sign(told, "answers other than promised") == ("seen", ("health.basic",))


def test_symptom_of_the_backend_is_not_seen_in_what_the_client_does():
    logout = result("auth.force-logout", "failed", "web client: assert None == 'login_screen'")
    told, _ = advice(result("auth.login", "failed", "answered 404"), logout)
    assert sign(told, "answers other than promised") == ("seen", ("auth.login",))


def test_symptom_of_items_that_nobody_judged_was_not_looked_at():
    (told,) = advice(result("webhooks.idempotent", "failed", "granted twice"))
    assert sign(told, "forged webhooks are taken") == ("not looked at", ())
    (told,) = advice(
        result("webhooks.idempotent", "failed", "granted twice"), result("webhooks.signature", "passed")
    )
    assert sign(told, "forged webhooks are taken") == ("not seen", ())


def test_what_is_given_away_is_no_refusal():
    (told,) = advice(GIVEN_AWAY, REFUSED)
    assert sign(told, "purchases are granted") == ("seen", (GIVEN_AWAY.item,))
    assert sign(told, "verification refuses") == ("seen", (REFUSED.item,))
    (told,) = advice(REFUSED)
    assert "purchases are granted that" not in " ".join(texts(told))


def test_purchases_are_stopped_where_accounts_are_well():
    by_number = {each.scenario: each for each in advice(REFUSED, OPEN_LOGIN)}
    assert by_number[3].stop_purchases == ()
    (alone,) = advice(REFUSED)
    assert alone.stop_purchases == RUNBOOK.emergency_stop.steps
    both = {each.scenario: each for each in advice(GIVEN_AWAY, OPEN_LOGIN)}
    assert both[3].stop_purchases == RUNBOOK.emergency_stop.steps


# What is said of a release that players do not have yet


@pytest.mark.parametrize(
    ("outcome", "said", "unsaid"),
    [
        ("passed", "Deploy the release.", "Keep the release."),
        ("failed", "the release can't be deployed", "can't stay"),
        ("not proven", "this is no leave to deploy", "roll back"),
    ],
)
def test_before_the_deploy_nothing_is_kept_or_rolled_back(outcome, said, unsaid):
    told = decide(
        RUNBOOK.of(["predeploy"]),
        replace(facts(), phase="predeploy"),
        [result(item, outcome, "x") for item in RUNBOOK.of(["predeploy"]).ids],
        not_required=(),
        waivers=(),
        today=TODAY,
    )
    read = page(told).text
    assert said in read
    assert unsaid not in read
