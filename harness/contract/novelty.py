"""Lives made up so that each step is, where possible, one that did not happen in such circumstances before."""

from collections.abc import Hashable, Sequence
from functools import cache
from itertools import islice
from random import Random

from harness.contract.model import OWNED, STEPS, SUBSCRIPTIONS, THINGS, Model, State, Step


@cache
def lives(seed: int, count: int, length: int, *, verifies: bool) -> list[list[Step]]:
    """`count` sequences of `length` steps, every step possible at its time; in the first one somebody logs out.

    `verifies`: in every second one, from the second, some purchases are verified.
    """
    random, seen = Random(seed), Seen()
    return [_life(random, seen, length, model_of(number, verifies)) for number in range(count)]


def _life(random: Random, seen: "Seen", length: int, model: Model) -> list[Step]:
    steps: list[Step] = []
    for number in range(length):
        # In turns: what happens to one player happens beside what happens to the other (harness/contract/lives.py).
        possible = [step for step in STEPS if step.actor == "AB"[number % 2] and model.may(step)]
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
        """Those with most that is new in what matters most; else in anything; else all."""
        ways = {step: circumstances(step, model, steps) for step in set(possible)}
        for rank in range(2):
            new = {step: len(ways[step][rank] - self._seen) for step in ways}
            if most := max(new.values()):
                return [step for step in possible if new[step] == most]
        return list(possible)

    def note(self, step: Step, model: Model, steps: Sequence[Step]) -> None:
        """The step happens."""
        self._seen = self._seen.union(*circumstances(step, model, steps))


def circumstances(
    step: Step, model: Model, steps: Sequence[Step]
) -> tuple[frozenset[Hashable], frozenset[Hashable]]:
    """What came before it, and what else the players have: what matters most, and what else there is."""
    happening = step.happening
    before = [*islice((past.happening for past in reversed(steps) if _concerns(past, step)), 2)][::-1]
    if happening in ("logs in", "logs out"):
        sessions = [
            past.happening for past in steps if past.actor == step.actor and past.happening[:4] == "logs"
        ]
        return frozenset({(happening, *sessions[-2:])}), frozenset()
    if happening in ("verifies nothing", "is reported again"):
        return frozenset({happening}), frozenset({(happening, *before[-1:])})
    others = {thing: model.state(step.actor, thing) for thing in THINGS if thing != step.thing}
    if happening == "hands over":
        owned = model.owned(step.actor)
        doubled = any(model.state(step.other, thing) in OWNED for thing in owned)
        # What the giver has lost would show with the taker, unless they own it anyway.
        lost = {
            model.state(step.actor, thing) for thing in THINGS if model.state(step.other, thing) not in OWNED
        }
        gave, more = "gone" in others.values(), bool(model.owned(step.other) - owned)
        back = any(model.state(step.other, thing) == "gone" for thing in owned)
        opens = bool({"pack", "hero"} & owned)
        ways = {
            (happening, len(owned) > 1, doubled),
            (happening, "gave", gave, opens),
            (happening, "taker has more", more),
        }
        ways |= {(happening, state) for state in lost & {"expired", "refunded"}}
        ways |= {(happening, "back", opens)} if back else set()
        return frozenset(ways), frozenset()
    beside = ("cancelled" in others.values(), others.get("hero") in OWNED, _standing(others))
    kind = "subscription" if step.thing in SUBSCRIPTIONS else "once"
    matters: set[Hashable] = {(happening, *before[-1:])}
    if happening in ("buys", "expires", "is refunded", "verifies"):
        matters |= {(happening, kind, *beside), (happening, *beside[1:])}
    return frozenset(matters), frozenset({(happening, *before[-2:]), (happening, *beside)})


def _standing(others: dict[str, State]) -> bool:
    """Whether the player owns something beside heroes."""
    return any(state in OWNED for thing, state in others.items() if thing != "hero")


def _concerns(past: Step, step: Step) -> bool:
    """Whether what happened then matters for what happens now."""
    if past.happening == "hands over" or not step.thing:
        return True
    return past.thing == step.thing and past.actor == step.actor
