"""Timers of a case that ran out: told once, to who could have met them and to who leads."""

from datetime import timedelta
from typing import Any

from app.registry.cases.models import Case, TeamMember
from app.registry.cases.reach import running
from app.registry.cases.track_models import Deadline
from app.registry.notices.models import Notice
from app.registry.notices.service import leading
from app.registry.overdue.looks import looks_for_overdue
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.unit_of_work import UnitOfWork

TOPIC = "deadline.overdue"
# What ran out before anybody looked (a service that was down, a population that was loaded) is in
# the lists of what is overdue, and would be a flood as notices.
RECENT = timedelta(days=2)


@looks_for_overdue
def tell_of_deadlines(work: UnitOfWork, most: int) -> int:
    late = work.facts(
        Deadline,
        lambda d: (
            (d.c.status == "running") & (d.c.due_at <= work.at) & (d.c.due_at > work.at - RECENT)
        ),
        *("id", "case_id", "record_class"),
    )
    ids = [row.id for row in late]
    told = work.facts(Notice, lambda n: (n.c.topic == TOPIC) & n.c.about_id.in_(ids), "about_id")
    known = {row.about_id for row in told}
    waiting = [row for row in late if row.id not in known][:most]
    return sum(tell(work, row) for row in waiting)


def tell(work: UnitOfWork, deadline: Any) -> bool:
    """Whether there was anybody to tell."""
    (case,) = work.facts(
        Case, lambda c: c.c.id == deadline.case_id, "lead_worker_id", "unit_id", "status"
    )
    if case.status != "open":
        return False
    team = work.facts(
        TeamMember,
        lambda t: (t.c.case_id == deadline.case_id) & running(t, work.today),
        *("user_id", "role"),
    )
    could = {row.user_id for row in team if deadline.record_class in POLICY.readable(row.role)}
    readers = could | {case.lead_worker_id} | set(leading(work, case.unit_id))
    for reader in sorted(readers):
        work.add(
            Notice, file_id=reader, topic=TOPIC, case_id=deadline.case_id, about_id=deadline.id
        )
    return True
