"""Webhooks: delivered by RevenueCat alone, each event once."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import pytest

from harness import checks, probe
from harness.evidence.exchange import Exchange
from harness.evidence.probe import together
from harness.plugin import ENVIRONMENT
from harness.target.customers import HERO_KEY, entitlement, entries, in_days, owned
from harness.target.webhooks import clock_ms, encode, event, forgeries

RARE = f"{HERO_KEY}nobodys"  # what no other check buys
# Each type but TEST and TRANSFER, with the fields that it alone has.
TYPES = {
    "INITIAL_PURCHASE": {},
    "RENEWAL": {},
    "NON_RENEWING_PURCHASE": {},
    "CANCELLATION": {"cancel_reason": "UNSUBSCRIBE"},
    "UNCANCELLATION": {},
    "EXPIRATION": {"expiration_reason": "UNSUBSCRIBE"},
    "BILLING_ISSUE": {"grace_period_expiration_at_ms": None},
    "SUBSCRIPTION_PAUSED": {"auto_resume_at_ms": None},
    "PRODUCT_CHANGE": {},
    "SUBSCRIPTION_EXTENDED": {},
    "REFUND_REVERSED": {},
    "TEMPORARY_ENTITLEMENT_GRANT": {},
    "EXPERIMENT_ENROLLMENT": {},
    "SOMETHING_NOT_YET_INVENTED": {},
}
MALFORMED = {
    "not-json": b'{"api_version": "1.0", "event": {',
    "array": b"[]",
    "no-event": b'{"api_version": "1.0"}',
    "null-event": b'{"api_version": "1.0", "event": null}',
    "text-for-event": b'{"api_version": "1.0", "event": "TEST"}',
}
WRONG_TYPES = {
    "number-for-type": {"type": 7},
    "object-for-id": {"id": {"$ne": ""}},
    "text-for-entitlements": {"entitlement_ids": "premium"},
    "text-for-expiration": {"expiration_at_ms": "soon"},
    "object-for-player": {"app_user_id": {"$gt": ""}},
}


def pytest_generate_tests(metafunc):
    if "forgery" in metafunc.fixturenames:
        strategy = metafunc.config.stash[ENVIRONMENT].file.webhook.strategy
        metafunc.parametrize("forgery", forgeries(strategy))


@probe
async def tested(dashboard_event, bystander):
    """What the player to whom the TEST was attributed owns, once it must have taken effect."""
    return await bystander.settled()


@probe
async def every_type(customers, cast, webhooks):
    """An event of each type, and one with fields nobody knows yet."""
    customer, end = await cast.customer("customer"), {"expiration_at_ms": in_days(1)}
    sent = {kind: customer.event(kind, "premium", **end, **fields) for kind, fields in TYPES.items()}
    sent["extra-fields"] = customer.event("TEST", surprise={"nested": [1, None]}, another=True)
    return await together({case: webhooks.deliver(each) for case, each in sent.items()})


@probe
async def malformed(webhooks, rival):
    """Malformed bodies and fields with genuine credentials."""
    wrong = {case: encode(event("TEST", rival.username, **field)) for case, field in WRONG_TYPES.items()}
    return await together({case: webhooks.post(body) for case, body in (MALFORMED | wrong).items()})


@dataclass(frozen=True)
class Forgeries:
    """Answers to forged deliveries of a grant, to the same with a body that is no event, and what they changed."""

    answers: dict[str, Exchange]
    without_event: dict[str, Exchange]
    after: Exchange


@probe
async def forged(bystander, webhooks, webhook_settings):
    """Every kind of forged credentials."""
    customer = bystander
    grant, nonsense = encode(customer.event("INITIAL_PURCHASE", "premium")), b'{"event": 7'
    kinds = forgeries(webhook_settings.strategy)

    async def post(kind, body):
        credentials, body = webhooks.signer.forged(kind, body, customer.player.token)
        return await webhooks.post(body, credentials)

    answers = await together({kind: post(kind, grant) for kind in kinds})
    without_event = await together({kind: post(kind, nonsense) for kind in kinds})
    return Forgeries(answers, without_event, await customer.settled())


@dataclass(frozen=True)
class Repeated:
    """One event delivered again and again: the answers; snapshots before all, after one purchase, after the first
    delivery, and after all of them and one more purchase."""

    answers: list[Exchange]
    untouched: Exchange
    before: Exchange
    once: Exchange
    after: Exchange

    def rises(self):
        """By how much `version` rises from each snapshot to the next."""
        versions = [each.field("version") for each in (self.untouched, self.before, self.once, self.after)]
        return [later - earlier for earlier, later in pairwise(versions)]


async def repeated(customer, bought, deliver):
    """A purchase delivered more than once, as `deliver` does; one of another kind goes before it and comes after it."""
    untouched = await customer.snapshot()
    before = await customer.settled()
    sent = customer.event("INITIAL_PURCHASE", bought, expiration_at_ms=in_days(30))
    answers, once = await deliver(sent)
    return Repeated(answers, untouched, before, once, await customer.settled())


@probe
async def repeats(growing, webhooks):
    """The same event three times in sequence, and another one eight times in parallel."""
    customer = growing.customer

    async def in_sequence(sent):
        first = await webhooks.deliver(sent)
        once = await customer.until_owned("PREMIUM")
        return [first, await webhooks.deliver(sent), await webhooks.deliver(sent)], once

    async def in_parallel(sent):
        answers = await asyncio.gather(*(webhooks.deliver(sent) for _ in range(8)))
        return answers, await customer.until_owned("STARTER_PACK")

    sequence = await repeated(customer, "premium", in_sequence)
    return {"in-sequence": sequence, "in-parallel": await repeated(customer, "starter_pack", in_parallel)}


@probe
async def untouched(api, rival, repeats):
    """After all the repeats the snapshot of another player, to whom nothing happens."""
    return await api.snapshot(rival)


@probe
async def stale_repeat(awaited, webhooks):
    """A purchase delivered again after its refund: the same event, now out of date."""
    customer = awaited.customer
    bought = await customer.has("NON_RENEWING_PURCHASE", RARE, event_timestamp_ms=clock_ms())
    await customer.until_owned(RARE)
    await customer.has("CANCELLATION", RARE, cancel_reason="CUSTOMER_SUPPORT")
    await customer.until_lost(RARE)
    return await webhooks.deliver(bought), await customer.settled()


@checks("webhooks.delivered")
def test_dashboard_test_is_delivered(dashboard_event):
    _, answer = dashboard_event
    assert answer.status == 200


@checks("webhooks.delivered")
def test_dashboard_test_changes_nobody(tested):
    assert {key for key in owned(tested) if not key.startswith(HERO_KEY)} == set()


@checks("webhooks.delivered")
@pytest.mark.parametrize("case", [*TYPES, "extra-fields"])
def test_event_of_any_type_is_accepted(every_type, case):
    assert every_type[case].status == 200


@checks("webhooks.delivered")
@pytest.mark.parametrize("case", [*MALFORMED, *WRONG_TYPES])
def test_malformed_event_gets_4xx(malformed, case):
    assert malformed[case].status in range(400, 500)


@checks("webhooks.delivered")
def test_answer_comes_in_time(dashboard_event, repeats, webhook_settings, record_property):
    """RevenueCat disconnects after 60 s."""
    slowest = max(answer.elapsed for answer in [dashboard_event[1], *repeats["in-parallel"].answers])
    record_property("webhook_ms", round(slowest / timedelta(milliseconds=1)))
    assert slowest < timedelta(seconds=webhook_settings.answers_within_s)


@checks("webhooks.signature")
def test_forged_credentials_are_refused(forged, forgery):
    assert forged.answers[forgery].status in (401, 403)


@checks("webhooks.signature")
def test_credentials_come_before_the_body(forged, forgery):
    assert forged.without_event[forgery].status in (401, 403)


@checks("webhooks.signature")
def test_forged_events_change_nothing(forged):
    assert "PREMIUM" not in owned(forged.after)


@checks("webhooks.idempotent")
@pytest.mark.parametrize("how", ["in-sequence", "in-parallel"])
def test_every_repeat_is_accepted(repeats, how):
    assert {answer.status for answer in repeats[how].answers} == {200}


@checks("webhooks.idempotent")
@pytest.mark.parametrize("how", ["in-sequence", "in-parallel"])
def test_repeats_change_state_once(growing, repeats, untouched, how):
    """Two changes after `before` are due: the event, and the purchase that shows it to be settled.

    Where the target counts its changes one by one, and this player's alone.
    """
    rises = [later - earlier for earlier, later in pairwise(growing.versions)]
    counts_one_by_one = [*rises, *repeats["in-sequence"].rises()[:2]] == [1, 0, 1, 1, 1]
    counts_one_by_one &= untouched.field("version") == growing.versions[0]
    assert sum(repeats[how].rises()[1:]) == 2 or not counts_one_by_one


@checks("webhooks.idempotent")
@pytest.mark.parametrize(("how", "key"), [("in-sequence", "PREMIUM"), ("in-parallel", "STARTER_PACK")])
def test_repeats_leave_the_entitlement_as_it_was(repeats, how, key):
    assert entitlement(repeats[how].once, key)["status"] == "owned"
    assert entries(repeats[how].after)[key] == entries(repeats[how].once)[key]


@checks("webhooks.idempotent")
def test_stale_repeat_revives_nothing(stale_repeat):
    answer, snapshot = stale_repeat
    assert answer.status == 200
    assert RARE not in owned(snapshot)
