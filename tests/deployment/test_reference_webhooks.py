"""The reference deployment keeps its promises of webhooks."""

import json
import secrets
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from deployed import SECRETS, Player, Target, digest, now_ms, signed


def wrong_credentials(body: bytes) -> dict[str, dict[str, Any]]:
    (name, value), now = next(iter(signed(body).items())), time.time()
    return {
        "none": {"X-Nothing": ""},
        "empty": {name: ""},
        "not ASCII": {name: "t=²,v1=é".encode()},
        "truncated": {name: value[:-1]},
        "no time": {name: value.partition(",")[2]},
        "foreign": signed(body, secret=secrets.token_hex(32)),
        "another body": signed(body + b" "),
        "stale": signed(body, at=now - 310),
        "future": signed(body, at=now + 310),
        "another time": {name: value.replace("t=", "t=1")},
        "static": {"Authorization": SECRETS["REVENUECAT_WEBHOOK_SECRET"]},
    }


def test_webhooks_with_wrong_credentials_are_refused_before_the_body_is_read(player: Player):
    for good in (True, False):
        body = json.dumps({"event": player.event()}).encode() if good else b"{not json"
        for wrong, headers in wrong_credentials(body).items():
            assert player.target.deliver(body, headers).status_code == 401, wrong
    assert player.status() == "not_owned"
    assert "Webhook signature verification failed" in player.target.log.read_text()


@pytest.mark.parametrize(
    ("deployment", "header", "good", "bad"),
    [
        (
            "purchases switched off",
            "Authorization",
            ["{secret}", "Bearer {secret}"],
            ["", "Bearer", "Bearer x{secret}"],
        ),
        (
            "another header",
            "X-RevenueCat-Webhook-Authorization",
            ["{secret}", "Token {secret}"],
            ["{secret}x"],
        ),
        ("body-hmac", "Authorization", ["{hmac}"], ["{secret}", "Bearer {hmac}x", ""]),
    ],
)
def test_other_webhook_strategies(
    deployments: dict[str, Target], deployment: str, header: str, good: list[str], bad: list[str]
):
    target = deployments[deployment].ready()
    player = target.player()
    for form in (*bad, *good):
        body = json.dumps({"event": player.event(id=str(uuid.uuid4()))}).encode()
        value = form.format(secret=SECRETS["REVENUECAT_WEBHOOK_SECRET"], hmac=digest(body))
        assert target.deliver(body, {header: value}).status_code == (200 if form in good else 401), form
        assert player.status() == ("owned" if form in good else "not_owned")


def test_parallel_deliveries_of_one_event_change_state_once(player: Player):
    event = player.event()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(player.target.deliver, [event] * 8))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert player.snapshot()["version"] == 2
    player.send("EXPIRATION")
    assert player.target.deliver(event).status_code == 200
    assert player.status() == "expired"
    assert f"Received webhook event_id={event['id']}" in player.target.log.read_text()


@pytest.mark.parametrize("name", ["name in another case", "id", "original_app_user_id", "aliases"])
def test_a_player_is_found_by(player: Player, name: str):
    player.send(
        **{
            "name in another case": {"app_user_id": player.name.swapcase()},
            "id": {"app_user_id": player.id.upper()},
            "original_app_user_id": {"app_user_id": "$RCAnonymousID:1", "original_app_user_id": player.name},
            "aliases": {"app_user_id": None, "aliases": ["$RCAnonymousID:1", player.name]},
        }[name]
    )
    assert player.status() == "owned"


def test_every_listed_entitlement_is_granted_and_unknown_ones_are_not(player: Player):
    player.send(entitlement_ids=["premium", "gold", "no_ads", "PREMIUM_CINEMATIC_OWNED:no/id"])
    owned = {key for key, each in player.snapshot()["entitlements"].items() if each["status"] == "owned"}
    assert owned == {"PREMIUM", "NO_ADS"}


@pytest.mark.parametrize(
    ("type_", "fields", "expected"),
    [
        ("INITIAL_PURCHASE", {"expiration_at_ms": None}, "owned"),
        ("RENEWAL", {}, "owned"),
        ("UNCANCELLATION", {}, "owned"),
        ("NON_RENEWING_PURCHASE", {}, "owned"),
        ("INITIAL_PURCHASE", {"expiration_at_ms": 1}, "expired"),
        ("EXPIRATION", {}, "expired"),
        ("EXPIRATION", {"product_id": None}, "expired"),
        ("CANCELLATION", {"cancel_reason": "UNSUBSCRIBE"}, "owned"),
        ("CANCELLATION", {"cancel_reason": "CUSTOMER_SUPPORT"}, "revoked"),
        ("BILLING_ISSUE", {}, "owned"),
        ("SUBSCRIPTION_PAUSED", {}, "owned"),
        ("TYPE_OF_TOMORROW", {"news": [1]}, "owned"),
    ],
)
def test_effects_of_event_types(player: Player, type_: str, fields: dict[str, Any], expected: str):
    player.send(event_timestamp_ms=now_ms() - 1000)
    player.send(type_, **fields)
    assert player.status() == expected


@pytest.mark.parametrize(
    "type_",
    [
        "TEST", "PRODUCT_CHANGE", "SUBSCRIPTION_EXTENDED", "REFUND_REVERSED",
        "TEMPORARY_ENTITLEMENT_GRANT", "BILLING_ISSUE", "CANCELLATION", "TYPE_OF_TOMORROW",
    ],
)  # fmt: skip
def test_types_that_grant_nothing(player: Player, type_: str):
    player.send(type_)
    assert player.status() == "not_owned"


def test_a_test_event_as_revenuecat_sends_it_changes_nobody(player: Player):
    nulls = dict.fromkeys(("entitlement_ids", "transaction_id", "price", "currency", "entitlement_id"))
    fields = {"id": str(uuid.uuid4()).upper(), "environment": "SANDBOX", "product_id": "test_product"}
    player.send("TEST", **nulls, **fields)
    assert player.snapshot()["version"] == 1


def test_late_events_do_not_win(player: Player):
    now = now_ms()
    player.send("RENEWAL", event_timestamp_ms=now)
    version = player.snapshot()["version"]
    player.send("EXPIRATION", event_timestamp_ms=now - 1)
    player.send("CANCELLATION", event_timestamp_ms=now - 1, cancel_reason="CUSTOMER_SUPPORT")
    assert (player.status(), player.snapshot()["version"]) == ("owned", version)
    player.send("EXPIRATION", event_timestamp_ms=now + 2)
    player.send("RENEWAL", event_timestamp_ms=now + 1)
    assert player.status() == "expired"
    player.send("RENEWAL", event_timestamp_ms=now + 3)
    assert player.status() == "owned"


def test_an_end_that_overtakes_its_purchase_stands(player: Player):
    player.send("EXPIRATION", event_timestamp_ms=now_ms())
    player.send("INITIAL_PURCHASE", event_timestamp_ms=now_ms() - 1000)
    assert player.status() == "expired"


def test_a_cancellation_that_overtakes_its_purchase_does_not_swallow_it(player: Player):
    player.send("CANCELLATION", event_timestamp_ms=now_ms())
    player.send("INITIAL_PURCHASE", event_timestamp_ms=now_ms() - 1000)
    assert player.status() == "owned"


def test_the_end_of_one_product_leaves_what_another_gave(player: Player):
    player.send("NON_RENEWING_PURCHASE", product_id="premium_for_life", expiration_at_ms=None)
    player.send("INITIAL_PURCHASE")
    player.send("EXPIRATION")
    assert player.status() == "owned"


def test_a_transfer_moves_what_was_owned(target: Target):
    giver, taker = target.player(), target.player()
    giver.send(entitlement_ids=["premium", "no_ads"])
    lists = {"transferred_from": [giver.name], "transferred_to": [taker.name]}
    transfer = {"id": str(uuid.uuid4()), "type": "TRANSFER", "event_timestamp_ms": now_ms(), **lists}
    assert target.deliver(transfer).status_code == 200
    assert (giver.status("PREMIUM"), giver.status("NO_ADS")) == ("revoked", "revoked")
    assert (taker.status("PREMIUM"), taker.status("NO_ADS")) == ("owned", "owned")


def test_a_purchase_for_an_unknown_player_waits_for_them(target: Target):
    name, stranger = f"Later_{secrets.token_hex(4)}", target.player()
    stranger.send(app_user_id=name)
    stranger.send(app_user_id=name, entitlement_ids=["no_ads"], product_id="no_ads_forever")
    stranger.send("EXPIRATION", app_user_id=name, entitlement_ids=["no_ads"], product_id="no_ads_forever")
    player = target.player(name.upper())
    assert (player.status("PREMIUM"), player.status("NO_ADS")) == ("owned", "expired")


def test_a_purchase_before_sign_up_follows_its_transfer(target: Target):
    player, anonymous = target.player(), f"$RCAnonymousID:{secrets.token_hex(8)}"
    player.send(app_user_id=anonymous)
    lists = {"transferred_from": [anonymous], "transferred_to": [player.name]}
    assert target.deliver({"id": str(uuid.uuid4()), "type": "TRANSFER", **lists}).status_code == 200
    assert player.status() == "owned"


@pytest.mark.parametrize(
    "fields",
    [
        {"id": None}, {"id": 7}, {"id": "two\nlines"}, {"type": None}, {"type": ["RENEWAL"]},
        {"app_user_id": {"$ne": ""}}, {"app_user_id": None}, {"aliases": "all"},
        {"entitlement_ids": "premium"}, {"entitlement_ids": [1]},
        {"expiration_at_ms": "soon"}, {"expiration_at_ms": 10**30},
        {"event_timestamp_ms": True}, {"event_timestamp_ms": -1}, {"product_id": 1.5},
    ],
)  # fmt: skip
def test_a_malformed_event_is_refused_and_may_be_repaired(player: Player, fields: dict[str, Any]):
    event = player.event()
    assert player.target.deliver(event | fields).status_code == 422
    assert player.status() == "not_owned"
    assert player.target.deliver(event).status_code == 200
    assert player.status() == "owned"
