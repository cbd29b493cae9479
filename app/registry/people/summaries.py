"""What S shows of a person and of what is claimed about them: a school's pupil, and short forms."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from pydantic import BaseModel, model_validator

from app.registry.people.births import Precision
from app.registry.people.models import Contact, Identifier, Person, PersonName, Relationship
from app.safeguards.guard.shown import Part, Summary

OF_A_GUARDIAN = "guardian"  # the type of a contact
PREFERRED = "preferred"
CALLED = (PREFERRED, "legal")  # names from which a school takes the given one, the first first


class BirthSummary(BaseModel):
    value: str | None
    precision: Precision


class PersonSummary(Summary):
    """For who meets somebody and needs no file of them."""

    of: ClassVar = Person

    display_name: str
    sex: int
    birth: BirthSummary

    @model_validator(mode="before")
    @classmethod
    def grouped(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {**row, "birth": birth_of(row)}


class PupilSummary(Summary):
    """All that a school learns of a pupil. Nothing in it tells where somebody came from, or that
    there is a programme; `guardian_contacts`: how to reach who cares for them."""

    of: ClassVar = Person
    parts: ClassVar = {
        "names": Part(PersonName, "person_id", lambda n: n.c.type.in_(CALLED)),
        "contacts": Part(Contact, "person_id", lambda c: c.c.type == OF_A_GUARDIAN),
    }

    given_name: str | None
    preferred_name: str | None
    birth: BirthSummary
    guardian_contacts: list[str]

    @model_validator(mode="before")
    @classmethod
    def gathered(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        # The last that was put down: a name is not edited, a correction is another one beside it.
        names = [one for one in reversed(row["names"]) if one["until"] is None]
        known = sorted(names, key=lambda one: CALLED.index(one["type"]))
        told = {
            "given_name": next((one["given"] for one in known if one["given"]), None),
            "preferred_name": next((n["full"] for n in known if n["type"] == PREFERRED), None),
            "birth": birth_of(row),
            "guardian_contacts": [one["text"] for one in row["contacts"]],
        }
        return {**row, **told}


def birth_of(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[f"birth_{name}"] for name in BirthSummary.model_fields}


class IdentifierSummary(Summary):
    """That there is a document, and until when; no part of its number."""

    of: ClassVar = Identifier

    system: str
    country: str | None
    expires_on: date | None


class ContactSummary(Summary):
    of: ClassVar = Contact

    type: str
    since: date


class RelationshipSummary(Summary):
    """That there is a relative, and how surely; not who, nor which of both is which."""

    of: ClassVar = Relationship

    type: str
    since: date | None
    until: date | None
    proof: str
