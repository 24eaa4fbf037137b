"""Line charts as SVG, by hand: a library would be larger than all that is drawn here."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 360, 50, 36, 170, 40
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#444444")
STYLE = "font-family: sans-serif; font-size: 12px; background: white"


@dataclass(frozen=True)
class Line:
    """A named series of points (x, y), in the order of x."""

    name: str
    points: list[tuple[float, float]]


def chart(title: str, across: str, up: str, lines: Sequence[Line]) -> str:
    """An SVG document; both axes begin at 0, `across` and `up` say what they count."""
    largest_x = max(x for line in lines for x, _ in line.points)
    step = nice(max(y for line in lines for _, y in line.points))
    largest_y = step * 5

    def at(x: float, y: float) -> tuple[float, float]:
        wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
        return LEFT + wide * x / (largest_x or 1), TOP + high * (1 - y / largest_y)

    parts = [_text(LEFT, 20, title, "start", bold=True)]
    for number in range(6):
        (left, y), (right, _) = at(0, step * number), at(largest_x, step * number)
        parts.append(f'<path d="M{left:.1f} {y:.1f}H{right:.1f}" stroke="#ddd"/>')
        parts.append(_text(left - 6, y + 4, f"{step * number:g} {up}", "end"))
    shown = -100.0
    for x in sorted({x for line in lines for x, _ in line.points}):
        here, bottom = at(x, 0)
        if here - shown >= 24:  # else the figures would overlap
            parts.append(_text(here, bottom + 16, f"{x:g}", "middle"))
            shown = here
    parts.append(_text(LEFT + (WIDTH - LEFT - RIGHT) / 2, HEIGHT - 6, across, "middle"))
    for number, line in enumerate(lines):
        parts += _line(line, number, [at(*point) for point in line.points])
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="{STYLE}">\n{body}\n</svg>\n'


def nice(largest: float) -> float:
    """A fifth of an axis that holds `largest`: 1, 2, 2.5 or 5 times a power of ten."""
    power = 1e-6
    while True:
        for factor in (1, 2, 2.5, 5):
            if factor * power * 5 >= largest:
                return factor * power
        power *= 10


def _line(line: Line, number: int, places: Sequence[tuple[float, float]]) -> list[str]:
    colour = COLOURS[number % len(COLOURS)]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    dots = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
    y = TOP + 18 * number
    key = f'<path d="M{WIDTH - RIGHT + 14} {y}h16" stroke="{colour}" stroke-width="2"/>'
    name = _text(WIDTH - RIGHT + 36, y + 4, line.name, "start")
    return [f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots, key, name]


def _text(x: float, y: float, words: str, anchor: str, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(words)}</text>'
