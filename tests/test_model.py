"""The model of what players own: every transition, and what holds after any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.contract.model import NOT_OWNED, OWNED, SESSIONS, STEPS, THINGS, Model, Step

# How A's subscription gets into each state; B's is in the way of a transfer for "doubled".
PATHS = {
    "never": (),
    "active": ("A buys premium",),
    "renewed": ("A buys premium", "A renews premium"),
    "cancelled": ("A buys premium", "A cancels premium"),
    "cancelled after a renewal": ("A buys premium", "A renews premium", "A cancels premium"),
    "doubled": ("A buys premium", "B buys premium", "B hands over"),
    "expired": ("A buys premium", "A expires premium"),
    "refunded": ("A buys premium", "A is refunded premium"),
    "gone": ("A buys premium", "A hands over"),
    "got": ("B buys premium", "B hands over"),
}
# What may happen then, and what the subscription is afterwards.
TRANSITIONS = {
    "never": {"buys": "active"},
    "active": {
        "renews": "active",
        "cancels": "cancelled",
        "uncancels": "active",
        "fails to pay": "active",
        "pauses": "active",
        "is refunded": "refunded",
        "expires": "expired",
    },
    "renewed": {
        "renews": "active",
        "cancels": "cancelled",
        "uncancels": "active",
        "fails to pay": "active",
        "pauses": "active",
        "is refunded": "refunded",
        "expires": "expired",
        "is reported late": "active",
    },
    "cancelled": {
        "uncancels": "active",
        "fails to pay": "cancelled",
        "pauses": "cancelled",
        "is refunded": "refunded",
        "expires": "expired",
    },
    "cancelled after a renewal": {
        "uncancels": "active",
        "fails to pay": "cancelled",
        "pauses": "cancelled",
        "is refunded": "refunded",
        "expires": "expired",
        "is reported late": "cancelled",
    },
    "doubled": {},
    "expired": {"buys": "active", "renews": "active", "is reported late": "expired"},
    "refunded": {"buys": "active"},
    "gone": {"buys": "active"},
    "got": {
        "renews": "active",
        "cancels": "cancelled",
        "uncancels": "active",
        "fails to pay": "active",
        "pauses": "active",
        "is refunded": "refunded",
        "expires": "expired",
    },
}


def step(text: str) -> Step:
    return next(each for each in STEPS if str(each) == text)


def after(*steps: str, **kind: bool) -> Model:
    """The model once all of that has happened, one possible step after the other."""
    model = Model(**{"verifies": False} | kind)
    for each in map(step, steps):
        assert model.may(each), each
        model.apply(each)
    return model


@pytest.mark.parametrize("state", PATHS)
def test_what_may_happen_to_a_subscription_and_what_comes_of_it(state):
    became = {}
    for each in (each for each in STEPS if (each.actor, each.thing) == ("A", "premium")):
        model = after(*PATHS[state])
        if model.may(each):
            model.apply(each)
            became[each.happening] = model.state("A", "premium")
            assert ("premium" in model.owned("A")) == (became[each.happening] in OWNED)
    assert became == TRANSITIONS[state]


@pytest.mark.parametrize(
    ("before", "giver", "taker"),
    [
        (("A buys premium",), "gone", "active"),
        (("A buys premium", "A cancels premium"), "gone", "cancelled"),
        (("A buys premium", "B buys premium"), "gone", "doubled"),
        (("A buys premium", "B buys premium", "B expires premium"), "gone", "active"),
        (PATHS["doubled"], "gone", "doubled"),
        (("A buys hero", "B buys premium"), "never", "active"),
    ],
)
def test_all_that_is_owned_is_handed_over(before, giver, taker):
    model = after(*before, "A hands over")
    assert (model.state("A", "premium"), model.state("B", "premium")) == (giver, taker)
    assert model.owned("A") == set()


def test_a_late_report_is_told_of_what_is_settled_alone():
    late = step("A is reported late premium")
    settled = ("A buys premium", "A renews premium")
    assert after(*settled).may(late)
    for unsettling in (("A is refunded premium", "A buys premium"), ("A hands over", "B hands over")):
        assert not after(*settled, *unsettling).may(late)


def test_who_owns_nothing_has_nothing_to_hand_over():
    hands_over = step("A hands over")
    assert [state for state, path in PATHS.items() if not after(*path).may(hands_over)] == [
        "never",
        "expired",
        "refunded",
        "gone",
    ]


def test_what_is_verified_is_neither_reported_nor_handed_over():
    bought, verified = after("A buys no ads"), after("A verifies no ads", verifies=True)
    assert bought.owned("A") == verified.owned("A") == {"no ads"}
    steps = [step(text) for text in ("A is refunded no ads", "A hands over", "A buys starter pack")]
    assert [bought.may(each) for each in steps] == [True, True, True]
    assert [verified.may(each) for each in steps] == [False, False, False]
    verifies = step("A verifies starter pack")
    assert (bought.may(verifies), verified.may(verifies)) == (False, True)


def test_sessions_are_few_and_the_last_one_stays():
    logs_in, logs_out = step("A logs in"), step("A logs out")
    full = after(*["A logs in"] * (SESSIONS - 1))
    assert (full.may(logs_in), full.may(logs_out)) == (False, True)
    assert not after().may(logs_out)
    assert not after("A logs in", logouts=0).may(logs_out)
    assert not after("A logs in", "A logs in", "A logs out").may(logs_out)


def test_nothing_is_reported_again_before_it_was_reported():
    again = step("A is reported again")
    assert not after("B buys hero").may(again)
    assert not after("A verifies no ads", verifies=True).may(again)
    assert after("A buys hero").may(again)


@given(st.data(), st.booleans())
def test_only_what_somebody_got_is_owned(data, verifies):
    """Whatever happens: what is owned was bought or verified by one of the two."""
    model, got = Model(verifies=verifies), set()
    for _ in range(data.draw(st.integers(1, 30))):
        each = data.draw(st.sampled_from([each for each in STEPS if model.may(each)]))
        model.apply(each)
        if each.happening in ("buys", "verifies"):
            got.add(each.thing)
        if each.happening == "hands over":
            assert model.owned(each.actor) == set()
    for actor in ("A", "B"):
        assert model.owned(actor) <= got
        for thing in set(THINGS) - model.owned(actor):
            assert model.state(actor, thing) in NOT_OWNED
