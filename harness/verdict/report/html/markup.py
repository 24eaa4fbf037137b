"""HTML out of plain functions. A text becomes `Markup` by being escaped; the types hold everybody to it."""

import re
from collections.abc import Iterable
from typing import NewType

from harness.verdict.report import inert

Markup = NewType("Markup", str)

_INLINE = {"a", "abbr", "b", "code", "em", "span", "strong", "time"}


def text(value: str) -> Markup:
    """One line, whatever was in it."""
    return Markup(re.sub(r"\s+", " ", inert.html(value)))


def lines(value: str) -> Markup:
    """With its line breaks."""
    return Markup(inert.html(value).strip("\n"))


def tag(name: str, *children: Markup, **attributes: str) -> Markup:
    """An element; `class_` is the attribute class, and `aria_hidden` is aria-hidden."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"' for key, value in attributes.items()
    )
    end = "" if name in _INLINE else "\n"
    return Markup(f"<{name}{written}>{''.join(children)}</{name}>{end}")


def listed(values: Iterable[str]) -> Markup:
    """In one line; each is escaped for itself, so that none can swallow the next."""
    return Markup("; ".join(map(text, values)))


def many(parts: Iterable[Markup]) -> Markup:
    return Markup("".join(parts))


def link(anchor: str, *children: Markup) -> Markup:
    """A link to a place on the page."""
    return tag("a", *children, href=f"#{anchor}")


def file(path: str, *children: Markup) -> Markup:
    """A link to a file that lies beside the page, or below it."""
    return tag("a", *children, href=inert.place(path))


def symbol(sign: str) -> Markup:
    """A sign that only repeats what the words beside it say."""
    return Markup(tag("span", text(sign), class_="sign", aria_hidden="true") + " ")


def section(anchor: str, title: Markup, *body: Markup) -> Markup:
    """A landmark that its h2 names."""
    heading = tag("h2", title, id=anchor)
    return tag("section", heading, *body, aria_labelledby=anchor)


def bullets(entries: Iterable[Markup], **attributes: str) -> Markup:
    return tag("ul", *(tag("li", entry) for entry in entries), **attributes)


def numbered(entries: Iterable[Markup], **attributes: str) -> Markup:
    return tag("ol", *(tag("li", entry) for entry in entries), **attributes)


def pairs(entries: Iterable[tuple[Markup, Markup]], **attributes: str) -> Markup:
    """Names with what belongs to them."""
    return tag(
        "dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in entries), **attributes
    )


def item_anchor(item_id: str) -> str:
    """Where the evidence of an item stands."""
    return f"evidence-{item_id}"
