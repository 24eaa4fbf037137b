"""What runs granted, as their ledger tells, and how it is taken back: RevenueCat reports that it has expired."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.errors import PromiseBroken, Unprovable
from harness.evidence.ledger import Entry, Ledger
from harness.target.webhooks import GRANTING, Webhooks, encode, event, texts

TAKEN_BACK = "taken back"
LATEST_MS = 10**15  # a time beyond that is none
Names = tuple[str, str, tuple[str, ...]]  # app_user_id, original_app_user_id, aliases
Key = tuple[Names, str]  # whose, by which product


@dataclass
class Grant:
    """What a customer, with these names, may own by one product: RevenueCat's ids; times in ms."""

    names: Names
    product: str
    entitlements: set[str] = field(default_factory=set)
    transaction: str | None = None
    at: int = 0  # the latest event about it
    until: float = 0  # inf: it does not lapse

    def joined(self, other: "Grant") -> None:
        self.entitlements |= other.entitlements
        self.transaction = other.transaction or self.transaction
        self.at, self.until = max(self.at, other.at), max(self.until, other.until)

    @property
    def customer(self) -> str:
        """One of its names, for a reader."""
        return next(iter(named(self.names)), "")

    def __str__(self) -> str:
        return f"{', '.join(sorted(self.entitlements))} of {self.customer}"


def outstanding(entries: Iterable[Mapping[str, Any]], origin: str, now_ms: float) -> list[Grant]:
    """What was granted at `origin`, has not lapsed and was not taken back.

    An EXPIRATION that a check sent does not count: nobody knows here whether the target took it.
    """
    held: dict[Key, Grant] = {}
    for entry in entries:
        if entry.get("origin") != origin:
            continue
        match entry["kind"]:
            case "event" if entry.get("type") == "TRANSFER":
                _move(held, entry)
            case "event" if _text(entry.get("type")) in GRANTING:
                _add(held, _granted(entry))
            case "purchase":
                _add(held, _granted(entry))
            case kind if kind == TAKEN_BACK:
                held.pop((_names(entry), _text(entry.get("product_id"))), None)
    return [grant for grant in held.values() if grant.entitlements and grant.until > now_ms]


def left_over(entries: list[Entry]) -> list[Entry]:
    """Of earlier runs' entries those that tell what they may have left behind; none if they left nothing."""
    kept = [entry for entry in entries if entry["kind"] in ("event", "purchase", TAKEN_BACK)]
    origins = {str(entry.get("origin")) for entry in kept}
    now_ms = time.time() * 1000
    return kept if any(outstanding(kept, origin, now_ms) for origin in origins) else []


async def take_back(
    grants: Iterable[Grant], webhooks: Webhooks, ledger: Ledger, within_s: float
) -> list[str]:
    """Take grants back, all at once; what could not be, and why. Raises nothing that a target can bring about."""
    tasks = {asyncio.create_task(_end(grant, webhooks, ledger)): grant for grant in grants}
    if not tasks:
        return []
    _, late = await asyncio.wait(tasks, timeout=within_s)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    left = []
    for task, grant in tasks.items():
        why = f"no answer within {within_s:g} s" if task.cancelled() else task.result()
        if why:
            left.append(f"{grant}: {why}")
    return left


async def _end(grant: Grant, webhooks: Webhooks, ledger: Ledger) -> str:
    """Why a grant could not be taken back; empty where it was."""
    now = int(time.time() * 1000)
    same = {"transaction_id": grant.transaction, "original_transaction_id": grant.transaction}
    ended = event(
        "EXPIRATION",
        grant.names[0] or None,
        tuple(sorted(grant.entitlements)),
        original_app_user_id=grant.names[1] or None,
        aliases=list(grant.names[2]),
        product_id=grant.product,
        event_timestamp_ms=max(now, grant.at + 1),
        expiration_at_ms=now - 1,
        **(same if grant.transaction else {}),
    )
    try:
        answer = await webhooks.post(encode(ended), note="taking back")
    except (PromiseBroken, Unprovable) as error:
        return str(error)
    if answer.response.status_code != 200:
        return answer.title
    whose = dict(zip(("app_user_id", "original_app_user_id", "aliases"), grant.names, strict=True))
    ledger.record(TAKEN_BACK, origin=webhooks.origin, **whose, product_id=grant.product)
    return ""


def _granted(entry: Mapping[str, Any]) -> Grant:
    return Grant(
        names=_names(entry),
        product=_text(entry.get("product_id")),
        entitlements=set(texts(entry.get("entitlement_ids"))),
        transaction=_text(entry.get("transaction_id")) or None,
        at=int(min(max(_number(entry.get("at"), 0), 0), LATEST_MS)),
        until=_number(entry.get("until"), float("inf")),
    )


def _add(held: dict[Key, Grant], new: Grant) -> None:
    if new.customer:
        held.setdefault((new.names, new.product), Grant(new.names, new.product)).joined(new)


def _move(held: dict[Key, Grant], entry: Mapping[str, Any]) -> None:
    """Both may own it then: the one who gave it, where the target did not take it from them."""
    for giver in texts(entry.get("from")):
        for grant in [grant for grant in held.values() if giver in named(grant.names)]:
            for taker in texts(entry.get("to")):
                moved = Grant((taker, taker, (taker,)), grant.product)
                moved.joined(grant)
                _add(held, moved)


def named(names: Names) -> list[str]:
    """All of them that are there."""
    return [name for name in (names[0], names[1], *names[2]) if name]


def _names(entry: Mapping[str, Any]) -> Names:
    """Of a purchase only the first is noted; it stands for all of them then."""
    first = _text(entry.get("app_user_id"))
    if "aliases" not in entry:
        return first, first, (first,)
    return first, _text(entry.get("original_app_user_id")), tuple(texts(entry["aliases"]))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any, otherwise: float) -> float:
    return value if isinstance(value, int | float) else otherwise
