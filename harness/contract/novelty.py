"""Lives made up so that each step is, where possible, one that did not happen in such circumstances before."""

from collections.abc import Hashable, Sequence
from functools import cache
from itertools import islice
from random import Random

from harness.contract.model import ONCE, OWNED, STEPS, THINGS, Model, Step


@cache
def lives(seed: int, count: int, length: int, *, verifies: bool) -> list[list[Step]]:
    """`count` sequences of `length` steps, every step possible at its time; in the first one somebody logs out.

    `verifies`: in every second one, from the last, some purchases are verified.
    """
    random, seen = Random(seed), Seen()
    return [_life(random, seen, length, model_of(number, verifies)) for number in range(count)]


def _life(random: Random, seen: "Seen", length: int, model: Model) -> list[Step]:
    steps: list[Step] = []
    for _ in range(length):
        possible = [step for step in STEPS if model.may(step)]
        step = random.choice(seen.newest(possible, model, steps))
        seen.note(step, model, steps)
        model.apply(step)
        steps.append(step)
    return steps


def model_of(number: int, verifies: bool) -> Model:
    """The model of the life of that number."""
    return Model(verifies=verifies and number % 2 == 1, logouts=1 if number == 0 else 0)


class Seen:
    """In which circumstances something has happened already."""

    def __init__(self) -> None:
        self._seen: set[Hashable] = set()

    def newest(self, possible: Sequence[Step], model: Model, steps: Sequence[Step]) -> list[Step]:
        """Those that are new in as many ways as any of them is."""
        ways = {step: len(circumstances(step, model, steps) - self._seen) for step in set(possible)}
        most = max(ways.values())
        return [step for step in possible if ways[step] == most]

    def note(self, step: Step, model: Model, steps: Sequence[Step]) -> None:
        """The step happens."""
        self._seen |= circumstances(step, model, steps)


def circumstances(step: Step, model: Model, steps: Sequence[Step]) -> set[Hashable]:
    """What came before it to the same thing, and what else the players have."""
    if step.happening in ("verifies nothing", "logs in", "logs out"):
        return {step.happening}
    before = [*islice((past.happening for past in reversed(steps) if _concerns(past, step)), 2)][::-1]
    if step.happening == "is reported again":
        return {(step.happening, *before[-1:])}
    others = {model.state(step.actor, thing) for thing in THINGS if thing != step.thing}
    theirs = {model.state(step.other, thing) in OWNED for thing in model.owned(step.actor)}
    kind = "once" if step.thing in ONCE else ""
    return {
        (step.happening, *before[-1:]),
        (step.happening, *before[-2:]),
        (step.happening, kind, *sorted(others - {"never"})),
        (step.happening, len(model.owned(step.actor)) > 1, True in theirs),
    }


def _concerns(past: Step, step: Step) -> bool:
    """Whether what happened then matters for what happens now."""
    if past.happening == "hands over" or not step.thing:
        return True
    return past.thing == step.thing and past.actor == step.actor
