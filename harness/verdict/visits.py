"""What visits of the web client left for a reader: names of files, as a verdict holds them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Picture:
    """What was done or seen, in words, and the JPEG file that shows the page after it."""

    step: str
    file: str


@dataclass(frozen=True)
class Visited:
    """A visit's scenario by name, and its files, all below the folder of the reports, written with `/`.

    `log` (console and requests) and `trace` (a zip file for `playwright show-trace`) are kept after a failure only.
    """

    name: str
    folder: str
    pictures: tuple[Picture, ...]
    log: str | None
    trace: str | None


def from_plain(visits: Iterable[dict[str, Any]]) -> Iterator[Visited]:
    """Out of what `dataclasses.asdict` made of them, as it goes from process to process."""
    for each in visits:
        pictures = tuple(Picture(**picture) for picture in each["pictures"])
        yield Visited(**{**each, "pictures": pictures})
