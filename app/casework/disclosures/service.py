"""What is done with disclosures: proposed, approved by two, or denied."""

from typing import Any
from uuid import UUID

from app.casework.disclosures import rules
from app.casework.disclosures.extracts import freeze, has_consent
from app.casework.disclosures.models import Disclosure, Extract
from app.casework.disclosures.records import classes, fields, file_of, kinds, may_name
from app.casework.disclosures.schemas import ApprovalIn, DisclosureIn, InformedIn, ItemIn
from app.core.errors import Conflict, Forbidden, invalid
from app.core.states import require_status, wrong_state
from app.registry.cases.subject import cover_of
from app.registry.notices.models import Notice
from app.registry.notices.service import tell_those_responsible
from app.registry.staff.colleagues import colleague
from app.registry.staff.deciding import require_second, require_standing
from app.registry.staff.leaving import on_leaving
from app.registry.staff.lines import same_line
from app.registry.staff.models import User
from app.safeguards.access.policy import POLICY, Reach
from app.safeguards.guard.shown import Written
from app.safeguards.guard.summaries import classes_whole
from app.safeguards.guard.unit_of_work import UnitOfWork


def propose(work: UnitOfWork, given: DisclosureIn) -> Written:
    """Names records and fields; no value leaves, and none is read yet."""
    cover = cover_of(work)
    refuse(judged(work, given))
    document = given.document.model_dump() if given.document else None
    refuse(rules.grounded(given.ground, document, given.consent_id, work.today))
    if given.consent_id is not None and not has_consent(work, given.consent_id):
        raise invalid("/consent_id", "unknown", "no consent in force to disclose has this id")
    if given.deadline < work.today:
        raise invalid("/deadline", "past", "today or later")
    if given.available_until <= work.today:
        raise invalid("/available_until", "past", "an extract is there for a day at least")
    seen: set[tuple[str, UUID]] = set()
    items = []
    for place, one in enumerate(given.items):
        if (one.record, one.record_id) in seen:
            raise invalid(f"/items/{place}/record_id", "twice", "name each record once")
        seen.add((one.record, one.record_id))
        items.append(exact(work, one, f"/items/{place}", cover["person_id"]))
    if given.recipient_id is not None:
        require_recipient(work, given.recipient_id, items)
    written = work.add(
        Disclosure,
        **given.model_dump(exclude={"document", "items"}),
        **(document or {}),
        items=items,
        person_id=cover["person_id"],
        author_id=work.actor.id,
    )
    tell_those_responsible(work, "disclosure.proposed", written.id)
    work.publish("disclosure.proposed", case=work.case_id, disclosure=written.id)
    return written


def exact(work: UnitOfWork, one: ItemIn, pointer: str, person_id: UUID) -> dict[str, Any]:
    """What the request names is there, in this case or its person's file, though others read it.

    Of a class of which the role knows nothing there is no record.
    """
    kind = kinds().get(one.record)
    if kind is None:
        raise invalid(f"{pointer}/record", "unknown", "nothing that is disclosed is called so")
    for place, name in enumerate(one.fields):
        if name not in fields(kind):
            raise invalid(f"{pointer}/fields/{place}", "unknown", "is no field to be disclosed")
    file_id = file_of(kind, work.case_id, person_id)
    columns = ["id"] if kind.record_class else ["id", "record_class"]
    if kind.told_from:
        columns.append(kind.told_from)
    found = work.facts(
        kind, lambda r: (r.c.id == one.record_id) & (r.c[kind.file] == file_id), *columns
    )
    absent = invalid(f"{pointer}/record_id", "unknown", "this case has no such record")
    if not found or (kind.told_from and getattr(found[0], kind.told_from) is None):
        raise absent  # what its author has not said yet is nobody's to ask for
    (row,) = found
    of_row: str = kind.record_class or row.record_class
    if not may_name(work.actor.role, of_row):
        raise absent
    if one.version is not None and not knows_versions(work.actor.role, one.record, of_row):
        # Which versions there are would tell of changes to what they are not shown.
        raise invalid(f"{pointer}/version", "not-readable", "named by who reads such records")
    if one.version is not None and not work.was_said(kind, one.record_id, one.version):
        raise invalid(f"{pointer}/version", "unknown", "there is no such version")
    named = sorted(set(one.fields))
    return {
        "record": one.record,
        "record_id": str(one.record_id),
        "version": one.version,
        "record_classes": sorted(classes(kind, of_row, named)),
        "fields": named,
    }


def knows_versions(role: str, record: str, record_class: str) -> bool:
    """Who reads such records, or the trail of the whole jurisdiction, which tells each version."""
    overseen = Reach.JURISDICTION in POLICY.grants(role, "event.read")
    return overseen or record_class in classes_whole(role, record)


def require_recipient(work: UnitOfWork, user_id: UUID, items: list[dict[str, Any]]) -> None:
    """Somebody of this jurisdiction to whom the policy gives every one of these by disclosure."""
    if user_id == work.actor.id:
        raise invalid("/recipient_id", "self", "nobody proposes to disclose to themselves")
    found = recipient_of(work, user_id)
    if found is None:
        raise invalid("/recipient_id", "unknown", "nobody on the staff has this id")
    role = found["recipient_role"]
    for name in {name for one in items for name in one["record_classes"]}:
        given = POLICY.classes[name].get(role, {})
        if not any("Q" in letters for letters in given.values()):
            raise invalid(
                "/recipient_id", "not-by-disclosure", f"{name} is not disclosed to this role"
            )


def recipient_of(work: UnitOfWork, user_id: UUID) -> dict[str, Any] | None:
    """As whom a user receives: in another role or jurisdiction the extract will open nothing."""
    found = colleague(work, user_id)
    if found is None:
        return None
    return {f"recipient_{name}": found[name] for name in ("role", "jurisdiction")}


def approve(work: UnitOfWork, disclosure_id: UUID, given: ApprovalIn) -> Written:
    """The first checks; the second freezes the extract, in the same unit of work."""
    row = to_answer(work, disclosure_id, agrees=True)
    items = row["items"]
    if given.items is not None:
        wanted = [{**one.model_dump(), "record_id": str(one.record_id)} for one in given.items]
        found = rules.narrowed(items, wanted)
        if isinstance(found, rules.Fault):
            raise invalid(found.pointer, found.code, found.detail)
        items = found
    if row["status"] == "proposed":
        written = work.change(
            Disclosure,
            disclosure_id,
            status="checked",
            items=items,
            checked_by=work.actor.id,
            checked_at=work.at,
            checked_reason=given.reason,
        )
        work.publish("disclosure.checked", case=work.case_id, disclosure=disclosure_id)
        return written
    require_two(work, row)
    as_whom: dict[str, Any] = {}
    if row["recipient_id"] is not None:
        receiving = recipient_of(work, row["recipient_id"])
        if receiving is None:
            raise unmet("recipient", "the recipient does not work here any more")
        as_whom = receiving
        require_recipient(work, row["recipient_id"], items)
    if row["available_until"] <= work.today:
        raise unmet("available-until", "the day on which the extract would end has come")
    if row["consent_id"] is not None and not has_consent(work, row["consent_id"]):
        raise unmet("consent", "the consent is not in force any more")
    issued = work.tally(Disclosure, lambda d: d.c.status == "issued")
    written = work.change(
        Disclosure,
        disclosure_id,
        status="issued",
        items=items,
        number=issued + 1,
        decided_by=work.actor.id,
        decided_at=work.at,
        decided_reason=given.reason,
    )
    freeze(work, written, as_whom)
    tell_those_responsible(work, "disclosure.issued", disclosure_id)
    if (reader := row["recipient_id"]) is not None:
        about: dict[str, Any] = {
            "topic": "disclosure.issued",
            "case_id": work.case_id,
            "about_id": disclosure_id,
        }
        work.add(Notice, file_id=reader, **about)
    work.publish("disclosure.issued", case=work.case_id, disclosure=disclosure_id)
    return written


def require_two(work: UnitOfWork, row: dict[str, Any]) -> None:
    """Two people, neither of whom proposed it, and not all of one reporting line."""
    first, second = row["checked_by"], work.actor.id
    if first == second:
        raise Forbidden("somebody else gives the second approval", code="own-approval")
    require_standing(work, first, row["checked_at"], "checker", row["status"])
    (checker,) = work.facts(User, lambda u: u.c.id == first, "role")
    lines = [same_line(work, row["author_id"], one) for one in (first, second)]
    code = rules.two_people((checker.role, work.actor.role), lines)
    if code == "legal-check":
        raise Forbidden("a supervisor or protection officer checks the law", code="legal-check")
    if code == "same-line":
        raise Forbidden("one approver is of another reporting line", code="same-line")


def deny(work: UnitOfWork, disclosure_id: UUID, reason: str) -> Written:
    to_answer(work, disclosure_id, agrees=False)
    written = work.change(
        Disclosure,
        disclosure_id,
        status="denied",
        decided_by=work.actor.id,
        decided_at=work.at,
        decided_reason=reason,
    )
    work.publish("disclosure.denied", case=work.case_id, disclosure=disclosure_id)
    return written


def inform(work: UnitOfWork, disclosure_id: UUID, given: InformedIn) -> Written:
    refuse(judged(work, given))
    row = work.reachable(Disclosure, disclosure_id)
    require_status(row, "disclosure", "proposed", "checked", "issued")
    return work.change(Disclosure, disclosure_id, **given.model_dump())


def to_answer(work: UnitOfWork, disclosure_id: UUID, *, agrees: bool) -> dict[str, Any]:
    """By somebody who neither proposed it nor is to receive it."""
    row = work.reachable(Disclosure, disclosure_id)
    require_status(row, "disclosure", *rules.APPROVABLE)
    require_second(
        work,
        row["author_id"],
        row["created_at"],
        concerned=(row["recipient_id"],),
        agrees=agrees,
        current=row["status"],
    )
    return row


def unmet(code: str, detail: str) -> Conflict:
    return wrong_state(detail, "checked", unmet=[{"code": code, "detail": detail}])


def judged(work: UnitOfWork, given: InformedIn) -> rules.Fault | None:
    return rules.informed(
        given.person_informed_on, given.not_informed_reason, given.inform_review_on, work.today
    )


def refuse(fault: rules.Fault | None) -> None:
    if fault is not None:
        raise invalid(fault.pointer, fault.code, fault.detail)


@on_leaving
def end_extracts(work: UnitOfWork, user_id: UUID, reason: str) -> None:
    """What was theirs to collect is not there for them when they come back."""
    today = work.today
    work.expire(
        Extract,
        lambda e: (e.c.recipient_id == user_id) & (e.c.available_until > today),
        available_until=today,
    )
