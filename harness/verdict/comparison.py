"""What changed since an earlier run of the same environment. Pure: its verdict.json and today's items in."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from harness.verdict.model import Comparison, Decision, ItemOutcome, ItemVerdict, TestOutcome

# What each list of a comparison is called; the first three are said even where they are empty.
LABELS = {
    "newly_broken": "Newly broken",
    "still_broken": "Still broken",
    "fixed": "Fixed",
    "found_broken": "Broken, and not proven then",
    "unsettled": "Broken then, and not proven now",
    "added": "Not on the checklist then",
    "removed": "No longer on the checklist",
}
ALWAYS = ("newly_broken", "still_broken", "fixed")
_OF_AN_ITEM = {
    "newly_broken": "newly broken",
    "still_broken": "still broken",
    "found_broken": "not proven in the last whole run",
}


class _Part(BaseModel):
    # Keys that are not needed may be missing or new: another version of the verifier wrote them.
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Test(_Part):
    nodeid: str
    outcome: TestOutcome


class _Item(_Part):
    id: Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,80}\z")]
    outcome: ItemOutcome
    known_issue: str | None = None
    tests: tuple[_Test, ...] = ()

    @property
    def failed(self) -> set[str]:
        return {test.nodeid for test in self.tests if test.outcome == "failed"}


class Earlier(_Part):
    """What a comparison needs of an earlier run's verdict.json."""

    decision: Decision
    environment: str
    version: str | None = None
    started: AwareDatetime
    partial: bool
    interrupted: bool
    unreachable: str | None
    items: tuple[_Item, ...]

    @property
    def whole(self) -> bool:
        """Whether it judged the whole checklist; another run says nothing of what it did not come to."""
        return not self.partial and not self.interrupted and self.unreachable is None


def earlier(text: str | bytes) -> Earlier:
    """Raises ValueError for what is no verdict.json; it names the key, and none of the content."""
    try:
        return Earlier.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise ValueError(f"{key}: {first['type']}" if key else "no JSON object") from None


def compare(then: Earlier, items: Sequence[ItemVerdict], *, complete: bool) -> Comparison:
    """What became of each item. `complete`: whether the run came to all; if not, only what it judged is compared."""
    before = {item.id: item for item in then.items}
    lists: dict[str, list[str]] = {name: [] for name in LABELS}
    for item in items:
        if not complete and not item.tests:
            continue
        known = before.get(item.id)
        if known is None:
            lists["added"].append(item.id)
        change = _change(known, item, complete=complete)
        if change is not None:
            lists[change].append(item.id)
    if complete:
        lists["removed"] = [item_id for item_id in before if item_id not in {item.id for item in items}]
    ids = {name: tuple(changed) for name, changed in lists.items()}
    return Comparison(decision=then.decision, version=then.version, started=then.started, **ids)


def _change(then: _Item | None, now: ItemVerdict, *, complete: bool) -> str | None:
    was_broken = then is not None and then.outcome == "broken"
    if now.outcome == "broken":
        if then is None or then.outcome == "not proven":
            return "found_broken"
        failed = {test.nodeid for test in now.tests if test.outcome == "failed"}
        # What was tolerated then, and fails beyond that now, is news.
        beyond = then.known_issue is not None and now.decides and bool(failed - then.failed)
        return "still_broken" if was_broken and not beyond else "newly_broken"
    if then is None or not was_broken:
        return None
    passed = {test.nodeid for test in now.tests if test.outcome == "passed"}
    holds = now.outcome != "not proven" and (complete or then.failed <= passed)
    return "fixed" if holds else "unsettled"


# --- in words


def base(compared: Comparison) -> str:
    """With which run: `GO, version 1.4.1, 2026-11-22 01:02:03 UTC`."""
    version = f"version {compared.version}" if compared.version else "version unknown"
    when = compared.started.strftime("%Y-%m-%d %H:%M:%S %Z").strip()
    return f"{compared.decision}, {version}, {when}"


def changes(
    compared: Comparison, items: Sequence[ItemVerdict]
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """(label, [(id, what stands beside it)]) of what there is to say, the most urgent first."""
    known = {item.id: f"known issue {item.known_issue}" for item in items if item.known_issue is not None}
    for name, label in LABELS.items():
        ids: tuple[str, ...] = getattr(compared, name)
        if ids or name in ALWAYS:
            yield label, [(item_id, known.get(item_id, "")) for item_id in ids]


def lines(compared: Comparison, items: Sequence[ItemVerdict]) -> Iterator[tuple[str, str]]:
    """(label, items), each in one line; `none` where there are none."""
    for label, changed in changes(compared, items):
        yield label, ", ".join(f"{item} ({beside})" if beside else item for item, beside in changed) or "none"


def in_short(compared: Comparison) -> str:
    """`1 newly broken, 0 still broken, 2 fixed` and what else there is."""
    return ", ".join(f"{len(ids)} {label[0].lower()}{label[1:]}" for label, ids in changes(compared, ()))


def of_item(compared: Comparison | None, item_id: str) -> str:
    """What a broken item is, compared with the run before; empty without one."""
    found = (words for name, words in _OF_AN_ITEM.items() if item_id in getattr(compared, name, ()))
    return next(found, "")
