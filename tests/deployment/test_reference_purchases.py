"""The reference deployment keeps its promises of purchases."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from deployed import Player, Target, bearer, order, signed


def test_a_purchase_known_to_revenuecat_is_granted_once(player: Player):
    transaction = player.buys()
    bought = order(transaction_id=transaction)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: player.post("/purchases/verify", bought), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert all(answer.json() == answers[0].json() for answer in answers)
    snapshot = answers[0].json()["entitlements_snapshot"]
    assert snapshot["entitlements"]["PREMIUM_CINEMATICS_PACK"]["transaction_id"] == transaction
    assert player.snapshot()["version"] == snapshot["version"] == 2
    assert player.post("/purchases/verify", bought | {"platform": "android"}).status_code == 409
    assert player.verify(transaction_id=transaction).status_code == 200
    assert player.snapshot()["version"] == 2


def test_a_refusal_is_not_remembered_against_a_later_success(player: Player):
    wanted = order()
    assert player.post("/purchases/verify", wanted).status_code == 402
    assert player.status("PREMIUM_CINEMATICS_PACK") == "not_owned"
    player.buys()
    assert player.post("/purchases/verify", wanted).status_code == 200


def test_a_transaction_and_an_idempotency_key_are_one_players_own(target: Target):
    first, second = target.player(), target.player()
    bought = order(transaction_id=first.buys())
    second.buys(transaction=bought["transaction_id"])
    assert first.post("/purchases/verify", bought).status_code == 200
    assert second.post("/purchases/verify", bought).status_code == 409
    assert second.status("PREMIUM_CINEMATICS_PACK") == "not_owned"
    second.buys(transaction="another" + bought["transaction_id"])
    own = bought | {"transaction_id": "another" + bought["transaction_id"]}
    assert second.post("/purchases/verify", own).status_code == 200


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"transaction_id": "never happened"}, 402),
        ({"product_id": "free_everything"}, 400),
        ({"entitlement_key": "PREMIUM"}, 400),
        ({"entitlement_key": "PREMIUM_CINEMATICS_PACK.status"}, 400),
        ({"entitlement_key": {"$ne": ""}}, 422),
        ({"product_id": ["premium_cinematics_pack"]}, 422),
        ({"transaction_id": 7}, 422),
        ({"idempotency_key": "nul\x00byte"}, 422),
        ({"idempotency_key": "half \ud800"}, 422),
        ({"receipt_data": "nul\x00byte"}, 422),
        ({"receipt_data": "r" * 1_000_000}, 422),
        ({"PREMIUM.status": "owned"}, 422),
        ({"\ud800": 1}, 422),
    ],
)
def test_a_bad_order_is_refused_and_changes_nothing(target: Target, fields: dict[str, Any], expected: int):
    player = target.player()
    player.buys()
    before = player.snapshot()
    headers = bearer(player.token)
    answer = target.http.post("/purchases/verify", content=json.dumps(order(**fields)), headers=headers)
    assert answer.status_code == expected
    assert len(answer.text) < 1000
    after = player.snapshot()
    assert after | {"server_time": ""} == before | {"server_time": ""}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b"\xff", b"null", b"[]", b'{"a": NaN}', b"1" * 5000]
)
def test_a_body_that_is_no_order_is_refused(player: Player, body: bytes):
    for path, headers in (
        ("/purchases/verify", bearer(player.token)),
        ("/webhooks/revenuecat", signed(body)),
        ("/user/register", {}),
    ):
        assert 400 <= player.target.http.post(path, content=body, headers=headers).status_code < 500


def test_a_purchase_survives_an_outage_of_revenuecat(player: Player):
    bought = order(transaction_id=player.buys())
    outage = f"/control/outages/{player.name}"
    assert player.target.revenuecat.put(outage, json={"mode": "down"}).status_code == 200
    assert player.post("/purchases/verify", bought).status_code == 502
    assert player.target.revenuecat.put(outage, json={"mode": "none"}).status_code == 200
    assert player.post("/purchases/verify", bought).status_code == 200
