"""Which checklist item a test proves."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

from harness.errors import PromiseBroken
from runbook.errors import ConfigError
from runbook.loader import Runbook

if TYPE_CHECKING:
    from _pytest.mark.structures import MarkDecorator

PROPERTY = "item"  # the user property that carries the id into every report
GAVE_AWAY = "gave_away"  # the one of a failure by which something was given away


def checks(item_id: str, *, gives_away: bool = False) -> "MarkDecorator":
    """Tie a test to the checklist item `item_id`.

    `gives_away`: its assertion fails when a purchase is granted that should not be, and for no other reason.
    """
    return pytest.mark.checks(item_id, gives_away=gives_away)


def gave_away(test: pytest.Item, error: BaseException) -> bool:
    """Whether a test's failure shows that something was given away: its own assertion, not its evidence, failed."""
    marked = any(mark.kwargs.get("gives_away", False) for mark in test.iter_markers("checks"))
    return marked and isinstance(error, AssertionError) and not isinstance(error, PromiseBroken)


def item_id(test: pytest.Item) -> str:
    """The checklist item of a test; raises ConfigError for a test that has none, or several."""
    ids = [mark.args[0] for mark in test.iter_markers("checks")]
    if len(ids) != 1:
        raise ConfigError(test.nodeid, f"names {len(ids)} checklist items", "give it one @checks(id)")
    return str(ids[0])


def tie(tests: Iterable[pytest.Item], runbook: Runbook) -> dict[str, str]:
    """Item by node id; marks each test with its section, and puts the id on its reports. Raises ConfigError."""
    tied = {}
    for test in tests:
        item = item_id(test)
        runbook.check_item_id(item, test.nodeid)
        test.add_marker(runbook.item(item).section)
        test.user_properties.append((PROPERTY, item))
        tied[test.nodeid] = item
    return tied
