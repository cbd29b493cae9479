"""What is done with people: register, name, identify, locate."""

from datetime import date
from unicodedata import category, normalize

from app.core.errors import Forbidden, invalid
from app.registry.people.models import Contact, Identifier, Person, PersonName
from app.registry.people.rules import Bounds, bounds
from app.registry.people.schemas import BirthIn, ContactIn, IdentifierIn, NameIn, PersonIn
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

# Would show a name in another order than it is stored; joiners and marks are part of names.
DIRECTION = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def register(work: UnitOfWork, given: PersonIn) -> Written:
    if work.actor.unit_id is None:
        raise Forbidden("people are registered by a unit, and you are in none", code="no-unit")
    birth = given.birth
    known = birth_bounds(birth, work.today)
    first = given.names[0]
    written = work.add(
        Person,
        id=given.id,
        display_name=clean(first.full, "/names/0/full"),
        sex=given.sex,
        birth_value=birth.value,
        birth_precision=known.precision,
        birth_earliest=known.earliest,
        birth_latest=known.latest,
        birth_estimated=birth.estimated,
        birth_method=birth.method,
        birth_original=birth.original,
        nationality=given.nationality,
        unit_id=work.actor.unit_id,
    )
    for place, name in enumerate(given.names):
        add_name(work, name, written, f"/names/{place}")
    work.publish("person.registered", person=written.id)
    return written


def birth_bounds(birth: BirthIn, today: date) -> Bounds:
    try:
        known = bounds(birth.value)
    except ValueError:
        raise invalid("/birth/value", "no-such-day", "no such day or month") from None
    if known.earliest and known.earliest > today:
        raise invalid("/birth/value", "future", "nobody is born in the future")
    return known


def add_name(
    work: UnitOfWork, given: NameIn, person: Written | None = None, pointer: str = ""
) -> Written:
    parts = {
        part: clean(value, f"{pointer}/{part}")
        for part in ("full", "given", "family", "patronymic")
        if (value := getattr(given, part)) is not None
    }
    fields = {**given.model_dump(exclude={"id"}), **parts}
    return work.add(PersonName, id=given.id, file_id=person.id if person else None, **fields)


def add_identifier(work: UnitOfWork, given: IdentifierIn) -> Written:
    value = clean(given.value, "/value")
    folded = "".join(value.casefold().split()).replace("-", "")
    fields = {**given.model_dump(), "value": value}
    return work.add(Identifier, **fields, blind=work.blind_index(given.system, folded))


def add_contact(work: UnitOfWork, given: ContactIn) -> Written:
    return work.add(Contact, **{**given.model_dump(), "since": given.since or work.today})


def clean(text: str, pointer: str) -> str:
    """Kept exactly, but for canonical composition and space at the ends."""
    if any(letter in DIRECTION or category(letter) in ("Cc", "Cs") for letter in text):
        raise invalid(pointer, "forbidden-character", "has a character that no name has")
    whole = normalize("NFC", text).strip()
    if not whole:
        raise invalid(pointer, "empty", "is empty")
    return whole
