"""benchmarks/RESULTS.md: a section for each part, of which those that were run again are replaced."""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

HEAD = "# Measured\n\nWritten by `make bench`; README.md here says what each figure means.\n"
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


def machine() -> str:
    """The day, cores and Python; nothing that names the machine."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.system()}, {python}"


def section(title: str, body: str, how: str) -> str:
    """One part, with when, where and how it was measured."""
    return f"## {title}\n\n{how}.\n\n{body.strip()}\n"


def sections(document: str) -> dict[str, str]:
    """The sections of a document by title, each from its heading to the next."""
    starts = [*SECTION.finditer(document)]
    ends = [each.start() for each in starts[1:]] + [len(document)] * bool(starts)
    return {
        each[1]: document[each.start() : end].strip() + "\n" for each, end in zip(starts, ends, strict=True)
    }


def merged(document: str, new: Mapping[str, str], order: Sequence[str]) -> str:
    """The document with these sections in place of their like, in that order; what is not in the order is dropped."""
    known = {**sections(document), **new}
    return "\n".join([HEAD, *(known[title] for title in order if title in known)])
