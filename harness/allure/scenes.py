"""A visit of the web client as a step: below it each of its own with the picture; log and trace of a failure beside.

A file is Allure's for one result alone: of two that name it, Allure 3.18 shows it with the first, and calls it missing
with the other. So what several tests looked at is attached to each that failed, and else to one; a trace to one.
"""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import allure_commons
from allure_commons.model2 import Attachment, Status, TestStepResult

from harness.web.scene import Scene, Step

PICTURE, LOG, TRACE = "image/jpeg", "text/plain", "application/vnd.allure.playwright-trace"


class Scenes:
    """Remembers which result has which visit's files: those that follow name it."""

    def __init__(self) -> None:
        self._pictured: dict[Scene, str] = {}
        self._traced: dict[Scene, str] = {}

    def told(self, scene: Scene, result: str, *, failed: bool, about: bool) -> TestStepResult:
        """The step of a visit, for the result of that name; `about`: whether its failure is about this visit."""
        step = _step(scene.title)
        step.status = Status.FAILED if about else Status.PASSED
        if failed or scene not in self._pictured:
            step.steps = [_pictured(each) for each in scene.steps]
        else:
            step.steps = [_step(each.title) for each in scene.steps]
            step.steps.append(_step(f"the pictures are with: {self._pictured[scene]}"))
        self._pictured.setdefault(scene, result)
        if failed:
            step.attachments = list(_attached(scene.log, LOG))
            step.steps += self._trace(step, scene, result)
        return step

    def _trace(self, step: TestStepResult, scene: Scene, result: str) -> Iterator[TestStepResult]:
        if scene in self._traced:
            yield _step(f"trace.zip is with: {self._traced[scene]}")
        elif trace := list(_attached(scene.trace, TRACE)):
            step.attachments += trace
            self._traced[scene] = result


def _pictured(seen: Step) -> TestStepResult:
    step = _step(seen.title)
    step.attachments = list(_attached(seen.picture, PICTURE, seen.title))
    if not step.attachments:
        step.name += " (there is no picture of it)"
    return step


def _attached(path: Path, kind: str, name: str | None = None) -> Iterator[Attachment]:
    """A copy among the results, as it is: log and trace were scrubbed when they were kept. None where there is none."""
    source = f"{uuid4()}-attachment{path.suffix}"
    try:
        allure_commons.plugin_manager.hook.report_attached_file(source=path, file_name=source)
    except OSError:
        return
    yield Attachment(name=name or path.name, source=source, type=kind)


def _step(title: str) -> TestStepResult:
    return TestStepResult(name=title, status=Status.PASSED)
