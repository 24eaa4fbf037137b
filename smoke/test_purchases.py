"""Purchases: verified by RevenueCat, granted once, refused clearly."""

import json

import pytest

from harness import checks, probe
from harness.evidence.probe import together
from harness.target.api import UNKNOWN_PURCHASE
from harness.target.customers import entries, owned
from harness.target.revenuecat import refused

# Well-formed, but nothing that RevenueCat would confirm: a clear refusal.
UNKNOWN = {
    "product": {"product_id": "no_such_product"},
    "key": {"entitlement_key": "NO_SUCH_KEY"},
    "product-and-key-mixed": {"entitlement_key": "PREMIUM"},
    "empty-transaction": {"transaction_id": ""},
    "huge-receipt": {"receipt_data": "r" * 1_000_000},
    "nul-in-receipt": {"receipt_data": "nul\u0000byte"},
    "nul-in-transaction": {"transaction_id": "nul\u0000byte"},
    "dotted-key": {"entitlement_key": "PREMIUM.status"},
    "dollar-key": {"entitlement_key": "$set"},
    "proto-key": {"entitlement_key": "__proto__"},
}

ASKED_FOR = [field["entitlement_key"] for field in UNKNOWN.values() if "entitlement_key" in field]


def order(**fields):
    """The body of a verification with other fields."""
    return json.dumps({**UNKNOWN_PURCHASE, **fields}).encode()


# Not what the call takes: 4xx.
MALFORMED = {
    "no-body": b"",
    "not-json": b"{product_id: 1",
    "not-utf8": b'{"product_id": "\xff\xfe"}',
    "null": b"null",
    "array": json.dumps([UNKNOWN_PURCHASE]).encode(),
    "string": b'"PREMIUM"',
    "empty-object": b"{}",
    "number-for-product": order(product_id=7),
    "null-product": order(product_id=None),
    "array-for-product": order(product_id=["premium_monthly"]),
    "operator-for-product": order(product_id={"$ne": ""}),
    "operator-for-key": order(entitlement_key={"$gt": ""}),
    "operator-for-idempotency-key": order(idempotency_key={"$exists": True}),
    "operator-for-transaction": order(transaction_id={"$ne": None}),
    "object-for-receipt": order(receipt_data={"a": 1}),
}


def named(snapshot):
    """What a snapshot shows as owned, in words."""
    return ", ".join(sorted(owned(snapshot)))


@probe
async def unknown(api, unknown_receipt):
    """Each unknown purchase by a player who owns nothing; and that player's snapshot afterwards."""
    buyer, _ = unknown_receipt
    bodies = {case: {**UNKNOWN_PURCHASE, "idempotency_key": case, **field} for case, field in UNKNOWN.items()}
    answers = await together({case: api.verify_purchase(buyer, body) for case, body in bodies.items()})
    return answers, await api.snapshot(buyer)


@probe
async def malformed(api, unknown_receipt):
    """Each malformed body by a player who owns nothing; and that player's snapshot afterwards."""
    buyer, _ = unknown_receipt
    calls = {case: api.verify_purchase(buyer, content=body) for case, body in MALFORMED.items()}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    calls["form"] = api.verify_purchase(buyer, content=b"product_id=premium_monthly", headers=form)
    return await together(calls), await api.snapshot(buyer)


@probe
async def after_unknown_receipt(api, unknown_receipt):
    """The snapshot after the unknown receipt was verified."""
    buyer, _ = unknown_receipt
    return await api.snapshot(buyer)


@checks("purchases.invalid-refused")
def test_customer_whom_revenuecat_never_saw_gets_a_clear_refusal(unknown_receipt):
    """RevenueCat creates the customer on the first look-up and answers 201: no reason to fail."""
    _, answer = unknown_receipt
    assert refused(answer.status, answer.json)


@checks("purchases.invalid-refused", gives_away=True)
def test_unknown_receipt_grants_nothing(after_unknown_receipt):
    told = f"given away for a receipt that RevenueCat does not know: {named(after_unknown_receipt)}"
    assert owned(after_unknown_receipt) == set(), told


@checks("purchases.invalid-refused")
@pytest.mark.parametrize("case", UNKNOWN)
def test_unknown_purchase_gets_a_clear_refusal(unknown, case):
    answers, _ = unknown
    status = answers[case].status
    assert status == 413 or refused(status, answers[case].json)


@checks("purchases.invalid-refused")
@pytest.mark.parametrize("case", [*MALFORMED, "form"])
def test_malformed_body_gets_4xx(malformed, case):
    answers, _ = malformed
    assert answers[case].status in range(400, 500)


@checks("purchases.invalid-refused", gives_away=True)
def test_unknown_purchases_grant_nothing(unknown):
    _, snapshot = unknown
    given = owned(snapshot, *ASKED_FOR)
    assert given == set(), f"given away for unknown purchases: {', '.join(sorted(given))}"


@checks("purchases.invalid-refused")
def test_snapshot_is_well_after_unknown_purchases(unknown):
    _, snapshot = unknown
    assert set(entries(snapshot)) >= {"PREMIUM", "NO_ADS"}


@checks("purchases.invalid-refused", gives_away=True)
def test_malformed_bodies_grant_nothing(malformed):
    _, snapshot = malformed
    assert owned(snapshot) == set(), f"given away for malformed bodies: {named(snapshot)}"


@checks("purchases.invalid-refused")
def test_snapshot_is_well_after_malformed_bodies(malformed):
    _, snapshot = malformed
    assert set(entries(snapshot)) >= {"PREMIUM", "NO_ADS"}


@checks("purchases.invalid-refused")
def test_purchase_of_one_product_for_another_key_is_no_5xx(bought):
    assert bought.mixed.status < 500


@checks("purchases.invalid-refused", gives_away=True)
def test_purchase_of_one_product_grants_no_other_key(bought):
    told = f"owned after one product was bought for another's key: {named(bought.after_mixed)}"
    assert owned(bought.after_mixed) == owned(bought.after), told


@checks("purchases.granted")
def test_valid_purchase_succeeds(bought):
    assert bought.first.status == 200
    assert bought.first.field("success") is True
    kinds = {name: type(bought.first.json.get(name)) for name in ("entitlements_snapshot", "message")}
    assert kinds == {"entitlements_snapshot": dict, "message": str}


@checks("purchases.granted")
def test_valid_purchase_shows_in_its_own_answer(bought):
    shown = bought.first.field("entitlements_snapshot", "entitlements", bought.receipt.entitlement_key)
    assert shown["status"] == "owned"


@checks("purchases.granted")
def test_valid_purchase_shows_in_the_snapshot(bought):
    assert bought.receipt.entitlement_key in owned(bought.granted) - owned(bought.before)


@checks("purchases.granted", gives_away=True)
def test_valid_purchase_grants_nothing_else(bought):
    more = owned(bought.granted) - owned(bought.before) - {bought.receipt.entitlement_key}
    assert more == set(), f"given away with a purchase: {', '.join(sorted(more))}"


@checks("purchases.granted")
def test_valid_purchase_opens_the_gate(bought):
    cinematic = bought.receipt.entitlement_key == "PREMIUM_CINEMATICS_PACK"
    assert bought.gate.status == (200 if cinematic else 403)
