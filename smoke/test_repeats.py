"""Purchases verified again: granted once, to one player, and not lost where they could not be verified at first."""

import asyncio
from dataclasses import dataclass

import pytest

from harness import checks, probe
from harness.evidence.exchange import Exchange
from harness.evidence.probe import together
from harness.target.customers import entries, owned
from harness.target.players import Player
from harness.target.revenuecat import refused

REFUSED_LATER = ("down", "hang")


@dataclass(frozen=True)
class InParallel:
    """The same valid purchase verified several times at once, and the snapshots before and after."""

    buyer: Player
    before: Exchange
    answers: list[Exchange]
    after: Exchange


@probe
async def in_parallel(api, players, verification, stand_in):
    """RevenueCat takes its time, so that the verifications really meet."""
    buyer = await players.register()
    receipt = stand_in.receipt()
    await stand_in.buy(buyer, receipt)
    body = receipt.body(f"key-{buyer.username}")
    before = await api.snapshot(buyer)
    await stand_in.outage(buyer, "slow")
    answers = await asyncio.gather(*(api.verify_purchase(buyer, body) for _ in range(5)))
    return InParallel(buyer, before, answers, await api.snapshot(buyer))


@dataclass(frozen=True)
class Retried:
    """A purchase that could not be verified at first, and then was: the answers, and the snapshots around them."""

    before: Exchange
    early: Exchange
    later: Exchange
    after: Exchange
    meanwhile: Exchange | None = None

    @property
    def gained(self):
        """What the player owned more in the end."""
        return owned(self.after) - owned(self.before)


@probe
async def refused_first(api, bought, stand_in):
    """A purchase verified before RevenueCat knows of it, and again, unchanged, once it does."""
    buyer, before = bought.player, bought.after_mixed
    receipt = stand_in.receipt("no_ads_forever", "NO_ADS")
    body = receipt.body(f"early-{buyer.username}")
    early = await api.verify_purchase(buyer, body)
    await stand_in.buy(buyer, receipt)
    later = await api.verify_purchase(buyer, body)
    return Retried(before, early, later, await api.snapshot(buyer))


async def through_outage(api, buyer, before, stand_in, mode):
    """A valid purchase verified while RevenueCat is out, and again afterwards."""
    receipt = stand_in.receipt("starter_pack", "STARTER_PACK")
    await stand_in.buy(buyer, receipt)
    body = receipt.body(f"{mode}-{buyer.username}")
    await stand_in.outage(buyer, mode)
    during = await api.verify_purchase(buyer, body)
    meanwhile = await api.snapshot(buyer)
    await stand_in.outage(buyer, "none")
    later = await api.verify_purchase(buyer, body)
    return Retried(before, during, later, await api.snapshot(buyer), meanwhile)


@probe(late=True)
async def outages(api, bought, refused_first, in_parallel, stand_in):
    """A valid purchase through each kind of outage, of players whose other purchases are over."""
    buyers = {"down": (bought.player, refused_first.after), "hang": (in_parallel.buyer, in_parallel.after)}
    return await together(
        {mode: through_outage(api, *buyers[mode], stand_in, mode) for mode in REFUSED_LATER}
    )


@checks("purchases.idempotent")
def test_same_purchase_again_gets_the_same_answer(bought):
    assert (bought.again.status, bought.again.field("success")) == (bought.first.status, True)
    assert bought.again.field("message") == bought.first.field("message")


@checks("purchases.idempotent")
def test_same_purchase_again_changes_nothing(bought):
    """Nor does it count as a change, where the target counts changes one by one."""
    assert entries(bought.after) == entries(bought.granted)
    assert bought.after.field("version") == bought.granted.field("version") or not counts_one_by_one(bought)


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
    before, after = in_parallel.before, in_parallel.after
    assert {answer.status for answer in in_parallel.answers} <= {200, 409, 425, 429}
    assert 200 in {answer.status for answer in in_parallel.answers}
    assert after.field("version") - before.field("version") == 1 or not counts_one_by_one(bought)
    assert owned(after) == {"PREMIUM_CINEMATICS_PACK"}


@checks("purchases.granted")
@pytest.mark.parametrize("mode", REFUSED_LATER)
def test_outage_of_revenuecat_is_said_as_one(outages, mode):
    assert outages[mode].early.status in (502, 503, 504)


@checks("purchases.granted", gives_away=True)
@pytest.mark.parametrize("mode", REFUSED_LATER)
def test_outage_of_revenuecat_grants_nothing(outages, mode):
    given = owned(outages[mode].meanwhile) - owned(outages[mode].before)
    assert given == set(), f"given away while RevenueCat could confirm nothing: {', '.join(sorted(given))}"


@checks("purchases.granted")
@pytest.mark.parametrize("mode", REFUSED_LATER)
def test_purchase_is_not_lost_in_an_outage(outages, mode):
    later = outages[mode].later
    assert (later.status, later.field("success")) == (200, True)
    assert outages[mode].gained == {"STARTER_PACK"}


@checks("purchases.invalid-refused")
def test_purchase_is_refused_before_revenuecat_knows_of_it(refused_first):
    early = refused_first.early
    assert refused(early.status, early.json)


@checks("purchases.granted")
def test_refusal_is_not_remembered(refused_first):
    """That it was refused at first is a check of purchases.invalid-refused."""
    later = refused_first.later
    assert (later.status, later.field("success")) == (200, True)
    assert refused_first.gained == {"NO_ADS"}


def counts_one_by_one(bought):
    """Whether the target counts each player's changes: one verification is one, and none of its buyer's is a change
    of the thief's, who had none."""
    start = bought.before.field("version")
    return bought.granted.field("version") - start == 1 and bought.thief.field("version") == start
