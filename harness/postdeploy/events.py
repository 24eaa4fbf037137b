"""How many events there were since the deploy and in the same hours of earlier days, and what that says."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from harness.errors import Unprovable
from harness.evidence.exchange import Exchange, witness
from harness.verdict.signals import Signal, in_unit
from runbook.signals import Level, Step, Window

Spans = tuple[tuple[datetime, datetime], ...]
Release = tuple[str, str]  # the property that says of which release an event is, and what it says of this one
DAY = timedelta(days=1)
_VERSION = re.compile(r"[\w.+@/~:-]{1,200}", re.ASCII)


def of_release(name: str | None, version: str | None) -> Release | None:
    """Raises Unprovable for a version that is unknown, or cannot stand in a query: the target may say anything."""
    if name is None:
        return None
    if version is None or not _VERSION.fullmatch(version):
        raise Unprovable(
            "the target names no version by which events could be told apart", "write --expect-version=..."
        )
    return name, version


def spans(since: datetime, until: datetime, window: Window) -> Spans:
    """From the deploy to `until` (the last hours of it), and the same on each earlier day: begin, and end excluded."""
    begin = max(since, until - timedelta(hours=window.longest_h))
    return tuple((begin - back * DAY, until - back * DAY) for back in range(window.earlier_days + 1))


@dataclass(frozen=True)
class Counts:
    """Events of each name in each of the spans, the first of which is that since the deploy.

    `ours`: since the deploy, of this release alone; None where events do not tell of which one they are.
    """

    numbers: Mapping[str, Sequence[int]]
    source: Exchange | None = None
    ours: Mapping[str, int] | None = None

    def now(self, event: str) -> int:
        return self.numbers[event][0] if event in self.numbers else 0

    def earlier(self, event: str) -> list[int]:
        """On the earlier days that have any events at all."""
        days = range(1, max((len(each) for each in self.numbers.values()), default=1))
        lived = [day for day in days if any(each[day] for each in self.numbers.values())]
        return [self.numbers[event][day] if event in self.numbers else 0 for day in lived]

    def conversion(self, name: str, step: Step) -> "Conversion":
        came, went_on = (
            self.now(event) if self.ours is None else self.ours.get(event, 0) for event in (step.of, step.to)
        )
        return Conversion(name, step, came, went_on, self.source)

    def change(self, name: str, level: Level, least_days: int) -> "Change":
        return Change(
            name, level, self.now(level.event), tuple(self.earlier(level.event)), least_days, self.source
        )


@dataclass(frozen=True)
class Conversion:
    """A step of the funnel: how many came to it, and how many of them went on."""

    name: str
    step: Step
    came: int
    went_on: int
    source: Exchange | None = None

    @property
    def is_enough(self) -> bool:
        return self.came >= self.step.least

    @property
    def share(self) -> float:
        return self.went_on / self.came

    def judged(self) -> "Conversion":
        """Itself, if there were enough; raises Unprovable with how many it takes."""
        if not self.is_enough:
            raise too_few(self.step.of, self.came, self.step.least)
        return self

    def read(self) -> float:
        """The share, as evidence of the test that reads it."""
        _read(self.source)
        return self.share

    @property
    def note(self) -> str | None:
        """For a share that is neither broken nor healthy."""
        if not self.step.investigate_below <= self.share <= self.step.healthy_above:
            return None
        return f"{self.words}: healthy is more than {in_unit(self.step.healthy_above, 'share')}"

    @property
    def words(self) -> str:
        return f"{self.step.to} is {in_unit(self.share, 'share')} of {self.came} {self.step.of}"

    @property
    def signal(self) -> Signal:
        return Signal(
            self.name,
            f"{self.step.of} to {self.step.to}",
            "share",
            round(self.share, 4) if self.is_enough else None,
            self.came,
            broken_below=self.step.investigate_below,
            healthy_above=self.step.healthy_above,
        )


@dataclass(frozen=True)
class Change:
    """How often an event happened, and how often it did in the same hours of earlier days."""

    name: str
    level: Level
    number: int
    earlier: tuple[int, ...]
    least_days: int
    source: Exchange | None = None

    @property
    def usual(self) -> float:
        return median(self.earlier) if self.earlier else 0

    @property
    def is_enough(self) -> bool:
        return len(self.earlier) >= self.least_days and max(self.number, self.usual) >= self.level.least

    @property
    def times(self) -> float:
        """As many as usual; of what never happens, one is as good as the least that is judged."""
        return self.number / max(self.usual, 1)

    def judged(self) -> "Change":
        """Itself, if there is enough to compare; raises Unprovable with how much it takes."""
        if len(self.earlier) < self.least_days:
            raise Unprovable(
                f"{len(self.earlier)} earlier days have events, and {self.least_days} are needed to say what is usual",
                f"run again on another day, or set window.least_days in {SIGNALS}",
            )
        if not self.is_enough:
            raise too_few(self.level.event, max(self.number, round(self.usual)), self.level.least)
        return self

    def read(self) -> str | None:
        """`spike`, `drop` or None, as evidence of the test that reads it."""
        _read(self.source)
        if self.level.broken_above is not None and self.times > self.level.broken_above:
            return "spike"
        return (
            "drop" if self.level.broken_below is not None and self.times < self.level.broken_below else None
        )

    @property
    def words(self) -> str:
        days = len(self.earlier)
        return f"{self.number} {self.level.event}; in the same hours of {days} earlier days it was {self.usual:g}"

    @property
    def signal(self) -> Signal:
        return Signal(
            self.name,
            f"{self.level.event}, compared with earlier days",
            "times",
            round(self.times, 3) if self.is_enough else None,
            self.number,
            broken_below=self.level.broken_below,
            broken_above=self.level.broken_above,
        )


SIGNALS = "runbook/signals.toml"


def too_few(event: str, number: int, least: int) -> Unprovable:
    """What a check of too small a sample is."""
    return Unprovable(
        f"{number} {event}, and {least} are needed to judge", f"run again after {least - number} more"
    )


def counted(events: Iterable[tuple[str, datetime]], wanted: Sequence[str], within: Spans) -> Counts:
    """Single events, counted."""
    numbers = {event: [0] * len(within) for event in wanted}
    for event, moment in events:
        if event in numbers:
            for nth, (begin, end) in enumerate(within):
                numbers[event][nth] += begin <= moment < end
    return Counts(numbers)


def _read(source: Exchange | None) -> None:
    if source is not None:
        witness(source)
