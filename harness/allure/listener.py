"""The listener between pytest, allure-pytest and the files: it completes, adds and scrubs."""

import json
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import allure_commons
import pytest
from allure_commons.model2 import Attachment, Status, TestResult, TestStepResult

from harness import environment
from harness.allure import files, lost
from harness.allure import result as told
from harness.allure.attachment import CREDENTIALS, EXTENSION, MIME, attachment
from harness.allure.scenes import Scenes
from harness.evidence.exchange import Exchange
from harness.results import EVIDENCE, Results
from harness.rules import Rules
from harness.run import Run
from harness.target.webhooks import HEADERS
from harness.verdict import Verdict, words
from harness.verdict.report import markdown
from harness.verdict.report.inert import plain
from harness.web.scene import Scene

OURS = "allure-results"  # this folder, below the reports of the environment, belongs to the run
_RESULTS = ("*-result.json", "*-container.json", "*-globals.json", "*-attachment.*", "categories.json")
_FACTS = ("environment.properties", "executor.json")


class Listener:
    """Completes the results of checks as they are written, and adds at the end what no process could write."""

    def __init__(self, config: pytest.Config, run: Run, rules: Rules, results: Results) -> None:
        self._folder = Path(config.getoption("allure_report_dir")).absolute()
        self._run, self._results = run, results
        links = dict(config.getoption("allure_link_pattern"))
        self._teller = told.Teller(rules, run.environment.name, links)
        webhook = run.environment.file.webhook
        headers = {*HEADERS.values(), webhook.header or ""}
        self._masked = CREDENTIALS | {header.lower() for header in headers}
        self._exchanges: dict[Exchange, str] = {}
        self._scenes = Scenes()
        self._item: pytest.Item | None = None

    def begin(self, config: pytest.Config) -> None:
        """Listen until the end of the run; the controlling process removes what an earlier run left in our folder."""
        ours = self._folder == (self._run.reports / OURS).absolute()
        if ours and not hasattr(config, "workerinput") and not config.getoption("check_env"):
            for left in (left for pattern in (*_RESULTS, *_FACTS) for left in self._folder.glob(pattern)):
                left.unlink()
        config.pluginmanager.register(self, "verifier_allure")
        allure_commons.plugin_manager.register(self)
        config.add_cleanup(lambda: allure_commons.plugin_manager.unregister(self))

    # --- as tests end

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        self._item = item  # allure-pytest does not say whose result it writes

    @allure_commons.hookimpl(wrapper=True)
    def report_result(self, result: TestResult) -> Generator[None, Any, Any]:
        if self._item is not None and self._item.nodeid in self._results.items:
            self._complete(result, self._item)
        self._clean(result)
        return (yield)

    @allure_commons.hookimpl(wrapper=True)
    def report_container(self, container: Any) -> Generator[None, Any, Any]:
        # Set-up is passing probes around, in no time: what they did is in the steps.
        container.befores, container.afters = [], []
        return (yield)

    @allure_commons.hookimpl(wrapper=True)
    def report_attached_data(self, body: str | bytes, file_name: str) -> Generator[None, Any, Any]:
        done = yield
        # A hook cannot change its arguments, so the file is written a second time.
        text = body if isinstance(body, str) else body.decode("utf-8", "surrogateescape")
        clean = self._run.secrets.scrub(text)
        if clean != text:
            (self._folder / file_name).write_bytes(clean.encode("utf-8", "surrogateescape"))
        return done

    def _complete(self, result: TestResult, item: pytest.Item) -> None:
        outcome, _ = self._results.test(item.nodeid)
        self._teller.tell(result, item.nodeid, outcome)
        read = item.stash.get(EVIDENCE, [])
        about = read[-1] if read and outcome.outcome == "failed" else None
        evidence = [each for each in read if isinstance(each, Exchange)]
        failed = about if isinstance(about, Exchange) else None
        exchanges = told.story(evidence)
        shown = told.last(exchanges, failed)
        if len(exchanges) > len(shown):
            left_out = words.count(len(exchanges) - len(shown), "earlier exchange")
            result.steps.append(TestStepResult(name=f"{left_out}, left out here", status=Status.PASSED))
        for exchange, step in zip(shown, told.steps(shown, failed), strict=True):
            step.attachments.append(self._attached(exchange))
            result.steps.append(step)
        for scene in (each for each in read if isinstance(each, Scene)):
            failed_at = {"failed": outcome.outcome == "failed", "about": scene is about}
            result.steps.append(self._scenes.told(scene, result.name, **failed_at))

    def _attached(self, exchange: Exchange) -> Attachment:
        source = f"{uuid4()}-attachment.{EXTENSION}"
        if exchange not in self._exchanges:  # many tests may read one
            self._exchanges[exchange] = attachment(exchange, self._run.secrets.scrub, self._masked)
        allure_commons.plugin_manager.hook.report_attached_data(
            body=self._exchanges[exchange], file_name=source
        )
        return Attachment(name=exchange.title, source=source, type=MIME)

    # --- at the end of the run

    def finish(self, verdict: Verdict) -> None:
        """Write what no process could, and the files about the run; `verdict`: the scrubbed one."""
        self._item = None
        for result in lost.added(self._teller, self._results, verdict, self._run.doubt):
            allure_commons.plugin_manager.hook.report_result(result=result)
        executor = files.executor(environment.process_variables(), verdict.environment)
        (self._folder / "executor.json").unlink(missing_ok=True)
        if executor is not None:
            self._write("executor.json", json.dumps(executor))
        self._write("environment.properties", files.environment_properties(verdict))
        self._write("categories.json", json.dumps(files.CATEGORIES, indent=1))
        allure_commons.plugin_manager.hook.global_attach_data(
            body=markdown.render(verdict), name="Verdict", attachment_type="text/markdown", extension="md"
        )

    def _write(self, name: str, text: str) -> None:
        (self._folder / name).write_text(self._run.secrets.scrub(text), "utf-8")

    def _clean(self, result: TestResult) -> None:
        """Remove secrets, and what no report can show, from every text of a result."""
        whole = "\n".join(_texts(result))
        # Nearly always there is nothing, and one long text is searched much faster than sixty short ones.
        if self._cleaned(whole) != whole:
            _change(result, self._cleaned)

    def _cleaned(self, text: str) -> str:
        visible = plain(self._run.secrets.scrub(text))
        # A secret may come together only when control characters go.
        return visible if visible == text else self._run.secrets.scrub(visible)


def _texts(node: Any) -> Iterator[str]:
    """Every text in a part of a result."""
    if isinstance(node, str):
        yield node
    for child in _children(node):
        yield from _texts(child)


def _change(node: Any, change: Callable[[str], str]) -> Any:
    """The same part of a result with every text changed; what is no text is changed in place."""
    if isinstance(node, str):
        return change(node)
    if isinstance(node, list):
        node[:] = [_change(child, change) for child in node]
    elif hasattr(node, "__dict__"):
        for name, value in vars(node).items():
            if name != "status":  # our own word
                setattr(node, name, _change(value, change))
    return node


def _children(node: Any) -> Iterable[Any]:
    return node if isinstance(node, list) else vars(node).values() if hasattr(node, "__dict__") else ()
