"""Visits of the web client, as they lie on a disk and as a verdict knows them."""

import re
from pathlib import Path

from harness.verdict import Verdict
from harness.verdict.visits import Picture, Visited
from tests.verdict_examples import HOOKS, LOGIN, LOGS, passed, result, verdict

JPEG = b"\xff\xd8\xff\xe0picture "


def visited(name: str, *steps: str, kept: bool = False) -> Visited:
    """A visit with a picture of each step; `kept`: with log and trace."""
    folder = f"web/{name}"
    pictures = tuple(Picture(step, f"{folder}/{nth:02}-{step}.jpg") for nth, step in enumerate(steps, 1))
    return Visited(
        name, folder, pictures, *((f"{folder}/{file}" if kept else None) for file in ("log.txt", "trace.zip"))
    )


def on_disk(folder: Path, *visits: Visited) -> None:
    """Write their files; a picture holds its own name."""
    for visit in visits:
        (folder / visit.folder).mkdir(parents=True)
        for picture in visit.pictures:
            (folder / picture.file).write_bytes(JPEG + picture.file.encode())
        if visit.log is not None:
            (folder / visit.log).write_text("console error: refused\nGET http://x.invalid/a 401\n", "utf-8")


def without_pictures(page: str) -> str:
    """The page without what its pictures are made of, in which any few letters come together by chance."""
    return re.sub(r"(data:image/jpeg;base64,)[A-Za-z0-9+/=]*", r"\1", page)


LOGOUT = visited("force-logout", "signed in", "token refused", kept=True)
START = visited("start", "opened", "settled")
PAYWALL = visited("paywall", "gate pressed")


def looked(item: str, outcome: str, *visits: Visited, name: str = "test_it", message: str = ""):
    """A test's result that looked at visits."""
    plain = result(item, outcome, message, name)
    return type(plain)(plain.nodeid, item, outcome, message, 0, visits)


def with_visits(*, broken: bool = True) -> Verdict:
    """A run of which `LOGIN` is about the client; broken, or all well."""
    logout = [
        looked(
            LOGIN,
            "failed" if broken else "passed",
            LOGOUT,
            name=f"test_token_is_{fate}",
            message=f"not {fate}",
        )
        for fate in ("dropped", "refused")
    ]
    start = looked(LOGIN, "passed", START, name="test_start")
    paywall = [looked(item, "passed", PAYWALL, name=f"test_paywall_{item}") for item in (LOGIN, LOGS)]
    return verdict(*logout, start, *paywall, *passed(HOOKS))
