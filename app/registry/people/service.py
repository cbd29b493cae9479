"""What is done with people: register, name, identify, locate, relate."""

from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_

from app.core.errors import Conflict, Forbidden, invalid
from app.registry.people.births import Birth, BirthFault, birth_between, birth_from
from app.registry.people.correcting import follow
from app.registry.people.identifiers import normalise_identifier
from app.registry.people.kinship import INVERSE, impossible
from app.registry.people.models import Contact, Identifier, Person, PersonName, Relationship
from app.registry.people.names import CLASS_OF_TYPE, NameFault, clean, name_from
from app.registry.people.schemas import (
    BirthIn,
    ContactIn,
    IdentifierIn,
    NameIn,
    PersonChange,
    PersonIn,
    RelationshipIn,
)
from app.registry.people.standing import reckoned
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

RECKONED = ("birth_earliest", "birth_latest", "birth_placeholder")


def register(work: UnitOfWork, given: PersonIn, pointer: str = "") -> Written:
    """`pointer`: where the person stands in the body, for problems to name."""
    if work.actor.unit_id is None:
        raise Forbidden("people are registered by a unit, and you are in none", code="no-unit")
    open_names = [
        place for place, name in enumerate(given.names) if CLASS_OF_TYPE[name.type] == "identity"
    ]
    if not open_names:
        raise invalid(
            f"{pointer}/names",
            "only-hidden-names",
            "somebody is shown by a name that is no alias; add one, if need be doubtful",
        )
    shown = given.names[open_names[0]]
    written = work.add(
        Person,
        id=given.id,
        display_name=cleaned(shown.full, f"{pointer}/names/{open_names[0]}/full"),
        sex=given.sex,
        **birth_fields(work, given.birth, f"{pointer}/birth"),
        birth_source=given.birth.source or shown.source,
        nationality=given.nationality,
        nationality_status=given.nationality_status
        or ("stated" if given.nationality else "undetermined"),
        unit_id=work.actor.unit_id,
        registered_by=work.actor.id,
    )
    for place, name in enumerate(given.names):
        add_name(work, name, written, f"{pointer}/names/{place}")
    work.publish("person.registered", person=written.id)
    return written


def change(work: UnitOfWork, given: PersonChange) -> Written:
    fields = given.model_dump(exclude_unset=True, exclude={"birth", "reason"})
    if "display_name" in fields:
        fields["display_name"] = cleaned(given.display_name, "/display_name")
    before = None
    if "birth" in given.model_fields_set:
        if given.birth is None:
            raise invalid("/birth", "null", "a claim is replaced by another, if need be unknown")
        if not given.reason:
            raise invalid("/reason", "missing", "says why this birth is believed, not the other")
        fields |= birth_fields(work, given.birth, "/birth")
        fields |= {"birth_source": given.birth.source, "birth_reason": given.reason}
        (before,) = work.facts(Person, lambda p: p.c.id == work.file_id, *RECKONED)
    written = work.change(Person, work.file_id, **fields)
    if before is not None:
        follow(work, written.id, reckoned(before._mapping), reckoned(written.values))
    work.publish("person.changed", person=written.id)
    return written


def birth_fields(work: UnitOfWork, given: BirthIn, pointer: str) -> dict[str, Any]:
    """Columns of a person. A birth that cannot be is a problem at its place in the body."""
    part = "value" if given.value or not given.original else "original"
    try:
        birth = birth_given(given)
    except BirthFault as fault:
        raise invalid(f"{pointer}/{part}", fault.code, fault.detail) from None
    if birth.earliest and birth.earliest > work.today:
        raise invalid(f"{pointer}/{part}", "future", "nobody is born in the future")
    return {
        "birth_value": birth.value,
        "birth_precision": birth.precision,
        "birth_earliest": birth.earliest,
        "birth_latest": birth.latest,
        "birth_estimated": birth.estimated,
        "birth_method": birth.method,
        "birth_calendar": birth.calendar,
        "birth_algorithm": birth.algorithm,
        "birth_placeholder": birth.placeholder_suspected,
        "birth_original": given.original or birth.original_text,
    }


def birth_given(given: BirthIn) -> Birth:
    if given.earliest or given.latest:
        return birth_between(given.earliest, given.latest, given.original, given.method)
    return birth_from(
        given.value or given.original,
        calendar=given.calendar,
        estimated=given.estimated,
        method=given.method,
    )


def add_name(
    work: UnitOfWork, given: NameIn, person: Written | None = None, pointer: str = ""
) -> Written:
    if given.since and given.until and given.until < given.since:
        raise invalid(f"{pointer}/until", "before-since", "must not be before since")
    parts = ("given", "family", "patronymic", "generation_suffix")
    for part in ("full", *parts):
        if (text := getattr(given, part)) is not None:
            cleaned(text, f"{pointer}/{part}")
    name = name_from(
        given.type,
        given.full,
        script=given.script,
        language=given.language,
        **{part: getattr(given, part) for part in parts},
    )
    hidden = name.record_class != "identity"
    if hidden and name.record_class not in work.grantable("name.add"):
        raise Forbidden(f"the role {work.actor.role} may not add names of this type")
    return work.add(
        PersonName,
        id=given.id,
        file_id=person.id if person else None,
        record_class=name.record_class,
        **vars(name),
        **given.model_dump(include={"source", "confidence", "since", "until"}),
    )


def add_identifier(
    work: UnitOfWork, given: IdentifierIn, person: Written | None = None, pointer: str = ""
) -> Written:
    """Never refused for how the number looks; a doubtful one is shown with its warnings."""
    value = given.value.strip()
    folded = normalise_identifier(given.system, value)
    if not folded:
        raise invalid(f"{pointer}/value", "empty", "has neither letter nor digit")
    if given.issued_on and given.expires_on and given.expires_on < given.issued_on:
        raise invalid(f"{pointer}/expires_on", "before-issued", "must not be before issued_on")
    fields = {**given.model_dump(), "value": value}
    return work.add(
        Identifier,
        file_id=person.id if person else None,
        **fields,
        blind=work.blind_index(given.system, folded),
    )


def add_contact(work: UnitOfWork, given: ContactIn) -> Written:
    return work.add(Contact, **{**given.model_dump(), "since": given.since or work.today})


def relate(work: UnitOfWork, given: RelationshipIn) -> Written:
    """Both are within reach of who says so; what birth dates rule out is refused."""
    if given.other_id == work.file_id:
        raise invalid("/other_id", "self", "nobody is a relative of themselves")
    person = work.reachable(Person, work.file_id)
    other = work.reachable(Person, given.other_id, "/other_id")
    if not work.reaches_class_of(Person, given.other_id, "family"):
        raise invalid("/other_id", "not-in-reach", "of this person's family you are told nothing")
    if impossible(given.type, born(person), born(other)):
        raise invalid("/type", "parent-younger-than-child", "by birth, the child is the older one")
    if given.since and given.until and given.until < given.since:
        raise invalid("/until", "before-since", "must not be before since")
    if given.proof == "dna_reference" and given.proof_reference is None:
        raise invalid("/proof_reference", "missing", "names the laboratory's reference")
    refuse_contrary(work, given)
    return kin(work, work.file_id, **given.model_dump())


def refuse_contrary(work: UnitOfWork, given: RelationshipIn) -> None:
    """The same told twice, or the reverse of what is told already."""
    mine, theirs = work.file_id, given.other_id
    known = work.find(
        Relationship,
        lambda r: or_(
            and_(r.c.person_id == mine, r.c.other_id == theirs),
            and_(r.c.person_id == theirs, r.c.other_id == mine),
        ),
        anywhere=True,
    )
    for row in known:
        said = row["type"] if row["person_id"] == mine else INVERSE[row["type"]]
        if said == given.type and row["until"] is None:
            raise Conflict("this relationship is on record", code="relationship-known")
        if said != given.type and said == INVERSE[given.type] and row["until"] is None:
            raise Conflict("the reverse is on record", code="relationship-reversed")


def kin(work: UnitOfWork, person_id: UUID, **fields: Any) -> Written:
    written = work.add(Relationship, file_id=person_id, **fields)
    work.publish("relationship.added", person=person_id, other=written["other_id"])
    return written


def born(row: Any) -> tuple[Any, Any]:
    return row["birth_earliest"], row["birth_latest"]


def cleaned(text: str, pointer: str) -> str:
    try:
        return clean(text)
    except NameFault as fault:
        raise invalid(pointer, fault.code, fault.detail) from None
