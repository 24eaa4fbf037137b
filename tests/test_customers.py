"""Customers: which entitlements of whom a check changes, and what a snapshot shows as owned."""

import asyncio

import pytest
from backend import Backend

from harness.evidence.secrets import Secrets
from harness.target.customers import HERO_KEY, Customers, owned
from harness.target.players import Players
from harness.target.webhooks import Signer, Webhooks


@pytest.fixture
def sharing(meet):
    """`sharing(*asked)`: the names of the customers of checks that ask at once, each for some entitlements."""

    def sharing(*asked):
        async def work(meeting):
            known, settings = Secrets(), meeting.environment.file.webhook
            players = Players(meeting.environment, meeting.api, known, meeting.ledger)
            webhooks = Webhooks(meeting.api, Signer(settings, "secret", known), settings, meeting.ledger)
            customers = Customers(players, meeting.api, webhooks, settings)
            got = await asyncio.gather(*(customers.sharing(*each) for each in asked))
            return [each.player.username for each in got]

        return meet(Backend(), work)

    return sharing


def test_checks_of_different_entitlements_share_a_customer(sharing):
    assert len(set(sharing(["premium"], ["no_ads"], ["starter_pack", "premium_cinematics"]))) == 1


def test_no_two_checks_change_the_same_entitlement_of_a_customer(sharing):
    first, second, third, fourth = sharing(
        ["premium"], ["premium", "no_ads"], ["no_ads"], ["premium", "starter_pack"]
    )
    assert len({first, second, fourth}) == 3
    assert third == first


def snapshot(make_exchange, **status):
    return make_exchange({"entitlements": {key: {"status": each} for key, each in status.items()}})


def test_what_is_owned_is_what_the_contract_names(make_exchange):
    shown = snapshot(make_exchange, PREMIUM="owned", NO_ADS="expired", **{f"{HERO_KEY}hero_1": "owned"})
    assert owned(shown) == {"PREMIUM", f"{HERO_KEY}hero_1"}


def test_what_a_deployment_gives_to_everybody_is_its_own_affair(make_exchange):
    shown = snapshot(make_exchange, BASE_GAME="owned", NO_SUCH_KEY="owned", STARTER_PACK="not_owned")
    assert owned(shown) == set()
    assert owned(shown, "NO_SUCH_KEY", "STARTER_PACK") == {"NO_SUCH_KEY"}
