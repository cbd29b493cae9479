"""What is done with judgements: drafted, submitted, read by a second, superseded, voided."""

from datetime import date
from typing import Any
from uuid import UUID

from app.casework.judgements import rules
from app.casework.judgements.catalogue import current, tools
from app.casework.judgements.models import Judgement
from app.casework.judgements.schemas import (
    JudgementChange,
    JudgementIn,
    SecondReadingIn,
)
from app.core.errors import Conflict, Forbidden, invalid
from app.core.states import require_status, wrong_state
from app.core.values import moment
from app.registry.cases import milestones, repeating
from app.registry.cases.subject import Subject, open_cover, subject_of
from app.registry.cases.tracks import require_allowed
from app.registry.certificates.service import certified
from app.registry.staff.deciding import require_settled
from app.safeguards.guard.reading import Where
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork

MILESTONE = "security_assessed"
TRACK = "SEC"


def draft(work: UnitOfWork, given: JudgementIn) -> Written:
    """The assessor's own, until it is submitted."""
    person = subject_of(work, open_cover(work))
    require_allowed(work, person, TRACK)
    if (tool := current(given.tool)) is None:
        raise invalid("/tool", "unknown", "no such tool; any other is `other`, with its name")
    fields = given.model_dump()
    require_adult(person, fields)
    if fault := rules.fault_of(fields, tool, work.today):
        raise invalid(*fault)
    before = given.supersedes_id
    same = standing(work, lambda j: (j.c.id == before) & (j.c.tool == given.tool))
    if before is not None and not same:
        raise invalid("/supersedes_id", "unknown", "no judgement by this tool to supersede")
    written = work.add(
        Judgement, **fields, tool_version=tool.version, statements=[], author_id=work.actor.id
    )
    work.publish("judgement.drafted", case=work.case_id, judgement=written.id)
    return written


def change(work: UnitOfWork, judgement_id: UUID, given: JudgementChange) -> Written:
    person = subject_of(work, open_cover(work))
    row = the_judgement(work, judgement_id, "draft")
    fields = given.model_dump(exclude_unset=True)
    after = {**row, **fields}
    require_adult(person, after)
    if fault := rules.fault_of(after, tools()[row["tool"]][row["tool_version"]], work.today):
        raise invalid(*fault)
    return work.change(Judgement, judgement_id, **fields)


def submit(work: UnitOfWork, judgement_id: UUID) -> Written:
    """From now on it is what it is; it moves nothing but a milestone and the deadlines of that."""
    person = subject_of(work, open_cover(work))
    require_allowed(work, person, TRACK)
    row = the_judgement(work, judgement_id, "draft")
    row = {**row, "valid_until": row["valid_until"] or usual_end(row)}
    require_ready(work, row)
    require_adult(person, row)
    on = row["assessed_on"]
    certificate = require_certified(work, row, on)
    written = work.change(
        Judgement,
        judgement_id,
        status="submitted",
        valid_until=row["valid_until"],
        submitted_at=work.at,
        certificate_id=certificate,
    )
    if row["supersedes_id"] is not None:
        work.change(
            Judgement, row["supersedes_id"], status="superseded", superseded_by_id=judgement_id
        )
    if MILESTONE in person.reached:
        repeating.renew(work, person, MILESTONE, on)
    else:
        milestones.reach(work, person, MILESTONE, on)
    repeating.no_later(work, person, MILESTONE, first_end(work))
    work.publish("judgement.submitted", case=work.case_id, judgement=judgement_id)
    return written


def first_end(work: UnitOfWork) -> date:
    """The last day on which all that stands today still holds: by then, one is judged anew."""
    found = work.facts(
        Judgement,
        lambda j: (
            (j.c.case_id == work.case_id)
            & j.c.status.in_(rules.ON_RECORD)
            & (j.c.valid_until >= work.today)
        ),
        "valid_until",
    )
    ends: list[date] = [row.valid_until for row in found]
    return min(ends)


def usual_end(row: dict[str, Any]) -> date | None:
    on: date | None = row["assessed_on"]
    return None if on is None else on + rules.USUAL


def require_ready(work: UnitOfWork, row: dict[str, Any]) -> None:
    """All that is missing is told at once."""
    tool = tools()[row["tool"]][row["tool_version"]]
    unmet = [{"code": code, "detail": detail} for code, detail in rules.lacking(row, tool)]
    if (until := row["valid_until"]) is not None and until < work.today:
        unmet.append({"code": "valid_until", "detail": "it would not hold any more"})
    this, before = row["id"], row["supersedes_id"]
    if before is not None and not standing(work, lambda j: j.c.id == before):
        unmet.append({"code": "supersedes_id", "detail": "what it was to supersede does not stand"})
    dissented = work.find(
        Judgement, lambda j: (j.c.id == before) & (j.c.status == "dissented"), limit=1
    )
    if row["overall"] in {one["overall"] for one in dissented}:
        unmet.append({"code": "supersedes_id", "detail": "it was dissented from: settle that"})
    others = {one for one in (this, before) if one is not None}
    same_tool = standing(work, lambda j: (j.c.tool == row["tool"]) & j.c.id.not_in(others))
    if same_tool and not tool.named_by_assessor:
        unmet.append({"code": "supersedes_id", "detail": "another one by this tool stands"})
    if unmet:
        raise wrong_state("the draft is not ready", "draft", ["submitted"], unmet)


def second(work: UnitOfWork, judgement_id: UUID, given: SecondReadingIn) -> Written:
    """By another who is certified; a dissent suspends what was judged until it is settled."""
    row = the_judgement(work, judgement_id, "submitted")
    if row["author_id"] == work.actor.id:
        raise Forbidden("somebody else reads what you judged", code="own-judgement")
    require_settled(work)
    if not given.agrees and given.words is None:
        raise invalid("/words", "missing", "why do you dissent?")
    written = work.change(
        Judgement,
        judgement_id,
        status="read" if given.agrees else "dissented",
        second_reader_id=work.actor.id,
        second_certificate_id=require_certified(work, row, work.today),
        second_read_at=work.at,
        second_opinion="agrees" if given.agrees else "dissents",
        second_words=given.words,
    )
    work.publish("judgement.read", case=work.case_id, judgement=judgement_id)
    return written


def settle(work: UnitOfWork, judgement_id: UUID, text: str) -> Written:
    """What both came to, told by who dissented: nobody ends the dissent of another.

    Who came to another judgement submits a new one.
    """
    row = the_judgement(work, judgement_id, "dissented")
    if row["second_reader_id"] != work.actor.id:
        raise Forbidden("who dissented says what both came to", code="not-yours")
    written = work.change(Judgement, judgement_id, status="read", consensus=text)
    work.publish("judgement.settled", case=work.case_id, judgement=judgement_id)
    return written


def add_statement(work: UnitOfWork, judgement_id: UUID, text: str) -> Written:
    """What the person says of it, by whoever works with them; nothing said before is taken back."""
    row = the_judgement(work, judgement_id, *rules.ON_RECORD, "superseded")
    said = {"text": text, "recorded_by": str(work.actor.id), "recorded_at": moment(work.at)}
    written = work.change(Judgement, judgement_id, statements=[*row["statements"], said])
    work.publish("judgement.answered", case=work.case_id, judgement=judgement_id)
    return written


def void(work: UnitOfWork, judgement_id: UUID, reason: str) -> Written:
    """It stays on record, and holds no more; what it superseded does not come back."""
    the_judgement(work, judgement_id, *rules.ON_RECORD, "superseded")
    fields = {"status": "void", "voided_by": work.actor.id, "void_reason": reason}
    written = work.change(Judgement, judgement_id, **fields)
    work.publish("judgement.voided", case=work.case_id, judgement=judgement_id)
    return written


def the_judgement(work: UnitOfWork, judgement_id: UUID, *allowed: str) -> dict[str, Any]:
    row = work.reachable(Judgement, judgement_id)
    require_status(row, "judgement", *allowed)
    return row


def standing(work: UnitOfWork, which: Where) -> bool:
    """Whether there is such a one on this case that may be superseded."""
    return bool(work.find(Judgement, lambda j: which(j) & j.c.status.in_(rules.ON_RECORD), limit=1))


def require_adult(person: Subject, row: dict[str, Any]) -> None:
    """Tools for children are others, and none of them is here."""
    if person.child_on(row["assessed_on"] or person.today):
        raise Conflict("no tool here is for somebody who may be under age", code="may-be-child")


def require_certified(work: UnitOfWork, row: dict[str, Any], day: date) -> UUID:
    """The caller's certificate for the tool of that day; one must cover today, too."""
    then, now = (certified(work, work.actor.id, row["tool"], on) for on in (day, work.today))
    if then is None or now is None:
        why = "no certificate of yours for this tool covers the day"
        raise Conflict(why, code="not-certified", current=row["status"], allowed=[])
    certificate: UUID = then.id
    return certificate
