"""A trend drawn as SVG: read aloud by its description, and told apart without any colour.

Direction is a shape (triangle up or down where a change is reliable, else a circle), a band a line
of dashes with its name, a gap a broken line, and what could not be scored a mark below the axis.
Where a mean stands in for what is missing, the number is about so much (≈).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 800, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 170, 60, 80  # what stands around the field, in units of the picture
SIZE = 6  # half of a mark


@dataclass(frozen=True)
class Words:
    """What is written, in the reader's language."""

    language: str  # BCP 47, for who has it read aloud
    title: str
    description: Sequence[str]  # a sentence for each point, in order
    bands: Mapping[str, str]
    better: str  # an arrow's words: which way is better
    unscored: str
    since: str | None  # how long none was given, where that goes on


@dataclass(frozen=True)
class Field:
    """Days to the right, scores upwards."""

    first: date
    last: date
    least: int
    most: int

    def x(self, on: date) -> float:
        days = (self.last - self.first).days
        share = (on - self.first).days / days if days else 0.5
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, score: float) -> float:
        share = (score - self.least) / (self.most - self.least)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def draw(trend: Mapping[str, Any], least: int, most: int, words: Words) -> str:
    """A whole document. `trend` of one respondent, as `trend` gives it; may be without points."""
    points = trend["points"]
    days = [one["administered_on"] for one in points] or [date.min]
    field = Field(min(days), max(days), least, most)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' xml:lang="{words.language}"'
        ' aria-labelledby="title description" font-family="sans-serif" font-size="13">',
        f'<title id="title">{escape(words.title)}</title>',
        f'<desc id="description">{escape(" ".join(words.description))}</desc>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        text(LEFT, 28, words.title, size=16),
        text(LEFT, 48, words.better),
        *([text(LEFT, HEIGHT - 12, words.since)] if words.since else []),
        *axes(field, days),
        *(part for band in trend["bands"] for part in banded(field, band, words)),
        *lines(field, points, trend["gaps"]),
        *(part for one in points for part in marked(field, one, words)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def text(x: float, y: float, said: str, anchor: str = "start", size: int = 13) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}">{escape(said)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, dashes: str = "", width: int = 1) -> str:
    broken = f' stroke-dasharray="{dashes}"' if dashes else ""
    place = f'x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"'
    return f'<line {place} stroke="black" stroke-width="{width}"{broken}/>'


def axes(field: Field, days: Sequence[date]) -> list[str]:
    right, floor = WIDTH - RIGHT, HEIGHT - BOTTOM
    drawn = [line(LEFT, floor, right, floor), line(LEFT, floor, LEFT, TOP)]
    for score in (field.least, field.most):
        drawn.append(text(LEFT - 8, field.y(score) + 4, str(score), "end"))
    if days[0] != date.min:
        for day in dict.fromkeys((field.first, field.last)):
            drawn.append(text(field.x(day), floor + 40, day.isoformat(), "middle"))
    return drawn


def banded(field: Field, band: Mapping[str, Any], words: Words) -> list[str]:
    """The lower edge of a band, and its name beside the middle of it."""
    right, low, high = WIDTH - RIGHT, field.y(band["least"]), field.y(band["most"])
    edge = [] if band["least"] == field.least else [line(LEFT, low, right, low, "2 4")]
    return [*edge, text(right + 8, (low + high) / 2 + 4, words.bands[band["band"]])]


def lines(
    field: Field, points: Sequence[Mapping[str, Any]], gaps: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Between two points that follow each other and could both be scored."""
    broken = {(gap["since"], gap["until"]) for gap in gaps}
    drawn = []
    for one, following in pairwise(points):
        if one["total"] is None or following["total"] is None:
            continue
        days = one["administered_on"], following["administered_on"]
        (x1, x2), dashes = map(field.x, days), "8 6" if days in broken else ""
        drawn.append(line(x1, field.y(one["total"]), x2, field.y(following["total"]), dashes, 2))
    return drawn


def marked(field: Field, one: Mapping[str, Any], words: Words) -> list[str]:
    x = field.x(one["administered_on"])
    if one["total"] is None:
        return [text(x, HEIGHT - BOTTOM + 20, words.unscored, "middle")]
    y, change = field.y(one["total"]), one["change"]
    shape = f'<circle cx="{x}" cy="{y}" r="{SIZE}" fill="black"/>'
    if change and change["reliable"]:
        tip, base = (-1.5 * SIZE, SIZE) if rises(change) else (1.5 * SIZE, -SIZE)
        corners = f"{x},{y + tip} {x - SIZE},{y + base} {x + SIZE},{y + base}"
        fill = "white" if change["direction"] == "better" else "black"
        shape = f'<polygon points="{corners}" fill="{fill}" stroke="black" stroke-width="2"/>'
    about = "≈" if one["prorated"] else ""
    return [shape, text(x, y - 14, f"{about}{one['total']:g}", "middle")]


def rises(change: Mapping[str, Any]) -> bool:
    """Whether the score itself went up, be that better or worse."""
    return float(change["shifts"][0]["by"]) > 0
