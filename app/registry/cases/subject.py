"""What the rules need to know of a case: law of its country, age, pathways, milestones."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.core.errors import NotFound
from app.core.states import require_status
from app.registry.cases.models import Case
from app.registry.cases.track_models import Milestone, PathwayAssignment
from app.registry.pathways.ages import AgeBounds, age_bounds, is_child
from app.registry.pathways.catalogue import catalogue
from app.registry.pathways.definitions import Pathway
from app.registry.pathways.places import Jurisdiction
from app.registry.people.models import Person
from app.registry.people.standing import reckoned
from app.safeguards.guard.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Subject:
    """Facts past the caller's own classes: judged by, never shown."""

    place: Jurisdiction
    born_earliest: date | None
    born_latest: date | None
    today: date
    pathways: tuple[Pathway, ...] = ()  # active today
    act_on: date | None = None  # the day of the alleged act, where one is on record
    milestones: Mapping[str, date] | None = None  # code → day it was first reached

    @property
    def reached(self) -> Mapping[str, date]:
        return self.milestones or {}

    @property
    def child(self) -> bool:
        """Who may be under age counts as a child."""
        return self.child_on(self.today)

    def child_on(self, day: date) -> bool:
        return is_child(self.born_earliest, self.born_latest, day, self.place.majority)

    def child_on_track(self, code: str) -> bool:
        """Child justice goes by the day of the alleged act, all other tracks by today."""
        return self.child_on(self.act_on) if code == "JUS" and self.act_on else self.child

    def ages_on(self, day: date) -> AgeBounds:
        return age_bounds(self.born_earliest, self.born_latest, day)

    @property
    def conditions(self) -> frozenset[str]:
        """Those of definitions.CONDITIONS that hold, for timers that run only under one."""
        codes = {pathway.code for pathway in self.pathways}
        return frozenset({"unaccompanied"} if "P6_CHILD_UNACCOMPANIED" in codes else ())


def newcomer(work: UnitOfWork, person: Any, jurisdiction: str) -> Subject:
    """Of a person who has no case yet: a row of `persons` as it was written or read."""
    place = catalogue().current_jurisdiction(jurisdiction)
    return Subject(place, *reckoned(person), work.today)


def subject_of(work: UnitOfWork, case: Any) -> Subject:
    """Of the row of a case, with its id."""
    (person,) = work.facts(
        Person,
        lambda p: p.c.id == case["person_id"],
        *("birth_earliest", "birth_latest", "birth_placeholder"),
    )
    earliest, latest = reckoned(person._mapping)
    assigned = work.facts(
        PathwayAssignment,
        lambda p: p.c.case_id == case["id"],
        *("code", "practice", "since", "until", "act_on"),
    )
    active = [
        row
        for row in assigned
        if row.since <= work.today and (row.until is None or row.until > work.today)
    ]
    reached = work.facts(Milestone, lambda m: m.c.case_id == case["id"], "code", "reached_on")
    return Subject(
        place=catalogue().current_jurisdiction(case["jurisdiction"]),
        born_earliest=earliest,
        born_latest=latest,
        today=work.today,
        pathways=tuple(catalogue().pathways[row.code][row.practice] for row in active),
        act_on=min((row.act_on for row in active if row.act_on), default=None),
        milestones={
            row.code: row.reached_on
            for row in sorted(reached, key=lambda row: row.reached_on, reverse=True)
        },
    )


COVER = ("id", "person_id", "programme", "jurisdiction", "status", "phase", "phase_before")


def cover_of(work: UnitOfWork) -> Mapping[str, Any]:
    """The case of the path, for who may work on it without seeing its cover (a school)."""
    if known := work.cover(Case):
        return known
    found = work.facts(
        Case, lambda c: c.c.id == work.case_id, *COVER, "closure_proposed_by", "closure_reason"
    )
    if not found:
        raise NotFound()
    cover: Mapping[str, Any] = found[0]._mapping
    return cover


def open_cover(work: UnitOfWork) -> Mapping[str, Any]:
    """The same of a case that is open; a closed one is not worked on."""
    cover = cover_of(work)
    require_status(cover, "case", "open")
    return cover
