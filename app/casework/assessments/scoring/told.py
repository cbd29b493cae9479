"""What is told of a result: the headline first, then all that was computed, in codes."""

from typing import TypedDict

from app.casework.assessments.scoring.comparing import Shift, shifts
from app.casework.assessments.scoring.conditions import Truth
from app.casework.assessments.scoring.instrument import Instrument
from app.casework.assessments.scoring.scorer import Result

Number = int | float | None


class Flagged(TypedDict):
    code: str
    kind: str  # alert or notice
    state: str  # raised or unknown


class Told(TypedDict):
    complete: bool
    missing: list[str]
    total: Number
    subscales: dict[str, Number]
    band: str | None
    bands: dict[str, dict[str, str | None]]
    positive: bool | None
    cutoffs: dict[str, Truth]
    outcomes: dict[str, str | None]
    flags: list[Flagged]
    prorated: list[str]
    scoring_version: int


def told(instrument: Instrument, result: Result) -> Told:
    """`total` and `band` are those of the headline; an instrument without one has neither."""
    first = instrument.headline
    numbers = {name: number(value) for name, value in result["scales"].items()}
    bands: dict[tuple[str | None, str | None], str | None] = {
        (code, scale): band
        for code, found in result["bands"].items()
        for scale, band in found.items()
    }
    kinds = {one.code: one.kind for one in instrument.critical}
    return {
        "complete": result["complete"],
        "missing": result["missing"],
        "total": numbers[first.scale] if first.scale else None,
        "subscales": {name: value for name, value in numbers.items() if name != first.scale},
        "band": bands.get((first.bands, first.scale)),
        "bands": result["bands"],
        "positive": positive(instrument, result),
        "cutoffs": result["cutoffs"],
        "outcomes": result["outcomes"],
        "flags": [{**one, "kind": kinds[one["code"]]} for one in result["critical"]],
        "prorated": result["prorated"],
        "scoring_version": instrument.scoring_version,
    }


def number(value: int | str | None) -> Number:
    """Decimals as they were rounded; a number of JSON has no room for more, and needs none."""
    return float(value) if isinstance(value, str) else value


def positive(instrument: Instrument, result: Result) -> Truth:
    """By the cut-off or the outcome that the headline names; None is unknown."""
    first = instrument.headline
    if first.cutoff:
        return result["cutoffs"][first.cutoff]
    for outcome in instrument.outcomes:
        if outcome.name == first.outcome:
            found = result["outcomes"][outcome.name]
            return None if found is None else found != outcome.otherwise
    return None


class Changed(TypedDict):
    reliable: bool | None  # None: the instrument states no change by which to tell
    direction: str | None  # better, worse or same, by the change that is called reliable
    shifts: list[Shift]


RELIABLE = ("reliable", "significant")  # as the papers of an instrument call it


def changed(instrument: Instrument, earlier: Result, later: Result) -> Changed:
    """From one result to another of the same version and respondent."""
    found = shifts(instrument, earlier, later)
    first = next((one for one in found if one["name"] in RELIABLE), None)
    return {
        "reliable": first and first["holds"],
        "direction": first and first["direction"],
        "shifts": found,
    }
