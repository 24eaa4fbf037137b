"""One verdict, rendered for a terminal, as Markdown, as a page and as JSON."""

import os
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from harness.verdict import comparison
from harness.verdict.model import Verdict
from harness.verdict.report import html, json_file, markdown, message, terminal
from harness.verdict.report.inert import plain

__all__ = ["MESSAGE", "NAMES", "Report", "append_summary", "scrubbed", "terminal", "write_reports"]

Value = TypeVar("Value")
Scrub = Callable[[str], str]
Report = Callable[[Verdict], str]

# Our own words: a secret that happens to equal one must not turn a decision into something else.
_OWN_WORDS = {"decision", "outcome", "severity", "state", "section", "id", "item", "because", "regions"}
_OWN_WORDS |= {"region", *comparison.LABELS}
_FILES = {"folder", "file", "log", "trace"}  # their names have to stay those of the files


# The page first: it is the one for a person.
FILES: dict[str, Report] = {
    "verdict.html": html.render,
    "verdict.md": markdown.render,
    "verdict.json": json_file.render,
}
MESSAGE = "message.json"
NAMES = (*FILES, MESSAGE)


def write_reports(
    verdict: Verdict, folder: Path, build: str | None = None, more: Mapping[str, Report] | None = None
) -> tuple[Path, ...]:
    """All of NAMES and what `more` renders, by name, in `folder`, each replaced as a whole; returns their paths.

    `build`: where the CI runner shows the build, for the message; without one that names the page's path.
    The verdict is a `scrubbed` one: once a text is escaped, wrapped or cut, a secret in it is not found again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # The page holds the pictures themselves.
    renders: dict[str, Report] = {
        **FILES,
        "verdict.html": partial(html.render, folder=folder),
        **(more or {}),
    }
    texts = {name: render(verdict) for name, render in renders.items()}
    texts[MESSAGE] = message.render(verdict, build or str(folder / "verdict.html"))
    return tuple(_replace(folder / name, text) for name, text in texts.items())


def append_summary(verdict: Verdict, path: Path | None) -> str:
    """Add the Markdown, without links, to the file that a CI runner shows with its build, if there is one.

    What it returns is a warning where that did not work, and empty otherwise: it must not change the outcome.
    """
    if path is None:
        return ""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{markdown.render(verdict, links=False)}\n")
    except OSError as error:
        return f"warning: the step summary could not be written: {error}"
    return ""


def scrubbed(value: Value, scrub: Scrub) -> Value:
    """A copy with `scrub` applied to every text in it, except the verdict's own words."""
    texts: list[str] = []

    def note(text: str) -> str:
        texts.append(text)
        return text

    _mapped(value, note)
    whole = "\n".join(texts)
    # Nearly always there is nothing to scrub, and one long text is searched much faster than a thousand short ones.
    if _scrubbed_text(whole, scrub) == whole:
        return value
    return _mapped(value, partial(_scrubbed_text, scrub=scrub))


def _mapped(value: Value, change: Callable[[str], str]) -> Value:
    copy: Any = value
    if isinstance(value, str):
        copy = change(value)
    elif isinstance(value, dict):
        copy = {_mapped(key, change): _mapped(item, change) for key, item in value.items()}
    elif isinstance(value, list | tuple):
        copy = type(value)(_mapped(item, change) for item in value)
    elif isinstance(value, BaseModel):
        copy = value.model_copy(update={key: _mapped(item, change) for key, item in value})
    elif is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value) if field.name not in _OWN_WORDS | _FILES]
        copy = replace(value, **{name: _mapped(getattr(value, name), change) for name in names})
    result: Value = copy
    return result


def _scrubbed_text(text: str, scrub: Scrub) -> str:
    once = scrub(text)
    # A secret may come together only when a report drops control characters.
    visible = plain(once)
    again = scrub(visible)
    return once if again == visible else again


def _replace(path: Path, text: str) -> Path:
    """Write beside and rename: a reader sees the old file or the new one, never half of it."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_bytes(text.encode())  # line ends stay as they are
    unfinished.replace(path)
    return path
