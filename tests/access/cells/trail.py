"""Which events of the trail somebody is told, and how: by hand, over all that there are."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.db import table
from app.safeguards.audit.models import AuditEvent, AuditSubject
from tests.access.cells.around import NAMING, told_of, whole_by
from tests.access.cells.expecting import Cell, Judge
from tests.access.cells.operations import CLASSES
from tests.access.cells.people import UNITS, Who
from tests.access.cells.rights import RIGHTS, has
from tests.access.cells.shapes import ENTRIES
from tests.looking import transaction

EVENTS, SUBJECTS = table(AuditEvent), table(AuditSubject)
COLUMNS = "id actor_id action outcome code file_id asked_id record_class record record_id detail"
LOOKED = ("read", "refused")
# What any id meets, so that a refusal says nothing of a file.
OF_ANY_ID = ("not-found", "unauthenticated", "password-change-required")
TECHNICAL = ("token.issue", "token.revoke", "configuration.start")
PAGE = 50
Event = Any


class Trail:
    """As it stands before a request; the request's own event is not in its answer."""

    def __init__(self, judge: Judge) -> None:
        self.judge, self.scene = judge, judge.scene
        self.events: dict[UUID, Event] = {}  # in their order
        self.looks = defaultdict[str, list[Event]](list)  # by case
        self.seen = UUID(int=0)

    def catch_up(self) -> None:
        """From the millisecond of the last one on, in which there may be more by now."""
        columns = [EVENTS.c[name] for name in COLUMNS.split()]
        shown = defaultdict[UUID, set[UUID]](set)
        with transaction(self.scene.world.house.engine) as db:
            asked = select(*columns).where(EVENTS.c.id >= self.seen).order_by(EVENTS.c.id)
            events = [one for one in db.execute(asked) if one.id not in self.events]
            for row in db.execute(select(SUBJECTS).where(SUBJECTS.c.event_id >= self.seen)):
                shown[row.event_id].add(row.file_id)
        for one in events:
            self.events[one.id] = one
            if one.outcome in LOOKED:
                for of in {one.file_id, one.asked_id, *shown[one.id]} - {None}:
                    self.looks[str(of)].append(one)
        if events:
            self.seen = UUID(int=events[-1].id.int >> 80 << 80)

    # --- the answer ---------------------------------------------------------------------------

    def faults(self, cell: Cell, told: dict[str, Any]) -> Iterator[str]:
        kind, who = cell.operation.answer, cell.who
        every: Iterable[Event] = self.events.values()
        if kind == "looks":
            every = reversed(self.looks[cell.file.case_id])
        must = list(islice(Reader(self.judge, who).told(every), PAGE + 1))
        name = "id" if kind == "events" else "event_id"
        was, due = [one[name] for one in told["items"]], [str(one.id) for one in must[:PAGE]]
        if was != due:
            yield f"{kind}: {self.differing(was, due)}"
        if (told["next"] is not None) is not (len(must) > PAGE):
            yield f"{kind}: {'goes on' if told['next'] else 'ends'} after {len(was)}"
        fields = ENTRIES[kind + form(who)]
        for one in told["items"]:
            if one.keys() != fields:
                yield f"{kind} has {sorted(one.keys() ^ fields)}"
                return

    def differing(self, was: list[str], due: list[str]) -> str:
        more = [self.events.get(UUID(one)) for one in was if one not in due]
        less = [self.events[UUID(one)] for one in due if one not in was]
        return f"tells {more[:1]}, does not tell {less[:1]}, or in another order"


def form(who: Who) -> str:
    """How they are told events: whole, or as who leads, or as who runs the system."""
    if has(who.role, "audit", "R"):
        return ""
    return " run" if who.role == "administrator" else " led"


class Reader:
    """One of them, at one moment."""

    def __init__(self, judge: Judge, who: Who) -> None:
        self.judge, self.who, self.rows = judge, who, judge.scene.rows
        self.ways = RIGHTS["audit"].get(who.role, {})
        self.staff, self.cases = self.of_my_country("user"), self.of_my_country("case")
        self.files = {id_ for id_ in judge.around.files if judge.around.closed(who, id_)}
        # Who is erased is there for nobody.
        self.files |= {str(one.values["person_id"]) for one in self.rows["erasure"]}
        self.hidden = self.files | self.beside()
        self.team = {(one.file_id, str(one.values["user_id"])) for one in self.rows["team"]}

    def of_my_country(self, record: str) -> set[str]:
        land, around = UNITS.get(self.who.unit or ""), self.judge.around
        return {one.id for one in self.rows[record] if land and around.land(one) == land}

    def beside(self) -> set[str]:
        """Rows of other files that name somebody who is closed to them, whoever else they name."""
        closed = {
            one
            for record in NAMING
            for one in self.rows[record]
            if self.judge.around.names_closed(self.who, one)
            and str(one.values.get("declared_by")) != self.who.id
        }
        members = self.rows["household_member"]
        homes = {one.file_id for one in members}
        homes -= {one.file_id for one in members if one not in closed}
        return homes | {one.id for one in closed}

    def told(self, events: Iterable[Event]) -> Iterator[Event]:
        for one in events:
            if any(self.opens(way, one) for way in self.ways) and self.is_open(one):
                yield one

    def opens(self, way: str, event: Event) -> bool:
        if not has(self.who.role, "audit", "R"):
            return self.led(way, event)
        if way == "self":
            return str(event.actor_id) == self.who.id and self.knowingly(event)
        assert way == "jurisdiction", way
        if event.actor_id is None and event.file_id is None:  # a sign-in that failed
            return True
        cases = {str(event.file_id), *({str(event.asked_id)} - self.files)}
        return str(event.actor_id) in self.staff or bool(cases & self.cases)

    def led(self, way: str, event: Event) -> bool:
        """What was written that they read whole by this relationship; and that the team came."""
        held = RIGHTS.get(event.record_class, {}).get(self.who.role, {}).get(way, "")
        of_it = event.record_class in CLASSES.get(event.record, "").split()
        by = whole_by(self.who, event.record, event.record_class)
        reads = of_it and bool({*by} & {*held})
        written = event.outcome == "written" and reads
        if way == "any":
            return written or event.action in TECHNICAL
        file = self.judge.by_case.get(str(event.file_id))
        if file is None or not self.judge.holds(way, self.who, file):
            return False
        came = event.outcome == "read" and event.action == "case.read"
        return written or (came and (file.case_id, str(event.actor_id)) in self.team)

    def knowingly(self, event: Event) -> bool:
        """Not what a rule drew from it, nor rows of a class of which they see nothing."""
        if event.outcome != "written":
            return True
        name, record, role = event.record_class, event.record, self.who.role
        # With glass that they may break they would see it.
        known = has(role, name, f"{whole_by(self.who, record, name)}B") or told_of(
            self.who, record, name
        )
        by_it = event.action.startswith(f"{record}.")
        of_it = name in CLASSES.get(record, "").split()
        return "drawn" not in event.detail and (by_it or (of_it and known))

    def is_open(self, event: Event) -> bool:
        """Whether it tells of nothing that is closed to them."""
        if {str(event.file_id), str(event.record_id)} & self.hidden:
            return False
        return str(event.asked_id) not in self.files or event.code in OF_ANY_ID
