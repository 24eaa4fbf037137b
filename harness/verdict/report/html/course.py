"""Where the time went: the chain of probes that ended last, a bar for each of its calls."""

from collections.abc import Iterator

from harness.verdict.model import Leg, Verdict
from harness.verdict.report.html.markup import Markup, tag, text

_LEAST = 0.4  # per cent of the width, so that a short call can be seen


def course(verdict: Verdict) -> Markup:
    """A table: what, its share of the run as a bar, its time; empty where no chain is known."""
    if not verdict.course:
        return Markup("")
    end_s = max(leg.began_s + leg.took_s for leg in verdict.course)
    said = (
        f"The last evidence was there {end_s:.1f} s after the run began. These are the probes that led to it, "
        "one after another; the bars begin and end as they did."
    )
    titles = ("Probe, call", "When", "Took")
    head = tag("tr", *(tag("th", text(title), scope="col") for title in titles))
    bodies = (tag("tbody", *_leg(leg, end_s)) for leg in verdict.course)
    table = tag("table", tag("thead", head), *bodies, class_="course")
    return Markup(tag("p", text(said)) + table)


def _leg(leg: Leg, end_s: float) -> Iterator[Markup]:
    yield _row(tag("b", text(leg.probe)), leg.began_s, leg.took_s, end_s, "leg")
    for call in leg.calls:
        yield _row(text(call.title), call.began_s, call.took_s, end_s, "call")
    if leg.more_calls:
        more = text(f"and {leg.more_calls} shorter calls")
        yield tag("tr", tag("th", more, scope="row", class_="aside"), tag("td"), tag("td"))


def _row(name: Markup, began_s: float, took_s: float, end_s: float, kind: str) -> Markup:
    bar = _bar(began_s / end_s, took_s / end_s, kind) if end_s else Markup("")
    took = text(f"{took_s * 1000:.0f} ms" if took_s < 1 else f"{took_s:.2f} s")
    return tag("tr", tag("th", name, scope="row", class_=kind), tag("td", bar), tag("td", took))


def _bar(begin: float, share: float, kind: str) -> Markup:
    """The same as the numbers beside it say."""
    width = min(max(100 * share, _LEAST), 100)
    rectangle = tag("rect", x=f"{min(100 * begin, 100 - width):.2f}%", width=f"{width:.2f}%", height="100%")
    return tag("svg", rectangle, class_=kind, width="100%", height="10", aria_hidden="true")
