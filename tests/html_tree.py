"""A strict reader of our own pages: what is not well formed, or stands in a wrong place, is an AssertionError."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img"}
PHRASING = {"a", "b", "code", "img", "span", "strong", "svg", "time"}
BLOCKS = {
    "article",
    "details",
    "div",
    "dl",
    "figure",
    "h1",
    "h2",
    "h3",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "ul",
}
# What may stand inside what; a summary may hold a heading, ours need none.
CONTENT: dict[str, set[str]] = {
    "html": {"head", "body"},
    "head": {"meta", "title", "style"},
    "body": {"header", "main", "footer"},
    "ul": {"li"},
    "ol": {"li"},
    "dl": {"div"},
    "table": {"thead", "tbody"},
    "thead": {"tr"},
    "tbody": {"tr"},
    "tr": {"th", "td"},
    "svg": {"rect", "path"},
    "rect": set(),
    "path": set(),
    "details": BLOCKS | {"summary"},
    "figure": {"a", "p", "svg", "figcaption"},
    "title": set(),
    "style": set(),
}
FLOWING = {"article", "section", "div", "nav", "main", "header", "footer", "dd", "li", "td"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside, white space as a browser shows it."""
        return " ".join(self.raw.split())

    @property
    def raw(self) -> str:
        """All text inside, as it is written; signs that are hidden from readers are left out."""
        if self.attributes.get("aria-hidden") == "true":
            return ""
        return "".join(child if isinstance(child, str) else child.raw for child in self.children)

    @property
    def elements(self) -> list["Element"]:
        return [child for child in self.children if isinstance(child, Element)]

    def walk(self) -> Iterator["Element"]:
        """Itself and all below it, in the page's order."""
        yield self
        for child in self.elements:
            yield from child.walk()

    def all(self, tag: str = "", class_: str = "") -> list["Element"]:
        """Those below it with that name, and that class among theirs."""
        return [
            each
            for each in self.walk()
            if each is not self
            and tag in ("", each.tag)
            and (not class_ or class_ in each.attributes.get("class", "").split())
        ]

    def one(self, tag: str = "", class_: str = "") -> "Element":
        (found,) = self.all(tag, class_)
        return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self.open = [self.root]

    def handle_decl(self, decl: str) -> None:
        assert decl == "doctype html"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs})
        parent = self.open[-1]
        assert tag in allowed(parent), f"<{tag}> inside <{parent.tag}>"
        parent.children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raise AssertionError(f"<{tag}/>")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        parent = self.open[-1]
        assert not data.strip() or parent.tag not in ("", *CONTENT) or parent.tag in ("title", "style"), data
        parent.children.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")


def allowed(parent: Element) -> set[str]:
    if not parent.tag:
        return {"html"}
    if parent.tag == "div" and [child.tag for child in parent.elements] in ([], ["dt"]):
        return {"dt", "dd"} | BLOCKS | PHRASING
    if parent.tag in CONTENT:
        return CONTENT[parent.tag]
    return BLOCKS | PHRASING if parent.tag in FLOWING else PHRASING


def read(page: str) -> Element:
    """The page's <html>."""
    assert page.startswith("<!doctype html>\n")
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert len(reader.open) == 1, f"<{reader.open[-1].tag}> is never closed"
    (html,) = reader.root.elements
    ids = [element.attributes["id"] for element in html.walk() if "id" in element.attributes]
    assert len(set(ids)) == len(ids), f"an id twice: {ids}"
    for element in html.walk():
        _well_made(element, set(ids))
    return html


def _well_made(element: Element, ids: set[str]) -> None:
    names = [child.tag for child in element.elements]
    link = element.attributes.get("href", "")
    assert not link.startswith("#") or link[1:] in ids, f"a link to {link}, which is not there"
    assert element.tag != "a" or link, "a link to nowhere"
    assert element.tag != "img" or element.attributes.get("alt"), (
        "a picture that says nothing to who cannot see it"
    )
    label = element.attributes.get("aria-labelledby")
    assert label is None or label in ids, f"named by #{label}, which is not there"
    assert element.tag != "details" or (names[:1] == ["summary"] and names.count("summary") == 1)
    assert element.tag != "dl" or all(child.one("dt") and child.one("dd") for child in element.elements)
    assert element.tag not in ("ul", "ol", "dl", "table") or names, f"an empty <{element.tag}>"
    assert element.tag != "th" or element.attributes.get("scope") in ("col", "row", "rowgroup")
