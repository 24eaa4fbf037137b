"""Whose an event is and what of theirs it changes: several entitlements, other names, transfers, unknown players."""

import asyncio
import uuid

import pytest

from harness import checks, probe
from harness.errors import Unprovable
from harness.target.customers import in_days, owned
from harness.target.webhooks import event, transfer


@probe
async def several(customers):
    """One purchase of several entitlements, one of which nobody knows; then the refund of another purchase."""
    customer = await customers.new()
    await customer.has("NON_RENEWING_PURCHASE", "no_ads", "of_another_app", "starter_pack")
    bought = await customer.until_owned("NO_ADS", "STARTER_PACK")
    await customer.has("INITIAL_PURCHASE", "premium", expiration_at_ms=in_days(30))
    await customer.until_owned("PREMIUM")
    await customer.has("CANCELLATION", "premium", cancel_reason="CUSTOMER_SUPPORT")
    return bought, await customer.until_lost("PREMIUM")


@probe
async def transferred(customers):
    """What one player owned, transferred to another; both snapshots before and after."""
    giver, taker = await asyncio.gather(customers.new(), customers.new())
    await giver.has("NON_RENEWING_PURCHASE", "premium_cinematics")
    before = await asyncio.gather(giver.until_owned("PREMIUM_CINEMATICS_PACK"), taker.snapshot())
    answer = await giver.deliver(transfer(giver.app_user_id, taker.app_user_id))
    after = await asyncio.gather(
        giver.until_lost("PREMIUM_CINEMATICS_PACK"), taker.until_owned("PREMIUM_CINEMATICS_PACK")
    )
    return answer, before, after


@probe
async def by_other_names(customers):
    """Purchases that name the player only as an alias, or only as the original user."""
    customer = await customers.new()
    anonymous = f"$RCAnonymousID:{uuid.uuid4().hex}"
    known = [anonymous, customer.app_user_id]
    strangers = {"app_user_id": anonymous, "original_app_user_id": anonymous, "aliases": [anonymous]}
    await asyncio.gather(
        customer.has("NON_RENEWING_PURCHASE", "no_ads", **strangers | {"aliases": known}),
        customer.has(
            "NON_RENEWING_PURCHASE",
            "starter_pack",
            **strangers | {"original_app_user_id": customer.app_user_id},
        ),
    )
    return await customer.until_owned("NO_ADS", "STARTER_PACK")


@probe
async def unknown_player(webhooks, players, customers, webhook_settings):
    """A purchase of a player who does not exist yet; if it was accepted, what that player then owns."""
    username = players.name()
    answer = await webhooks.deliver(event("NON_RENEWING_PURCHASE", username, ("no_ads",)))
    if answer.status != 200:
        return answer, None
    if webhook_settings.app_user_id == "id":
        raise Unprovable(
            "it was accepted, and no player can register under an id of our choice",
            "accept that with checklist.not_required",
        )
    customer = customers.of(await players.register(username))
    return answer, await customer.until_owned("NO_ADS")


@checks("webhooks.lifecycle")
def test_every_entitlement_of_a_purchase_is_granted(several):
    bought, _ = several
    assert owned(bought) >= {"NO_ADS", "STARTER_PACK"}


@checks("webhooks.lifecycle")
def test_unknown_entitlement_grants_nothing(several):
    bought, _ = several
    assert owned(bought) <= {"NO_ADS", "STARTER_PACK"}


@checks("webhooks.lifecycle")
def test_refund_ends_nothing_else(several):
    _, after = several
    assert owned(after) >= {"NO_ADS", "STARTER_PACK"}


@checks("webhooks.lifecycle")
def test_transfer_is_accepted(transferred):
    answer, _, _ = transferred
    assert answer.status == 200


@checks("webhooks.lifecycle")
def test_transfer_takes_from_one_and_gives_to_the_other(transferred):
    _, before, after = transferred
    pack = {"PREMIUM_CINEMATICS_PACK"}
    assert [owned(snapshot) for snapshot in before] == [pack, set()]
    assert [owned(snapshot) for snapshot in after] == [set(), pack]


@checks("webhooks.lifecycle")
@pytest.mark.parametrize("key", ["NO_ADS", "STARTER_PACK"], ids=["alias", "original"])
def test_player_is_found_by_other_names(by_other_names, key):
    assert key in owned(by_other_names)


@checks("webhooks.lifecycle")
def test_purchase_of_an_unknown_player_is_not_swallowed(unknown_player):
    answer, snapshot = unknown_player
    assert answer.status in (*range(400, 500), 503) or (answer.status, "NO_ADS" in owned(snapshot)) == (
        200,
        True,
    )
