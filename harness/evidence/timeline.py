"""--timeline: what was gathered when, as lines of JSON; benchmarks/ reads them."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from harness.evidence.exchange import Exchange
from harness.evidence.gathering import Gathered


def write_timeline(
    path: Path, gathered: Iterable[Gathered], started: datetime, scrub: Callable[[str], str]
) -> None:
    """One line for each probe, in the order of their beginning; times in seconds since `started`."""
    in_order = sorted(gathered, key=lambda one: one.began)
    lines = [scrub(json.dumps(_line(one, started))) + "\n" for one in in_order]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines), encoding="utf-8")


def _line(one: Gathered, started: datetime) -> dict[str, Any]:
    return {
        "name": one.node.title,
        "start_s": _seconds(one.began - started),
        "end_s": _seconds(one.ended - started),
        "needs": sorted({node.title for node in one.node.probes_below()}),
        "exchanges": [
            {**_exchange(exchange, started), "follows": follows(exchange, one.exchanges)}
            for exchange in one.exchanges
        ],
    }


def follows(exchange: Exchange, of_probe: Sequence[Exchange]) -> list[int]:
    """Which exchanges of the probe were over when this one of the same story began; of a sequence, the last one.

    What happened beside it, or in another branch, is not among them.
    """
    over = [each for each in exchange.story if each.started + each.elapsed <= exchange.started]
    latest = max((each.started for each in over), default=exchange.started)
    direct = {id(each) for each in over if each.started + each.elapsed > latest}
    return [place for place, each in enumerate(of_probe) if id(each) in direct]


def _exchange(exchange: Exchange, started: datetime) -> dict[str, Any]:
    return {
        "method": exchange.method,
        "path": exchange.url.path,
        "start_s": _seconds(exchange.started - started),
        "elapsed_s": _seconds(exchange.elapsed),
    }


def _seconds(span: timedelta) -> float:
    return round(span.total_seconds(), 6)
