from typing import Annotated
from uuid import UUID

from sqlalchemy import or_

from app.core.paging import Paged
from app.registry.people import service
from app.registry.people.duplicates import possible_duplicates
from app.registry.people.models import Person
from app.registry.people.schemas import (
    ContactIn,
    ContactOut,
    DuplicatesOut,
    IdentifierIn,
    IdentifierOut,
    NameIn,
    NameOut,
    PersonChange,
    PersonIn,
    PersonOut,
    RelationshipIn,
    RelationshipOut,
)
from app.safeguards.guard.mark import Mark, Permit
from app.safeguards.guard.reading import Where
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/people", tags=["people"])


def OnPerson(action: str) -> Mark:
    return Mark(action, Person, "person_id", "person.read")


@router.get("")
def list_people(
    work: Annotated[UnitOfWork, Permit("person.read")], page: Paged
) -> Shown[Page[PersonOut]]:
    return work.page(PersonOut, page)


@router.post("", status_code=201)
def register(
    given: PersonIn, work: Annotated[UnitOfWork, Permit("person.register")]
) -> Shown[PersonOut]:
    return work.show(PersonOut, service.register(work, given))


@router.get("/{person_id}")
def read_person(work: Annotated[UnitOfWork, OnPerson("person.read")]) -> Shown[PersonOut]:
    return work.read(PersonOut)


@router.patch("/{person_id}")
def change_person(
    given: PersonChange, work: Annotated[UnitOfWork, OnPerson("person.change")]
) -> Shown[PersonOut]:
    return work.show(PersonOut, service.change(work, given))


@router.get("/{person_id}/possible-duplicates")
def propose_duplicates(
    work: Annotated[UnitOfWork, OnPerson("person.read")],
) -> Shown[DuplicatesOut]:
    """Among the people whom the caller may see; nobody else is compared or counted."""
    found, complete = possible_duplicates(work)
    return work.tell(DuplicatesOut, items=found, complete=complete)


@router.get("/{person_id}/names")
def list_names(
    work: Annotated[UnitOfWork, OnPerson("name.read")], page: Paged
) -> Shown[Page[NameOut]]:
    return work.page(NameOut, page)


@router.post("/{person_id}/names", status_code=201)
def add_name(given: NameIn, work: Annotated[UnitOfWork, OnPerson("name.add")]) -> Shown[NameOut]:
    return work.show(NameOut, service.add_name(work, given))


@router.get("/{person_id}/names/{name_id}")
def read_name(name_id: UUID, work: Annotated[UnitOfWork, OnPerson("name.read")]) -> Shown[NameOut]:
    return work.read(NameOut, name_id)


@router.get("/{person_id}/identifiers")
def list_identifiers(
    work: Annotated[UnitOfWork, OnPerson("identifier.read")], page: Paged
) -> Shown[Page[IdentifierOut]]:
    return work.page(IdentifierOut, page)


@router.post("/{person_id}/identifiers", status_code=201)
def add_identifier(
    given: IdentifierIn, work: Annotated[UnitOfWork, OnPerson("identifier.add")]
) -> Shown[IdentifierOut]:
    return work.show(IdentifierOut, service.add_identifier(work, given))


@router.get("/{person_id}/identifiers/{identifier_id}")
def read_identifier(
    identifier_id: UUID, work: Annotated[UnitOfWork, OnPerson("identifier.read")]
) -> Shown[IdentifierOut]:
    return work.read(IdentifierOut, identifier_id)


@router.get("/{person_id}/contacts")
def list_contacts(
    work: Annotated[UnitOfWork, OnPerson("contact.read")], page: Paged
) -> Shown[Page[ContactOut]]:
    return work.page(ContactOut, page)


@router.post("/{person_id}/contacts", status_code=201)
def add_contact(
    given: ContactIn, work: Annotated[UnitOfWork, OnPerson("contact.add")]
) -> Shown[ContactOut]:
    return work.show(ContactOut, service.add_contact(work, given))


@router.get("/{person_id}/contacts/{contact_id}")
def read_contact(
    contact_id: UUID, work: Annotated[UnitOfWork, OnPerson("contact.read")]
) -> Shown[ContactOut]:
    return work.read(ContactOut, contact_id)


@router.get("/{person_id}/relationships")
def list_relationships(
    work: Annotated[UnitOfWork, OnPerson("relationship.read")], page: Paged
) -> Shown[Page[RelationshipOut]]:
    """Whoever of the two the row was written for; the relative is within reach too."""
    return work.page(RelationshipOut, page, of_either(work.file_id), anywhere=True)


@router.post("/{person_id}/relationships", status_code=201)
def relate(
    given: RelationshipIn, work: Annotated[UnitOfWork, OnPerson("relationship.add")]
) -> Shown[RelationshipOut]:
    return work.show(RelationshipOut, service.relate(work, given))


@router.get("/{person_id}/relationships/{relationship_id}")
def read_relationship(
    relationship_id: UUID, work: Annotated[UnitOfWork, OnPerson("relationship.read")]
) -> Shown[RelationshipOut]:
    return work.read(RelationshipOut, relationship_id, of_either(work.file_id))


def of_either(person_id: UUID) -> Where:
    return lambda r: or_(r.c.person_id == person_id, r.c.other_id == person_id)
