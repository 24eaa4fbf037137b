"""One run of the verifier: environment, target, evidence. Made once per process, closed at its end."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from harness.contract.budget import Budget
from harness.contract.making import Maker
from harness.environment import Environment
from harness.errors import Unprovable, Unreachable
from harness.evidence.exchange import now
from harness.evidence.gathering import Gathering
from harness.evidence.ledger import Entry, Ledger
from harness.evidence.probe import Node
from harness.evidence.secrets import Secrets
from harness.postdeploy.moment import Deploy
from harness.rollout import Rollout
from harness.target.api import Api
from harness.target.causes import certificate_days
from harness.target.grants import left_over, outstanding, take_back
from harness.target.lifecycle import Process, Site, mixed, moved_to, ready, version_of, versions
from harness.target.logs import LogSource
from harness.target.transport import Transport
from harness.target.webhooks import Signer, Webhooks
from harness.verdict.signals import Signal

SCENES = "web"  # the folder of what the browser leaves
NOWHERE = "http://not-started.invalid"  # a place that no request goes to
MOVES = 3  # redirects of health that are followed
CLEAN_UP_S = 15  # for taking back all that a run granted
LISTED = 5  # things that could not be taken back
SOON = 14  # days before its end at which a certificate is to be renewed


class Run:
    """What the resources of `fixtures.py` are made from. `site`: where the target is, if already known.

    Before the deploy a target is neither waited for nor asked which version it is; one that this run itself starts is
    there in every phase.
    """

    def __init__(
        self,
        environment: Environment,
        reports: Path,
        budget: Budget,
        site: Site | None = None,
        worker: str = "",
        rollout: Rollout | None = None,
    ) -> None:
        self.rollout = rollout or Rollout()
        self.environment, self.reports, self.budget, self._worker = environment, reports, budget, worker
        self.started = now()
        self.deploy = environment.deploy or Deploy(self.started, "the start of this run")
        self.secrets = Secrets()
        for name, value in environment.secrets.items():
            valid = environment.file.purchase.valid
            self.secrets.add(value, name, loggable=valid is not None and name == valid.transaction_env)
        self.canary = self.rollout.canary
        if self.canary and self.canary.variable:
            self.secrets.add(self.canary.value, self.canary.variable)
        # Nothing outlives a target that the run itself starts.
        keep = (lambda _: []) if environment.file.target.start else left_over
        self.ledger = Ledger(reports / "ledger.jsonl", None if worker else keep)
        self.transport = Transport(environment, self.ledger, self.secrets, self.canary)
        # What the run has to say beside the checks.
        self.notes = [] if worker else self.rollout.notes(environment.file.target.base_url)
        self.signals: list[Signal] = []  # what was measured of the release
        self.doubt: str | None = None  # why nothing that the checks found may count as proven
        self._closed = self._finished = False
        self._settled: Future[None] | None = None
        self._processes: list[Process] = []
        self._log_path, self._log_offset = self._find_log()
        self.gathering = Gathering(self)
        self.maker = Maker()
        self.gathering.at_end(self.maker.close)
        self._asked = Site(environment.file.target.base_url or NOWHERE)
        self._site: Future[Site] = self.gathering.call(self._given(site) if site else self._find())

    def wait(self) -> Site:
        """Where the target is, once it is ready; raises Unreachable."""
        return self._site.result()

    @property
    def site(self) -> Site:
        """Where the target is, or was asked in vain; before that is known, a place that no request goes to."""
        if self._site.done() and self._site.exception() is None:
            return self._site.result()
        return self._asked

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
        return self.reports / (f"{SCENES}-{self._worker}" if self._worker else SCENES)

    def gather(self, nodes: Iterable[Node]) -> None:
        """Start gathering, and meanwhile take back what earlier runs left."""
        if self.ledger.earlier and self.environment.file.access.writes:
            self._settled = self.gathering.call(self._settle(self.ledger.earlier, "an earlier run's "))
        self.gathering.submit(nodes)

    def webhooks(self, api: Api) -> Webhooks:
        """RevenueCat's side of the webhook; raises Unprovable without the secret."""
        settings = self.environment.file.webhook
        secret = self.environment.value(settings.secret_env)
        if secret is None:
            raise Unprovable("no webhook secret", "set webhook.secret_env")
        return Webhooks(api, Signer(settings, secret, self.secrets), settings, self.ledger)

    def finish(self) -> None:
        """Take back what was granted, look back, and ask what was started to end; for after the last check, and once.

        Nothing that goes wrong here changes what a check found; it is noted.
        """
        if self._finished:
            return
        self._finished = True
        if self._site.done() and not self._site.cancelled() and self._site.exception() is None:
            try:
                self.gathering.call(self._look_back()).result()
            except Exception as error:  # noqa: BLE001 (whatever it is, the verdict is more important)
                self.notes.append(
                    f"the clean-up ended early, {type(error).__name__}: {error}; see ledger.jsonl"
                )
        for process in self._processes:
            process.end()

    async def _look_back(self) -> None:
        if await self.gathering.halt():  # what is still out might grant something more
            await self.transport.reopen()
        if self.transport.gone is not None:
            self.notes.insert(0, str(self.transport.gone))
            if self.environment.file.target.start:
                return  # all that was granted is gone with it
        version = self.environment.file.expect.version
        if (
            self.environment.deployed
            and version is not None
            and not self._worker
            and self.transport.gone is None
        ):
            others = await mixed(Api(self.environment, self.transport, self.site.origin), version)
            self.doubt = others and f"after the checks, {others}: it is not known what they checked"
        await self._settle(self.ledger.entries, "")
        if self._settled is not None:
            await asyncio.wrap_future(self._settled)

    async def _settle(self, entries: Iterable[Entry], whose: str) -> None:
        """Take back what the ledger says was granted, and note what could not be."""
        await self.reached()
        now_ms = now().timestamp() * 1000
        for origin in sorted({entry["origin"] for entry in entries if "origin" in entry}):
            grants = outstanding(entries, origin, now_ms)
            if (whose and origin != self.site.origin) or not grants:
                continue  # an earlier run of another target
            try:
                webhooks = self.webhooks(Api(self.environment, self.transport, origin))
                left = await take_back(grants, webhooks, self.ledger, CLEAN_UP_S)
            except Unprovable as reason:
                left = [f"{grant}: {reason}" for grant in grants]
            self.notes += [f"not taken back: {whose}{text}" for text in left[:LISTED]]
            if left[LISTED:]:
                self.notes.append(f"not taken back: {len(left) - LISTED} more, see ledger.jsonl")

    def close(self) -> None:
        """Cancel what is still out, and stop what was started; once."""
        if self._closed:
            return
        self._closed = True
        self.finish()
        self.gathering.call(self.transport.close()).result()
        self.gathering.close()
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
        if target.base_url is not None and not self.environment.deployed:
            self._aim(target.base_url)
            return Site(target.base_url, self.environment.file.revenuecat.stand_in)
        if target.base_url is None:
            site = await self.start().located(target.ready_within_s)
        else:
            site = Site(target.base_url, self.environment.file.revenuecat.stand_in)
        site = await self._ready(site)
        await self._sample(site)
        self.transport.retries = 0  # waiting for readiness is no retry
        self._watch(site)
        return site

    def _aim(self, origin: str) -> None:
        if self.canary is not None:
            self.canary.origins.add(origin)

    async def _sample(self, site: Site) -> None:
        """Note which versions answer a player, who is sent to no build in particular."""
        if not self.rollout.samples:
            return
        plain = Transport(self.environment, self.ledger, self.secrets)
        try:
            api = Api(self.environment, plain, self.rollout.public or site.origin)
            self.notes.append(self.rollout.mix(await versions(api, self.rollout.samples)))
        finally:
            await plain.close()

    def _watch(self, site: Site) -> None:
        self._aim(site.origin)
        self.transport.watch(Api(self.environment, self.transport, site.origin).health_url)

    async def _ready(self, site: Site) -> Site:
        """The site once it is ready, at the origin that its health redirects to, with the version it shows."""
        # Before the deploy another release is live; predeploy.order says which one has to be.
        expected = self.environment.file.expect.version if self.environment.deployed else None
        within_s = self.environment.file.target.ready_within_s
        for _ in range(MOVES):
            self._aim(site.origin)
            try:
                health = await ready(Api(self.environment, self.transport, site.origin), within_s, expected)
            except Unreachable as cause:
                self._asked = replace(site, version=cause.version)
                raise
            origin = moved_to(health)
            if origin is None:
                break
            site = replace(site, origin=origin)
        days = certificate_days(health.response)
        if days is not None:
            self.notes.append(
                f"the target's certificate expires in {days} days" + "; renew it" * (days < SOON)
            )
        return replace(site, version=version_of(health))

    async def _given(self, site: Site) -> Site:
        self._watch(site)
        return site

    def _find_log(self) -> tuple[Path | None, int]:
        logs = self.environment.file.logs
        if logs.source != "file" or logs.path is None:
            return None, 0
        path = Path(logs.path.replace("{reports}", str(self.reports)))
        fresh = self.environment.file.target.start is not None
        return path, 0 if fresh or not path.exists() else path.stat().st_size
