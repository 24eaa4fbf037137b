"""What this run is of the whole: a shard, one region, both, or all of it."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness import collection, phases
from harness.course import course
from harness.evidence.exchange import now
from harness.postdeploy.moment import UNNAMED
from harness.postdeploy.rounds import WATCH, rounds, unmeasured
from harness.results import Results
from harness.run import Run
from harness.shards import share as shares
from harness.shards import splitting
from harness.shards.share import Share
from harness.verdict.report import scrubbed
from harness.verdict.signals import in_order
from runbook.errors import ConfigError

REGION = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")


def region(name: str, option: str = "--region") -> str:
    """The name, as it may stand in reports and folders; raises ConfigError."""
    if REGION.fullmatch(name) is None:
        raise ConfigError(
            option, f"{name!r} is no name", "begin with a letter; then letters, digits, - and _"
        )
    return name


class Part:
    """Raises ConfigError for an unusable --shard or --region."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        named, numbered = config.getoption("region"), config.getoption("shard")
        self.region = region(named) if named is not None else ""
        self.shard = splitting.shard(numbered) if numbered is not None else None
        self._durations = splitting.durations() if self.shard else None

    @property
    def is_all(self) -> bool:
        """Whether there is nothing to join this run with."""
        return self.shard is None and not self.region

    def folder(self, reports: Path) -> Path:
        """Where this part's reports go, below those of all."""
        number = [str(self.shard.number)] if self.shard else []
        return (
            reports if self.is_all else reports / "-".join(["shard", *number, *filter(None, [self.region])])
        )

    def take(self, tests: list[pytest.Item], results: Results) -> list[pytest.Item]:
        """Those of the checks that another shard runs. `results` knows the item of each."""
        given = self._given(results)
        others = [test for test in tests if given and not self._is_ours(given[results.items[test.nodeid]])]
        results.elsewhere = [test.nodeid for test in others]
        return others

    def _given(self, results: Results) -> dict[str, int]:
        """The shard of each item; none in a run that is not split."""
        if self.shard is None or self._durations is None:
            return {}
        return splitting.assigned(set(results.items.values()), self.shard.of, self._durations)

    def _is_ours(self, number: int) -> bool:
        return self.shard is not None and self.shard.number == number

    def share(self, run: Run, results: Results, stopped: bool, cause: str | None) -> Share:
        """What the run found. `stopped`: somebody ended it; `cause`: why the target was not reached."""
        everywhere = [*results.selected, *results.elsewhere]
        tests, met = results.found()
        given = self._given(results)
        later = "postdeploy" in run.environment.phases
        watch = run.reports / WATCH, run.deploy.at, run.site.version
        signals = [*results.signals.values(), *unmeasured(*watch, results.signals)] if later else []
        return Share(
            format=shares.FORMAT,
            shard=self.shard,
            split=splitting.fingerprint(given),
            region=self.region,
            environment=run.environment.name,
            aim=_aim(run),
            excused=frozenset(run.environment.file.checklist.not_required),
            phase=phases.title(run.environment.phases),
            base_url=run.site.origin,
            version=run.site.version,
            started=run.started,
            finished=now(),
            partial=results.narrowed or collection.left_out(self._config, everywhere),
            left_out=collection.passed_over(self._config, results.items, everywhere),
            interrupted=(cause is None and (stopped or results.unfinished)) or results.gone,
            unreachable=cause,
            doubt=run.doubt,
            writes=tuple(results.writes),
            retries=results.retries,
            said=(*([run.deploy.words] if later else []), *results.said),
            noted=results.notes,
            tests=tuple(tests),
            met=tuple(met),
            course=course(run.gathering.gathered, run.started),
            signals=in_order(signals),
            rounds=rounds(*watch) if later else (),
        )

    def alone(self, share: Share, results: Results) -> Share:
        """The share as a run by itself: what others run is left out of it."""
        if self.shard is None:
            return share
        others = {results.items[nodeid] for nodeid in results.elsewhere}
        return replace(share, shard=None, partial=True, left_out=share.left_out | others)

    def forget(self, reports: Path, env: str) -> None:
        """Remove what an earlier run of this part left, before anything can stop this one: it would pass for this."""
        if not self.is_all:
            for file in (self.folder(reports) / Path(env).stem).rglob(shares.FILE):
                file.unlink(missing_ok=True)

    def clear(self, folder: Path) -> None:
        """Remove what an earlier run left to be joined."""
        (folder / shares.FILE).unlink(missing_ok=True)

    def write(self, share: Share, folder: Path, scrub: Callable[[str], str]) -> None:
        """Leave it for who joins, unless this run is all there is."""
        if self.is_all:
            return
        clean = scrubbed(share, scrub)
        clean = replace(clean, environment=share.environment, phase=share.phase, region=share.region)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / shares.FILE).write_text(shares.render(clean), "utf-8")


def _aim(run: Run) -> str:
    """What a run is about: parts of one whole are about the same."""
    target = run.environment.file.target.base_url or "a target that each run starts"
    canary = f", {run.canary.name}" if run.canary else ""
    since = f", deployed at {run.deploy.at.isoformat()}" if run.deploy.source != UNNAMED else ""
    return f"{target}{canary}{since}"
