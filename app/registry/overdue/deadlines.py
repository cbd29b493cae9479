"""Timers of a case that ran out: told once, to who could have met them and to who leads."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.db import table
from app.registry.cases.deadlines import stated
from app.registry.cases.models import Case, TeamMember
from app.registry.cases.reach import running
from app.registry.cases.strands import is_open_to
from app.registry.cases.track_models import Deadline
from app.registry.notices.models import Notice
from app.registry.notices.service import leading
from app.registry.overdue.looks import looks_for_overdue
from app.registry.staff.colleagues import works_here
from app.registry.staff.models import User
from app.safeguards.access.policy import POLICY, Reach
from app.safeguards.guard.barring import barred_from
from app.safeguards.guard.unit_of_work import UnitOfWork

TOPIC = "deadline.overdue"
# What ran out before anybody looked (a service that was down, a population that was loaded) is in
# the lists of what is overdue, and would be a flood as notices.
RECENT = timedelta(days=2)


@looks_for_overdue
def tell_of_deadlines(work: UnitOfWork, most: int) -> int:
    cases = table(Case)
    late = work.facts(
        Deadline,
        lambda d: (
            (d.c.status == "running")
            & (d.c.due_at <= work.at)
            & (d.c.due_at > work.at - RECENT)
            & d.c.case_id.in_(select(cases.c.id).where(cases.c.status == "open"))
        ),
        *("id", "case_id", "record_class", "rule", "due_at"),
    )
    ids = [row.id for row in late]
    told = work.facts(Notice, lambda n: (n.c.topic == TOPIC) & n.c.about_id.in_(ids), "about_id")
    known = {row.about_id for row in told}
    waiting = sorted((row for row in late if row.id not in known), key=lambda row: row.due_at)
    for row in waiting[:most]:
        tell(work, row)
    return len(waiting[:most])


def tell(work: UnitOfWork, deadline: Any) -> None:
    """To who could meet it, and to who leads, as far as they may hear of such a timer.

    Of what a record states, only who may read it: that it is due would tell that there is one.
    """
    (case,) = work.facts(Case, lambda c: c.c.id == deadline.case_id, "lead_worker_id", "unit_id")
    team = work.facts(
        TeamMember,
        lambda t: (t.c.case_id == deadline.case_id) & running(t, work.today),
        *("user_id", "role", "track"),
    )
    name = deadline.record_class
    members = {(row.user_id, row.role) for row in team if is_open_to(row.track, name)}
    leads = {case.lead_worker_id, *leading(work, case.unit_id)}
    ids = leads | {user for user, _ in members}
    staff = work.facts(User, lambda u: u.c.id.in_(ids) & works_here(u), "id", "role")
    told = stated(deadline.rule)
    readers = {
        row.id
        for row in staff
        # As whom they joined the team: in another office they are on it no more.
        if ((row.id, row.role) in members and reads_by_team(row.role, name))
        or (row.id in leads and not told and hears_of(row.role, name))
    } - barred_from(work, deadline.case_id)
    if not readers and not told:
        readers = of_the_unit(work, deadline, case.unit_id)
    for reader in sorted(readers):
        work.add(
            Notice, file_id=reader, topic=TOPIC, case_id=deadline.case_id, about_id=deadline.id
        )


def reads_by_team(role: str, record_class: str) -> bool:
    """What a docket or a condition opens, no place on a team does; a timer is the whole team's."""
    opened = POLICY.classes[record_class].get(role, {})
    return any("R" in opened.get(reach, "") for reach in (Reach.TEAM, Reach.OWN))


def hears_of(role: str, record_class: str) -> bool:
    """Whether the role reads of the class, or is shown how its track stands; a summary does not."""
    letters = POLICY.classes[record_class].get(role, {}).values()
    shown = any(record_class in names for names in POLICY.grants(role, "track.read").values())
    return shown or any("R" in some for some in letters)


def of_the_unit(work: UnitOfWork, deadline: Any, unit_id: UUID) -> set[UUID]:
    """Where nobody on the case may hear of it: those of its unit who would, were they on the team.

    As a safety alert goes to the clinicians of the unit; to nobody to whom the case is closed.
    """
    staff = work.facts(User, lambda u: (u.c.unit_id == unit_id) & works_here(u), "id", "role")
    readers = {row.id for row in staff if reads_by_team(row.role, deadline.record_class)}
    return readers - barred_from(work, deadline.case_id)
