"""Lines of somebody's checklist to items of ours. Better no item than a wrong one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runbook.boxes import Box, Checklist
from runbook.errors import ConfigError
from runbook.loader import ByHand, Item, Runbook
from runbook.wording import Words, is_in, words

NONE = "none"  # the comment that keeps a line from being matched
# Lines with such a word speak of the line before them.
_POINTING = {"it", "its", "this", "that", "attempt"}


@dataclass(frozen=True)
class Line:
    """A box and what it asks for: all `items` have to hold. Without items, `why` there are none, in words.

    `by_person`: it asks for something that only a person can do.
    """

    box: Box
    items: tuple[str, ...] = ()
    by_person: bool = False
    why: str = ""


def match(checklist: Checklist, runbook: Runbook, where: str) -> tuple[Line, ...]:
    """A Line for each box. `where`: the file's name.

    Raises ConfigError for a comment that names no item, or that stands beside no box.
    """
    for number in checklist.stray:
        raise ConfigError(
            f"{where}:{number}", "this item comment belongs to no box", "put it at the end of the box's line"
        )
    return tuple(_line(box, runbook, f"{where}:{box.line}") for box in checklist.boxes)


def _line(box: Box, runbook: Runbook, where: str) -> Line:
    if box.ids == (NONE,):
        return Line(box, why="a comment says so")
    for item_id in box.ids:
        runbook.check_item_id(item_id, where, by_hand=True)
    if box.ids:
        return Line(box, tuple(dict.fromkeys(box.ids)))
    found, context = list(_candidates(words(box.text), runbook)), ""
    if not found:
        text, context = _topic(box.text, runbook)
        found = list(_candidates(words(text), runbook))
    around = (box.before, *box.around) if _POINTING.intersection(words(box.text)) else box.around
    subjects = _subjects((context, *around), runbook)
    fitting = [each for each in found if each.fits(subjects, runbook)]
    ids = list(dict.fromkeys(each.item.id for each in fitting))
    if len(ids) == 1:
        return Line(box, tuple(ids), by_person=fitting[0].by_person)
    if ids:
        return Line(box, why=f"it could be {' or '.join(ids)}")
    blocked = " or ".join(dict.fromkeys(each.item.id for each in found))
    return Line(box, why=f"it reads like {blocked}, but beside something else" if blocked else "")


@dataclass(frozen=True)
class _Candidate:
    """An item that a line reads like. `vague`: only if nothing around the line speaks of something else."""

    item: Item | ByHand
    vague: bool = False
    by_person: bool = False

    def fits(self, around: set[str], runbook: Runbook) -> bool:
        """Whether it may be meant beside subjects that the nearest words speak of."""
        foreign = around - {*runbook.sections, self.item.section}
        return not foreign and (not self.vague or not around or self.item.section in around)


def _candidates(line: Words, runbook: Runbook) -> Iterator[_Candidate]:
    """What only a person can do first, then what a line says by itself, then what it says in its place."""
    items: tuple[Item | ByHand, ...] = (*runbook.items, *runbook.by_hand)
    for kind in ("by_person", "phrases", "in_context"):
        found = []
        for item in items:
            known = (*runbook.matching.filler, *item.wording.also)
            if any(phrase.accounts_for(line, known) for phrase in getattr(item.wording, kind)):
                found.append(_Candidate(item, kind == "in_context", kind == "by_person"))
        yield from found
        if found:
            return


def _topic(text: str, runbook: Runbook) -> tuple[str, str]:
    """`Webhooks: logs show it` as what is said and what it is said of, where that is nothing but a subject."""
    topic, colon, said = text.partition(":")
    known = {word for runs in runbook.matching.subjects.values() for run in runs for word in run}
    if colon and said.strip() and words(topic) and set(words(topic)) <= known:
        return said, topic
    return text, ""


def _subjects(texts: Sequence[str], runbook: Runbook) -> set[str]:
    """What the nearest text speaks of that speaks of anything."""
    for text in texts:
        said = words(text)
        named = {
            subject
            for subject, runs in runbook.matching.subjects.items()
            if any(is_in(run, said) for run in runs)
        }
        if named:
            return named
    return set()
