"""The runbook's two files as one frozen object: checklist items and rollback scenarios."""

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from runbook import tomlfile
from runbook.errors import ConfigError
from runbook.wording import Phrase, Words, words

HERE = Path(__file__).parent

Phase = Literal["predeploy", "smoke", "postdeploy"]
Severity = Literal["blocker", "critical", "normal"]
Text = Annotated[str, Field(min_length=1)]
# TOML has lists only; strict models would refuse one where a tuple is meant.
Texts = Annotated[tuple[Text, ...], Field(strict=False, min_length=1)]


def _phrase(value: object) -> Phrase:
    if not isinstance(value, str):
        raise ValueError("not a text; write a phrase, as described at the top of the file")
    return Phrase.read(value)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression ({error}); mend it") from None
    return text


def _run(value: object) -> Words:
    if not isinstance(value, str) or not words(value):
        raise ValueError("holds no word; write one or several words")
    return words(value)


Pattern = Annotated[str, AfterValidator(_pattern)]
Phrases = Annotated[tuple[Annotated[Phrase, BeforeValidator(_phrase)], ...], Field(strict=False)]
Runs = Annotated[tuple[Annotated[Words, BeforeValidator(_run)], ...], Field(strict=False)]


class Wording(tomlfile.Section):
    """How other checklists say an item, see runbook/wording.py.

    `phrases`: by themselves. `in_context`: unless the lines around speak of something else. `by_person`: what only
    a person can do. `also`: what may stand in such lines besides.
    """

    phrases: Phrases = ()
    in_context: Phrases = ()
    by_person: Phrases = ()
    also: Runs = ()


class Item(tomlfile.Section):
    """One line of the release checklist. `id` is permanent and reads `<section>.<name>`.

    `phase`: when it is checked. `first_action`: what to do first if it is broken, where that of its scenario does not
    fit.
    """

    id: Annotated[str, Field(pattern=r"^[a-z]+\.[a-z-]+$")]
    section: Text
    title: Text
    promise: Text
    proof: Text
    severity: Severity
    scenario: int
    phase: Phase = "smoke"
    first_action: Text | None = None
    wording: Wording = Wording()


class ByHand(tomlfile.Section):
    """What no check can see: it decides nothing, but may be signed for, and stand in somebody's checklist."""

    id: Annotated[str, Field(pattern=r"^[a-z]+\.[a-z-]+$")]
    title: Text
    promise: Text
    wording: Wording = Wording()

    @property
    def section(self) -> str:
        """As that of an item."""
        return self.id.partition(".")[0]


def _symptom(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


class Symptom(tomlfile.Section):
    """One way in which a scenario shows; as a text alone, it is one that only people can see.

    `items`: ids, or `section.*`, of the items whose failures show it. `says`: only failures that say this, a regular
    expression.
    """

    text: Text
    items: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    says: Pattern | None = None


Symptoms = Annotated[
    tuple[Annotated[Symptom, BeforeValidator(_symptom)], ...], Field(strict=False, min_length=1)
]


class GivenAway(tomlfile.Section):
    """How it shows, what to do first, what then, and whom else to call, where what should not be is granted."""

    symptoms: Symptoms
    first_action: Text
    steps: Texts
    escalate_to: Texts


class Scenario(tomlfile.Section):
    """One rollback scenario: how it shows, what to do first, what then, whom to call.

    `given_away`: in place of that, where the broken promise is that something is granted which should not be.
    """

    number: int
    title: Text
    symptoms: Symptoms
    first_action: Text
    steps: Texts
    escalate_to: Texts
    stop_purchases: bool = False
    given_away: GivenAway | None = None


class EmergencyStop(tomlfile.Section):
    """How to stop purchases at once; belongs to every scenario with `stop_purchases`."""

    title: Text
    steps: Texts


class Matching(tomlfile.Section):
    """`filler`: words that change nothing in any line. `subjects`: words that tell what lines below are about."""

    filler: Runs = ()
    subjects: dict[str, Runs] = Field(default_factory=dict)


class _Checklist(tomlfile.Section):
    matching: Matching = Matching()
    items: Annotated[tuple[Item, ...], Field(strict=False, min_length=1)]
    by_hand: Annotated[tuple[ByHand, ...], Field(strict=False)] = ()


class _Rollback(tomlfile.Section):
    scenarios: Annotated[tuple[Scenario, ...], Field(strict=False, min_length=1)]
    emergency_stop: EmergencyStop
    contacts: dict[str, Text]


@dataclass(frozen=True)
class Runbook:
    """What must hold, in checklist order, and what to do when it does not."""

    items: tuple[Item, ...]
    scenarios: tuple[Scenario, ...]
    emergency_stop: EmergencyStop
    matching: Matching = field(default_factory=Matching)
    by_hand: tuple[ByHand, ...] = ()

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Every item's id, in checklist order."""
        return tuple(item.id for item in self.items)

    @cached_property
    def sections(self) -> tuple[str, ...]:
        """Every section's name once, in checklist order."""
        return tuple(dict.fromkeys(item.section for item in self.items))

    def of(self, phases: Collection[Phase]) -> "Runbook":
        """The same with the items of these phases only."""
        return replace(self, items=tuple(item for item in self.items if item.phase in phases))

    def item(self, item_id: str) -> Item:
        """The item with that id; raises KeyError."""
        return self._items_by_id[item_id]

    def scenario(self, number: int) -> Scenario:
        """The scenario with that number; raises KeyError."""
        return self._scenarios_by_number[number]

    @cached_property
    def signable(self) -> tuple[str, ...]:
        """The ids of all that a person may sign for."""
        return (*self.ids, *(each.id for each in self.by_hand))

    def check_item_id(self, item_id: str, where: str, *, by_hand: bool = False) -> None:
        """Raises ConfigError at `where`, with the nearest known id, when there is no such item.

        `by_hand`: whether one that only a person can see will do.
        """
        known = self.signable if by_hand else self.ids
        if item_id in known:
            return
        close = difflib.get_close_matches(item_id, known, n=1)
        remedy = f"did you mean {close[0]}?" if close else "use an id of runbook/checklist.toml"
        raise ConfigError(where, f"no checklist item is called {item_id!r}", remedy)

    @cached_property
    def _items_by_id(self) -> dict[str, Item]:
        return {item.id: item for item in self.items}

    @cached_property
    def _scenarios_by_number(self) -> dict[int, Scenario]:
        return {scenario.number: scenario for scenario in self.scenarios}


def load_runbook(folder: Path = HERE) -> Runbook:
    """`checklist.toml` and `rollback.toml` of `folder`, each consistent and fitting the other.

    In the returned scenarios `escalate_to` holds the contacts' texts; in the file it holds their names.
    Raises ConfigError.
    """
    checklist_file, rollback_file = folder / "checklist.toml", folder / "rollback.toml"
    checklist = tomlfile.read(checklist_file, _Checklist)
    items = checklist.items
    rollback = tomlfile.read(rollback_file, _Rollback)
    scenarios = tuple(_with_contacts(rollback_file, s, rollback.contacts) for s in rollback.scenarios)
    _refuse_duplicates(
        checklist_file, "item", [*(item.id for item in items), *(each.id for each in checklist.by_hand)]
    )
    _refuse_duplicates(rollback_file, "scenario", (scenario.number for scenario in scenarios))
    for scenario in scenarios:
        _check_symptoms(rollback_file, scenario, [item.id for item in items])
    known_scenarios = sorted(scenario.number for scenario in scenarios)
    for item in items:
        where = f"{checklist_file}: {item.id}"
        prefix = item.id.partition(".")[0]
        if item.section != prefix:
            raise ConfigError(
                where, f"section {item.section!r} is not the id's", f'set section = "{prefix}" or mend the id'
            )
        if item.scenario not in known_scenarios:
            raise ConfigError(
                where,
                f"scenario {item.scenario} is not in rollback.toml",
                f"use one of: {', '.join(map(str, known_scenarios))}",
            )
    return Runbook(items, scenarios, rollback.emergency_stop, checklist.matching, checklist.by_hand)


def _with_contacts(path: Path, scenario: Scenario, contacts: dict[str, str]) -> Scenario:
    def spelled_out(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
        for name in names:
            if name not in contacts:
                raise ConfigError(
                    f"{path}: scenario {scenario.number}: escalate_to",
                    f"no contact is called {name!r}",
                    f"use one of: {', '.join(contacts)}",
                )
        return {"escalate_to": tuple(contacts[name] for name in names)}

    away = scenario.given_away
    told = away and away.model_copy(update=spelled_out(away.escalate_to))
    return scenario.model_copy(update=spelled_out(scenario.escalate_to) | {"given_away": told})


def _check_symptoms(path: Path, scenario: Scenario, ids: Collection[str]) -> None:
    for symptom in (*scenario.symptoms, *(scenario.given_away.symptoms if scenario.given_away else ())):
        for pattern in symptom.items:
            if not any(fnmatchcase(item_id, pattern) for item_id in ids):
                where = f"{path}: scenario {scenario.number}: symptoms: {symptom.text}"
                remedy = "use an id of checklist.toml, or section.*"
                raise ConfigError(where, f"{pattern!r} is no item of the checklist", remedy)


def _refuse_duplicates(path: Path, kind: str, keys: Iterable[object]) -> None:
    seen: set[object] = set()
    for key in keys:
        if key in seen:
            raise ConfigError(f"{path}: {key}", f"this {kind} is there twice", "keep one of them")
        seen.add(key)
