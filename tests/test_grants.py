"""What a ledger says was granted: who may own what, and what of it has lapsed or was taken back."""

import pytest

from harness.target.grants import TAKEN_BACK, left_over, outstanding
from harness.target.webhooks import dashboard_test, encode, event, facts, transfer

HERE, THERE = "https://target.invalid", "https://elsewhere.invalid"
NOW = 2_000_000_000_000


def entry(sent, origin=HERE):
    return {"kind": "event", "origin": origin, **facts(encode(sent))}


def bought(player="smoke_1", *entitlements, **fields):
    return event("INITIAL_PURCHASE", player, entitlements or ("premium",), **fields)


def told(*entries, origin=HERE):
    """Customer, product and entitlements of what is outstanding."""
    return [(one.customer, one.product, one.entitlements) for one in outstanding(entries, origin, NOW)]


PREMIUM = ("smoke_1", "premium_monthly", {"premium"})


@pytest.mark.parametrize(
    "kind",
    [
        "INITIAL_PURCHASE",
        "RENEWAL",
        "UNCANCELLATION",
        "NON_RENEWING_PURCHASE",
        "PRODUCT_CHANGE",
        "SUBSCRIPTION_EXTENDED",
    ],
)
def test_event_that_may_grant_is_outstanding(kind):
    assert told(entry(event(kind, "smoke_1", ("premium",)))) == [PREMIUM]


def test_event_that_grants_nothing_is_not():
    others = [
        event(kind, "smoke_1", ("premium",)) for kind in ("CANCELLATION", "BILLING_ISSUE", "EXPIRATION")
    ]
    assert told(*map(entry, [*others, dashboard_test("smoke_1"), bought(entitlement_ids=None)])) == []


def test_expiration_that_a_check_sent_settles_nothing():
    """Whether the target took it is not in the ledger."""
    assert told(entry(bought()), entry(event("EXPIRATION", "smoke_1", ("premium",)))) == [PREMIUM]


def test_what_one_product_granted_is_taken_back_at_once():
    both = told(entry(bought()), entry(bought("smoke_1", "premium", "no_ads", product_id="premium_monthly")))
    assert both == [("smoke_1", "premium_monthly", {"premium", "no_ads"})]


def test_what_has_lapsed_is_gone_by_itself_and_what_never_lapses_is_not():
    assert told(entry(bought(expiration_at_ms=NOW - 1))) == []
    assert told(entry(bought(expiration_at_ms=NOW + 1))) == [PREMIUM]
    assert told(entry(bought(expiration_at_ms=None))) == [PREMIUM]


def test_what_was_taken_back_is_settled_until_it_is_granted_again():
    purchase = entry(bought())
    back = {
        "kind": TAKEN_BACK,
        "origin": HERE,
        "app_user_id": "smoke_1",
        "original_app_user_id": "smoke_1",
        "aliases": ["smoke_1"],
        "product_id": "premium_monthly",
    }
    assert told(purchase, back) == []
    assert told(purchase, back, purchase) == [PREMIUM]


def test_transfer_may_have_moved_it_or_not():
    assert told(entry(bought()), entry(transfer("smoke_1", "smoke_2"))) == [
        PREMIUM,
        ("smoke_2", "premium_monthly", {"premium"}),
    ]


def test_customer_is_known_by_any_of_its_names():
    strangers = {
        "app_user_id": None,
        "original_app_user_id": "$anonymous",
        "aliases": ["$anonymous", "smoke_1"],
    }
    (grant,) = outstanding([entry(bought(**strangers))], HERE, NOW)
    assert grant.names == ("", "$anonymous", ("$anonymous", "smoke_1"))


def test_what_was_granted_elsewhere_is_not_looked_for_here():
    assert told(entry(bought(), origin=THERE)) == []
    assert told(entry(bought(), origin=THERE), origin=THERE) == [PREMIUM]


def test_purchase_that_was_verified_counts():
    noted = {"kind": "purchase", "origin": HERE, "app_user_id": "smoke_1", "product_id": "p"}
    assert told({**noted, "entitlement_ids": ["premium"]}) == [("smoke_1", "p", {"premium"})]


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"7", b"[]", b'{"event": 7}', b'{"event": {}}', b'{"event": null}', b"[" * 100_000],
    ids=["empty", "bytes", "number", "list", "no-event", "no-type", "null", "deep"],
)
def test_delivery_that_is_no_event_grants_nothing(body):
    assert facts(body) is None


@pytest.mark.parametrize("odd", [7, [], {}, None, 1e999, [1, None], "x"])
@pytest.mark.parametrize(
    "field",
    [
        "type",
        "app_user_id",
        "original_app_user_id",
        "aliases",
        "product_id",
        "entitlement_ids",
        "event_timestamp_ms",
    ],
)
def test_made_up_events_are_read_whatever_they_hold(field, odd):
    read = outstanding([entry({**bought(), field: odd})], HERE, NOW)
    assert all(isinstance(str(grant), str) for grant in read)
    assert len(read) <= 1


def test_lines_of_earlier_runs_stay_only_while_something_is_left():
    purchase, other = entry(bought()), {"kind": "request", "method": "POST", "path": "/x"}
    assert left_over([other, purchase]) == [purchase]
    assert left_over([other, entry(bought(expiration_at_ms=1))]) == []
    assert left_over([{"kind": "event", "id": "1", "type": "RENEWAL", "app_user_id": "smoke_1"}]) == []
