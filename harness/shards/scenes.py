"""What visits of the web client left on other machines, brought beside the joined reports."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.run import SCENES
from harness.shards.share import Share
from harness.verdict import TestResult
from harness.verdict.visits import Visited


def brought(shares: Sequence[tuple[Path, Share]], folder: Path) -> list[Share]:
    """The shares, with the files of their visits copied below `folder`; each is given with its own file's path.

    A file that is not there is left out: the page says which.
    """
    return [
        _brought(share, path.parent, folder, f"{SCENES}-{number}")
        for number, (path, share) in enumerate(shares, 1)
    ]


def _brought(share: Share, source: Path, folder: Path, place: str) -> Share:
    def there(name: str) -> str:
        if (source / name).is_file():
            (folder / place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, folder / place / name)
        return f"{place}/{name}"

    def moved(visit: Visited) -> Visited:
        return Visited(
            visit.name,
            f"{place}/{visit.folder}",
            tuple(replace(picture, file=there(picture.file)) for picture in visit.pictures),
            visit.log and there(visit.log),
            visit.trace and there(visit.trace),
        )

    def of(tests: Sequence[TestResult]) -> tuple[TestResult, ...]:
        return tuple(replace(test, visits=tuple(map(moved, test.visits))) for test in tests)

    return replace(share, tests=of(share.tests), met=of(share.met))
