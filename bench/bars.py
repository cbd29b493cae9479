"""What was promised, beside what was measured."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """Of each round one value. `least` or `most`: the bar for their median, if there is one."""

    name: str
    values: Sequence[float]
    least: float | None = None
    most: float | None = None
    unit: str = ""

    @property
    def median(self) -> float:
        return median(self.values)

    @property
    def holds(self) -> bool | None:
        """None where nothing was promised."""
        if self.least is not None:
            return self.median >= self.least
        return None if self.most is None else self.median <= self.most

    @property
    def bar(self) -> str:
        if self.least is not None:
            return f"at least {spelled(self.least)}"
        return "" if self.most is None else f"at most {spelled(self.most)}"

    @property
    def verdict(self) -> str:
        return {True: "holds", False: "FAILS", None: ""}[self.holds]

    @property
    def spread(self) -> str:
        some = len(self.values) > 1
        return f"{spelled(min(self.values))}–{spelled(max(self.values))}" if some else ""

    def line(self) -> str:
        value = f"{spelled(self.median)}{self.unit}"
        return f"{self.name:58}{value:>14} {self.spread:>17}  {self.bar:16} {self.verdict}".rstrip()

    def row(self) -> str:
        spread = f" ({self.spread})" if self.spread else ""
        told = f"**{spelled(self.median)}{self.unit}**{spread}"
        return f"| {self.name} | {told} | {self.bar} | {self.verdict} |"

    def told(self) -> dict[str, Any]:
        return {**asdict(self), "median": self.median, "holds": self.holds}


def spelled(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def markdown(figures: Sequence[Figure]) -> str:
    head = ["| what | measured (least–most) | bar | |", "|---|---|---|---|"]
    return "\n".join([*head, *(one.row() for one in figures), ""])
