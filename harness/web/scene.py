"""What a visit to the client leaves for a reader: pictures of each step, and after a failure trace and log."""

import gzip
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from harness.evidence.exchange import now
from harness.verdict.visits import Picture, Visited
from harness.web.tape import Tape
from harness.web.telemetry import unpacked

_SHOWN = 12  # lines of what the page said and asked


@dataclass(frozen=True)
class Step:
    """What was done or seen, in words, and where its picture is."""

    title: str
    picture: Path


@dataclass(eq=False)
class Scene:
    """The evidence of a visit; tells itself as an Exchange does. `raw`: the trace, not yet scrubbed, if one is made."""

    name: str
    folder: Path
    tapes: list[Tape]
    raw: Path | None
    steps: list[Step] = field(default_factory=list)
    started: datetime = field(default_factory=now)
    attempts: int = 1
    _kept: bool = False

    @property
    def title(self) -> str:
        """What was visited, and why."""
        return f"web client ({self.name})"

    @property
    def story(self) -> list["Step | Scene"]:
        """The steps, and the scene as the last of them."""
        return [*self.steps, self]

    @property
    def log(self) -> Path:
        """Where console and requests are kept after a failure."""
        return self.folder / "log.txt"

    @property
    def trace(self) -> Path:
        """Where the trace is kept after a failure."""
        return self.folder / "trace.zip"

    def picture(self, step: str) -> Path:
        """Where the next picture goes; notes the step."""
        picture = self.folder / f"{len(self.steps) + 1:02}-{step.replace(' ', '-')}.jpg"
        self.steps.append(Step(step, picture))
        return picture

    def keep(self, scrub: Callable[[str], str]) -> None:
        """Write log and trace without secrets, once: the visit is over by then."""
        if self._kept:
            return
        self._kept = True
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log.write_text("".join(f"{line}\n" for line in self._lines(scrub)), "utf-8")
        if self.raw is None:
            return
        try:
            scrubbed_copy(self.raw, self.trace, scrub)
        except (OSError, zipfile.BadZipFile):  # there is none, or not all of it
            self.trace.unlink(missing_ok=True)

    def left(self, reports: Path) -> Visited:
        """What there is to look at, by its place below `reports`."""

        def place(path: Path) -> str:
            return path.relative_to(reports).as_posix()

        log, trace = (place(path) if path.exists() else None for path in (self.log, self.trace))
        pictures = tuple(Picture(step.title, place(step.picture)) for step in self.steps)
        return Visited(self.name, place(self.folder), pictures, log, trace)

    def show(self, scrub: Callable[[str], str]) -> str:
        """The visit for a reader, without secrets; a failure is being told, so trace and log are kept."""
        self.keep(scrub)
        notable = [line for line in self._lines(scrub) if not line.endswith((" 200", " 204", " 304"))]
        notable = [*dict.fromkeys(reversed(notable))][_SHOWN - 1 :: -1]  # each once, where it was last
        files = "pictures, log.txt and trace.zip" if self.raw else "pictures and log.txt"
        return "\n".join([self.title, f"{files} in {self.folder}/", *notable])

    def curl(self, scrub: Callable[[str], str]) -> str:
        """How to look at it again, step by step."""
        if self.raw is None:
            return "pytest -m browser  # with the same --env; web.browser.traces = true makes a trace"
        return scrub(f"playwright show-trace {self.trace}")

    def _lines(self, scrub: Callable[[str], str]) -> list[str]:
        return [scrub(line) for tape in self.tapes for line in tape.lines]


@dataclass(frozen=True, repr=False)
class Record:
    """What was seen on a visit; a test that reads it makes the scene its evidence."""

    scene: Scene

    def __repr__(self) -> str:
        return f"<{self.scene.title}>"


def scrubbed_copy(source: Path, copy: Path, scrub: Callable[[str], str]) -> None:
    """A zip file's copy without secrets in any of its members."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, _scrubbed(old.read(name), scrub))


def _scrubbed(content: bytes, scrub: Callable[[str], str]) -> bytes:
    """The same without secrets, also of what a client packed before it sent it."""
    plain = unpacked(content)
    clean = scrub(plain.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    return clean if plain == content else gzip.compress(clean)
