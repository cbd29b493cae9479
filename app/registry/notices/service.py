"""Who must be told of something on a case, and the telling."""

from collections.abc import Collection
from uuid import UUID

from app.registry.cases.models import Case
from app.registry.notices.models import Notice
from app.registry.staff.colleagues import works_here
from app.registry.staff.leaving import on_leaving
from app.registry.staff.lines import LEADING
from app.registry.staff.models import Unit, User
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.barring import barred_from
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def tell_those_responsible(work: UnitOfWork, topic: str, about_id: UUID) -> Collection[UUID]:
    """The lead worker, the supervisors of the unit and the data protection officers; not oneself.

    Where the jurisdiction has no such officer who could hear of it, its coordinators. In the same
    unit of work as what it is about: neither is there without the other.
    """
    (case,) = work.facts(
        Case, lambda c: c.c.id == work.case_id, "lead_worker_id", "unit_id", "jurisdiction"
    )
    places = work.facts(Unit, lambda u: u.c.jurisdiction == case.jurisdiction, "id")
    here = [row.id for row in places]
    staff = work.facts(
        User, lambda u: u.c.unit_id.in_(here) & works_here(u), *("id", "role", "unit_id")
    )
    unheard = barred_from(work, work.case_id) | {work.actor.id}
    officer = "data_protection_officer"
    officers = {row.id for row in staff if row.role == officer} - unheard
    overseers = officer if officers else "coordinator"
    readers = {case.lead_worker_id} | {
        row.id
        for row in staff
        if row.role == overseers or (row.role == "supervisor" and row.unit_id == case.unit_id)
    }
    readers -= unheard
    for reader in sorted(readers):
        work.add(
            Notice,
            file_id=reader,
            topic=topic,
            case_id=work.case_id,
            about_id=about_id,
        )
    return readers


def leading(work: UnitOfWork, unit_id: UUID, role: str = "supervisor") -> list[UUID]:
    """Those who work in a unit in this role now."""
    found = work.facts(
        User,
        lambda u: (u.c.unit_id == unit_id) & (u.c.role == role) & works_here(u),
        "id",
    )
    return [row.id for row in found]


def tell_role(
    work: UnitOfWork,
    case_id: UUID,
    role: str,
    topic: str,
    about_id: UUID,
    record_class: str,
    by_name: Collection[UUID] = (),
) -> Collection[UUID]:
    """Who is in this role in the unit of the case; where nobody is, who leads it; else supervisors.

    And who is asked by name. Of them those who are there, may read this class, and to whom the case
    is not closed. Never who does this: they know.
    """
    (case,) = work.facts(Case, lambda c: c.c.id == case_id, "lead_worker_id", "unit_id")
    supervisors = leading(work, case.unit_id)
    for asked in (leading(work, case.unit_id, role), [case.lead_worker_id], supervisors):
        if readers := may_hear(work, case_id, record_class, asked):
            break
    readers |= may_hear(work, case_id, record_class, by_name)
    for reader in sorted(readers):
        work.add(Notice, file_id=reader, topic=topic, case_id=case_id, about_id=about_id)
    return readers


def may_hear(
    work: UnitOfWork, case_id: UUID, record_class: str, asked: Collection[UUID]
) -> set[UUID]:
    staff = work.facts(User, lambda u: u.c.id.in_(asked) & works_here(u), "id", "role")
    closed = barred_from(work, case_id)
    audience = {row.id for row in staff if record_class in POLICY.readable(row.role)}
    return audience - closed - {work.actor.id}


@on_leaving
def tell_of_cases_without_lead(work: UnitOfWork, user_id: UUID, reason: str) -> None:
    """The superior of who has left, or where none is on record who leads the unit of the case."""
    led = work.facts(
        Case,
        lambda c: (c.c.lead_worker_id == user_id) & (c.c.status == "open"),
        *("id", "unit_id", "jurisdiction"),
    )
    (left,) = work.facts(User, lambda u: u.c.id == user_id, "supervisor_id")
    units = {row.unit_id for row in led}
    leading = work.facts(
        User,
        lambda u: (
            ((u.c.id == left.supervisor_id) | (u.c.unit_id.in_(units) & u.c.role.in_(LEADING)))
            & works_here(u)
        ),
        *("id", "unit_id", "role"),
    )
    countries = {
        row.id: row.jurisdiction
        for row in work.facts(Unit, lambda u: u.c.id.is_not(None), "id", "jurisdiction")
    }
    for case in led:
        # A superior may be of a role, or of a country, for which there is no such case.
        may = [
            row
            for row in leading
            if countries.get(row.unit_id) == case.jurisdiction
            and POLICY.grants(row.role, "case.read")
        ]
        superior = [row.id for row in may if row.id == left.supervisor_id]
        readers = superior or [row.id for row in may if row.unit_id == case.unit_id]
        for reader in readers:
            about = {"topic": "case.without-lead", "case_id": case.id, "about_id": user_id}
            work.add(Notice, file_id=reader, **about)


def see(work: UnitOfWork, notice_id: UUID) -> Written:
    notice = work.reachable(Notice, notice_id)
    return work.change(Notice, notice_id, seen_at=notice["seen_at"] or work.at)
