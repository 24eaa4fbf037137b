"""Lives played on a small backend: a right one agrees, a wrong one is found out, and how is told in few steps."""

import asyncio
import re
from functools import partial

import pytest
from backend import Backend
from wrong_backends import WRONG, ExpiryAfterTransferIgnored, LogoutEndsNothing, RefundKept

from harness.contract import lives as module
from harness.contract.budget import Budget
from harness.contract.lives import LIVES, Lives, Played
from harness.contract.model import STEPS
from harness.contract.stage import Stage
from harness.errors import PromiseBroken, Unprovable
from harness.evidence.exchange import Exchange
from harness.evidence.secrets import Secrets
from harness.target.customers import Customers
from harness.target.players import Players
from harness.target.revenuecat import StandIn
from harness.target.webhooks import Signer, Webhooks

SECRET = "canary-of-the-webhook"
SEED = 7


def play(
    meet, monkeypatch, backend, *steps: str, seconds: float = 60, name: str = LIVES[0], verifies: bool = False
) -> tuple[Played, Secrets]:
    """A life on `backend`: of these steps, or where there are none the made-up one of that name."""
    known = Secrets()
    known.add(SECRET, "REVENUECAT_WEBHOOK_SECRET")
    if steps:
        life = [next(each for each in STEPS if str(each) == text) for text in steps]
        monkeypatch.setattr(module, "lives", lambda *_, **__: [life] * len(LIVES))

    async def work(meeting):
        settings = meeting.environment.file.webhook
        players = Players(meeting.environment, meeting.api, known, meeting.ledger)
        webhooks = Webhooks(meeting.api, Signer(settings, SECRET, known), settings, meeting.ledger)
        customers = Customers(players, meeting.api, webhooks, settings)
        stand_in = StandIn(
            meeting.transport, str(meeting.url.join("/")).rstrip("/"), known, "username", lambda *_: None
        )

        async def stage():
            a, b = await asyncio.gather(customers.new(), customers.new())
            return Stage(meeting.api, players, {"A": a, "B": b}, stand_in, "hero_1", SEED)

        curl = partial(Exchange.curl, scrub=known.scrub)
        return await Lives(stage, Budget(SEED, 12, seconds), curl, verifies=verifies).play(name)

    return meet(backend, work, webhook={"settles_within_s": 0.05}), known


@pytest.mark.parametrize("name", LIVES)
def test_right_backend_agrees_with_the_model(meet, monkeypatch, name):
    backend = Backend()
    played, _ = play(meet, monkeypatch, backend, name=name, verifies=True)
    assert (played.problem, played.told(), len(played.steps)) == ("", "", 72)
    assert len(backend.events) > 20
    assert any(each.happening == "verifies" for each in played.steps) == (name == "life-2")


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_broken_promise_is_found_and_told_in_the_steps_that_it_takes(meet, monkeypatch, wrong):
    life, left, problem = WRONG[wrong]
    verifies = "verifies" in life
    played, _ = play(meet, monkeypatch, wrong(), *life.split("; "), name=LIVES[verifies], verifies=verifies)
    assert ("; ".join(map(str, played.steps)), played.problem) == (left, problem)


def test_one_of_the_made_up_lives_finds_it_too(meet, monkeypatch):
    lives = [play(meet, monkeypatch, ExpiryAfterTransferIgnored(), name=name)[0] for name in LIVES]
    found = min((played for played in lives if played.problem), key=lambda played: len(played.steps))
    assert len(found.steps) < 20
    assert {each.happening for each in found.steps} >= {"hands over", "expires"}


def test_steps_are_told_with_what_repeats_them_and_without_secrets(meet, monkeypatch):
    life = ("A logs in", "A buys pack", "A hands over", "A logs out", "B expires pack")
    played, known = play(meet, monkeypatch, LogoutEndsNothing(), *life)
    lines = played.told().splitlines()
    assert lines[::2] == [
        "a session that should be dead is not",
        "    " + played.happened[0][1].curl(known.scrub),
        "    " + played.happened[1][1].curl(known.scrub),
    ]
    assert lines[1::2] == [
        "step 1: A logs in",
        "step 2: A logs out",
        f"requests were made up with --fuzz-seed={SEED} --fuzz-examples=12",
    ]
    assert '"password": "<password>"' in lines[2]
    assert "authorization: Bearer <token>" in lines[4]
    assert "token-" not in played.told()


def test_told_deliveries_show_no_credentials(meet, monkeypatch):
    told = play(meet, monkeypatch, RefundKept(), "A buys pack", "A is refunded pack")[0].told()
    assert told.count("/api/webhooks/revenuecat") == 2
    assert "<webhook credentials>" in told
    assert re.findall(f"{SECRET}|v1=|[0-9a-f]{{64}}", told) == []


class LaterWorse(RefundKept):
    """From the second pair of players on, something else is wrong as well."""

    def __init__(self, worse: str) -> None:
        super().__init__()
        self.worse, self.clock = worse, 0.0

    def register(self, username, password):
        if len(self.passwords) >= 2 and self.worse == "slow":
            self.clock += 100
        return super().register(username, password)

    def deliver(self, event):
        if len(self.passwords) > 2 and self.worse == "crash":
            return 500, {"detail": "no"}
        return super().deliver(event)


@pytest.mark.parametrize("worse", ["slow", "crash"])
def test_what_befalls_a_shorter_life_does_not_hide_what_was_found(meet, monkeypatch, worse):
    backend = LaterWorse(worse)
    monkeypatch.setattr(module, "monotonic", lambda: backend.clock)
    life = ["A logs in", "A buys pack", "A is refunded pack"]
    played, _ = play(meet, monkeypatch, backend, *life)
    assert (list(map(str, played.steps)), bool(played.problem)) == (life, True)


class Clock(Backend):
    now = 0.0

    def deliver(self, event):
        self.now += 1
        return super().deliver(event)


def test_life_ends_with_its_time_and_is_judged_as_far_as_it_went(meet, monkeypatch):
    backend = Clock()
    monkeypatch.setattr(module, "monotonic", lambda: backend.now)
    life = ["A buys pack", "A pauses pack", "A cancels pack", "A expires pack"]
    played, _ = play(meet, monkeypatch, backend, *life, seconds=1.5)
    assert (list(map(str, played.steps)), played.problem) == (life[:2], "")
    assert played.note.startswith("the time was over after 2 of 4 steps; requests were made up with")


def test_life_that_did_not_come_half_way_in_time_proves_nothing(meet, monkeypatch):
    backend = Clock()
    monkeypatch.setattr(module, "monotonic", lambda: backend.now)
    life = ["A buys pack", "A pauses pack", "A cancels pack", "A expires pack", "A buys no ads"]
    with pytest.raises(Unprovable) as caught:
        play(meet, monkeypatch, backend, *life, seconds=1.5)
    assert (caught.value.reason, caught.value.remedy) == (
        "the time was over after 2 of 5 steps",
        "give it more with --fuzz-seconds",
    )


class RefusesRenewals(Backend):
    def deliver(self, event):
        return (409, {"detail": "no"}) if event["type"] == "RENEWAL" else super().deliver(event)


def test_event_that_is_refused_breaks_the_promise_of_deliveries(meet, monkeypatch):
    with pytest.raises(PromiseBroken, match=r"\(RENEWAL\) answered 409: promised 200") as caught:
        play(meet, monkeypatch, RefusesRenewals(), "A buys pack", "A renews pack")
    assert caught.value.owner == "webhooks.delivered"
