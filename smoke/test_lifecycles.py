"""Subscriptions' lives, of which a player may have several: what grants, what keeps and what ends access."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from harness import checks, probe
from harness.evidence.exchange import Exchange
from harness.target.customers import entitlement, in_days, owned
from harness.target.webhooks import clock_ms

KEEPING = {  # beside a CANCELLATION
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
    customer = await customers.sharing("premium")
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
async def troubled(customers):
    """A subscription after each event that must not end it, one after another."""
    customer, seen = await customers.sharing("starter_pack"), {}
    end = {"expiration_at_ms": in_days(30)}
    await customer.has("INITIAL_PURCHASE", "starter_pack", **end)
    await customer.until_owned("STARTER_PACK")
    for kind, fields in KEEPING.items():
        await customer.has(kind, "starter_pack", **end, **fields)
        seen[kind] = await customer.settled()
    await customer.has("CANCELLATION", "starter_pack", cancel_reason="UNSUBSCRIBE", **end)
    await customer.has("UNCANCELLATION", "starter_pack", **end)
    return {**seen, "UNCANCELLATION": await customer.settled()}


@probe
async def refunded(customers):
    """A subscription with time left, refunded by customer support."""
    customer = await customers.sharing("no_ads")
    end = {"expiration_at_ms": in_days(30)}
    await customer.has("INITIAL_PURCHASE", "no_ads", **end)
    bought = await customer.until_owned("NO_ADS")
    await customer.has("CANCELLATION", "no_ads", cancel_reason="CUSTOMER_SUPPORT", **end)
    return bought, await customer.until_lost("NO_ADS")


@probe
async def late_expiration(customers):
    """An EXPIRATION that arrives after the RENEWAL which made it obsolete."""
    customer = await customers.sharing("no_ads")
    bought, expired, renewed = clock_ms(), clock_ms(), clock_ms()
    await customer.has("INITIAL_PURCHASE", "no_ads", expiration_at_ms=in_days(1), event_timestamp_ms=bought)
    await customer.until_owned("NO_ADS")
    end = in_days(30)
    await customer.has("RENEWAL", "no_ads", expiration_at_ms=end, event_timestamp_ms=renewed)
    await customer.until(lambda seen: ends_at(seen, "NO_ADS", end))
    await customer.has("EXPIRATION", "no_ads", expiration_at_ms=in_days(-0.001), event_timestamp_ms=expired)
    return await customer.settled()


@probe
async def late_renewal(customers):
    """A RENEWAL that arrives after the EXPIRATION which followed it."""
    customer = await customers.sharing("starter_pack")
    bought, renewed, expired = clock_ms(), clock_ms(), clock_ms()
    await customer.has(
        "INITIAL_PURCHASE", "starter_pack", expiration_at_ms=in_days(1), event_timestamp_ms=bought
    )
    await customer.until_owned("STARTER_PACK")
    await customer.has(
        "EXPIRATION", "starter_pack", expiration_at_ms=in_days(-0.001), event_timestamp_ms=expired
    )
    await customer.until_lost("STARTER_PACK")
    await customer.has("RENEWAL", "starter_pack", expiration_at_ms=in_days(30), event_timestamp_ms=renewed)
    return await customer.settled()


def ends_at(snapshot, key, end_ms):
    """Whether the entitlement ends at `end_ms`, give or take the second that a target may round to."""
    if entitlement(snapshot, key).get("expires_at") is None:
        return False
    end = datetime.fromtimestamp(end_ms / 1000, UTC)
    return abs(snapshot.time("entitlements", key, "expires_at") - end) <= ROUNDING


@checks("webhooks.lifecycle")
def test_purchase_grants_until_its_end(subscription):
    assert "PREMIUM" in owned(subscription.bought)
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
@pytest.mark.parametrize("kind", KEEPING)
def test_event_keeps_access(troubled, kind):
    assert "STARTER_PACK" in owned(troubled[kind])


@checks("webhooks.lifecycle")
def test_uncancelled_subscription_goes_on(troubled):
    assert "STARTER_PACK" in owned(troubled["UNCANCELLATION"])


@checks("webhooks.lifecycle")
def test_refund_ends_access(refunded):
    bought, after = refunded
    assert "NO_ADS" in owned(bought)
    assert "NO_ADS" not in owned(after)


@checks("webhooks.lifecycle")
def test_late_expiration_revokes_nothing(late_expiration):
    assert "NO_ADS" in owned(late_expiration)


@checks("webhooks.lifecycle")
def test_late_renewal_revives_nothing(late_renewal):
    assert "STARTER_PACK" not in owned(late_renewal)
