"""What decided how long the run took: the probes that waited for each other until the last one ended."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from harness.evidence.exchange import Exchange
from harness.evidence.gathering import Gathered
from harness.verdict.model import Call, Leg

MOST = 12  # calls of a probe that are listed


def course(gathered: Sequence[Gathered], started: datetime) -> tuple[Leg, ...]:
    """The chain in the order of time; empty where this process gathered nothing (`-n`). `started`: of the run."""
    by_node = {one.node: one for one in gathered}
    chain: list[Gathered] = []
    ahead: Sequence[Gathered] = gathered
    while ahead:
        chain.append(max(ahead, key=lambda one: one.ended))
        ahead = [by_node[node] for node in chain[-1].node.probes_below() if node in by_node]
    return tuple(_leg(one, started) for one in reversed(chain))


def _leg(one: Gathered, started: datetime) -> Leg:
    longest = sorted(one.exchanges, key=lambda exchange: exchange.elapsed, reverse=True)[:MOST]
    shown = sorted(longest, key=lambda exchange: exchange.started)
    return Leg(
        probe=one.node.title,
        began_s=_seconds(one.began - started),
        took_s=_seconds(one.ended - one.began),
        calls=tuple(_call(exchange, started) for exchange in shown),
        more_calls=len(one.exchanges) - len(shown),
    )


def _call(exchange: Exchange, started: datetime) -> Call:
    return Call(exchange.title, _seconds(exchange.started - started), _seconds(exchange.elapsed))


def _seconds(span: timedelta) -> float:
    return round(span.total_seconds(), 3)
