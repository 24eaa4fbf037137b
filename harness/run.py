"""One run of the verifier: environment, target, evidence. Made once per process, closed at its end."""

import asyncio
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from harness.contract.budget import Budget
from harness.environment import Environment
from harness.errors import Unreachable
from harness.evidence.exchange import now
from harness.evidence.ledger import Ledger
from harness.evidence.probe import Gathering
from harness.evidence.secrets import Secrets
from harness.target.api import Api
from harness.target.lifecycle import Process, Site, moved_to, ready, version_of
from harness.target.logs import LogSource
from harness.target.transport import Transport

MOVES = 3  # redirects of health that are followed


class Run:
    """What the resources of `fixtures.py` are made from. `site`: where the target is, if already known."""

    def __init__(
        self,
        environment: Environment,
        reports: Path,
        budget: Budget,
        site: Site | None = None,
        worker: str = "",
    ) -> None:
        self.environment, self.reports, self.budget, self._worker = environment, reports, budget, worker
        self.started = now()
        self.secrets = Secrets()
        for name, value in environment.secrets.items():
            valid = environment.file.purchase.valid
            self.secrets.add(value, name, loggable=valid is not None and name == valid.transaction_env)
        self.ledger = Ledger(reports / "ledger.jsonl")
        self.transport = Transport(environment, self.ledger)
        self._closed = False
        self._processes: list[Process] = []
        self._log_path, self._log_offset = self._find_log()
        self.gathering = Gathering(self)
        self._site: Future[Site] = self.gathering.call(self._given(site) if site else self._find())

    def wait(self) -> Site:
        """Where the target is, once it is ready; raises Unreachable."""
        return self._site.result()

    @property
    def site(self) -> Site:
        """Where the target is; before that is known, a place that no request goes to."""
        if self._site.done() and self._site.exception() is None:
            return self._site.result()
        return Site(self.environment.file.target.base_url or "http://not-started.invalid")

    def start(self, label: str = "target", **variables: str) -> Process:
        """Start an instance of the target, with `label`.log; it is stopped with the run."""
        start = self.environment.file.target.start
        assert start is not None
        # Each worker has its own log: the target's belongs to the controlling process.
        name = f"{label}-{self._worker}.log" if self._worker else f"{label}.log"
        process = Process(start, {**self.environment.variables, **variables}, self.reports / name)
        self._processes.append(process)
        return process

    @property
    def may_have_stand_in(self) -> bool:
        """Whether RevenueCat is a stand-in here, or the target that is being started may bring one."""
        return (
            self.environment.file.revenuecat.stand_in is not None
            or self.environment.file.target.start is not None
        )

    async def switched_off(self) -> Api:
        """A deployment with purchases switched off (contract, section 7); raises Unreachable."""
        if self.environment.file.expect.purchases == "disabled":
            return Api(self.environment, self.transport, self.site.origin)
        within_s = self.environment.file.target.ready_within_s
        second = await self._ready(
            await self.start("target-stopped", PURCHASES_DISABLED="true").located(within_s)
        )
        return Api(self.environment, self.transport, second.origin)

    def logs(self) -> LogSource:
        """The target's log; raises Unprovable without a source."""
        # The target's clock may lie behind ours, and a command asks by its time.
        begin = self.started - timedelta(seconds=self.environment.file.expect.clock_skew_s)
        return LogSource(self.environment.file.logs, self._log_path, begin, self._log_offset)

    async def reached(self) -> None:
        """Wait until the target is ready; raises Unreachable."""
        await asyncio.wrap_future(self._site)

    @property
    def scenes(self) -> Path:
        """The folder of what the browser leaves; each worker has its own."""
        return self.reports / (f"web-{self._worker}" if self._worker else "web")

    def end_target(self) -> None:
        """Ask what was started to end, while the reports are still being written; for after the last check."""
        for process in self._processes:
            process.end()

    def close(self) -> None:
        """Cancel what is still out, and stop what was started; once."""
        if self._closed:
            return
        self._closed = True
        self.gathering.call(self.transport.close()).result()
        self.gathering.close()
        self.end_target()
        for process in self._processes:
            process.wait()
        self.ledger.close()

    async def _find(self) -> Site:
        try:
            return await self._search()
        except (Unreachable, asyncio.CancelledError):
            raise
        except Exception as error:  # noqa: BLE001 (whatever the target does, it is not there)
            raise Unreachable(f"{type(error).__name__}: {error}") from None

    async def _search(self) -> Site:
        target = self.environment.file.target
        if target.base_url is None:
            site = await self.start().located(target.ready_within_s)
        else:
            site = Site(target.base_url, self.environment.file.revenuecat.stand_in)
        site = await self._ready(site)
        self.transport.retries = 0  # waiting for readiness is no retry
        return site

    async def _ready(self, site: Site) -> Site:
        """The site once it is ready, at the origin that its health redirects to, with the version it shows."""
        expected, within_s = self.environment.file.expect.version, self.environment.file.target.ready_within_s
        for _ in range(MOVES):
            health = await ready(Api(self.environment, self.transport, site.origin), within_s, expected)
            origin = moved_to(health)
            if origin is None:
                break
            site = replace(site, origin=origin)
        return replace(site, version=version_of(health))

    async def _given(self, site: Site) -> Site:
        return site

    def _find_log(self) -> tuple[Path | None, int]:
        logs = self.environment.file.logs
        if logs.source != "file" or logs.path is None:
            return None, 0
        path = Path(logs.path.replace("{reports}", str(self.reports)))
        fresh = self.environment.file.target.start is not None
        return path, 0 if fresh or not path.exists() else path.stat().st_size
