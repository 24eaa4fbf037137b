"""Whose an event is and what of theirs it changes: several entitlements, other names, transfers, unknown players."""

import asyncio
import uuid
from dataclasses import dataclass
from datetime import timedelta

import pytest

from harness import checks, probe
from harness.errors import Unprovable
from harness.evidence.exchange import Exchange
from harness.target.customers import HERO_KEY, Customer, entitlement, in_days, owned
from harness.target.webhooks import transfer

BOTH = {"NO_ADS", "STARTER_PACK"}
FOREIGN = "of_another_app"  # an entitlement id that stands for none of the keys
FOR_GOOD = timedelta(days=36_500)  # an end that far away is none
PACK = "PREMIUM_CINEMATICS_PACK"
GRANTING = {
    "INITIAL_PURCHASE": ("premium", "PREMIUM"),
    "RENEWAL": ("no_ads", "NO_ADS"),
    "UNCANCELLATION": ("starter_pack", "STARTER_PACK"),
    "NON_RENEWING_PURCHASE": ("premium_cinematics", "PREMIUM_CINEMATICS_PACK"),
}


@dataclass(frozen=True)
class Several:
    """A purchase of several entitlements, and the refund of another one of the same customer."""

    customer: Customer
    bought: Exchange
    refunded: Exchange


@probe
async def several(customers):
    """Of the several entitlements nobody knows one."""
    customer = await customers.new()
    await customer.has("NON_RENEWING_PURCHASE", "no_ads", FOREIGN, "starter_pack")
    bought = await customer.until_owned("NO_ADS", "STARTER_PACK")
    await customer.has("INITIAL_PURCHASE", "premium", expiration_at_ms=in_days(30))
    await customer.until_owned("PREMIUM")
    await customer.has("CANCELLATION", "premium", cancel_reason="CUSTOMER_SUPPORT")
    return Several(customer, bought, await customer.until_lost("PREMIUM"))


@dataclass(frozen=True)
class Transferred:
    """All that one player owned, given to another: the answer to the event, and what both owned around it."""

    giver: Customer
    answer: Exchange
    before: list[set[str]]
    after: list[set[str]]


@probe
async def transferred(customers, several):
    """The taker has other purchases, which are not looked at."""
    giver, taker = several.customer, await customers.sharing("no_ads", "starter_pack")

    async def own(given, taken):
        seen = await asyncio.gather(given, taken)
        return [owned(seen[0]), owned(seen[1]) & BOTH]

    before = await own(giver.snapshot(), taker.snapshot())
    answer = await giver.deliver(transfer(giver.app_user_id, taker.app_user_id))
    after = await own(giver.until(lambda seen: not owned(seen) & BOTH), taker.until_owned(*BOTH))
    return Transferred(giver, answer, before, after)


@probe
async def grants(transferred, expect):
    """Each granting type on its own entitlement of a player who owns nothing (any more), and a hero's key; one of them
    for good."""
    customer, hero = transferred.giver, HERO_KEY + expect.heroes[0]
    forever = {"INITIAL_PURCHASE": None}
    await asyncio.gather(
        *(
            customer.has(kind, entitlement_id, expiration_at_ms=forever.get(kind, in_days(30)))
            for kind, (entitlement_id, _) in GRANTING.items()
        ),
        customer.has("NON_RENEWING_PURCHASE", hero),
    )
    return await customer.until_owned(*(key for _, key in GRANTING.values()), hero)


@probe
async def by_other_names(awaited):
    """Purchases that name the player only as an alias, or only as the original user."""
    customer = awaited.customer
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
async def named_first(awaited, bystander):
    """A purchase of one player that names another one, too, as if they had been merged; the snapshots of both."""
    buyer, other = awaited.customer, bystander
    merged = {"original_app_user_id": other.app_user_id, "aliases": [other.app_user_id, buyer.app_user_id]}
    await buyer.has("NON_RENEWING_PURCHASE", "premium_cinematics", **merged)
    return await buyer.until_owned(PACK), await other.settled()


@probe
async def unknown_player(awaited, webhook_settings):
    """A purchase of a player who did not exist yet; if it was accepted, what that player then owns."""
    if awaited.answer.status != 200:
        return awaited.answer, None
    if webhook_settings.app_user_id == "id":
        raise Unprovable(
            "it was accepted, and no player can register under an id of our choice",
            "accept that with checklist.not_required",
        )
    return awaited.answer, await awaited.customer.until_owned("PREMIUM")


@checks("webhooks.lifecycle")
def test_every_entitlement_of_a_purchase_is_granted(several):
    assert owned(several.bought) >= BOTH


@checks("webhooks.lifecycle")
def test_unknown_entitlement_grants_nothing(several):
    assert owned(several.bought, FOREIGN, FOREIGN.upper()) <= BOTH


@checks("webhooks.lifecycle")
def test_refund_ends_nothing_else(several):
    assert owned(several.refunded) >= BOTH


@checks("webhooks.lifecycle")
def test_transfer_is_accepted(transferred):
    assert transferred.answer.status == 200


@checks("webhooks.lifecycle")
def test_transfer_takes_from_one_and_gives_to_the_other(transferred):
    assert transferred.before == [BOTH, set()]
    assert transferred.after == [set(), BOTH]


@checks("webhooks.lifecycle")
@pytest.mark.parametrize("kind", GRANTING)
def test_granting_event_grants(grants, kind):
    assert entitlement(grants, GRANTING[kind][1])["status"] == "owned"


@checks("webhooks.lifecycle")
def test_id_that_is_a_key_stands_for_itself(grants, expect):
    assert HERO_KEY + expect.heroes[0] in owned(grants)


@checks("webhooks.lifecycle")
def test_what_has_no_end_does_not_expire(grants):
    _, key = GRANTING["INITIAL_PURCHASE"]
    assert entitlement(grants, key)["status"] == "owned"
    end = grants.field("entitlements", key, "expires_at")
    assert (
        end is None or grants.time("entitlements", key, "expires_at") > grants.time("server_time") + FOR_GOOD
    )


@checks("webhooks.lifecycle")
@pytest.mark.parametrize("key", ["NO_ADS", "STARTER_PACK"], ids=["alias", "original"])
def test_player_is_found_by_other_names(by_other_names, key):
    assert key in owned(by_other_names)


@checks("webhooks.lifecycle")
def test_purchase_is_the_app_users_alone(named_first):
    buyers, others = named_first
    assert PACK in owned(buyers), "the purchase is not that of the player whom app_user_id names"
    assert PACK not in owned(others), "the purchase is that of a player, too, whom app_user_id does not name"


@checks("webhooks.lifecycle")
def test_purchase_of_an_unknown_player_is_not_swallowed(unknown_player):
    answer, snapshot = unknown_player
    assert answer.status in (*range(400, 500), 503) or (answer.status, "PREMIUM" in owned(snapshot)) == (
        200,
        True,
    )
