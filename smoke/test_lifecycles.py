"""Subscriptions' lives, each on a player of its own: what grants, what keeps and what ends access."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from harness import checks, probe
from harness.evidence.exchange import Exchange
from harness.evidence.probe import together
from harness.target.customers import entitlement, in_days, owned
from harness.target.webhooks import clock_ms

GRANTING = {
    "INITIAL_PURCHASE": ("premium", "PREMIUM"),
    "RENEWAL": ("no_ads", "NO_ADS"),
    "UNCANCELLATION": ("starter_pack", "STARTER_PACK"),
    "NON_RENEWING_PURCHASE": ("premium_cinematics", "PREMIUM_CINEMATICS_PACK"),
}
KEEPING = {
    "CANCELLATION": {"cancel_reason": "UNSUBSCRIBE"},
    "BILLING_ISSUE": {"grace_period_expiration_at_ms": None},
    "SUBSCRIPTION_PAUSED": {"auto_resume_at_ms": None},
}
ROUNDING = timedelta(seconds=1)


@dataclass(frozen=True)
class Subscription:
    """Snapshots of one subscription, and the ends (ms) that its purchase and its renewal named."""

    first_end: int
    second_end: int
    bought: Exchange
    renewed: Exchange
    cancelled: Exchange
    expired: Exchange


@probe
async def subscription(customers):
    """Bought, renewed, cancelled with time left, expired."""
    customer = await customers.new()
    first_end, second_end = in_days(30), in_days(60)
    await customer.has("INITIAL_PURCHASE", "premium", expiration_at_ms=first_end)
    bought = await customer.until_owned("PREMIUM")
    await customer.has("RENEWAL", "premium", expiration_at_ms=second_end)
    renewed = await customer.until(lambda seen: ends_at(seen, "PREMIUM", second_end))
    await customer.has("CANCELLATION", "premium", cancel_reason="UNSUBSCRIBE", expiration_at_ms=second_end)
    cancelled = await customer.settled()
    await customer.has(
        "EXPIRATION", "premium", expiration_reason="UNSUBSCRIBE", expiration_at_ms=in_days(-0.001)
    )
    return Subscription(
        first_end, second_end, bought, renewed, cancelled, await customer.until_lost("PREMIUM")
    )


@probe
async def grants(customers):
    """Each granting type on its own entitlement of one new player; and one that is owned for good."""
    customer = await customers.new()
    forever = {"INITIAL_PURCHASE": None}
    await asyncio.gather(
        *(
            customer.has(kind, entitlement_id, expiration_at_ms=forever.get(kind, in_days(30)))
            for kind, (entitlement_id, _) in GRANTING.items()
        )
    )
    return await customer.until_owned(*(key for _, key in GRANTING.values()))


async def kept(customer, kind, fields):
    """A subscription after an event that must not end it."""
    end = {"expiration_at_ms": in_days(30)}
    await customer.has("INITIAL_PURCHASE", "premium", **end)
    await customer.until_owned("PREMIUM")
    await customer.has(kind, "premium", **end, **fields)
    return await customer.settled()


@probe
async def keeps(customers):
    """A subscription after each event that must not end it."""
    new = await asyncio.gather(*(customers.new() for _ in KEEPING))
    pairs = zip(new, KEEPING.items(), strict=True)
    return await together({kind: kept(customer, kind, fields) for customer, (kind, fields) in pairs})


@probe
async def uncancelled(customers):
    """A subscription cancelled and taken up again."""
    customer = await customers.new()
    end = {"expiration_at_ms": in_days(30)}
    await customer.has("INITIAL_PURCHASE", "premium", **end)
    await customer.until_owned("PREMIUM")
    await customer.has("CANCELLATION", "premium", cancel_reason="UNSUBSCRIBE", **end)
    await customer.has("UNCANCELLATION", "premium", **end)
    return await customer.settled()


@probe
async def refunded(customers):
    """A subscription with time left, refunded by customer support."""
    customer = await customers.new()
    end = {"expiration_at_ms": in_days(30)}
    await customer.has("INITIAL_PURCHASE", "premium", **end)
    bought = await customer.until_owned("PREMIUM")
    await customer.has("CANCELLATION", "premium", cancel_reason="CUSTOMER_SUPPORT", **end)
    return bought, await customer.until_lost("PREMIUM")


@probe
async def late_expiration(customers):
    """An EXPIRATION that arrives after the RENEWAL which made it obsolete."""
    customer = await customers.new()
    bought, expired, renewed = clock_ms(), clock_ms(), clock_ms()
    await customer.has("INITIAL_PURCHASE", "premium", expiration_at_ms=in_days(1), event_timestamp_ms=bought)
    await customer.until_owned("PREMIUM")
    end = in_days(30)
    await customer.has("RENEWAL", "premium", expiration_at_ms=end, event_timestamp_ms=renewed)
    await customer.until(lambda seen: ends_at(seen, "PREMIUM", end))
    await customer.has("EXPIRATION", "premium", expiration_at_ms=in_days(-0.001), event_timestamp_ms=expired)
    return await customer.settled()


@probe
async def late_renewal(customers):
    """A RENEWAL that arrives after the EXPIRATION which followed it."""
    customer = await customers.new()
    bought, renewed, expired = clock_ms(), clock_ms(), clock_ms()
    await customer.has("INITIAL_PURCHASE", "premium", expiration_at_ms=in_days(1), event_timestamp_ms=bought)
    await customer.until_owned("PREMIUM")
    await customer.has("EXPIRATION", "premium", expiration_at_ms=in_days(-0.001), event_timestamp_ms=expired)
    await customer.until_lost("PREMIUM")
    await customer.has("RENEWAL", "premium", expiration_at_ms=in_days(30), event_timestamp_ms=renewed)
    return await customer.settled()


def ends_at(snapshot, key, end_ms):
    """Whether the entitlement ends at `end_ms`, give or take the second that a target may round to."""
    if entitlement(snapshot, key).get("expires_at") is None:
        return False
    end = datetime.fromtimestamp(end_ms / 1000, UTC)
    return abs(snapshot.time("entitlements", key, "expires_at") - end) <= ROUNDING


@checks("webhooks.lifecycle")
def test_purchase_grants_until_its_end(subscription):
    assert owned(subscription.bought) == {"PREMIUM"}
    assert ends_at(subscription.bought, "PREMIUM", subscription.first_end)


@checks("webhooks.lifecycle")
def test_renewal_moves_the_end(subscription):
    assert "PREMIUM" in owned(subscription.renewed)
    assert ends_at(subscription.renewed, "PREMIUM", subscription.second_end)


@checks("webhooks.lifecycle")
def test_cancellation_keeps_what_was_paid_for(subscription):
    assert "PREMIUM" in owned(subscription.cancelled)
    assert ends_at(subscription.cancelled, "PREMIUM", subscription.second_end)


@checks("webhooks.lifecycle")
def test_expiration_ends_access(subscription):
    assert "PREMIUM" in owned(subscription.cancelled)
    assert "PREMIUM" not in owned(subscription.expired)


@checks("webhooks.lifecycle")
@pytest.mark.parametrize("kind", GRANTING)
def test_granting_event_grants(grants, kind):
    assert entitlement(grants, GRANTING[kind][1])["status"] == "owned"


@checks("webhooks.lifecycle")
def test_what_has_no_end_does_not_expire(grants):
    entry = entitlement(grants, GRANTING["INITIAL_PURCHASE"][1])
    assert (entry["status"], entry["expires_at"]) == ("owned", None)


@checks("webhooks.lifecycle")
@pytest.mark.parametrize("kind", KEEPING)
def test_event_keeps_access(keeps, kind):
    assert "PREMIUM" in owned(keeps[kind])


@checks("webhooks.lifecycle")
def test_uncancelled_subscription_goes_on(uncancelled):
    assert "PREMIUM" in owned(uncancelled)


@checks("webhooks.lifecycle")
def test_refund_ends_access(refunded):
    bought, after = refunded
    assert "PREMIUM" in owned(bought)
    assert "PREMIUM" not in owned(after)


@checks("webhooks.lifecycle")
def test_late_expiration_revokes_nothing(late_expiration):
    assert "PREMIUM" in owned(late_expiration)


@checks("webhooks.lifecycle")
def test_late_renewal_revives_nothing(late_renewal):
    assert "PREMIUM" not in owned(late_renewal)
