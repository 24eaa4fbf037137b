"""What players own, by what has happened to them: sections 5 and 6 of the contract as a small state machine."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Actor = Literal["A", "B"]
# Of a thing that a player may own. "doubled": bought, and got by a transfer too; which event would end it is not told.
State = Literal["never", "active", "cancelled", "doubled", "expired", "refunded", "gone"]
OWNED: tuple[State, ...] = ("active", "cancelled", "doubled")
NOT_OWNED: tuple[State, ...] = ("never", "expired", "refunded", "gone")
# The things: subscriptions, what is bought once, and what is bought once or verified, as the life has it.
SUBSCRIPTIONS, ONCE, EITHER = ("premium", "pack"), ("hero",), ("no ads", "starter pack")
THINGS = SUBSCRIPTIONS + ONCE + EITHER
# What happens to a thing: from which states, and what it then is (None: what it was).
CHANGES: dict[str, tuple[tuple[State, ...], State | None]] = {
    "buys": (NOT_OWNED, "active"),
    "renews": (("active", "expired"), "active"),
    "cancels": (("active",), "cancelled"),
    "uncancels": (("active", "cancelled"), "active"),
    "fails to pay": (("active", "cancelled"), None),
    "pauses": (("active", "cancelled"), None),
    "is refunded": (("active", "cancelled"), "refunded"),
    "expires": (("active", "cancelled"), "expired"),
    "is reported late": (("active", "cancelled", "expired"), None),
    "verifies": (NOT_OWNED, "active"),
}
SETTLING = ("renews", "expires")  # an older event may arrive after these, and changes nothing
UNSETTLING = ("buys", "is refunded")
LOGOUTS = 1  # of a life: logout is throttled to ten a minute
SESSIONS = 3  # of a player at a time


@dataclass(frozen=True)
class Step:
    """One thing that happens to a player; `thing`: to which of the things that can be owned."""

    actor: Actor
    happening: str
    thing: str = ""

    def __str__(self) -> str:
        return f"{self.actor} {self.happening} {self.thing}".strip()

    @property
    def other(self) -> Actor:
        """The other player."""
        return "B" if self.actor == "A" else "A"


def _steps() -> Iterator[Step]:
    often = {"buys": 3, "renews": 2, "expires": 2}
    for actor in ("A", "B"):
        for thing in SUBSCRIPTIONS:
            kinds = [kind for kind in CHANGES if kind != "verifies" for _ in range(often.get(kind, 1))]
            yield from (Step(actor, kind, thing) for kind in kinds)
        yield from (Step(actor, kind, thing) for kind in ("buys", "is refunded") for thing in ONCE + EITHER)
        yield from (Step(actor, "buys", thing) for thing in ONCE for _ in range(3))
        yield from (Step(actor, "verifies", thing) for thing in EITHER)
        yield from (Step(actor, "hands over") for _ in range(3))
        others = (
            "is reported again",
            "is reported again",
            "verifies nothing",
            "logs in",
            "logs in",
            "logs out",
            "logs out",
        )
        yield from (Step(actor, kind) for kind in others)


STEPS = tuple(_steps())


class Model:
    """What two players own. `verifies`: whether some things are verified, in this life, instead of reported by
    webhooks; `logouts`: how many there may be."""

    def __init__(self, *, verifies: bool, logouts: int = LOGOUTS) -> None:
        self._states: dict[tuple[str, str], State] = {}
        self._settled: set[tuple[str, str]] = set()
        self._reported: set[str] = set()
        self._sessions = {"A": 1, "B": 1}
        self._verifies, self._logouts = verifies, logouts

    def state(self, actor: str, thing: str) -> State:
        """What has become of a thing."""
        return self._states.get((actor, thing), "never")

    def owned(self, actor: str) -> set[str]:
        """The things that a player owns."""
        return {thing for thing in THINGS if self.state(actor, thing) in OWNED}

    def may(self, step: Step) -> bool:
        """Whether the step can happen now, and the contract says what comes of it."""
        match step.happening:
            case "hands over":
                # RevenueCat dates a verified purchase, the run dates the transfer: which is older is not told.
                owned = self.owned(step.actor)
                return bool(owned) and not (self._verifies and owned.intersection(EITHER))
            case "is reported again":
                return step.actor in self._reported
            case "logs in":
                return self._sessions[step.actor] < SESSIONS
            case "logs out":
                return self._sessions[step.actor] > 1 and self._logouts > 0
            case "verifies nothing":
                return True
            case "buys" | "is refunded" | "verifies" if step.thing in EITHER:
                if (step.happening == "verifies") != self._verifies:
                    return False
            case "is reported late" if (step.actor, step.thing) not in self._settled:
                return False
        return self.state(step.actor, step.thing) in CHANGES[step.happening][0]

    def apply(self, step: Step) -> None:
        """Let it happen."""
        place = step.actor, step.thing
        if step.happening == "hands over":
            for thing in self.owned(step.actor):
                self._hand_over(step, thing)
        elif step.happening in ("logs in", "logs out"):
            self._sessions[step.actor] += 1 if step.happening == "logs in" else -1
            self._logouts -= step.happening == "logs out"
        elif step.happening in CHANGES:
            became = CHANGES[step.happening][1]
            self._states[place] = became or self.state(*place)
            if step.happening != "verifies":
                self._reported.add(step.actor)
            if step.happening in SETTLING:
                self._settled.add(place)
            elif step.happening in UNSETTLING:
                self._settled.discard(place)

    def _hand_over(self, step: Step, thing: str) -> None:
        here, there = (step.actor, thing), (step.other, thing)
        both = self.state(*there) in OWNED
        self._states[there] = "doubled" if both else self.state(*here)
        self._states[here] = "gone"
        self._settled -= {here, there}
