"""Which words a line of a checklist may consist of to be taken for an item.

A line is matched only when a phrase accounts for every word of it: a word that nobody foresaw ("iPad", "not",
"disabled") may change what the line asks for, and a box that is left unticked does less harm than one ticked wrongly.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Words = tuple[str, ...]

_WORD = re.compile(r"[^\W_]+")
_SIGN = re.compile(r":\w+:")  # :white_check_mark:
# "2.", "1.3)", "TC-07:", "A1."; never a bare number: "401 on an expired token".
_NUMBERING = re.compile(r"^\s*(?:[A-Z]{1,6}-?\d{1,3}|\d{1,2}(?:(?:\.\d{1,2})+|(?=[.):])))[.):]*\s+")
_APOSTROPHE = re.compile(r"['\u2019]")


def words(text: str) -> Words:
    """In lower case, without plural or third-person s, numbering, punctuation and pictures.

    `server_time` and "Server time" are the same two words.
    """
    plain = _APOSTROPHE.sub("", _NUMBERING.sub("", _SIGN.sub(" ", text)))
    return tuple(_stem(word) for word in _WORD.findall(plain.lower()))


@dataclass(frozen=True)
class Term:
    """One part of a phrase: any of `alternatives`, each a run of words."""

    alternatives: tuple[Words, ...]
    required: bool


@dataclass(frozen=True)
class Phrase:
    """Terms that all have to be in a line, in any order, and others that may be."""

    terms: tuple[Term, ...]

    @classmethod
    def read(cls, text: str) -> "Phrase":
        """From `a|b c + d + (e|f)`: a or b c, and d, maybe with e or f. Raises ValueError, with a remedy."""
        terms = tuple(_term(part.strip()) for part in text.split("+"))
        if not any(term.required for term in terms):
            raise ValueError(f"{text!r} requires no word; leave one term without parentheses")
        return cls(terms)

    def accounts_for(self, line: Words, known: Iterable[Words]) -> bool:
        """Whether every required term is in `line`, and every word of it in a term or a run of `known`."""
        told: set[int] = set()
        for term in self.terms:
            found = {place for each in term.alternatives for place in _places(each, line)}
            if term.required and not found:
                return False
            told |= found
        told |= {place for each in known for place in _places(each, line)}
        return len(told) == len(line)


def is_in(run: Words, line: Words) -> bool:
    """Whether these words stand in the line one after another."""
    return bool(_places(run, line))


def _term(text: str) -> Term:
    required = not (text.startswith("(") and text.endswith(")"))
    alternatives = tuple(words(each) for each in text.strip("()").split("|"))
    if not all(alternatives):
        raise ValueError(f"{text!r} has an alternative without a word; remove it")
    return Term(alternatives, required)


def _places(run: Words, line: Sequence[str]) -> set[int]:
    """Where in the line its words stand."""
    starts = (n for n in range(len(line) - len(run) + 1) if tuple(line[n : n + len(run)]) == run)
    return {start + n for start in starts for n in range(len(run))}


def _stem(word: str) -> str:
    for ending, instead in (("ies", "y"), ("sses", "ss")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word.removesuffix(ending) + instead
    keeps = len(word) < 4 or word.endswith(("ss", "us", "is"))
    return word if keeps or not word.endswith("s") else word.removesuffix("s")
