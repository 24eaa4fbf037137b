"""Purchases verified again: granted once, and to one player."""

import asyncio

from harness import checks, probe
from harness.target.customers import entries, owned
from harness.target.revenuecat import refused


@probe
async def in_parallel(api, players, verification, stand_in):
    """The same valid purchase verified five times at once; the snapshots before and after.

    RevenueCat takes its time, so that the verifications really meet.
    """
    buyer = await players.register()
    receipt = stand_in.receipt()
    await stand_in.buy(buyer, receipt)
    body = receipt.body(f"key-{buyer.username}")
    before = await api.snapshot(buyer)
    await stand_in.outage(buyer, "slow")
    answers = await asyncio.gather(*(api.verify_purchase(buyer, body) for _ in range(5)))
    return before, answers, await api.snapshot(buyer)


@checks("purchases.idempotent")
def test_same_purchase_again_gets_the_same_answer(bought):
    assert (bought.again.status, bought.again.field("success")) == (bought.first.status, True)
    assert bought.again.field("message") == bought.first.field("message")


@checks("purchases.idempotent")
def test_same_purchase_again_changes_nothing(bought):
    """Nor does it count as a change, where the target counts changes one by one."""
    first = bought.granted.field("version") - bought.before.field("version")
    assert entries(bought.after) == entries(bought.granted)
    assert bought.after.field("version") == bought.granted.field("version") or first != 1


@checks("purchases.idempotent")
def test_same_key_with_another_body_gets_the_first_answer_or_a_refusal(bought):
    answer, first = bought.other_body, bought.first
    assert answer.status in (409, 422) or (answer.status, answer.field("message")) == (
        200,
        first.field("message"),
    )


@checks("purchases.idempotent", gives_away=True)
def test_same_key_with_another_body_grants_nothing(bought):
    more = owned(bought.after) - owned(bought.granted)
    assert more == set(), f"given away for a key that was used already: {', '.join(sorted(more))}"


@checks("purchases.idempotent")
def test_another_players_earlier_use_of_the_key_has_no_effect(bought):
    assert refused(bought.tried_by_thief.status, bought.tried_by_thief.json)
    assert bought.first.field("success") is True


@checks("purchases.idempotent")
def test_another_player_is_refused_by_the_key(bought):
    assert refused(bought.by_thief.status, bought.by_thief.json)


@checks("purchases.idempotent", gives_away=True)
def test_another_player_gains_nothing_by_the_key(bought):
    given = ", ".join(sorted(owned(bought.thief)))
    assert owned(bought.thief) == set(), f"given away to a player who used another's key: {given}"


@checks("purchases.idempotent")
def test_parallel_verifications_grant_once(in_parallel, bought):
    """As many changes as one verification makes, where the target counts its changes one by one."""
    before, answers, after = in_parallel
    assert {answer.status for answer in answers} <= {200, 409, 425, 429}
    assert 200 in {answer.status for answer in answers}
    one = bought.granted.field("version") - bought.before.field("version")
    assert one != 1 or after.field("version") - before.field("version") == 1
    assert owned(after) == {"PREMIUM_CINEMATICS_PACK"}
