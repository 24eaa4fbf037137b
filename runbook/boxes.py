"""The boxes of a Markdown checklist: which lines have one, what each says, and where it stands in the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # most runs have no checklist to read, and start sooner without
    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from markdown_it.tree import SyntaxTreeNode

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")  # as CommonMark ends them, unlike str.splitlines
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(?:.*?\r?\n)??---[ \t]*(?:\r?\n|$)", re.DOTALL)
_BOX = re.compile(r"\[([ xX])\]\s+(?=\S)")
# What somebody may have meant as one: without a space in it, or in a cell of a table.
_LIKE_A_BOX = re.compile(r"\[\s*[xX]?\s*\](?![(\[:])")
_COMMENT = re.compile(r"<!--\s*items?\s*:(.*?)-->", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Box:
    """One `- [ ]` of a list.

    `line`: where it is, from 1. `mark`: the offset of the character between its brackets. `end`: the offset behind
    its text, where something can be added to it. `text`: what a reader sees, in one line. `ids`: of
    `<!-- item: a.b, c.d -->` beside it. `before`: the text of the box before it in the same list, or empty.
    `around`: what the entries above it say, innermost first, then the nearest heading.
    """

    line: int
    mark: int
    end: int
    ticked: bool
    text: str
    ids: tuple[str, ...]
    before: str
    around: tuple[str, ...]


@dataclass(frozen=True)
class Checklist:
    """A Markdown file as this project sees it.

    `body`: the offset behind byte order mark and front matter. `newline`: how its lines end. `unread`: lines that
    hold something like a box that is none. `stray`: lines of item comments that belong to no box. `closed`: whether
    what is added at its end would belong to no code block or comment of it.
    """

    text: str
    boxes: tuple[Box, ...]
    body: int
    newline: str
    unread: tuple[int, ...]
    stray: tuple[int, ...]
    closed: bool


def read(text: str) -> Checklist:
    """The boxes that CommonMark and GitHub see: those of lists, and none of code, comments or tables."""
    mark = len(text) - len(text.removeprefix("\ufeff"))
    front = _FRONT_MATTER.match(text, mark)
    body = front.end() if front else mark
    newline = next(iter(re.findall(r"\r\n|\n|\r", text)), "\n")
    reader = _Reader(text, body)
    reader.read()
    last = _markdown().parse(f"{text[body:]}\n\n# end\n")[-1]
    closed = last.type == "heading_close" and last.level == 0
    unread = tuple(sorted(set(reader.unread)))
    return Checklist(text, tuple(reader.boxes), body, newline, unread, tuple(reader.stray), closed)


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


@dataclass
class _Reader:
    """Walks the blocks of a file from the offset `body` on."""

    text: str
    body: int
    boxes: list[Box] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    stray: list[int] = field(default_factory=list)
    heading: str = ""
    references: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lines = _LINE.findall(self.text[self.body :])
        self.lines: Sequence[str] = lines
        self.starts = list(accumulate(map(len, lines), initial=self.body))
        self.above = len(re.findall(r"\r\n?|\n", self.text[: self.body]))  # lines of the front matter

    def read(self) -> None:
        from markdown_it.tree import SyntaxTreeNode

        parsed = _markdown().parse(self.text[self.body :], self.references)
        self._blocks(SyntaxTreeNode(parsed).children, ())

    def _blocks(self, nodes: Sequence[SyntaxTreeNode], around: tuple[str, ...]) -> None:
        for node in nodes:
            match node.type:
                case "heading":
                    self.heading = _words(_spans(node))
                    self._look(node)
                case "bullet_list" | "ordered_list":
                    self._list(node, around)
                case "html_block":
                    self._stray(node, [node.content])
                case "inline" | "paragraph" | "th" | "td":
                    self._look(node, may_be_box=node.type in ("th", "td"))
                case _:
                    self._blocks(node.children, around)

    def _list(self, node: SyntaxTreeNode, around: tuple[str, ...]) -> None:
        before = ""
        for entry in node.children:
            first, rest, said = entry.children[:1], entry.children[1:], ""
            if first and first[0].type == "paragraph":
                if found := _BOX.match(first[0].children[0].content):
                    beside = rest[0].content if rest and _is_right_below(first[0], rest[0]) else ""
                    box = self._box(first[0], found, beside, before, around)
                    self.boxes.append(box)
                    said = before = box.text
                    rest = rest[1:] if beside else rest
                else:
                    said = _words(_spans(first[0]))
                    self._look(first[0], may_be_box=True)
            else:
                rest = entry.children
            self._blocks(rest, (said, *around) if said else around)

    def _box(
        self, node: SyntaxTreeNode, found: re.Match[str], beside: str, before: str, around: tuple[str, ...]
    ) -> Box:
        first, last = node.map or (0, 0)
        (parsed,) = _markdown().parseInline(node.children[0].content[found.end() :], self.references)
        spans = parsed.children or []
        return Box(
            line=self.above + first + 1,
            # Ahead of a box there are only the signs of lists and quotations.
            mark=self.starts[first] + self.lines[first].index("[") + 1,
            end=self.starts[last - 1] + len(self.lines[last - 1].rstrip("\r\n")),
            ticked=found[1] != " ",
            text=_words(spans),
            ids=tuple(_ids([*(span.content for span in spans if span.type == "html_inline"), beside])),
            before=before,
            around=(*around, self.heading) if self.heading else around,
        )

    def _look(self, node: SyntaxTreeNode, *, may_be_box: bool = False) -> None:
        """Note what may have been meant for this project, and is not."""
        content = "".join(child.content for child in node.children if child.type == "inline")
        if may_be_box and _LIKE_A_BOX.match(content):
            self.unread.append(self._number(node))
        self._stray(node, [span.content for span in _spans(node) if span.type == "html_inline"])

    def _stray(self, node: SyntaxTreeNode, comments: Iterable[str]) -> None:
        if any(_COMMENT.search(comment) for comment in comments):
            self.stray.append(self._number(node))

    def _number(self, node: SyntaxTreeNode) -> int:
        while node.map is None and node.parent is not None:  # a cell of a table
            node = node.parent
        first, _ = node.map or (0, 0)
        return self.above + first + 1


def _is_right_below(text: SyntaxTreeNode, comment: SyntaxTreeNode) -> bool:
    """Whether an item comment is on the line after the text."""
    if comment.type != "html_block" or not _COMMENT.search(comment.content):
        return False
    return (text.map or (0, 0))[1] == (comment.map or (0, 0))[0]


def _spans(node: SyntaxTreeNode) -> Sequence[Token]:
    return [span for child in node.children if child.token for span in child.token.children or ()]


def _ids(comments: Iterable[str]) -> Iterator[str]:
    for comment in comments:
        for found in _COMMENT.finditer(comment):
            yield from (name for each in found[1].split(",") if (name := each.strip()))


def _words(spans: Sequence[Token]) -> str:
    """Without markup, pictures, comments, and what is struck out."""
    struck, said = 0, []
    for span in spans:
        struck += {"s_open": 1, "s_close": -1}.get(span.type, 0)
        if span.type in ("softbreak", "hardbreak"):
            said.append(" ")
        elif not struck and span.type in ("text", "code_inline", "text_special"):
            said.append(span.content)
    return " ".join("".join(said).split())
