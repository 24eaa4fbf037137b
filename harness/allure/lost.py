"""Results that no process wrote: of tests whose worker died, of those that did not run, and of the run itself."""

from collections.abc import Iterator
from uuid import uuid4

from allure_commons.model2 import Label, Status, StatusDetails, TestResult

from harness.allure.files import NOT_PROVEN, UNREACHABLE
from harness.allure.result import Teller, identify
from harness.results import Results
from harness.verdict import Verdict, words


def added(
    teller: Teller, results: Results, verdict: Verdict, doubt: str | None = None
) -> Iterator[TestResult]:
    """What has to be written at the end, so that Allure is told of everything that the verdict knows of.

    Where no check was run, that is one result, with the cause: the others keep what they came to before. `doubt`: why
    nothing that passed is proven; the results are written by then.
    """
    if verdict.unreachable is not None:
        said = f"{UNREACHABLE}{words.first_line(verdict.unreachable)}"
        whole = "\n".join([verdict.unreachable, words.meaning(verdict), *words.to_do(verdict)])
        yield _of_the_run("The environment answers", "environment answers", said, whole, teller, verdict)
        return
    if doubt is not None:
        said = f"{NOT_PROVEN}{doubt}; so is all that is shown as passed"
        about = _of_the_run(
            "Not proven: What passed is proven", "passed is proven", said, said, teller, verdict
        )
        about.status = Status.SKIPPED
        yield about
    for nodeid in dict.fromkeys(results.uncollected):
        said = f"{nodeid} could not be collected; the output of the run says why"
        yield _of_the_run(f"{nodeid} can be collected", nodeid, said, said, teller, verdict)
    for outcome in results.tests():
        met = outcome.item != results.items[outcome.nodeid]
        if met or not results.ended(outcome.nodeid):
            # A promise that was met broken on the way to another has no test of its own, or that would tell of it.
            nodeid = f"{outcome.nodeid} ({outcome.item})" if met else outcome.nodeid
            result = _begun(verdict)
            result.status = Status.FAILED if met else None
            teller.tell(result, nodeid, outcome)
            yield result


def _of_the_run(
    title: str, known_by: str, said: str, whole: str, teller: Teller, verdict: Verdict
) -> TestResult:
    """A result that is no check's."""
    result = _begun(verdict)
    result.name, result.status = title, Status.BROKEN
    result.statusDetails = StatusDetails(message=said, trace=whole)
    identify(result, known_by, teller.environment)
    told = {"epic": teller.environment, "feature": "this run", "story": title, "severity": "blocker"}
    result.labels += [Label(name=name, value=value) for name, value in told.items()]
    return result


def _begun(verdict: Verdict) -> TestResult:
    moment = round(verdict.finished.timestamp() * 1000)
    labels = [Label(name="framework", value="pytest")]
    return TestResult(uuid=str(uuid4()), start=moment, stop=moment, labels=labels)
