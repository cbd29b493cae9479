"""What is done with assessments: begun, resumed, submitted, signed, amended, voided."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from app.casework.assessments import rules
from app.casework.assessments.models import Assessment
from app.casework.assessments.schemas import AmendmentIn, AssessmentChange, AssessmentIn
from app.casework.assessments.scoring.catalogue import Shipped, catalogue
from app.casework.assessments.submitting import (
    Given,
    chosen,
    consequences,
    flags_of,
    frozen,
    require_fit,
    result_of,
    scored,
    warn,
    wording_in,
)
from app.core.errors import Forbidden
from app.core.states import require_status
from app.registry.cases.subject import open_cover, subject_of
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def add(work: UnitOfWork, given: AssessmentIn, *, asked_here: bool = True) -> Written:
    """A draft, or at once what is submitted: scored by the server, and frozen.

    `asked_here`: else another system asked, in words that are not known here.
    """
    person = subject_of(work, open_cover(work))
    shipped = chosen(given, person)
    instrument = shipped.instrument
    record_class = rules.class_of(instrument, work.grantable())
    if record_class is None:
        raise Forbidden(f"the role {work.actor.role} does not give {instrument.name}")
    result = scored(work, shipped, given)
    stated = given.model_dump(exclude={"instrument", "version", "status"})
    own: dict[str, Any] = {
        "record_class": record_class,
        "author_id": work.actor.id,
        "instrument": instrument.code,
        "instrument_version": instrument.version,
        "form_of": instrument.form_of,
        "wording": wording_in(work, instrument, given.language) if asked_here else None,
    }
    if given.status == "draft":
        written = work.add(Assessment, **stated, **own, status="draft")
        warn(work, person, flags_of(shipped, result))
        return written
    said = frozen(work, shipped, result, require_fit(work, person, shipped, given))
    written = work.add(Assessment, **stated, **own, **said)
    consequences(work, person, instrument, written)
    return written


def resume(work: UnitOfWork, assessment_id: UUID, given: AssessmentChange) -> Written:
    """Item by item: what was kept before a connection broke is still there."""
    row = own_draft(work, assessment_id)
    fields = given.model_dump(exclude_unset=True)
    for name in ("answers", "facts"):
        if name in fields:
            fields[name] = {**row[name], **fields[name]}
    cover, shipped = open_cover(work), shipped_of(row)
    result = scored(work, shipped, Given.of({**row, **fields}))
    if fields.get("language", row["language"]) != row["language"]:
        fields["wording"] = wording_in(work, shipped.instrument, fields["language"])
    written = work.change(Assessment, assessment_id, **fields)
    before = flags_of(shipped, result_of(shipped, row))
    if new := [flag for flag in flags_of(shipped, result) if flag not in before]:
        warn(work, subject_of(work, cover), new)
    return written


def submit(work: UnitOfWork, assessment_id: UUID) -> Written:
    """From now on it is read by whoever may read its class, and edited by nobody."""
    row = own_draft(work, assessment_id)
    person, shipped, given = subject_of(work, open_cover(work)), shipped_of(row), Given.of(row)
    result = scored(work, shipped, given)
    said = frozen(work, shipped, result, require_fit(work, person, shipped, given))
    written = work.change(Assessment, assessment_id, **said)
    # What is critical was told when it was written down, for a connection may break before this.
    known = written["result"]["flags"]
    consequences(work, person, shipped.instrument, written, known=known)
    return written


def sign(work: UnitOfWork, assessment_id: UUID) -> Written:
    """By who answers for it: its author."""
    row = the_assessment(work, assessment_id, "submitted")
    if row["author_id"] != work.actor.id:
        raise Forbidden("an assessment is signed by its author", code="not-yours")
    written = work.change(Assessment, assessment_id, status="signed", signed_at=work.at)
    work.publish("assessment.signed", case=work.case_id, assessment=assessment_id)
    return written


def amend(work: UnitOfWork, assessment_id: UUID, given: AmendmentIn) -> Written:
    """A new one beside it, judged by the same version; the old one is kept as it was."""
    row = the_assessment(work, assessment_id, *rules.SAID)
    person, shipped = subject_of(work, open_cover(work)), shipped_of(row)
    fields = given.model_dump(exclude={"id", "reason"}, exclude_none=True)
    fields |= {name: {**row[name], **fields.get(name, {})} for name in ("answers", "facts")}
    amended = Given.of({**row, **fields})
    result = scored(work, shipped, amended)
    whose = ("administered_on", "respondent")
    moved = any(row[name] != getattr(amended, name) for name in whose)
    fit = require_fit(work, person, shipped, amended, assessment_id, moved)
    said = frozen(work, shipped, result, fit)
    again = amended.language != row["language"]  # else nobody was asked once more
    said["wording"] = (
        wording_in(work, shipped.instrument, amended.language) if again else row["wording"]
    )
    kept = ("record_class", "instrument", "instrument_version", "form_of")
    written = work.add(
        Assessment,
        id=given.id,
        **{name: row[name] for name in kept},
        **asdict(amended),
        **said,
        author_id=work.actor.id,
        amends_id=assessment_id,
        amend_reason=given.reason,
    )
    work.change(Assessment, assessment_id, status="amended", amended_by_id=written.id)
    before = row["result"]["flags"]
    consequences(work, person, shipped.instrument, written, known=before, asked=before)
    return written


def void(work: UnitOfWork, assessment_id: UUID, reason: str) -> Written:
    """It should not be there: of somebody else, or made up. It is kept, and counts no more."""
    the_assessment(work, assessment_id, *rules.SAID)
    written = work.change(
        Assessment,
        assessment_id,
        status="void",
        voided_by=work.actor.id,
        voided_at=work.at,
        void_reason=reason,
    )
    work.publish("assessment.voided", case=work.case_id, assessment=assessment_id)
    return written


def own_draft(work: UnitOfWork, assessment_id: UUID) -> dict[str, Any]:
    """Only its author sees one."""
    return the_assessment(work, assessment_id, "draft")


def the_assessment(work: UnitOfWork, assessment_id: UUID, *allowed: str) -> dict[str, Any]:
    """In one of these states, and nobody else moves it on before this is done."""
    work.hold(Assessment, lambda a: a.c.id == assessment_id)
    row = work.reachable(Assessment, assessment_id)
    require_status(row, "assessment", *allowed)
    return row


def shipped_of(row: dict[str, Any]) -> Shipped:
    """The version that judged it, or will."""
    return catalogue().instruments[row["instrument"]][row["instrument_version"]]
