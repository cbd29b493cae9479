"""The frozen extract: made once, sealed with the case's key, checked when it is opened, and
handed over by a third person."""

from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import or_

from app.casework.disclosures.models import Disclosure, Extract
from app.casework.disclosures.records import ANSWERS_FOR_ALL, file_of, kinds
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.values import canonical
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.extracting import extract
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

NOTICE = "frozen extract, not live access"


def freeze(work: UnitOfWork, disclosure: Written, as_whom: dict[str, Any]) -> None:
    """Exactly the named fields, as they are now or were in the version that was named."""
    records = []
    for one in disclosure["items"]:
        kind = kinds()[one["record"]]
        file_id = file_of(kind, work.case_id, disclosure["person_id"])
        taken = extract(work, kind, UUID(one["record_id"]), one["fields"], file_id, one["version"])
        records.append({"record": one["record"], "record_id": one["record_id"], **taken})
    content = canonical(
        {
            "watermark": {
                "notice": NOTICE,
                "disclosure_id": disclosure.id,
                "recipient": disclosure["recipient"],
                "ground": disclosure["ground"],
                "issued_at": work.at,
                "available_until": disclosure["available_until"],
            },
            "records": records,
        }
    )
    work.add(
        Extract,
        disclosure_id=disclosure.id,
        recipient_id=disclosure["recipient_id"],
        **as_whom,
        consent_id=disclosure["consent_id"],
        available_until=disclosure["available_until"],
        classes=sorted({name for one in disclosure["items"] for name in one["record_classes"]}),
        sha256=sha256(content).hexdigest(),
        content=content.decode(),
    )


def opened(work: UnitOfWork, disclosure_id: UUID) -> dict[str, Any]:
    """The extract, if it is within reach and what it was."""
    known = work.facts(
        Extract,
        lambda e: (e.c.disclosure_id == disclosure_id) & (e.c.case_id == work.case_id),
        "id",
    )
    if not known:
        raise NotFound()
    row = work.reachable(Extract, known[0].id)
    if sha256(row["content"].encode()).hexdigest() != row["sha256"]:
        raise Conflict("the extract is not what was approved", code="damaged")
    return row


def collect(work: UnitOfWork, disclosure_id: UUID) -> dict[str, Any]:
    """Each time on record. What is never for a role is not handed over by it either."""
    row = opened(work, disclosure_id)
    if any(work.actor.role in POLICY.never[name] for name in row["classes"]):
        raise Forbidden("your role never has some of these records", code="never")
    if row["recipient_id"] is None:
        require_carrier(work, row)
    return row


def require_carrier(work: UnitOfWork, extract: dict[str, Any]) -> None:
    """What goes outside goes through hands that neither asked for it nor agreed to it."""
    (one,) = work.facts(
        Disclosure,
        lambda d: d.c.id == extract["disclosure_id"],
        *("author_id", "checked_by", "decided_by"),
    )
    if work.actor.id in tuple(one):
        raise Forbidden(
            "somebody who neither asked nor agreed hands it over", code="own-disclosure"
        )
    if work.actor.role != ANSWERS_FOR_ALL and not all(map(work.reads_class, extract["classes"])):
        raise Forbidden("you do not read all of these records here", code="not-readable")


def has_consent(work: UnitOfWork, consent_id: UUID) -> bool:
    """In force today, of this case, to disclose."""
    found = work.facts(
        kinds()["consent"],
        lambda c: (
            (c.c.id == consent_id)
            & (c.c.case_id == work.case_id)
            & (c.c.scope == "disclosure")
            & (c.c.basis == "consent")
            & (c.c.status == "given")
            & (c.c.given_on <= work.today)
            & or_(c.c.expires_on.is_(None), c.c.expires_on > work.today)
        ),
        "id",
    )
    return bool(found)
