"""Made-up lives: from a seed, possible, and full of what has not happened before."""

import copy
from collections.abc import Iterator
from functools import cache
from statistics import mean

import pytest

from harness.contract.model import EITHER, STEPS, SUBSCRIPTIONS, THINGS, Model, Step
from harness.contract.novelty import lives, model_of

COUNT, LENGTH = 3, 72  # lives and steps of a run without options
Pair = tuple[str | None, str]
Before = dict[tuple[str, str], str]  # what happened last, to whose subscription


@pytest.fixture(params=[True, False], ids=["verifying", "reporting"])
def verifies(request):
    return request.param


def test_lives_are_those_of_their_seed(verifies):
    made = [lives.__wrapped__(seed, COUNT, LENGTH, verifies=verifies) for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]
    assert {len(life) for life in made[0]} == {LENGTH}
    assert len({tuple(life) for life in made[0]}) == COUNT


def test_every_step_of_a_life_is_possible_at_its_time(verifies):
    for seed in range(10):
        made = lives(seed, COUNT, LENGTH, verifies=verifies)
        logouts = [sum(each.happening == "logs out" for each in life) for life in made]
        assert logouts[0] <= 1
        assert logouts[1:] == [0] * (COUNT - 1)
        for number, life in enumerate(made):
            model = model_of(number, verifies)
            for each in life:
                assert model.may(each), each
                model.apply(each)


def test_purchases_are_verified_in_every_second_life_if_at_all():
    found = [
        [
            any(each.happening == "verifies" for each in life)
            for life in lives(1, COUNT, LENGTH, verifies=verifies)
        ]
        for verifies in (True, False)
    ]
    assert found == [[False, True, False], [False] * COUNT]
    assert any(
        each.happening == "buys" and each.thing in EITHER
        for each in lives(1, COUNT, LENGTH, verifies=True)[0]
    )


def test_most_of_what_can_follow_on_something_else_does(verifies):
    """Measured over 40 seeds: 81 to 93 % of 75 pairs; steps that are merely drawn reach 41 to 69 %."""
    shares = [len(pairs_of(seed, verifies)) / len(possible()) for seed in range(20)]
    assert min(shares) >= 0.7
    assert mean(shares) >= 0.84


RARE = {
    "what was lost is not handed over",
    "what was given comes back",
    "the taker owns something else",
    "an expiry beside a hero and something else",
    "a refund beside a hero and something else",
}


@pytest.mark.parametrize("seed", range(20))
def test_what_a_backend_easily_gets_wrong_happens_whatever_the_seed(seed):
    found = set()
    for number, life in enumerate(lives(seed, COUNT, LENGTH, verifies=True)):
        model = model_of(number, True)
        for step in life:
            found |= set(rarities(model, step))
            model.apply(step)
    assert found == RARE


def rarities(model: Model, step: Step) -> Iterator[str]:
    """Which of RARE a step is."""
    owned = model.owned(step.actor)
    if step.happening == "hands over":
        theirs = model.owned(step.other)
        if any(model.state(step.actor, thing) in ("expired", "refunded") for thing in set(THINGS) - theirs):
            yield "what was lost is not handed over"
        if any(model.state(step.other, thing) == "gone" for thing in owned):
            yield "what was given comes back"
        if theirs - owned:
            yield "the taker owns something else"
    others = owned - {step.thing}
    if step.happening in ("expires", "is refunded") and "hero" in others and len(others) > 1:
        which = "an expiry" if step.happening == "expires" else "a refund"
        yield f"{which} beside a hero and something else"


def test_long_lives_are_made_up_too():
    """As with --fuzz-examples=1000: in seconds, not in minutes."""
    made = lives(1, 1, 3000, verifies=False)
    assert [len(life) for life in made] == [3000]


def pairs_of(seed: int, verifies: bool) -> set[Pair]:
    """What followed on what, to one player's subscription, in the lives of a seed."""
    found: set[Pair] = set()
    for number, life in enumerate(lives(seed, COUNT, LENGTH, verifies=verifies)):
        model, before = model_of(number, verifies), Before()
        for each in life:
            found |= set(follow(model, each, before))
            model.apply(each)
    return found


def follow(model: Model, each: Step, before: Before) -> Iterator[Pair]:
    handed = model.owned(each.actor) if each.happening == "hands over" else {each.thing}
    for thing in sorted(handed.intersection(SUBSCRIPTIONS)):
        yield before.get((each.actor, thing)), each.happening
        before[each.actor, thing] = each.happening
        if each.happening == "hands over":
            before[each.other, thing] = each.happening


@cache
def possible() -> set[Pair]:
    """All that the model allows to follow on each other."""
    found, seen = set(), set()
    todo: list[tuple[Model, Before]] = [(Model(verifies=False), {})]
    steps = [each for each in set(STEPS) if each.thing == "premium" or each.happening == "hands over"]
    while todo:
        model, before = todo.pop()
        state = vars(model)
        here = frozenset(state["_states"].items()), frozenset(state["_settled"]), frozenset(before.items())
        if here in seen:
            continue
        seen.add(here)
        for each in filter(model.may, steps):
            then, noted = copy.deepcopy(model), dict(before)
            found |= set(follow(model, each, noted))
            then.apply(each)
            todo.append((then, noted))
    return found
