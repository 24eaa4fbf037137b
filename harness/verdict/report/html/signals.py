"""What was measured of a release that is rolled out: each signal now, and drawn over the rounds of its watch."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from harness.verdict.model import Verdict
from harness.verdict.report.html.markup import Markup, many, tag, text
from harness.verdict.signals import Round, Signal, in_unit

_WIDE, _HIGH = 600.0, 90.0  # in which a chart is drawn, before it is stretched to its place
Point = tuple[datetime, float | None]


def signals(verdict: Verdict) -> Markup:
    """A figure for each signal; a chart where there were rounds before this one."""
    if not verdict.signals:
        return Markup("")
    number = len(verdict.rounds) + 1
    moments = [*(each.at for each in verdict.rounds), verdict.finished]
    said = (
        f"Watched in {number} rounds over {_lasting(max(moments) - min(moments))}, {_span(moments)}."
        if number > 1
        else f"Measured once, at {verdict.finished:%Y-%m-%d %H:%M:%S} UTC."
    )
    figures = (_figure(signal, _points(signal, verdict)) for signal in verdict.signals)
    return Markup(tag("p", text(said)) + tag("div", *figures, class_="signals"))


def _points(signal: Signal, verdict: Verdict) -> list[Point]:
    earlier: Sequence[Round] = [each for each in verdict.rounds if signal.name in each.values]
    return [*((each.at, each.values[signal.name]) for each in earlier), (verdict.finished, signal.value)]


def _figure(signal: Signal, points: list[Point]) -> Markup:
    now = tag("strong", text(signal.said), class_=signal.state)
    limits = "; ".join(_limits(signal))
    caption = tag("figcaption", text(f"{signal.title}: "), now, tag("span", text(limits), class_="aside"))
    chart = _chart(signal, points) if len(points) > 1 else Markup("")
    return tag("figure", caption, chart, class_="signal")


def _limits(signal: Signal) -> Iterator[str]:
    if signal.broken_below is not None:
        yield f"broken below {in_unit(signal.broken_below, signal.unit)}"
    if signal.broken_above is not None:
        yield f"broken above {in_unit(signal.broken_above, signal.unit)}"
    if signal.healthy_above is not None:
        yield f"healthy above {in_unit(signal.healthy_above, signal.unit)}"


def _chart(signal: Signal, points: list[Point]) -> Markup:
    bounds = [
        each for each in (signal.broken_below, signal.broken_above, signal.healthy_above) if each is not None
    ]
    top = max(0.0, *(value or 0.0 for _, value in points), *bounds) or 1.0
    first, last = points[0][0], points[-1][0]
    seconds = (last - first).total_seconds() or 1.0

    def place(at: datetime, value: float) -> tuple[float, float]:
        return _WIDE * (at - first).total_seconds() / seconds, _HIGH * (1 - value / top)

    runs = _runs([(place(at, value) if value is not None else None) for at, value in points])
    drawn = [
        *(_level(_HIGH * (1 - bound / top), kind) for bound, kind in _bounds(signal)),
        *(tag("path", d=_path(run), class_="over-time") for run in runs if len(run) > 1),
        *(tag("path", d=f"M{x:.1f} {y:.1f}h0", class_="round") for run in runs for x, y in run),
    ]
    box = f"0 0 {_WIDE:g} {_HIGH:g}"
    svg = tag(
        "svg",
        many(drawn),
        viewBox=box,
        preserveAspectRatio="none",
        role="img",
        aria_label=_told(signal, points),
    )
    axis = tag(
        "p",
        *(tag("span", text(_short(each, signal))) for each in (top, 0.0)),
        class_="axis",
        aria_hidden="true",
    )
    ends = tag(
        "p", *(tag("span", text(f"{at:%H:%M:%S}")) for at in (first, last)), class_="ends", aria_hidden="true"
    )
    return Markup(axis + svg + ends)


def _bounds(signal: Signal) -> Iterator[tuple[float, str]]:
    for bound in (signal.broken_below, signal.broken_above):
        if bound is not None:
            yield bound, "bound"
    if signal.healthy_above is not None:
        yield signal.healthy_above, "healthy"


def _level(y: float, kind: str) -> Markup:
    return tag("path", d=f"M0 {y:.1f}h{_WIDE:g}", class_=kind)


def _path(run: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in run)


def _runs(places: list[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """What belongs together: where nothing could be measured, the line is broken."""
    runs: list[list[tuple[float, float]]] = [[]]
    for place in places:
        if place is not None:
            runs[-1].append(place)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _told(signal: Signal, points: list[Point]) -> str:
    """The chart in words: what a reader of it would see."""
    values = [value for _, value in points if value is not None]
    if not values:
        return f"{signal.title}: too few to judge in {len(points)} rounds"
    first, last, low, high = (
        in_unit(each, signal.unit) for each in (values[0], values[-1], min(values), max(values))
    )
    unknown = f", too few to judge in {gaps} of them" if (gaps := len(points) - len(values)) else ""
    return (
        f"{signal.title} in {len(points)} rounds from {points[0][0]:%H:%M:%S} to {points[-1][0]:%H:%M:%S} UTC: "
        f"first {first}, last {last}, lowest {low}, highest {high}{unknown}"
    )


def _short(value: float, signal: Signal) -> str:
    """As at the side of a chart, whose caption says of what it is a multiple."""
    return f"{round(value, 1):g}" if signal.unit == "times" else in_unit(value, signal.unit)


def _lasting(watched: timedelta) -> str:
    minutes, seconds = divmod(round(watched.total_seconds()), 60)
    return f"{minutes} min" if minutes >= 10 else f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _span(moments: Sequence[datetime]) -> str:
    first, last = min(moments), max(moments)
    return f"from {first:%Y-%m-%d %H:%M:%S} to {last:%H:%M:%S} UTC"
