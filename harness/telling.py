"""Tells a verdict to everybody who has to know: files, the build's summary, a chat, the terminal."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness import ci, environment, notify
from harness.evidence.secrets import Secrets
from harness.verdict import Verdict
from harness.verdict.report import (
    MESSAGE,
    NAMES,
    Report,
    append_summary,
    scrubbed,
    terminal,
    write_reports,
)


class Telling:
    """`url_variable`: the variable with the address of a chat, if one is to be told; `more`: reports by name.

    Raises ConfigError if that is unusable.
    """

    def __init__(self, reports: Path, url_variable: str | None, more: Mapping[str, Report]) -> None:
        self._reports, self._more = reports, more
        self._variables = environment.process_variables()
        self._channel = notify.channel(url_variable, self._variables) if url_variable is not None else None
        self._warnings: list[str] = []

    def clear(self) -> None:
        """Remove what an earlier run told beside its verdict."""
        for name in self._more:
            (self._reports / name).unlink(missing_ok=True)

    def protect(self, secrets: Secrets) -> None:
        """Let no output show where messages are posted."""
        if self._channel is not None:
            self._channel.protect(secrets)

    def tell(self, verdict: Verdict, scrub: Callable[[str], str]) -> Verdict:
        """The verdict without secrets, as it was written and posted."""
        verdict, build = scrubbed(verdict, scrub), ci.build_url(self._variables)
        write_reports(verdict, self._reports, scrub(build) if build else None, self._more)
        self._warnings = [append_summary(verdict, environment.step_summary())]
        if self._channel is not None:
            self._warnings.append(self._channel.post((self._reports / MESSAGE).read_bytes()))
        return verdict

    def show(self, verdict: Verdict, reporter: Any) -> None:
        """In the terminal, by pytest's reporter."""
        reporter.section("verdict")
        for text, markup in self.lines(verdict, min(reporter._tw.fullwidth, 120)):
            reporter.write_line(text, **markup)

    def lines(self, verdict: Verdict, width: int) -> Iterator[terminal.Line]:
        """What a terminal shows, as `terminal.render` gives it."""
        yield from terminal.render(verdict, width)
        yield f"reports: {self._reports}/{', '.join([*NAMES, *self._more])}", {}
        if verdict.partial:
            yield "they replace those of an earlier run there; --reports=DIR writes elsewhere", {}
        for warning in filter(None, self._warnings):
            yield warning, {"yellow": True}
