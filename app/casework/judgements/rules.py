"""Pure: what a judgement must not be without, how long it holds, and what of it is told."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from app.casework.judgements.catalogue import Tool

USUAL = timedelta(days=180)  # to the next one: dynamic tools are used again and again
LONGEST = timedelta(days=365)
STANDING = ("submitted", "read")  # what holds: a dissent that is not settled suspends it
ON_RECORD = (*STANDING, "dissented")  # may be superseded
UNKNOWN = "unknown"
TIERS = ("low", "moderate", "high")
# Field → what it says, of all that a judgement must not be without.
NEEDED: Mapping[str, str] = {
    "assessed_on": "the day on which it was made",
    "sources": "the sources that were used",
    "information_missing": "what information was missing",
    "quality": "how good the information was",
    "overall": "the judgement as a whole",
    "rationale": "why it was judged so",
}


def tier(status: str, overall: str | None, valid_until: date | None, today: date) -> str:
    """What holds today; `unknown` before it is submitted, once it is over, and where none could be
    determined. `valid_until` is the last day.
    """
    if overall in TIERS and holds(status, valid_until, today):
        return overall
    return UNKNOWN


def holds(status: str, valid_until: date | None, today: date) -> bool:
    return status in STANDING and valid_until is not None and today <= valid_until


def lacking(judgement: Mapping[str, Any], tool: Tool) -> Iterator[tuple[str, str]]:
    """Field and words of each thing without which it is not submitted."""
    for name, what in NEEDED.items():
        if not judgement[name]:
            yield name, f"{what} is not said"
    if not any(one["for"] or one["against"] for one in judgement["evidence"]):
        yield "evidence", "nothing is said for an indicator, or against one"
    if tool.named_by_assessor and not judgement["tool_name"]:
        yield "tool_name", "the tool is not named"


def fault_of(judgement: Mapping[str, Any], tool: Tool, today: date) -> tuple[str, str, str] | None:
    """Pointer, code and words of what cannot be, or None; what is not said yet is no fault."""
    on, until = judgement["assessed_on"], judgement["valid_until"]
    if on is not None and on > today:
        return "/assessed_on", "future", "it was made today or earlier"
    if on is not None and until is not None:
        if until < on:
            return "/valid_until", "before-since", "must not be before assessed_on"
        if until > on + LONGEST:
            return "/valid_until", "out-of-range", f"{LONGEST.days} days after assessed_on at most"
    if judgement["tool_name"] and not tool.named_by_assessor:
        return "/tool_name", "not-named", "this tool has a name"
    return fault_in(judgement["evidence"], tool)


def fault_in(evidence: list[Mapping[str, Any]], tool: Tool) -> tuple[str, str, str] | None:
    known = set[str]()
    for place, one in enumerate(evidence):
        if not tool.has(one["indicator"]):
            return f"/evidence/{place}/indicator", "unknown", "the tool has no such indicator"
        if one["indicator"] in known:
            return f"/evidence/{place}/indicator", "twice", "stands above already"
        if one["rating"] not in tool.ratings:
            return f"/evidence/{place}/rating", "unknown", "the tool has no such rating"
        known.add(one["indicator"])
    return None
