"""What the player saw: the pictures of a visit in order, the end of its log, and how to play its trace."""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from harness.verdict import words
from harness.verdict.model import ItemVerdict, Verdict
from harness.verdict.report.html.markup import Markup, file, lines, listed, many, tag, text
from harness.verdict.report.inert import plain
from harness.verdict.visits import Picture, Visited

ROOM = 4_000_000  # bytes of JPEG on a page, which becomes a third larger with them
LOG_LINES, LOG_LINE = 100, 300  # the last ones, with so many characters each
_LOG_READ = 200_000  # bytes, from its end
_JPEG = b"\xff\xd8\xff"
_PLAY = " plays the visit again, step by step; in the folder of this page: "


class Album:
    """The files of the visits, below `folder`, and which visits a page has shown already."""

    def __init__(self, folder: Path, room: int = ROOM) -> None:
        self._folder, self._room = folder, room
        self._shown: dict[str, str] = {}  # the anchor of a visit, by its folder
        self.names: set[str] = set()  # of the visits that are shown with a failure

    def visit(self, visit: Visited) -> Markup:
        """Its pictures, log and trace; where the page has them already, a link to them."""
        if visit.folder in self._shown:
            anchor = self._shown[visit.folder]
            return tag("p", tag("a", text(f"Seen above: the visit {visit.name}"), href=f"#{anchor}"))
        anchor = self._shown[visit.folder] = f"visit-{len(self._shown) + 1}"
        self.names.add(visit.name)
        total = len(visit.pictures)
        shown = (
            self.figure(picture, f"{nth} of {total}", [text(f"{nth}. {picture.step}")])
            for nth, picture in enumerate(visit.pictures, 1)
        )
        return tag(
            "div",
            tag("p", tag("b", text(visit.name)), text(f": {words.count(total, 'picture')}")),
            tag("div", *shown, class_="strip"),
            *self._log(visit),
            *_trace(visit),
            id=anchor,
        )

    def anchor(self, visit: Visited) -> str | None:
        """Where the page shows a visit of a failed check; None where it does not."""
        return self._shown.get(visit.folder)

    def figure(self, picture: Picture, which: str, caption: Iterable[Markup]) -> Markup:
        """A picture with its caption; what is said instead where it cannot be shown."""
        try:
            shown = _image(self._read(picture), f"{picture.step} (picture {which})")
        except _Unshown as why:
            shown = tag("p", text(f"{why}: "), tag("code", text(picture.file)), class_="unshown")
        else:
            shown = file(picture.file, shown)
        return tag("figure", shown, tag("figcaption", *caption))

    def _read(self, picture: Picture) -> bytes:
        try:
            with self._path(picture.file).open("rb") as opened:
                content = opened.read(self._room + 1)
        except FileNotFoundError:
            raise _Unshown("There is no such picture") from None
        except (OSError, ValueError) as error:
            raise _Unshown(f"The picture could not be read ({_why(error)})") from None
        if len(content) > self._room:
            raise _Unshown("Left out, or the page would grow too large")
        if not content.startswith(_JPEG):
            raise _Unshown("This is no picture")
        self._room -= len(content)
        return content

    def _log(self, visit: Visited) -> Iterator[Markup]:
        if visit.log is None:
            return
        try:
            with self._path(visit.log).open("rb") as opened:
                size = opened.seek(0, 2)
                opened.seek(max(0, size - _LOG_READ))
                said = plain(opened.read().decode("utf-8", "replace")).splitlines()
        except (OSError, ValueError) as error:
            why = text(f"The log could not be read ({_why(error)}): ")
            yield tag("p", why, tag("code", text(visit.log)), class_="unshown")
            return
        cut = [line if len(line) <= LOG_LINE else f"{line[:LOG_LINE]}..." for line in said[-LOG_LINES:]]
        whole = len(said) <= LOG_LINES and size <= _LOG_READ
        title = "Console and requests" + ("" if whole else f", the last {words.count(len(cut), 'line')}")
        yield tag(
            "details",
            tag("summary", text(title)),
            tag("pre", lines("\n".join(cut)), tabindex="0"),
            tag("p", text("All of it, in full: "), file(visit.log, text("log.txt"))),
        )

    def _path(self, name: str) -> Path:
        inside = PurePosixPath(name)
        if inside.is_absolute() or ".." in inside.parts:
            raise ValueError("it does not lie beside the page")
        return self._folder / inside


class _Unshown(Exception):
    """Says why a picture is not on the page."""


def seen(verdict: Verdict, album: Album) -> Iterator[Markup]:
    """The last picture of each visit that is not shown with a failure; of one that several processes made, once."""
    visits: dict[str, tuple[Visited, list[ItemVerdict]]] = {}
    for item in verdict.items:
        for visit in (visit for test in item.tests for visit in test.visits):
            _, items = visits.setdefault(visit.name, (visit, []))
            if item not in items:
                items.append(item)
    rest = [each for name, each in visits.items() if name not in album.names]
    if len(rest) < len(visits):
        yield tag("p", text("The visits of failed checks are shown with their evidence."))
    if rest:
        title = f"{words.count(len(rest), 'visit')}, the last picture of each"
        shown = many(_last(album, visit, items) for visit, items in rest)
        yield tag("details", tag("summary", text(title)), tag("div", shown, class_="strip"), class_="seen")


def _last(album: Album, visit: Visited, items: list[ItemVerdict]) -> Markup:
    name, ids = tag("b", text(visit.name)), tag("code", listed(item.id for item in items))
    if not visit.pictures:
        none = tag("p", text("It left no picture."), class_="unshown")
        return tag("figure", none, tag("figcaption", name, text(" "), ids))
    last, total = visit.pictures[-1], len(visit.pictures)
    caption = [name, text(f": {last.step} "), ids]
    return album.figure(last, f"{total} of {total}, {visit.name}", caption)


def _trace(visit: Visited) -> Iterator[Markup]:
    if visit.trace is not None:
        command = tag("code", text(f"playwright show-trace {visit.trace}"))
        yield tag("p", file(visit.trace, text("trace.zip")), text(_PLAY), command)


def _image(jpeg: bytes, said: str) -> Markup:
    # Not as an attribute among others: a text of that length takes long to be made harmless, and this one is.
    return Markup(f'<img alt="{text(said)}" src="data:image/jpeg;base64,{b64encode(jpeg).decode()}">')


def _why(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
