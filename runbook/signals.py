"""The signals of a release that is rolled out, and what is healthy: `signals.toml`, validated.

Thresholds and patterns are those of the release contract, section 7 (operations).
"""

import re
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from runbook import tomlfile

FILE = Path(__file__).parent / "signals.toml"
Share = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
Minutes = Annotated[float, Field(ge=0, le=60, strict=False)]
Text = Annotated[str, Field(min_length=1)]


def _pattern(value: object) -> re.Pattern[str]:
    try:
        return re.compile(str(value), re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"no regular expression ({error}); mend it") from None


def _exactly(value: object) -> re.Pattern[str]:
    return re.compile(_pattern(value).pattern)


class Window(tomlfile.Section):
    longest_h: Annotated[int, Field(ge=1, le=24)]  # of more, those of two days would overlap
    earlier_days: Annotated[int, Field(ge=1, le=28)]
    least_days: Count
    settles_m: Minutes


class Step(tomlfile.Section):
    """`to` by `of`: at least `investigate_below`, healthy above `healthy_above`; judged from `least` of `of` on."""

    of: Text
    to: Text
    healthy_above: Share
    investigate_below: Share
    least: Count

    @model_validator(mode="after")
    def _in_order(self) -> "Step":
        if self.investigate_below > self.healthy_above:
            raise ValueError("investigate_below lies above healthy_above; exchange them")
        return self


class Funnel(tomlfile.Section):
    attempts: Step
    successes: Step


class Level(tomlfile.Section):
    """How many times as many as usual there may be of an event: one of the two bounds."""

    event: Text
    broken_above: Annotated[float, Field(gt=1)] | None = None
    broken_below: Share | None = None
    least: Count

    @model_validator(mode="after")
    def _bounded(self) -> "Level":
        if (self.broken_above is None) == (self.broken_below is None):
            raise ValueError("needs one bound; set broken_above or broken_below")
        return self


class Stable(tomlfile.Section):
    denied: Level
    store: Level


class PageAtOnce(tomlfile.Section):
    """`found` in an issue's texts, of one of `levels` (none: of any); `uncaught`: unless the code handled it."""

    title: Text
    found: Annotated[re.Pattern[str], BeforeValidator(_pattern)]
    levels: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    uncaught: bool = False


class LogError(tomlfile.Section):
    title: Text
    found: Annotated[re.Pattern[str], BeforeValidator(_exactly)]  # ERROR is a level, error a word


class Signals(tomlfile.Section):
    window: Window
    funnel: Funnel
    stable: Stable
    page_at_once: Annotated[tuple[PageAtOnce, ...], Field(strict=False, min_length=1)]
    log_errors: Annotated[tuple[LogError, ...], Field(strict=False, min_length=1)]

    @property
    def events(self) -> tuple[str, ...]:
        """All that are counted, each once."""
        steps = (self.funnel.attempts, self.funnel.successes)
        named = [*(name for step in steps for name in (step.of, step.to))]
        return tuple(dict.fromkeys([*named, self.stable.denied.event, self.stable.store.event]))


@cache
def load_signals(path: Path = FILE) -> Signals:
    """The file; raises ConfigError."""
    return tomlfile.read(path, Signals)
