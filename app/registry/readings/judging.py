"""From what was read to what is out of the ordinary in it, gathered; nothing is written."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CompoundSelect, select, union

from app.core.db import table
from app.registry.cases.models import Case
from app.registry.people.folding import Token
from app.registry.people.models import PersonName
from app.registry.people.surnames import share, surname
from app.registry.readings.people import Staff, on_team, opened_by
from app.registry.readings.places import Places
from app.registry.readings.rules import (
    AFTER_HOURS,
    HOUR,
    IN_BULK,
    OUT_OF_TEAM,
    SAME_SURNAME,
    Shown,
    in_bulk,
)
from app.registry.readings.told import told
from app.safeguards.access.policy import POLICY, Reach
from app.safeguards.guard.onlooking import Look, Onlooker

USUAL = frozenset({Reach.TEAM, Reach.GLASS})  # who breaks the glass is told of by that
CASE = ("id", "person_id", "jurisdiction", "lead_worker_id")
Name = Sequence[Token]


@dataclass(frozen=True)
class Finding:
    """By one rule, of one reader in one night, on one case; in bulk on many, and on no one."""

    rule: str
    reader: UUID
    role: str  # as whom they read
    night: date
    case_id: UUID | None
    first: datetime
    last: datetime
    count: int
    cases: frozenset[UUID]

    def with_more(self, other: "Finding") -> "Finding":
        """Both as one: of readings the sum, and in bulk the highest heap."""
        bulk = self.rule == IN_BULK
        return replace(
            self,
            first=min(self.first, other.first),
            last=max(self.last, other.last),
            count=max(self.count, other.count) if bulk else self.count + other.count,
            cases=self.cases | other.cases,
        )


@dataclass(frozen=True)
class Opened:
    """Somebody opened the file of a case, or that of its person. `usual`: as their work is."""

    look: Look
    case: Any


class Judge:
    """Of one stretch of the log."""

    def __init__(self, on: Onlooker, places: Places, most: int) -> None:
        self.on, self.places, self.most = on, places, most
        self.staff = Staff(on.work)
        looks = on.looks()
        self.staff.find(one.by for one in looks)
        self.looks = [one for one in looks if one.by in self.staff.known]
        self.cases: dict[UUID, Any] = {}
        self.namesakes: dict[tuple[UUID, UUID], bool] = {}

    def findings(self) -> list[Finding]:
        found: dict[tuple[object, ...], Finding] = {}
        for one in (*self.of_opened(), *self.of_heaps()):
            place = one.rule, one.reader, one.night, one.case_id
            found[place] = found[place].with_more(one) if place in found else one
        return [*found.values()]

    # --- what was opened ------------------------------------------------------------------------

    def of_opened(self) -> Iterator[Finding]:
        opened = [one for one in self.looks if one.opened and one.file_id is not None]
        opened += self.found_alone()
        by_file = self.cases_of({one.file_id for one in opened if one.file_id})
        names = self.names_of({case.person_id for case in self.cases.values()})
        by_file = defaultdict(list, by_file)
        usual = self.usual(opened, by_file)
        for look in opened:
            cases = self.known_to_them(look, by_file[look.file_id])  # type: ignore[index]
            on_team = any((look.id, case.id) in usual for case in cases)
            for case in cases:
                rules = {
                    OUT_OF_TEAM: not on_team,
                    SAME_SURNAME: self.is_namesake(look.by, case.person_id, names),
                    AFTER_HOURS: self.places.hours(case.jurisdiction).after(look.at),
                }
                for rule, true in rules.items():
                    if true and look.role not in told().exempt.get(rule, ()):
                        yield self.finding(rule, look, case)

    def found_alone(self) -> Iterator[Look]:
        """What a list of one showed is as good as opened."""
        alone = {one.id: one for one in self.looks if one.alone}
        places = {self.staff.known[one.by].jurisdiction for one in alone.values()}
        for event_id, files in self.on.shown(alone, files_in(places)).items():
            for file_id in files:
                yield replace(alone[event_id], file_id=file_id)

    def known_to_them(self, look: Look, cases: list[Any]) -> list[Any]:
        """Of who opened the file of a person only the cases that they know of: a notice of another
        would tell that there is one."""
        hidden = {case.id for case in cases} - {look.file_id}
        if not hidden:
            return cases
        known = self.open_to(look.by, look.role, hidden, look.at)
        return [case for case in cases if case.id in known or case.id == look.file_id]

    def open_to(self, reader: UUID, role: str, among: Collection[UUID], at: datetime) -> set[UUID]:
        caller = self.staff.known[reader].caller(role)
        reaches = POLICY.grants(role, "case.read").keys()
        known = opened_by(self.on.work, caller, reaches, among, at)
        return known | on_team(self.on.work, caller, among, at.date())

    def finding(self, rule: str, look: Look, case: Any) -> Finding:
        night = self.places.hours(case.jurisdiction).night(look.at)
        cases = frozenset({case.id})
        return Finding(rule, look.by, look.role, night, case.id, look.at, look.at, 1, cases)

    def usual(
        self, opened: Iterable[Look], by_file: dict[UUID, list[Any]]
    ) -> set[tuple[UUID, UUID]]:
        """Which looks at which cases are by whoever leads it, its team, or as an office reads."""
        groups: dict[tuple[UUID, str, date], list[Look]] = defaultdict(list)
        for look in opened:
            groups[look.by, look.role, look.at.date()].append(look)
        found = set()
        for (reader, role, day), looks in groups.items():
            pairs = [(one, case) for one in looks for case in by_file.get(one.file_id, ())]  # type: ignore[arg-type]
            ways = USUAL | told().ordinary.get(role, frozenset())
            caller, first = self.staff.known[reader].caller(role), min(one.at for one in looks)
            among = {case.id for _, case in pairs}
            usual = opened_by(self.on.work, caller, ways, among, first)
            usual |= on_team(self.on.work, caller, among, day)
            found |= {
                (one.id, case.id)
                for one, case in pairs
                if case.id in usual or case.lead_worker_id == reader
            }
        return found

    def is_namesake(self, reader: UUID, person: UUID, names: Mapping[UUID, list[Name]]) -> bool:
        """Found out once for each two: to fold a name takes longer than all the rest."""
        both = reader, person
        if both not in self.namesakes:
            mine = surname(self.staff.known[reader].display_name)
            self.namesakes[both] = any(share(mine, one) for one in names.get(person, ()))
        return self.namesakes[both]

    # --- what was shown in bulk -----------------------------------------------------------------

    def of_heaps(self) -> Iterator[Finding]:
        judged = [one for one in self.looks if one.role not in told().exempt[IN_BULK]]
        if not judged:
            return
        since = min(one.at for one in judged) - HOUR
        until = max(one.at for one in judged) + HOUR
        roles, fresh = {one.by: one.role for one in judged}, {one.id for one in judged}
        for reader in sorted(self.on.busy(roles, since, until, self.most)):
            shown = self.shown_to(reader, roles[reader], since, until, fresh)
            for heap in in_bulk(shown, self.most):
                place = self.cases[min(heap.files)].jurisdiction
                night = self.places.hours(place).night(heap.last)
                of = (IN_BULK, reader, roles[reader], night, None)
                yield Finding(*of, heap.first, heap.last, len(heap.files), heap.files)

    def shown_to(
        self,
        reader: UUID,
        role: str,
        since: datetime,
        until: datetime,
        fresh: Collection[UUID],
    ) -> list[Shown]:
        """The cases that each answer to them showed: opened, or in a list of cases or people."""
        looks = self.on.looks_of(reader, since, until)
        lists = {one.id for one in looks if one.file_id is None}
        shown = self.on.shown(lists, files_in({self.staff.known[reader].jurisdiction}))
        shown |= {one.id: {one.file_id} for one in looks if one.file_id and one.opened}
        files_shown = {file for some in shown.values() for file in some}
        by_file = self.cases_of(files_shown)
        every = {case.id for cases in by_file.values() for case in cases}
        known = self.open_to(reader, role, every - files_shown, until) | files_shown
        return [
            Shown(
                one.at,
                frozenset(
                    case.id
                    for file in shown.get(one.id, ())
                    for case in by_file.get(file, ())
                    if case.id in known
                ),
                one.id in fresh,
            )
            for one in looks
        ]

    # --- facts ------------------------------------------------------------------------------------

    def cases_of(self, files: Collection[UUID]) -> dict[UUID, list[Any]]:
        """By the id of a case, that one; by that of a person, each of theirs."""
        found: dict[UUID, list[Any]] = defaultdict(list)
        for row in self.on.work.facts(
            Case, lambda c: c.c.id.in_(files) | c.c.person_id.in_(files), *CASE
        ):
            self.cases[row.id] = row
            for file in {row.id, row.person_id} & {*files}:
                found[file].append(row)
        return found

    def names_of(self, people: Collection[UUID]) -> dict[UUID, list[Name]]:
        """Family names of these people, folded; none that is hidden from who reads the others."""
        found: dict[UUID, list[Name]] = defaultdict(list)
        for row in self.on.work.facts(
            PersonName,
            lambda n: n.c.person_id.in_(people) & (n.c.record_class == "identity"),
            *("person_id", "full", "family"),
        ):
            found[row.person_id].append(surname(row.full, row.family))
        return found


def files_in(jurisdictions: Collection[str | None]) -> CompoundSelect[Any]:
    """Those of cases there, and of whom they are about."""
    rows = table(Case)
    here = rows.c.jurisdiction.in_(sorted(one for one in jurisdictions if one))
    return union(select(rows.c.id).where(here), select(rows.c.person_id).where(here))
