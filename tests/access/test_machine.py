"""Whatever happens in whatever order: the predicate lets in whom a decision by hand lets in.

A small world of two countries lives in one transaction that is never committed. Steps write rows
as the verbs would; after each of them some callers look at some moment.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import (
    Connection,
    Integer,
    LargeBinary,
    and_,
    create_engine,
    delete,
    exists,
    insert,
    make_url,
    or_,
    select,
)

from app.casework.break_glass.models import BrokenGlass
from app.casework.consents.models import Consent
from app.casework.notes.models import Note
from app.casework.proceedings.models import Party, Proceeding
from app.casework.supervision.models import Condition
from app.core.db import Identifier, table
from app.core.statements import Statement, bind
from app.core.values import new_id
from app.main import open_house
from app.registry.agreements.models import Agreement
from app.registry.agreements.models import named as as_shared
from app.registry.cases.models import Case, TeamMember
from app.registry.covers.models import Cover
from app.registry.people.models import Person
from app.registry.staff.models import Unit, User
from app.safeguards.access.bars import EVERYBODY, Bar
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.door import NOW, SOMEBODY, particulars
from app.safeguards.guard.following import Owner, beneath
from app.safeguards.guard.pointed import pointed
from app.safeguards.guard.protected import within
from app.safeguards.identity.caller import Caller
from app.safeguards.vault.models import File
from tests.access.naive import Facts
from tests.conftest import started
from tests.looking import rewritten
from tests.worlds import Worlds

START = datetime(2026, 6, 15, 12, tzinfo=UTC)
ROLES = (
    *("social_worker", "supervisor", "coordinator", "centre_manager", "psychologist"),
    *("health_worker", "educator", "child_protection_officer", "legal_officer"),
    *("defence_lawyer", "prosecutor", "probation_officer", "security_assessor"),
    *("religious_counsellor", "livelihoods_officer", "partner", "auditor"),
    *("statistician", "administrator"),
)
CLASSES = (  # of which there are notes
    *("psychosocial_notes", "clinical", "therapy_notes", "faith_counselling", "justice"),
    *("child_justice", "civil_documents"),
)
# Those in which most ways meet come up as often as all others together.
OFTEN = (*ROLES, *("psychologist", "health_worker", "social_worker", "supervisor") * 4)
BREAKABLE = ("therapy_notes", "therapy_notes", "clinical")
# Few of everything, and days close together: else nothing ever meets.
days = st.integers(-2, 3)
lengths = st.one_of(st.none(), st.integers(0, 3))
# Mostly the whole case; else the track of a class of which there are notes, or of none.
tracks = st.sampled_from([None] * 8 + ["MHP", "REL", "JUS", "DOC", "EDU"])
who = st.integers(0, 4)
which = st.integers(0, 1)
entry = st.integers(0, 7)


class Life(RuleBasedStateMachine):
    db: Connection
    lives = steps = looks = 0  # a step by which nothing changes is none

    def __init__(self) -> None:
        super().__init__()
        self.undo = self.db.begin_nested()
        self.facts, self.at, self.turn = Facts(), START, 0
        self.before = ""
        some_event = self.db.execute(select(table(AuditEvent).c.id).limit(1)).scalar_one()
        self.common = {"last_event_id": some_event, "version": 1}
        someone = self.db.execute(select(table(User).c.id).limit(1)).scalar_one()
        self.last: dict[str, Any] = {"users": someone}  # table → the row that was made last
        self.ids: dict[str, list[str]] = {"units": [], "staff": [], "cases": []}

    def teardown(self) -> None:
        self.undo.rollback()

    # --- the world ----------------------------------------------------------------------------

    @initialize(
        role=st.sampled_from(OFTEN),
        other=st.sampled_from(OFTEN),
        joins=st.lists(st.tuples(who, which, days, lengths, tracks), min_size=4, max_size=9),
        covers=st.lists(st.tuples(who, who, days, st.integers(0, 3)), min_size=1, max_size=4),
        glass=st.lists(
            st.tuples(who, which, st.sampled_from(BREAKABLE), st.integers(1, 2000)),
            min_size=1,
            max_size=4,
        ),
        lines=st.lists(st.tuples(who, who), max_size=4),
    )
    def begin(
        self,
        role: str,
        other: str,
        joins: list[tuple[int, int, int, int | None, str | None]],
        covers: list[tuple[int, int, int, int]],
        glass: list[tuple[int, int, str, int]],
        lines: list[tuple[int, int]],
    ) -> None:
        """Two colleagues in one unit, one in another, one abroad; and one of another role.

        With something between them: what meets nothing is decided by nobody.
        """
        for n, place in enumerate(("xa", "xa", "xb")):
            unit = self.row(Unit, code=f"x{n}-{uuid4().hex}", jurisdiction=place)
            self.ids["units"].append(unit)
        for one, place_of in ((role, 0), (role, 0), (role, 1), (role, 2), (other, 0)):
            self.arrive(one, self.ids["units"][place_of])
        for place_of in (0, 2):
            self.open_case(self.ids["units"][place_of])
        for join in joins:
            self.join(*join)
        for cover in covers:
            self.cover(*cover, force=True)
        for broken in glass:
            self.break_glass(*broken)
        for line in lines:
            self.report(*line)

    def arrive(self, role: str, unit: str) -> None:
        one = self.row(User, username=uuid4().hex, role=role, unit_id=UUID(unit), disabled_at=None)
        self.facts.staff[one] = {
            "role": role,
            "unit": unit,
            "jurisdiction": self.country(unit),
            "disabled": False,
            "head": None,
        }
        self.ids["staff"].append(one)

    def open_case(self, unit: str) -> None:
        person = self.file("person")
        self.row(Person, id=person)
        case = self.file("case")
        place = {"unit_id": UUID(unit), "jurisdiction": self.country(unit)}
        self.row(Case, id=case, person_id=person, number=uuid4().hex, **place)
        self.facts.cases[str(case)] = {"unit": unit, "jurisdiction": self.country(unit)}
        self.ids["cases"].append(str(case))
        for name in CLASSES:
            self.note(str(case), name, self.ids["staff"][0])
        self.note(str(case), "therapy_notes", self.ids["staff"][1])
        self.note(str(case), "faith_counselling", self.ids["staff"][1])

    def file(self, kind: str) -> UUID:
        one = new_id()
        self.row(File, id=one, kind=kind)
        return one

    def country(self, unit: str) -> str:
        return "xb" if unit == self.ids["units"][2] else "xa"

    def row(self, model: Any, /, **fields: Any) -> str:
        """Inserts; what the wall does not look at is filled with whatever its column takes."""
        into, values = table(model), {**fields, **self.inherited(model, fields)}
        for column in into.c:
            name = column.name
            if name in values or column.nullable or column.default is not None:
                continue
            if name in self.common:
                values[name] = self.common[name]
            elif column.foreign_keys:
                keys = {one.column.table.name for one in column.foreign_keys}
                (owner,) = keys - {table(AuditEvent).name}
                values[name] = self.last[owner]
            else:
                values[name] = some(column.type)
        values.setdefault("id", new_id())
        self.last[into.name] = values["id"]
        self.db.execute(insert(into).values(**values))
        return str(values["id"])

    # --- what happens -------------------------------------------------------------------------

    @rule(who=who, case=which, since=days, length=lengths, track=tracks)
    def join(
        self, who: int, case: int, since: int, length: int | None, track: str | None = None
    ) -> None:
        me, on, day = self.staff(who), self.case(case), self.day(since)
        until = None if length is None else day + timedelta(days=length)
        told = self.facts.staff[me]
        as_whom = {"role": told["role"], "jurisdiction": told["jurisdiction"]}
        one = self.row(
            TeamMember,
            **{
                "user_id": UUID(me),
                "case_id": UUID(on),
                "since": day,
                "until": until,
                "track": track,
            },
            **as_whom,
        )
        own = {"id": one, "user": me, "case": on, "since": day, "until": until, "track": track}
        own |= as_whom
        self.facts.team.append(own)

    @rule(entry=entry, on=days)
    def leave(self, entry: int, on: int) -> None:
        if one := pick(self.facts.team, entry):
            one["until"] = self.day(on)
            self.set(TeamMember, one, until=one["until"])

    @rule(who=who, case=which, name=st.sampled_from(CLASSES))
    def write(self, who: int, case: int, name: str) -> None:
        self.note(self.case(case), name, self.staff(who))

    def note(self, case: str, name: str, author: str) -> None:
        fields = {"case_id": UUID(case), "record_class": name, "author_id": UUID(author)}
        one = self.row(Note, **fields, corrects_id=None)
        self.facts.notes[one] = {"case": case, "class": name, "author": author}

    @rule(case=which, unit=st.integers(0, 2))
    def transfer(self, case: int, unit: int) -> None:
        on, to = self.case(case), self.ids["units"][unit]
        self.facts.cases[on] |= {"unit": to, "jurisdiction": self.country(to)}
        changed = {"unit_id": UUID(to), "jurisdiction": self.country(to)}
        self.set(Case, {"id": on}, **changed)

    @rule(who=who, unit=st.integers(0, 2))
    def move(self, who: int, unit: int) -> None:
        me, to = self.staff(who), self.ids["units"][unit]
        self.facts.staff[me] |= {"unit": to, "jurisdiction": self.country(to)}
        self.set(User, {"id": me}, unit_id=UUID(to))

    @rule(who=who, role=st.sampled_from(ROLES))
    def change_role(self, who: int, role: str) -> None:
        me = self.staff(who)
        self.facts.staff[me]["role"] = role
        self.set(User, {"id": me}, role=role)

    @rule(who=who)
    def disable(self, who: int) -> None:
        me = self.staff(who)
        self.facts.staff[me]["disabled"] = True
        self.set(User, {"id": me}, disabled_at=START)

    @rule(case=which)
    def seal(self, case: int) -> None:
        if (on := self.case(case)) not in self.facts.sealed:
            self.facts.sealed.add(on)
            self.bar(on, EVERYBODY)

    @rule(case=which)
    def unseal(self, case: int) -> None:
        if (on := self.case(case)) in self.facts.sealed:
            self.facts.sealed.discard(on)
            self.unbar(on, EVERYBODY)

    @rule(who=who, case=which)
    def declare(self, who: int, case: int) -> None:
        me, on = self.staff(who), self.case(case)
        if (me, on) not in self.facts.conflicts:
            self.facts.conflicts.add((me, on))
            self.bar(on, UUID(me))

    @rule(entry=entry)
    def end_conflict(self, entry: int) -> None:
        if one := pick(sorted(self.facts.conflicts), entry):
            self.facts.conflicts.discard(one)
            self.unbar(one[1], UUID(one[0]))

    @rule(who=who, case=which, name=st.sampled_from(CLASSES), minutes=st.integers(1, 2000))
    def break_glass(self, who: int, case: int, name: str, minutes: int) -> None:
        me, on, until = self.staff(who), self.case(case), self.at + timedelta(minutes=minutes)
        role = self.facts.staff[me]["role"]
        fields = {"author_id": UUID(me), "case_id": UUID(on), "opened_class": name, "role": role}
        one = self.row(BrokenGlass, **fields, until=until, ended_at=None)
        told = {"id": one, "user": me, "case": on, "class": name, "role": role}
        self.facts.glass.append({**told, "until": until, "ended": False})

    @rule(entry=entry)
    def close_glass(self, entry: int) -> None:
        if one := pick(self.facts.glass, entry):
            one["ended"] = True
            self.set(BrokenGlass, one, ended_at=self.at)

    @rule(holder=who, grantor=who, since=days, length=st.integers(0, 3), force=st.booleans())
    def cover(self, holder: int, grantor: int, since: int, length: int, force: bool) -> None:
        """As approved, or still waiting; the role and country are the grantor's then."""
        me, other, day = self.staff(holder), self.staff(grantor), self.day(since)
        if me == other:
            return
        status, until = "in_force" if force else "proposed", day + timedelta(days=length)
        told = self.facts.staff[other]
        as_whom = {"role": told["role"], "jurisdiction": told["jurisdiction"]}
        fields = {"since": day, "until": until, "status": status, **as_whom}
        one = self.row(Cover, holder_id=UUID(me), grantor_id=UUID(other), **fields)
        self.facts.covers.append({"id": one, "holder": me, "grantor": other, **fields})

    @rule(entry=entry, status=st.sampled_from(["in_force", "ended", "declined"]))
    def answer_cover(self, entry: int, status: str) -> None:
        if one := pick(self.facts.covers, entry):
            one["status"] = status
            self.set(Cover, one, status=status)

    @rule(
        who=who,
        case=which,
        name=st.sampled_from(["docket", "child_docket", "civil_documents"]),
        since=days,
        length=st.integers(0, 3),
        juvenile=st.booleans(),
    )
    def enter(
        self, who: int, case: int, name: str, since: int, length: int, juvenile: bool
    ) -> None:
        me, on, day = self.staff(who), self.case(case), self.day(since)
        until = day + timedelta(days=length)
        told = self.facts.staff[me]
        as_whom = {"role": told["role"], "jurisdiction": told["jurisdiction"]}
        at = {"case_id": UUID(on), "record_class": name}
        matter = self.row(Proceeding, **at)
        fields = {"since": day, "until": until, "juvenile": juvenile, **as_whom}
        one = self.row(Party, **at, proceeding_id=UUID(matter), user_id=UUID(me), **fields)
        self.facts.docket.append({"id": one, "user": me, "case": on, "class": name, **fields})

    @rule(entry=entry, on=days)
    def strike(self, entry: int, on: int) -> None:
        if one := pick(self.facts.docket, entry):
            one["until"] = self.day(on)
            self.set(Party, one, until=one["until"])

    @rule(
        who=who,
        case=which,
        name=st.sampled_from(["justice", "child_justice"]),
        since=days,
        length=lengths,
    )
    def impose(self, who: int, case: int, name: str, since: int, length: int | None) -> None:
        """A condition, which somebody sees to; the officer's role is what it was then."""
        me, on, day = self.staff(who), self.case(case), self.day(since)
        until = None if length is None else day + timedelta(days=length)
        told = self.facts.staff[me]
        as_whom = {"role": told["role"], "jurisdiction": told["jurisdiction"]}
        at = {"case_id": UUID(on), "record_class": name, "since": day, "until": until}
        one = self.row(Condition, **at, officer_id=UUID(me), **as_whom)
        own = {"id": one, "officer": me, "case": on, "class": name, "since": day, "until": until}
        self.facts.conditions.append({**own, **as_whom})

    @rule(entry=entry, on=days)
    def lift(self, entry: int, on: int) -> None:
        if one := pick(self.facts.conditions, entry):
            one["until"] = self.day(on)
            self.set(Condition, one, until=one["until"])

    @rule(who=who, head=who)
    def report(self, who: int, head: int) -> None:
        """To somebody who is not below them."""
        me, above = self.staff(who), self.staff(head)
        one: str | None = above
        while one is not None:
            if one == me:
                return
            one = self.facts.staff[one]["head"]
        self.facts.staff[me]["head"] = above
        self.set(User, {"id": me}, supervisor_id=UUID(above))

    @rule(
        who=who,
        case=which,
        classes=st.sets(st.sampled_from(CLASSES), min_size=1),
        since=days,
        length=st.integers(1, 4),
        expires=st.one_of(st.none(), days),
    )
    def agree(
        self,
        who: int,
        case: int,
        classes: set[str],
        since: int,
        length: int,
        expires: int | None,
    ) -> None:
        me, on, day = self.staff(who), self.case(case), self.day(since)
        fields: dict[str, Any] = {"jurisdiction": self.facts.staff[me]["jurisdiction"]}
        fields |= {"since": day, "until": day + timedelta(days=length), "status": "in_force"}
        names = sorted(classes)
        shared = {"classes": names, "shared": as_shared(names)}
        one = self.row(Agreement, client_id=UUID(me), **shared, **fields)
        self.facts.agreements.append({"id": one, "client": me, "classes": classes, **fields})
        ends = None if expires is None else self.day(expires)
        given = {"status": "given", "given_on": day, "expires_on": ends}
        basis = self.row(Consent, case_id=UUID(on), agreement_id=UUID(one), **given)
        told = {"id": basis, "agreement": one, "case": on, "status": "given"}
        self.facts.consents.append({**told, "on": day, "expires": ends})

    @rule(entry=entry)
    def withdraw(self, entry: int) -> None:
        if one := pick(self.facts.consents, entry):
            one["status"] = "withdrawn"
            self.set(Consent, one, status="withdrawn")

    @rule(entry=entry)
    def end_agreement(self, entry: int) -> None:
        if one := pick(self.facts.agreements, entry):
            one["status"] = "ended"
            self.set(Agreement, one, status="ended")

    @rule(hours=st.integers(-30, 60))
    def time_passes(self, hours: int) -> None:
        self.at += timedelta(hours=hours)

    # --- who looks ----------------------------------------------------------------------------

    def check_invariants(self, *args: Any, **more: Any) -> None:
        """After each step everybody looks at all notes of this world."""
        super().check_invariants(*args, **more)
        self.count()
        for me in self.ids["staff"]:
            self.look(me)

    def count(self) -> None:
        """Of what has happened so far, once somebody is there."""
        now = repr((self.facts, self.at)) if self.ids["staff"] else ""
        if now == self.before:
            return
        if self.before:
            type(self).steps += 1
        else:
            type(self).lives += 1
        self.before = now

    def look(self, me: str) -> None:
        told = self.facts.staff[me]
        caller = Caller(UUID(me), "", told["role"], UUID(told["unit"]), told["jurisdiction"])
        self.turn += 1
        read, known = self.found(caller, summary=False), self.found(caller, summary=True)
        type(self).looks += 1
        for note in self.facts.notes:
            assert (note in read) is self.facts.reads(me, note, self.at), self.why(me, note)
            assert (note in known) is self.facts.knows_of(me, note, self.at), self.why(me, note)

    def found(self, caller: Caller, *, summary: bool) -> set[str]:
        """By turns as a page asks it and as one record does, and as it is asked for most."""
        usual = self.turn % 4 > 1 and not self.facts.has_something_rare(str(caller.id), self.at)
        engine = self.db.dialect.name
        asked = notes_of_both(caller.role, summary, self.turn % 2 == 0, usual, engine)
        first, second = (UUID(one) for one in self.ids["cases"])
        given = {**particulars(caller, self.at), "first": first, "second": second}
        return {str(row[0]) for row in asked.run(self.db, given)}

    def why(self, me: str, note: str) -> str:
        return f"{self.facts.staff[me]} of {self.facts.notes[note]} at {self.at}"

    # --- words --------------------------------------------------------------------------------

    def staff(self, n: int) -> str:
        return self.ids["staff"][n]

    def case(self, n: int) -> str:
        return self.ids["cases"][n]

    def day(self, n: int) -> Any:
        return (self.at + timedelta(days=n)).date()

    def set(self, kind: Any, one: dict[str, Any], **values: Any) -> None:
        values |= self.inherited(kind, values)
        rewritten(self.db, kind, table(kind).c.id == UUID(one["id"]), **values)

    def inherited(self, kind: Any, values: dict[str, Any]) -> dict[str, Any]:
        """What a row repeats of its case, where the case is told."""
        if "case_id" not in values:
            return {}
        case = self.facts.cases[str(values["case_id"])]
        return {name: case[theirs] for name, theirs in kind.inherits.items()}

    def bar(self, case: str, whom: UUID) -> None:
        place = {"file_id": UUID(case), "user_id": whom, "source_id": new_id()}
        self.db.execute(insert(table(Bar)).values(**place))

    def unbar(self, case: str, whom: UUID) -> None:
        bars = table(Bar)
        here = (bars.c.file_id == UUID(case), bars.c.user_id == whom)
        self.db.execute(delete(bars).where(*here))


@cache
def notes_of_both(role: str, summary: bool, item: bool, usual: bool, engine: str) -> Statement:
    """The notes of two cases that this role may read, or may know of; compiled once, as served."""
    rows = table(Note)
    grants = POLICY.in_summary(role, "note") if summary else POLICY.grants(role, "note.read")
    caller = replace(SOMEBODY, role=role)
    seen = within(Note, rows, caller, grants, NOW, usual=usual)
    if (
        item and usual and not summary
    ):  # where their case is in sight, as what hangs on it is asked for
        on, found_by = table(Case), POLICY.in_sight(role, "case")
        case = select(on.c.id).where(within(Case, on, caller, found_by, NOW, usual=usual))
        owner = Owner(Case, found_by)
        by = within(Case, on, caller, owner.leading, NOW, usual=usual)
        led = exists(select(on.c.id).where(by, on.c.id == rows.c.case_id))
        hangs = beneath(Note, rows, caller, grants, NOW, replace(owner, led=led))
        found = exists(case.where(on.c.id == rows.c.case_id))
        seen = or_(and_(found, hangs), and_(~found, seen))
    cases = (bind("first", Identifier()), bind("second", Identifier()))
    asked = select(rows.c.id).where(pointed(seen) if item else seen, rows.c.case_id.in_(cases))
    return Statement(asked, engine)


def pick(entries: list[Any], n: int) -> Any:
    return entries[n % len(entries)] if entries else None


def some(kind: Any) -> Any:
    """A value of that type which says nothing."""
    if isinstance(kind, LargeBinary):
        return b"-"
    if isinstance(kind, Integer):
        return 1
    python = getattr(kind, "python_type", str)
    known = {datetime: START, UUID: UUID(int=1), bool: False, list: [], dict: {}}
    return known.get(python, START.date() if python.__name__ == "date" else "-")


@contextmanager
def small_world(worlds: Worlds, folder: Path, config: pytest.Config) -> Iterator[type[Life]]:
    """Without the second wall: the first is what is judged here."""
    with worlds.database(folder, "demo") as settings:
        engine = open_house(settings).engine
        if engine.dialect.name == "postgresql":
            url = make_url(started(config).url).set(drivername=engine.url.drivername)
            alone = {"prepare_threshold": None}  # what is prepared is ours
            name = engine.url.database
            engine.dispose()
            engine = create_engine(url.set(database=name), connect_args=alone)
        with engine.connect() as db:
            yield cast(type[Life], type("Living", (Life,), {"db": db}))
            db.rollback()
        engine.dispose()


@pytest.fixture
def living(worlds: Worlds, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[type[Life]]:
    with small_world(worlds, tmp_path / "world", request.config) as life:
        yield life


def live(life: type[Life], runs: int, steps: int, **more: Any) -> None:
    usual = settings(
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        max_examples=runs,
        stateful_step_count=steps,
    )
    run_state_machine_as_test(life, settings=settings(usual, **more))


def test_the_predicate_decides_as_one_would_by_hand(living: type[Life]) -> None:
    fast = (Phase.explicit, Phase.generate)
    live(living, 90, 15, derandomize=True, phases=fast)
    assert living.lives >= 80
    assert living.steps >= 500
    assert living.looks > 5000


@pytest.mark.prove
def test_it_does_so_in_many_lives(living: type[Life]) -> None:
    """So many lives at least, and as many steps as those have if each is of 50.

    A life may be shorter, and a step by which nothing changes is not counted.
    """
    runs = int(os.environ.get("LIVES", "2000"))
    while living.lives < runs or living.steps < runs * 50:
        live(living, runs // 4 or 1, 50)
    said = f"{living.lives} lives, {living.steps} steps, {living.looks} looks, 0 disagreements"
    sys.stderr.write(f"{said}\n")
    assert living.looks >= 5 * (living.lives + living.steps)
