"""Known issues: failures that somebody owns, tolerated until a date."""

from datetime import date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from runbook import tomlfile
from runbook.loader import Runbook, Text, Texts


class KnownIssue(tomlfile.Section):
    """One entry of known_issues.toml: covers the failures of an item, or of the tests that `test` matches."""

    item: Text | None = None
    test: Text | None = None
    environments: Texts
    owner: Text
    ticket: Text
    reason: Text
    expires: date

    @field_validator("expires", mode="before")
    @classmethod
    def _a_day_not_a_moment(cls, value: Any) -> Any:
        if isinstance(value, datetime) or not isinstance(value, date):
            raise ValueError("not a date; write it as 2026-01-31, without time and quotes")
        return value

    @model_validator(mode="after")
    def _item_or_test(self) -> "KnownIssue":
        if self.item is not None and self.test is not None:
            raise ValueError("has both item and test; keep one of them")
        if self.item is None and self.test is None:
            raise ValueError("has neither item nor test; say which item or test is known to fail")
        return self

    @property
    def names_one_test(self) -> bool:
        """Whether this covers exactly one test, so that this test's outcome alone says if it still fails."""
        return self.test is not None and not set(self.test) & set("*?")

    def covers(self, item: str, nodeid: str) -> bool:
        """Whether a test of `item` with this node id falls under this issue, whatever its outcome."""
        return item == self.item if self.test is None else matches(nodeid, self.test)

    def expired(self, today: date) -> bool:
        """Whether `expires`, the last day of tolerance, is over."""
        return today > self.expires


def matches(name: str, pattern: str) -> bool:
    """fnmatch with `*` and `?`; brackets stand for themselves, since node ids are full of them."""
    return fnmatchcase(name, pattern.replace("[", "[[]"))


class _File(tomlfile.Section):
    issues: Annotated[tuple[KnownIssue, ...], Field(strict=False)] = ()


def load_known_issues(path: Path, runbook: Runbook, environment: str) -> tuple[KnownIssue, ...]:
    """The known issues of that environment, in the file's order; the whole file is checked.

    Raises ConfigError for an unusable file, and for an item that is not on the checklist.
    """
    issues = tomlfile.read(path, _File).issues
    for number, issue in enumerate(issues):
        if issue.item is not None:
            runbook.check_item_id(issue.item, f"{path}: issues.{number}.item")
    return tuple(issue for issue in issues if environment in issue.environments)
