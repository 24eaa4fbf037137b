"""The verdict as a page for a release manager: one file, without scripts, that needs nothing from elsewhere."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

from harness.verdict.model import Verdict
from harness.verdict.report.html import action, head, pictures, record
from harness.verdict.report.html.course import course
from harness.verdict.report.html.evidence import evidence
from harness.verdict.report.html.markup import Markup, bullets, link, many, section, tag, text
from harness.verdict.report.html.signals import signals
from harness.verdict.report.terminal import when

# Nothing may be fetched or run, whatever the target sent.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def render(verdict: Verdict, folder: Path = Path()) -> str:
    """The decision and what to do first, then whatever asks for action, then the evidence and the record.

    `folder`: where the files are that visits of the web client left; those that cannot be read are named.
    """
    sections = list(_sections(verdict, folder))
    contents = bullets(link(anchor, text(title)) for anchor, title, _ in sections)
    body = tag(
        "body",
        tag("header", tag("p", text(f"Release verdict: {verdict.place}"))),
        tag(
            "main",
            head.decision(verdict),
            head.facts(verdict),
            tag("nav", contents, aria_label="On this page"),
            *(section(anchor, text(title), content) for anchor, title, content in sections),
        ),
        tag("footer", tag("p", text("The same verdict for machines, with every test: verdict.json."))),
    )
    return f"<!doctype html>\n{tag('html', _head(verdict), body, lang='en')}"


def _sections(verdict: Verdict, folder: Path) -> Iterator[tuple[str, str, Markup]]:
    """(anchor, title, content) of all that are not empty."""
    album = pictures.Album(folder)
    failures = many(evidence(verdict, album))  # what they show comes first where there is not room for all
    for anchor, title, content in (
        ("broken", "What is broken, and what to do", many(action.broken(verdict, album))),
        ("comparison", "Since the last whole run", many(record.compared(verdict))),
        ("known-issues", "Known issues", many(action.known_issues(verdict))),
        ("signals", "How the release fares", signals(verdict)),
        ("attested", "Attested by a person", many(action.attested(verdict))),
        (record.NOT_PROVEN, "Not proven, and what would prove it", many(action.not_proven(verdict))),
        ("evidence", "Evidence", failures),
        ("checklist", "Checklist", record.checklist(verdict)),
        ("regions", "Regions", record.regions(verdict)),
        ("seen", "What the player sees", many(pictures.seen(verdict, album))),
        ("this-run", "This run", record.this_run(verdict)),
        ("notes", "Notes", many(record.notes(verdict))),
        ("course", "Where the time went", course(verdict)),
    ):
        if content:
            yield anchor, title, content


def _head(verdict: Verdict) -> Markup:
    title = text(f"{verdict.decision}: {verdict.place}, {when(verdict)}")
    return Markup(
        "<head>\n"
        '<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n"
        f"<style>\n{_style()}</style>\n"
        "</head>\n"
    )


@cache
def _style() -> str:
    return files(__package__).joinpath("style.css").read_text("utf-8")
