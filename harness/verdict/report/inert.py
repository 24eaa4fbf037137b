"""Text from a target made harmless for whatever shows it."""

import html as entities
import re
import unicodedata
from urllib.parse import quote

# Colours and cursor. Nothing that could reach into the next text of a line: a title that never ends would hide it, so
# of other sequences only the control characters are dropped, and what they say shows.
_ANSI = re.compile(r"(?:\x1b\[|\x9b)[0-9;?]*[A-Za-z]")
_UNUSUAL = re.compile(r"[^\n -~]")
# control, direction and other invisible characters, lone surrogates (which no file can hold)
_INVISIBLE = {"Cc", "Cf", "Cs"}
_SPACES = {"Zl": "\n", "Zp": "\n", "Zs": " "}


def plain(text: str) -> str:
    """Without ANSI sequences and control characters; lines end in a newline, and tabs are spaces."""
    lines = _ANSI.sub("", text).replace("\t", "    ").replace("\r\n", "\n")
    return _UNUSUAL.sub(_visible, lines)


def lines(text: str) -> str:
    """`plain`, and no line of it is a command to a CI runner, which may read them anywhere in the output."""
    return re.sub(r"^(\s*)(:|##)(?=[:\[])", r"\1\2 ", plain(text), flags=re.MULTILINE)


def one_line(text: str) -> str:
    """`plain`, with every run of white space as one space."""
    return " ".join(plain(text).split())


def markdown(text: str) -> str:
    """One line that means nothing but itself in Markdown, in a table too."""
    line = one_line(text)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        line = line.replace(character, entity)
    line = re.sub(r"([\\`*|\[\]~!])|(?<!\w)_|_(?!\w)", lambda match: "\\" + match[0], line)
    return re.sub(r"^([#+=-]|\d+(?=[.)](?:\s|$)))", lambda match: _escaped_start(match[0]), line)


def code(text: str) -> str:
    """One line as a Markdown code span; not for tables."""
    line = one_line(text) or " "
    ticks = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def fenced(text: str) -> str:
    """Lines as a Markdown code block that no content can close."""
    content = plain(text).strip("\n")
    ticks = "`" * max(3, _longest_run(content) + 1)
    return f"{ticks}text\n{content}\n{ticks}"


def html(text: str) -> str:
    """`plain`, and nothing in it is markup, neither between tags nor in an attribute; lines stay."""
    return entities.escape(plain(text))


def place(path: str) -> str:
    """A path as a relative address; no part of it is taken for a scheme or a host, nor for markup."""
    return quote(path.lstrip("/"), errors="replace")


def _visible(character: re.Match[str]) -> str:
    category = unicodedata.category(character[0])
    return "" if category in _INVISIBLE else _SPACES.get(category, character[0])


def _escaped_start(start: str) -> str:
    return start + "\\" if start.isdigit() else "\\" + start


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
