"""What was measured of a release that is rolled out, now and in earlier rounds of a watch: frozen values, no rules."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Unit = Literal["count", "share", "times"]
ORDER = ("errors", "attempts", "successes", "denied", "store", "log-errors")


@dataclass(frozen=True)
class Signal:
    """`value`: None where there was too little to measure it by. `sample`: how many events it was measured by.

    Neither of both: an earlier round of a watch measured it, and this one could not.

    Below `broken_below` or above `broken_above` it is broken; `healthy_above`: from there on nobody need look.
    """

    name: str
    title: str
    unit: Unit
    value: float | None
    sample: int | None = None
    broken_below: float | None = None
    broken_above: float | None = None
    healthy_above: float | None = None

    @property
    def is_broken(self) -> bool:
        if self.value is None:
            return False
        low = self.broken_below is not None and self.value < self.broken_below
        return low or (self.broken_above is not None and self.value > self.broken_above)

    @property
    def state(self) -> Literal["broken", "doubtful", "well"]:
        """`doubtful`: neither broken nor healthy, or too little to say."""
        if self.is_broken:
            return "broken"
        low = self.healthy_above is not None and (self.value or 0) <= self.healthy_above
        return "doubtful" if self.value is None or low else "well"

    @property
    def said(self) -> str:
        """The value in words, with what it was measured by."""
        if self.value is None:
            return "not measured" if self.sample is None else f"too few to judge: {self.sample}"
        of = f" of {self.sample}" if self.unit == "share" and self.sample is not None else ""
        return in_unit(self.value, self.unit) + of


def in_order(signals: Iterable[Signal]) -> tuple[Signal, ...]:
    """As a reader looks for them; those that are not known last."""
    return tuple(
        sorted(signals, key=lambda each: ORDER.index(each.name) if each.name in ORDER else len(ORDER))
    )


@dataclass(frozen=True)
class Round:
    """One round of a watch: its decision, and the values of its signals by name."""

    at: datetime
    decision: str
    values: Mapping[str, float | None] = field(default_factory=dict)


def in_unit(value: float, unit: Unit) -> str:
    """As a person reads it: `12`, `18.3 %`, `1.1 times the usual`."""
    match unit:
        case "count":
            return f"{value:g}"
        case "share":
            return f"{round(100 * value, 1):g} %"
        case "times":
            return f"{round(value, 1):g} times the usual"
