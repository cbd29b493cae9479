"""What a stored birth says about a person today, by the law of the place that keeps the file."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from app.registry.pathways.catalogue import catalogue
from app.registry.pathways.places import Jurisdiction
from app.registry.people.births import Birth, age_range, latest_possible, possibly_minor

Days = tuple[date | None, date | None]  # the first and the last on which somebody may be born
MAJORITY = 18  # where the place has no law on record: Convention on the Rights of the Child


def birth_of_row(row: Mapping[str, Any]) -> Birth:
    """From the columns of a person, named with or without `birth_`."""
    known = {name.removeprefix("birth_"): value for name, value in row.items()}
    return Birth(
        value=known["value"],
        precision=known["precision"],
        earliest=known["earliest"],
        latest=known["latest"],
        placeholder_suspected=known["placeholder"],
    )


def reckoned(person: Mapping[str, Any]) -> Days:
    """Of a row of `persons`; 1 January may stand for its whole year."""
    latest = latest_possible(person["birth_latest"], person["birth_placeholder"])
    return person["birth_earliest"], latest


def standing(birth: Mapping[str, Any], circumstances: Mapping[str, Any]) -> dict[str, Any]:
    """`age` and `child`, on the day of the jurisdiction that `circumstances` name."""
    place = jurisdiction_of(circumstances.get("jurisdiction"))
    today, known = day_of(place, circumstances["at"]), birth_of_row(birth)
    lowest, highest = age_range(known, today)
    child = possibly_minor(known, today, place.majority if place else MAJORITY)
    return {"age": {"lowest": lowest, "highest": highest}, "child": child}


def jurisdiction_of(code: str | None) -> Jurisdiction | None:
    known = catalogue()
    return known.current_jurisdiction(code) if code and code in known.jurisdictions else None


def day_of(place: Jurisdiction | None, at: datetime) -> date:
    return at.astimezone(place.zone if place else UTC).date()
