"""Medians, their spread, and tables of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Series:
    """Several measurements of one thing, in one unit."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def fastest(self) -> float:
        return min(self.values)

    @property
    def spread(self) -> float:
        """Half the distance between quartiles, as a share of the median; 0 for fewer than three values."""
        if len(self.values) < 3 or not self.median:
            return 0.0
        ordered, half = sorted(self.values), len(self.values) // 2
        return (median(ordered[-half:]) - median(ordered[:half])) / 2 / self.median

    def over(self, other: "Series") -> float:
        """The ratio of the medians."""
        return self.median / other.median


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; a row may be shorter than the head."""
    lines = [head, ["---"] * len(head)]
    lines += [[*map(str, row), *[""] * (len(head) - len(row))] for row in rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)
