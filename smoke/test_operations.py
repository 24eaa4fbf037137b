"""Operations: release mode, the routes that must be closed, and the emergency stop."""

from dataclasses import dataclass

import pytest

from harness import checks, probe
from harness.evidence.exchange import Exchange
from harness.evidence.probe import together
from harness.target.api import SIMULATED, UNKNOWN_PURCHASE
from harness.target.customers import owned
from harness.target.players import Player


@probe
async def features(api):
    """The feature flags, asked without credentials."""
    return await api.features()


@probe
async def simulated(api, sessions, release_mode):
    """Each simulated-purchase route, asked by a player and by nobody; and what the player owns afterwards."""
    player = sessions.living
    whose = {"player": player, "nobody": None}
    pairs = [(name, who) for name in SIMULATED for who in whose]
    calls = {(name, who): api.simulated_purchase(name, whose[who], player.username) for name, who in pairs}
    return await together(calls), await api.snapshot(player)


@dataclass(frozen=True)
class Stopped:
    """A deployment with purchases switched off: its flags, a verification, and what has to go on."""

    player: Player
    flags: Exchange
    verification: Exchange
    login: Exchange
    snapshot: Exchange
    gate: Exchange


@probe(late=True)
async def stopped_api(switch_off):
    """A deployment whose emergency switch is thrown (contract, section 7)."""
    return await switch_off()


@probe
async def stopped(stopped_api, players):
    """What it answers to a player of its own."""
    api = stopped_api
    player = await players.register(api=api)
    answers = await together(
        {
            "flags": api.features(),
            "verification": api.verify_purchase(player, UNKNOWN_PURCHASE),
            "login": api.login(player.username, player.password),
            "snapshot": api.snapshot(player),
            "gate": api.cinematic_access(player),
        }
    )
    return Stopped(player, **answers)


@probe
async def stopped_webhook(stopped_api, stopped, customers, dashboard_event):
    """A purchase reported while the switch is thrown, if webhooks are taken otherwise; snapshot and gate after it."""
    dashboard_event[1].expect(200, owner="webhooks.delivered")
    customer = customers.of(stopped.player, stopped_api)
    answer = await customer.deliver(customer.event("NON_RENEWING_PURCHASE", "premium_cinematics"))
    snapshot = await customer.until_owned("PREMIUM_CINEMATICS_PACK")
    return answer, snapshot, await stopped_api.cinematic_access(stopped.player)


@checks("operations.release-mode")
def test_features_are_announced(features):
    assert features.status == 200
    body = features.json
    assert ("version" in body, type(body.get("ttlSeconds")), type(body.get("flags"))) == (True, int, dict)


@checks("operations.release-mode")
def test_purchases_are_switched_as_expected(features, expect):
    assert features.field("flags", "PURCHASES_ENABLED") is (expect.purchases == "enabled")


@checks("operations.simulated-purchases-off")
@pytest.mark.parametrize("who", ["player", "nobody"])
@pytest.mark.parametrize("route", SIMULATED)
def test_simulated_purchase_is_refused(simulated, route, who):
    answers, _ = simulated
    assert answers[route, who].status == 403


@checks("operations.simulated-purchases-off")
def test_simulated_purchases_grant_nothing(simulated):
    _, snapshot = simulated
    assert owned(snapshot) == set()


@checks("operations.emergency-stop")
def test_stopped_verification_says_why(stopped):
    assert stopped.verification.status == 503
    assert said(stopped.verification.json)


@checks("operations.emergency-stop")
def test_stop_shows_in_the_flags(stopped):
    assert stopped.flags.field("flags", "PURCHASES_ENABLED") is False


@checks("operations.emergency-stop")
def test_login_goes_on(stopped):
    assert stopped.login.status == 200


@checks("operations.emergency-stop")
def test_snapshot_goes_on(stopped):
    assert stopped.snapshot.status == 200


@checks("operations.emergency-stop")
def test_gates_go_on(stopped):
    assert stopped.gate.status == 403


@checks("operations.emergency-stop")
def test_webhooks_go_on(stopped_webhook):
    answer, snapshot, _ = stopped_webhook
    assert answer.status == 200
    assert owned(snapshot) == {"PREMIUM_CINEMATICS_PACK"}


@checks("operations.emergency-stop")
def test_gates_open_for_owners(stopped_webhook):
    _, _, gate = stopped_webhook
    assert gate.status == 200


def said(value):
    """The texts that a refusal has for a player, wherever in its body they stand."""
    if isinstance(value, dict | list):
        return [
            text for each in (value.values() if isinstance(value, dict) else value) for text in said(each)
        ]
    # Several words, or a language that may write them without spaces.
    return [value] if isinstance(value, str) and (" " in value.strip() or not value.isascii()) else []
