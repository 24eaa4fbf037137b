"""Faults and variants: named changes of this deployment's behaviour, off unless chosen at start.

A change is a function whose parameters say what it needs, and so when it is applied: with `app` when all is put
together, with `parts` or `settings` before the routes are made, with `project` before RevenueCat's stand-in is, with
`release` before it is asked for, else (`handler`, the log's; `environ`, the variables) at the very start.
"""

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from reference.settings import StartRefused

Change = Callable[..., None]
Expected = Literal["GO", "INCONCLUSIVE"]
Moment = Literal["start", "release", "project", "before the routes", "all put together"]

GIVEN = frozenset({"handler", "environ", "release", "project", "parts", "settings", "app"})


@dataclass(frozen=True)
class Choice:
    name: str
    description: str
    change: Change

    def apply(self, moment: Moment, **given: Any) -> None:
        """Applies the change, if this is its moment."""
        wanted = inspect.signature(self.change).parameters
        if moment == _moment(wanted):
            self.change(**{name: given[name] for name in wanted})


@dataclass(frozen=True)
class Fault(Choice):
    """A broken promise; `item` of the release checklist has to notice."""

    item: str


@dataclass(frozen=True)
class Variant(Choice):
    """Another choice that the contract allows.

    `environment`: what an environment file has to say of it, by section; `variables`: of the process, and of the run
    that checks it.
    """

    expected: Expected = "GO"
    environment: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


FAULTS: dict[str, Fault] = {}
VARIANTS: dict[str, Variant] = {}


def fault(name: str, item: str, description: str | None = None) -> Callable[[Change], Change]:
    """Enters a function as a fault; its docstring describes it."""

    def enter(change: Change) -> Change:
        _enter(FAULTS, Fault(name, description or _sentence(change), change, item))
        return change

    return enter


def variant(
    name: str,
    *,
    environment: Mapping[str, Any] | None = None,
    variables: Mapping[str, str] | None = None,
    expected: Expected = "GO",
) -> Callable[[Change], Change]:
    """Enters a function as a variant; its docstring describes it."""

    def enter(change: Change) -> Change:
        given = (environment or {}, variables or {})
        _enter(VARIANTS, Variant(name, _sentence(change), change, expected, *given))
        return change

    return enter


def chosen(faults: Sequence[str], variants: Sequence[str], environ: Mapping[str, str]) -> list[Choice]:
    """The changes named as arguments and in the environment; raises StartRefused for an unknown name."""
    found: list[Choice] = []
    fault_names = [*faults, *_names(environ.get("REFERENCE_FAULTS", ""))]
    variant_names = [*variants, *_names(environ.get("REFERENCE_VARIANTS", ""))]
    if fault_names:
        _load("faults")
        found += _find(FAULTS, "fault", fault_names)
    if variant_names:
        _load("variants")
        found += _find(VARIANTS, "variant", variant_names)
    return found


def catalogue() -> dict[str, list[dict[str, Any]]]:
    """Everything that can be chosen, as plain values."""
    for package in ("faults", "variants"):
        _load(package)
    return {
        "faults": [
            {"name": each.name, "item": each.item, "description": each.description}
            for each in FAULTS.values()
        ],
        "variants": [
            {
                "name": each.name,
                "description": each.description,
                "environment": each.environment,
                "variables": each.variables,
                "expected": each.expected,
            }
            for each in VARIANTS.values()
        ],
    }


def _moment(wanted: Container[str]) -> Moment:
    if "app" in wanted:
        return "all put together"
    if "parts" in wanted or "settings" in wanted:
        return "before the routes"
    if "project" in wanted:
        return "project"
    return "release" if "release" in wanted else "start"


def _enter(entries: dict[str, Any], entry: Choice) -> None:
    if unknown := set(inspect.signature(entry.change).parameters) - GIVEN:
        raise TypeError(f"{entry.name} asks for {sorted(unknown)}; there is {sorted(GIVEN)}")
    if entry.name in entries:
        raise ValueError(f"{entry.name} is entered twice")
    entries[entry.name] = entry


def _sentence(change: Change) -> str:
    return " ".join((inspect.getdoc(change) or "").split())


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",") if name.strip()]


def _find(entries: Mapping[str, Choice], kind: str, names: Iterable[str]) -> list[Choice]:
    for name in names:
        if name not in entries:
            nearest = difflib.get_close_matches(name, entries, 1, cutoff=0)[0]
            raise StartRefused(f"no {kind} is called {name!r}; the nearest is {nearest!r}")
    return [entries[name] for name in dict.fromkeys(names)]


def _load(package: str) -> None:
    found = importlib.import_module(f"reference.{package}")
    for module in pkgutil.iter_modules(found.__path__):
        importlib.import_module(f"{found.__name__}.{module.name}")
