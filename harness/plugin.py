"""The door: pytest's hooks. What they do is in the rooms behind it."""

import sys
from collections.abc import Callable, Generator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness import collection, environment, phases, preflight
from harness.allure import listen
from harness.comparing import compared
from harness.contract.budget import Budget, budget
from harness.environment import Environment
from harness.errors import ConfigError, PromiseBroken, Unprovable, Unreachable
from harness.evidence import logged
from harness.evidence.exchange import witnessed
from harness.evidence.probe import Handle, asked_for
from harness.evidence.timeline import write_timeline
from harness.interrupts import interruptible
from harness.options import ANSWERED, add_options, check_places, replacing, replacing_reports, usable
from harness.progress import watched
from harness.results import EVIDENCE, Results, fit_to_print
from harness.rollout import rollout
from harness.rules import Rules
from harness.run import Run
from harness.shards.part import Part
from harness.target.lifecycle import Site
from harness.telling import Telling
from harness.verdict import Verdict
from harness.verdict.checks import tie
from harness.verdict.failure import Explainer
from harness.verdict.own_runbook import reports_of

ENVIRONMENT = pytest.StashKey[Environment]()
LOOKING_ONLY = ("collectonly", "showfixtures", "show_fixtures_per_test", "setupplan", "setuponly")


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    if all(config.getoption(option) in (None, False) for option in ANSWERED):
        check_places(config)
        return None
    from harness import answers  # a run does not pay for it

    answer = answers.without_a_run(config)
    print(answer[0])  # noqa: T201 (this is what was asked for)
    return answer[1]


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        config.option.clean_alluredir = False  # the controlling process did; now it holds results
    if not collection.selects_checks(config):
        return
    phases.settle(config)
    for module in phases.fixtures(config):
        config.pluginmanager.import_plugin(module)
    if sys.flags.optimize and config.option.assertmode == "plain":
        raise pytest.UsageError("assertions are switched off (-O and --assert=plain): no check could fail")
    if config.getoption("check_env"):
        config.option.dist = "no"
    with usable():
        verifier = Verifier(config)
    config.pluginmanager.register(verifier, "verifier")
    if verifier.distributes:
        verifier.begin()
        if verifier.run and not verifier.reached(verifier.run):
            config.option.dist = "no"  # no workers for a target that is not there


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if any(item.get_closest_marker("checks") for item in items) and not config.pluginmanager.has_plugin(
        "verifier"
    ):
        raise pytest.UsageError("checks need the verifier: start pytest in the project's folder, with paths")


class Verifier:
    """The hooks of a run that includes checks; not registered for the project's own tests."""

    def __init__(self, config: pytest.Config) -> None:
        worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        given = {"variables": worker["verifier_variables"]} if worker else {}
        self.part, reports = Part(config), Path(config.getoption("reports"))
        if not worker:
            self.part.forget(reports, config.getoption("env"))
        self.environment = environment.load(config.getoption("env"), **replacing(config), **given)
        if config.getoption("check_env"):
            self.environment = environment.impatient(self.environment, 10)
        config.stash[ENVIRONMENT] = self.environment
        self.wait: Callable[[Future[Any]], Any] = Future.result
        home = self.part.folder(reports) / self.environment.name
        self.reports = phases.reports(home, self.environment.phases)
        self.rules = Rules(self.environment, reports / self.environment.name)
        self.explainer = Explainer(self.rules.runbook)
        self.config, self.worker, self.rollout = config, worker, rollout(config, self.environment)
        if self.distributes and config.getoption("timeline"):
            raise ConfigError("--timeline", "is for a run in one process", "leave out -n")
        # All workers make up the same requests.
        self.budget = Budget(**worker["verifier_budget"]) if worker else budget(config)
        self.results = Results()
        self.results.narrowed = collection.is_narrowed(config)
        self.unreachable: str | None = None
        self.run: Run | None = None
        self.verdict: Verdict | None = None
        self.telling = Telling(
            self.reports,
            None if worker else config.getoption("notify_url_env"),
            {} if worker else reports_of(config, self.environment, self.rules.runbook, self.reports),
        )

    # --- before the tests

    def pytest_ignore_collect(self, collection_path: Path, config: pytest.Config) -> bool | None:
        return phases.of_another(config, collection_path) or None

    def pytest_report_header(self) -> list[str]:
        return [preflight.header(self.environment)]

    def begin(self) -> None:
        """Start or find the target, once, unless nothing is to be run."""
        if self.run is not None or any(self.config.getoption(option, False) for option in LOOKING_ONLY):
            return
        worker = self.worker or {}
        site = Site(**worker["verifier_site"]) if worker else None
        with usable():
            worker_id = worker.get("workerid", "")
            self.run = Run(self.environment, self.reports, self.budget, site, worker_id, self.rollout)
        self.telling.protect(self.run.secrets)
        logged.keep_secrets(self.config, self.run.secrets.scrub)
        self.allure = listen(self.config, self.run, self.rules, self.results)
        if not self.config.getoption("check_env"):
            # Workers, too: what they started would outlive a terminal that hangs up.
            interruptible(self.config)
        if not worker and not self.config.getoption("check_env"):
            with usable(), replacing_reports():  # a run that dies must not leave an earlier run's verdict
                self.rules.clear(self.reports)
                self.part.clear(self.reports)
                self.telling.clear()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        self.begin()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        assert self.run is not None
        node.workerinput["verifier_site"] = vars(self.run.wait())
        node.workerinput["verifier_variables"] = dict(self.environment.variables)
        node.workerinput["verifier_budget"] = vars(self.budget)
        node.workerinput["verifier_begun"] = self.config.option.begun

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        mine = [item for item in items if collection.folder(item)]
        with usable():
            self.results.items |= tie(mine, self.rules.runbook)
        collection.mark(mine, self.environment.name)
        collection.leave_out(items, self.part.take(mine, self.results))
        items.sort(key=collection.waits)  # the others need not queue behind them

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        # What another shard runs is not left out.
        self.results.narrowed |= not {item.nodeid for item in items} <= set(self.results.elsewhere)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.results.uncollected.append(report.nodeid)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        # A worker does not know yet which tests it will be given: there, each probe starts when it is asked for.
        tests = [item for item in session.items if collection.folder(item)]
        self.results.selected = [test.nodeid for test in tests]
        every = [*self.results.selected, *self.results.elsewhere]
        whole = not self.results.narrowed and not collection.left_out(self.config, every)
        if whole and not self.worker:
            with usable():
                self.rules.check_excuses(every)
        if self.run and not self.worker and not self.config.getoption("check_env"):
            self.run.gather(node for test in tests for node in collection.closure(test))
            self.wait = watched(self.run.gathering.progress, self.config.pluginmanager)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        if self.run is None or self.worker:
            return None
        if self.config.getoption("check_env"):
            reporter = self.config.pluginmanager.get_plugin("terminalreporter")
            tests = [item for item in session.items if collection.folder(item)]
            preflight.report(reporter, self.run, self.rules.runbook, tests)
            site = self.run.site if self.reached(self.run) else None
            preflight.reach(reporter, self.run, site, self.unreachable)
            return True
        return None if self.unreachable is None and self.reached(self.run) else True

    @property
    def distributes(self) -> bool:
        """Whether this process hands its tests to workers."""
        return self.worker is None and self.config.getoption("dist", "no") != "no"

    def reached(self, run: Run) -> bool:
        """Wait for the target; whether it became ready."""
        try:
            run.wait()
        except Unreachable as cause:
            self.unreachable = run.secrets.scrub(str(cause))
        return self.unreachable is None

    # --- the tests

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
        if self.run is None or not collection.folder(pyfuncitem):
            return (yield)
        with witnessed() as evidence:
            pyfuncitem.stash[EVIDENCE] = evidence
            try:
                for name in asked_for(pyfuncitem):  # the others are not of its own case, maybe
                    handle = pyfuncitem.funcargs.get(name)
                    if isinstance(handle, Handle):
                        pyfuncitem.funcargs[name] = self.run.gathering.value(handle.node, self.wait)
                return (yield)
            except Unprovable as reason:
                pytest.skip(str(reason))
            except PromiseBroken as broken:
                if broken.exchange is not None and broken.exchange not in evidence:
                    evidence.append(broken.exchange)
                self.results.note_owner(pyfuncitem, broken.owner)
                raise broken.with_traceback(None) from None  # how it was gathered explains nothing

    def pytest_assertrepr_compare(
        self, config: pytest.Config, op: str, left: object, right: object
    ) -> list[str] | None:
        return compared(config, op, left, right, self.run.secrets.scrub) if self.run else None

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        # Our message replaces the traceback of a check; making one would take longer than the check.
        style = item.config.option.tbstyle
        item.config.option.tbstyle = "value" if item.nodeid in self.results.items else style
        try:
            report = yield
        finally:
            item.config.option.tbstyle = style
        if self.run is not None:
            checked = self.results.items.get(item.nodeid)
            explain = partial(self.explainer.explain, item, checked) if checked else None
            fit_to_print(report, item, call, explain, self.reports, self.run.secrets.scrub)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.results.add(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.results.join(getattr(node, "workeroutput", {}).get("verifier"))

    # --- after the tests

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if self.run is None:
            return
        self.run.finish()
        if self.worker is not None:
            self.config.workeroutput["verifier"] = self.results.of_worker(self.run)  # type: ignore[attr-defined]
        elif self.config.getoption("check_env"):
            session.exitstatus = 11 if self.unreachable else 0
        elif self.unreachable or exitstatus in (0, 1, 2) or (exitstatus == 5 and self.results.elsewhere):
            self.results.join(self.results.of_worker(self.run))
            share = self.part.share(self.run, self.results, exitstatus == 2, self.unreachable)
            verdict = self.rules.judge([self.part.alone(share, self.results)])
            try:
                self.verdict = self.telling.tell(verdict, self.run.secrets.scrub)
                self.part.write(share, self.reports, self.run.secrets.scrub)
                if self.allure:
                    self.allure.finish(self.verdict)
            except OSError as error:  # of this machine, not of the release
                pytest.exit(f"the reports cannot be written: {error}", 3)
            session.exitstatus = self.results.exit_code(self.verdict, stopped=exitstatus == 2)
        if timeline := self.config.getoption("timeline"):
            gathered = self.run.gathering.gathered
            write_timeline(Path(timeline), gathered, self.run.started, self.run.secrets.scrub)
        self.run.close()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.verdict is not None:
            self.telling.show(self.verdict, terminalreporter)

    def pytest_unconfigure(self) -> None:
        if self.run is not None:
            self.run.close()
