"""What several runs found, as one: facts and results, and why something of the whole is missing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from harness.results import doubted, settled
from harness.shards.share import Share
from harness.verdict import RunFacts, TestResult
from harness.verdict.signals import in_order
from runbook.errors import ConfigError

UNNAMED = "(none named)"
SEED = "--fuzz-seed="
APART = timedelta(hours=1)  # longer ago than a machine that began late explains
_UNITS = (("days", timedelta(days=1)), ("hours", timedelta(hours=1)), ("minutes", timedelta(minutes=1)))


def check(shares: Mapping[str, Share]) -> None:
    """Raises ConfigError, with file and key, for shares that are not parts of one whole. `shares`: by file."""
    for key in ("environment", "phase"):
        _same(shares, key, {name: getattr(share, key) for name, share in shares.items()})
    regions: dict[str, dict[str, Share]] = {}
    for name, share in shares.items():
        regions.setdefault(share.region, {})[name] = share
    if "" in regions and len(regions) > 1:
        raise ConfigError(
            f"{next(iter(regions['']))}: region", "names none, and others do", "run each with --region=NAME"
        )
    for within in regions.values():
        _same(within, "shard.of", {name: share.shard and share.shard.of for name, share in within.items()})
        _same(within, "aim", {name: share.aim for name, share in within.items()})
        _same(within, "split", {name: share.split for name, share in within.items()})
        taken: dict[int, str] = {}
        for name, share in within.items():
            number = share.shard.number if share.shard else 0
            if number in taken:
                raise ConfigError(
                    f"{name}: shard.number",
                    f"{share} is given twice, also by {taken[number]}",
                    "leave out the older one",
                )
            taken[number] = name


def _same(shares: Mapping[str, Share], key: str, values: Mapping[str, object]) -> None:
    first = next(iter(values))
    for name, value in values.items():
        if value != values[first]:
            raise ConfigError(
                f"{name}: {key}",
                f"{value!r} is not {values[first]!r}, as in {first}",
                "join runs of one release, from one checkout, with the same options",
            )


def facts(
    shares: Sequence[Share], expected: Iterable[str] = (), left: Iterable[str] = (), more: Iterable[str] = ()
) -> RunFacts:
    """The facts of all of them. `expected`: regions that have to be among them.

    `left`: what stays on the target; `more`: other notes.
    """
    gap = "; ".join(_gaps(shares, expected))
    versions = _versions(shares)
    everywhere = all(share.unreachable is not None for share in shares)
    causes = dict.fromkeys(share.unreachable for share in shares if share.unreachable is not None)
    notes = (
        *([gap] if gap else ()),
        *(share.doubt for share in shares if share.doubt),
        *_said(shares),
        *left,
        *_noted(shares),
        *more,
    )
    return RunFacts(
        environment=shares[0].environment,
        phase=shares[0].phase,
        base_url=", ".join(dict.fromkeys(share.base_url for share in shares)),
        version=next(iter(versions)) if len(versions) == 1 else None,
        started=min(share.started for share in shares),
        finished=max(share.finished for share in shares),
        partial=any(share.partial for share in shares) and not everywhere,
        interrupted=any(share.interrupted for share in shares) or bool(gap),
        unreachable="; ".join(causes) if everywhere else None,
        writes=tuple(write for share in shares for write in share.writes),
        retries=sum(share.retries for share in shares),
        notes=tuple(dict.fromkeys(notes)) if len(shares) > 1 else notes,
        left_out=frozenset().union(*(share.left_out for share in shares)),
        course=shares[0].course if len(shares) == 1 else (),
        signals=in_order({each.name: each for share in shares for each in share.signals}.values()),
        rounds=shares[0].rounds if len(shares) == 1 else (),
        regions=tuple(name for name in _regions(shares, expected) if name),
        gap=gap,
    )


def results(shares: Sequence[Share]) -> list[TestResult]:
    """Those of all; none that passed counts where it is not known of which version it is true."""
    if all(share.unreachable is not None for share in shares):
        return []
    mixed, last = _mixed(shares), _last(shares)
    tests, met = [], []
    for share in shares:
        doubt = mixed or share.doubt or _apart(share, last)
        tests += [replace(test, region=share.region) for test in doubted(share.tests, doubt)]
        met += [replace(test, region=share.region) for test in share.met]
    return settled(tests, met)


def _regions(shares: Sequence[Share], expected: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*expected, *sorted(share.region for share in shares)]))


def _gaps(shares: Sequence[Share], expected: Iterable[str]) -> Iterator[str]:
    for region in _regions(shares, expected):
        within = [share for share in shares if share.region == region]
        where = f" of {region}" if region else ""
        if not within:
            yield f"region {region} is missing"
        of = next((share.shard.of for share in within if share.shard), 0)
        there = {share.shard.number for share in within if share.shard}
        if lost := [f"{number}/{of}" for number in range(1, of + 1) if number not in there]:
            which = f"shard {lost[0]}{where} is" if len(lost) == 1 else f"shards {', '.join(lost)}{where} are"
            yield f"{which} missing"
    unreached = [share for share in shares if share.unreachable is not None]
    if len(unreached) < len(shares):
        yield from (f"{share} did not reach the target: {share.unreachable}" for share in unreached)
    last = _last(shares)
    yield from filter(None, (_apart(share, last) for share in shares))
    if mixed := _mixed(shares):
        yield mixed


def _last(shares: Sequence[Share]) -> Share:
    """The one that began last."""
    return max(shares, key=lambda share: share.started)


def _apart(share: Share, last: Share) -> str | None:
    """That it may be left over from an earlier run, in words; None where it ended about when the last one began."""
    gap = last.started - share.finished
    if gap <= APART:
        return None
    unit, size = next(each for each in _UNITS if gap >= 2 * each[1])
    return f"{share} ended {gap // size} {unit} before {last} began: is it of an earlier run?"


def _said(shares: Sequence[Share]) -> Iterator[str]:
    """What the runs say of themselves; what not all say is said of whom it is true."""
    for share in shares:
        for note in share.said:
            yield note if all(note in each.said for each in shares) else f"{share}: {note}"


def _noted(shares: Sequence[Share]) -> Iterator[str]:
    """What checks say; how to make up the same again is of one machine, unless all were told the same."""
    for share in shares:
        for note in share.noted:
            is_own = SEED in note and not all(note in each.noted for each in shares)
            yield f"{share}: {note}" if is_own else note


def _mixed(shares: Sequence[Share]) -> str | None:
    """That several versions were checked, in words; None where it was one."""
    versions = _versions(shares)
    if len(versions) < 2:
        return None
    each = (f"{name or UNNAMED} ({', '.join(map(str, those))})" for name, those in versions.items())
    return f"several versions were checked: {', '.join(each)}"


def _versions(shares: Sequence[Share]) -> dict[str | None, list[Share]]:
    found: dict[str | None, list[Share]] = {}
    reached = [share for share in shares if share.unreachable is None]
    for share in reached or shares:
        found.setdefault(share.version, []).append(share)
    return found
