"""Two things that have happened in the demo: a glass was broken, and a child's file is sealed.

By the services that staff use, so that trail, notices and reviews tell of them as of any other.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from app.casework.break_glass import service as glass
from app.casework.break_glass.schemas import BreakGlassIn, ReviewIn
from app.casework.sealing import service as seals
from app.casework.sealing.schemas import SealIn
from app.cli.demo_case import CaseRows
from app.cli.demo_staff import sign_in
from app.cli.population.people import TODAY
from app.core.values import now
from app.registry.cases.on_case import OnCase
from app.safeguards.guard.calls import House
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.identity.caller import Caller

BREAKER, BROKEN = "health_worker", "therapy_notes"


@dataclass
class Candidates:
    """Of the cases of one unit, the first to which each could happen."""

    glass: CaseRows | None = None
    seal: CaseRows | None = None

    def consider(self, rows: CaseRows) -> None:
        story, is_open = rows.story, rows.story.family.phase != "closed"
        if self.glass is None and is_open and {"HLT", "MHP"} <= story.states.keys():
            self.glass = rows
        # What ended long ago: nobody's work is missed.
        if self.seal is None and not is_open and story.returned and story.child:
            self.seal = rows


class Desk(Protocol):
    house: House
    candidates: Candidates

    def one_of(self, role: str, place: int) -> UUID: ...

    def at_work(
        self, user_id: UUID, mark: Mark, file_id: UUID | None = None, opened: Any = ()
    ) -> AbstractContextManager[UnitOfWork]: ...

    def signed_in(self, caller: Caller) -> None: ...


def happen(near: Desk, far: Desk) -> None:
    """The glass is broken where who tries the demo signs in; the file is sealed elsewhere."""
    if near.candidates.glass is not None:
        break_and_review(near, near.candidates.glass)
    if far.candidates.seal is not None:
        seal(far, far.candidates.seal)


def break_and_review(desk: Desk, rows: CaseRows) -> None:
    """By who cares for the body, after a fresh sign-in; ended at once, and looked at by others."""
    breaker = rows.who(BREAKER)
    desk.signed_in(sign_in(desk.house, breaker))
    given = BreakGlassIn(
        record_class=BROKEN,
        reason_code="risk_of_suicide",
        text="Fictional: said at night that he cannot go on; his therapist is on leave",
    )
    with desk.at_work(breaker, OnCase("glass.open"), rows.case_id) as work:
        broken = glass.break_glass(work, given).id
    with desk.at_work(breaker, OnCase("glass.open"), rows.case_id) as work:
        glass.end(work, broken)
    reviewer = rows.who("data_protection_officer")
    with desk.at_work(reviewer, OnCase("break_glass.review"), rows.case_id) as work:
        glass.review(work, broken, ReviewIn(verdict="justified", text="Fictional: a life at risk"))


def seal(desk: Desk, rows: CaseRows) -> None:
    """From here on it is as if the case were not there; nothing lists it, not even for a demo."""
    given = SealIn(
        ground="juvenile_justice",
        authority="District Court 1 (fictional)",
        reference="D-17",
        dated_on=min(TODAY, now().date()),
        reason="Fictional: proceedings against a child have ended",
    )
    with desk.at_work(rows.who("supervisor"), OnCase("sealing.propose"), rows.case_id) as work:
        proposed = seals.propose(work, "seal", given).id
    with desk.at_work(rows.who("coordinator"), OnCase("sealing.approve"), rows.case_id) as work:
        seals.approve(work, "seal", proposed, "the order has been checked")
