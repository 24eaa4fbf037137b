"""A failed test's message taken apart again, for a report that lays it out; `failure` puts it together."""

import re
from collections.abc import Iterator
from textwrap import dedent

_COLUMN = 11  # where the text of a labelled line begins
_LABELLED = re.compile(r"^(checked|promised|before|observed|repeat|beware|rollback) +(?=\S)|^(the same as) ")


def parts(message: str) -> list[tuple[str, str]]:
    """(label, text) in the message's order, lines joined; what stands ahead of the first label has the label "".

    A message without labels, from a test that ended before anything was explained, is one such part.
    """
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in message.splitlines():
        start = _LABELLED.match(line)
        if start:
            found.append((start[1] or start[2], [line[start.end() :]]))
        else:
            indent = " " * _COLUMN
            found[-1][1].append(line.removeprefix(indent) if found[-1][0] else line)
    return [(label, "\n".join(lines)) for label, lines in found if any(lines)]


def blocks(text: str) -> Iterator[tuple[bool, str]]:
    """Lines and the shell commands among them: (whether it is a command, text), in order."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.strip().startswith("curl -i "):
            yield from _joined(lines)
            yield True, line.strip()
            lines = []
        else:
            lines.append(line)
    yield from _joined(lines)


def _joined(lines: list[str]) -> Iterator[tuple[bool, str]]:
    if any(line.strip() for line in lines):
        yield False, dedent("\n".join(lines))
