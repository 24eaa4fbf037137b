"""The lines of a log that stand for an error, and how they are told: a traceback is one, by its exception."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?")
_TRACEBACK = "Traceback (most recent call last):"
_DEEPEST = 400  # lines of a traceback that are looked through for its exception
_SHOWN = 8  # of its last lines
_LISTED = 20  # findings in a message


@dataclass(frozen=True)
class Finding:
    """What stands for an error: `lines` is the line itself, and those of a traceback that begins with or after it."""

    title: str
    lines: tuple[str, ...]

    @property
    def words(self) -> str:
        """In one line: a traceback by its exception."""
        head = next((line for line in self.lines if line.rstrip().endswith(_TRACEBACK)), None)
        last = self.lines[-1] if head is None else _aligned(self.lines[-1], head) or self.lines[-1]
        return f"{self.title}: {last.strip()}"


def matching(lines: Sequence[str], patterns: Iterable[tuple[str, re.Pattern[str]]]) -> Iterator[Finding]:
    """The lines that one of the patterns is found in, each with its title; a traceback is one finding."""
    known, nth = tuple(patterns), 0
    while nth < len(lines):
        line, end = lines[nth], nth + 1
        title = next((title for title, found in known if found.search(line)), None)
        if title is not None:
            end = _end(lines, nth)
            yield Finding(title, tuple(lines[nth:end]))
        nth = end


def told(findings: Sequence[Finding]) -> str:
    """How many there are and what the first is, in a line; then its last lines, and the others."""
    if not findings:
        return "no line stands for an error"
    first, number = findings[0], len(findings)
    count = "1 line of the log stands" if number == 1 else f"{number} lines of the log stand"
    said = [f"{count} for an error{'' if number == 1 else '; the first is'}: {first.words}"]
    said += first.lines[-_SHOWN:] if len(first.lines) > 1 else ()
    said += [f"and {each.words}" for each in findings[1:_LISTED]]
    return "\n".join([*said, *([f"and {number - _LISTED} more"] if number > _LISTED else [])])


def _end(lines: Sequence[str], begin: int) -> int:
    """Behind the exception of a traceback that begins with this line, or after it as a part of it; else the next."""
    follows = begin + 1 < len(lines) and lines[begin + 1].startswith(_TRACEBACK)
    head = begin + 1 if follows else begin
    if not lines[head].rstrip().endswith(_TRACEBACK):
        return begin + 1
    for nth in range(head + 1, min(head + _DEEPEST, len(lines))):
        text = _aligned(lines[nth], lines[head])
        if text is None:
            return nth
        if text.strip() and not text[0].isspace():
            return nth + 1
    return head + 1


def _aligned(line: str, head: str) -> str | None:
    """The text of a line of a traceback, without what a logger put before it as before the head; None for another's."""
    begin, time, now = head.index(_TRACEBACK), _TIME.search(head), _TIME.search(line)
    if time is None:
        return None if _TIME.match(line) else line[begin:]
    if now is None or now.start() != time.start():
        return line
    return line[now.end() + begin - time.end() :]
