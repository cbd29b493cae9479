"""Who could have read, by themselves: over rows that were put together by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import create_engine, insert, inspect, literal, select, text
from sqlalchemy.exc import OperationalError

from app.casework.break_glass.models import BrokenGlass
from app.casework.consents.models import Consent
from app.casework.disclosures.models import Disclosure, Extract
from app.casework.disclosures.schemas import DisclosureOut
from app.casework.notes.models import Note
from app.casework.notes.schemas import NoteOut
from app.casework.proceedings.models import Party, Proceeding
from app.casework.sealing.models import Sealing
from app.casework.supervision.models import Condition
from app.core.db import Base, table
from app.core.errors import Forbidden, Invalid
from app.core.problems import UNFIT
from app.core.values import new_id
from app.registry.agreements.models import Agreement
from app.registry.cases.models import Case, TeamMember
from app.registry.cases.on_case import OnCase
from app.registry.cases.reach import RELATIONS
from app.registry.cases.schemas import CaseOut, TeamMemberOut
from app.registry.cases.track_models import Track
from app.registry.conflicts.models import Interest
from app.registry.covers.models import Cover
from app.registry.staff.models import Unit, User
from app.registry.staff.schemas import UserOut
from app.safeguards.access.bars import EVERYBODY, Bar
from app.safeguards.access.policy import POLICY, Reach
from app.safeguards.audit.models import AuditEvent, Revision
from app.safeguards.guard import readers as of_readers
from app.safeguards.guard import recalling
from app.safeguards.guard.as_it_was import as_it_was, opening_kinds
from app.safeguards.guard.door import NOW, somebody
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.protected import Sight, rule_of
from app.safeguards.guard.readers import kept_in, readers, told_of
from app.safeguards.guard.summaries import WHOLE
from app.safeguards.guard.writing import revision_place
from app.safeguards.vault.sealing import seal
from tests.safeguards.guard.test_ground import working

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CASE, PERSON, OTHER = new_id(), new_id(), new_id()
NORTH, SOUTH = new_id(), new_id()
NOTE, THERAPY = new_id(), new_id()
READ = OnCase("note.read")
Rows = dict[Any, list[dict[str, Any]]]


def row(kind: Any, **values: Any) -> dict[str, Any]:
    return {**dict.fromkeys(table(kind).c.keys()), "id": new_id(), **values}


def user(role: str, unit: Any = NORTH, **more: Any) -> dict[str, Any]:
    return row(User, role=role, unit_id=unit, pending=False, username=role, **more)


def member(of: dict[str, Any], **more: Any) -> dict[str, Any]:
    day = {"since": AT.date() - DAY, "role": of["role"], "jurisdiction": "ra"}
    return row(TeamMember, user_id=of["id"], case_id=CASE, **day, **more)


def note(record_id: Any, record_class: str, author: Any) -> dict[str, Any]:
    return row(Note, id=record_id, case_id=CASE, record_class=record_class, author_id=author)


class Scene:
    """A case in the north, two workers on its team, and two notes."""

    def __init__(self) -> None:
        self.worker, self.psychologist = user("social_worker"), user("psychologist")
        self.chief, self.elsewhere = user("supervisor"), user("supervisor", SOUTH)
        case = row(Case, id=CASE, person_id=PERSON, unit_id=NORTH, jurisdiction="ra")
        units = [row(Unit, id=NORTH, jurisdiction="ra"), row(Unit, id=SOUTH, jurisdiction="rb")]
        author = self.psychologist["id"]
        notes = [note(NOTE, "psychosocial_notes", author), note(THERAPY, "therapy_notes", author)]
        self.rows: Rows = {kind: [] for kind in opening_kinds()} | {Note: notes}
        staff = [self.worker, self.psychologist, self.chief, self.elsewhere]
        self.rows |= {User: staff, Unit: units, Case: [case]}
        self.rows[TeamMember] = [member(self.worker), member(self.psychologist)]

    def told(self, *shown: Any) -> dict[Any, dict[Any, tuple[str, list[str]]]]:
        with as_it_was(self.rows, CASE) as past:
            rows = [one for one in self.rows[Note] if one["id"] in (shown or (NOTE, THERAPY))]
            items = list(readers(past, READ, NoteOut, rows, AT))
        assert [one["user_id"] for one in items] == sorted(one["user_id"] for one in items)
        return {
            one["user_id"]: {r["id"]: (r["form"], r["relations"]) for r in one["records"]}
            for one in items
        }


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_each_is_told_with_what_they_read_and_by_what(scene: Scene) -> None:
    assert scene.told() == {
        scene.worker["id"]: {NOTE: ("whole", ["team"])},
        scene.psychologist["id"]: {NOTE: ("whole", ["team"]), THERAPY: ("whole", ["own"])},
        scene.chief["id"]: {NOTE: ("whole", ["unit"])},
    }
    assert scene.told(THERAPY) == {scene.psychologist["id"]: {THERAPY: ("whole", ["own"])}}


def test_whose_they_are_is_said(scene: Scene) -> None:
    with as_it_was(scene.rows, CASE) as past:
        (one,) = readers(past, READ, NoteOut, scene.rows[Note][1:], AT)
    assert one == {
        "user_id": scene.psychologist["id"],
        "role": "psychologist",
        "unit_id": NORTH,
        "records": [{"id": THERAPY, "form": "whole", "relations": ["own"], "withheld": []}],
    }


@pytest.mark.parametrize("change", [{"disabled_at": AT}, {"pending": True}])
def test_who_is_not_here_reads_nothing(scene: Scene, change: dict[str, Any]) -> None:
    scene.worker.update(change)
    assert scene.worker["id"] not in scene.told()


def test_it_is_the_day_and_the_moment_of_then(scene: Scene) -> None:
    scene.rows[TeamMember][0]["until"] = AT.date() + DAY
    assert scene.worker["id"] in scene.told()
    scene.rows[TeamMember][0]["until"] = AT.date()
    assert scene.worker["id"] not in scene.told()


def test_who_has_no_unit_is_somebody_too(scene: Scene) -> None:
    scene.chief["unit_id"] = None
    told = scene.told()
    assert scene.chief["id"] not in told
    assert scene.worker["id"] in told


def disclosed(scene: Scene, to: dict[str, Any]) -> dict[str, Any]:
    """An extract for a member of staff, and the disclosure that it is of."""
    shown = row(Disclosure, case_id=CASE)
    whose = {f"recipient_{name}": to[name] for name in ("id", "role")}
    until = {"available_until": AT.date() + DAY, "disclosure_id": shown["id"]}
    extract = row(Extract, case_id=CASE, recipient_jurisdiction="ra", **whose, **until)
    scene.rows |= {Disclosure: [shown], Extract: [extract]}
    scene.rows[User] = [to]
    return shown


def test_who_is_shown_a_summary_reads_one(scene: Scene) -> None:
    prosecutor = user("prosecutor")
    shown, mark = disclosed(scene, prosecutor), OnCase("disclosure.read")
    with as_it_was(scene.rows, CASE) as past:
        assert not list(readers(past, mark, DisclosureOut, [shown], AT)), "an address with none"
        (one,) = readers(past, replace(mark, summary=True), DisclosureOut, [shown], AT)
    assert one["user_id"] == prosecutor["id"]
    told = {"id": shown["id"], "form": "summary", "relations": ["disclosed"], "withheld": []}
    assert one["records"] == [told]


def test_in_which_form_is_asked_of_then(scene: Scene) -> None:
    """Of a role that has the whole by one relationship and a summary by another."""
    legal, mark = user("legal_officer"), replace(OnCase("disclosure.read"), summary=True)
    shown = disclosed(scene, legal)
    scene.rows[TeamMember].append(member(legal))

    def told() -> Any:
        with as_it_was(scene.rows, CASE) as past:
            (one,) = readers(past, mark, DisclosureOut, [shown], AT)
        (record,) = one["records"]
        return record["form"], record["relations"]

    assert told() == ("whole", ["team", "disclosed"])
    scene.rows[TeamMember][-1]["until"] = AT.date()
    assert told() == ("summary", ["disclosed"])


def test_no_door_no_record(scene: Scene) -> None:
    """A row whose file is out of sight is not shown, whatever else would show it."""
    scene.rows[Case][0]["id"] = OTHER
    assert scene.told() == {}


def test_kin_and_seals_bar_as_they_did(scene: Scene) -> None:
    kin = row(Interest, user_id=scene.worker["id"], person_id=PERSON)
    scene.rows[Interest] = [kin, row(Interest, user_id=scene.chief["id"], person_id=OTHER)]
    assert scene.told().keys() == {scene.psychologist["id"], scene.chief["id"]}
    kin["ended_at"] = AT
    assert scene.worker["id"] in scene.told()
    seal = row(Sealing, case_id=CASE, act="seal", status="done", decided_at=AT - DAY)
    unseal = row(Sealing, case_id=CASE, act="unseal", status="proposed", decided_at=None)
    scene.rows[Sealing] = [row(Sealing, case_id=OTHER, act="unseal", status="done", decided_at=AT)]
    scene.rows[Sealing] += [seal, unseal]
    assert scene.told() == {}
    unseal |= {"status": "done", "decided_at": AT}
    assert scene.worker["id"] in scene.told()
    seal |= {"decided_at": AT + DAY}
    assert scene.told() == {}
    seal["status"] = "declined"
    assert scene.worker["id"] in scene.told()


def test_bars_are_of_this_file(scene: Scene) -> None:
    kin = row(Interest, user_id=scene.worker["id"], person_id=PERSON)
    seal = row(Sealing, case_id=CASE, act="seal", status="done", decided_at=AT)
    scene.rows |= {Interest: [kin], Sealing: [seal]}
    scene.rows[Case].append(row(Case, id=OTHER, person_id=PERSON))
    with as_it_was(scene.rows, CASE) as past:
        found = past.execute(select(table(Bar))).all()
    both = {(CASE, scene.worker["id"], kin["id"]), (CASE, EVERYBODY, seal["id"])}
    assert {tuple(one) for one in found} == both


def test_nothing_is_left_and_nothing_sealed_is_there(scene: Scene) -> None:
    scene.rows[Note][0]["text"] = "canary"
    with as_it_was(scene.rows, CASE) as past:
        names = {one["name"] for one in inspect(past).get_columns("notes")}
        assert "text" not in names
        assert {"id", "case_id", "record_class"} <= names
        indexes = {str(one["name"]) for one in inspect(past).get_indexes("team_members")}
        assert "ix_team_members_wall" in indexes
    rows = {kind: kept for kind, kept in scene.rows.items() if kind is not Note}
    with as_it_was(rows, CASE) as past, pytest.raises(OperationalError, match="no such table"):
        past.execute(text("SELECT * FROM notes"))


def test_relations_are_told_the_widest_first() -> None:
    row = {"id": NOTE, WHOLE: 0, "own": 1, "team": 1, "unit": 0, "jurisdiction": 1}
    told = {"id": NOTE, "form": "summary", "relations": ["jurisdiction", "team", "own"]}
    assert told_of(NoteOut, "supervisor", row) == {**told, "withheld": []}


@pytest.mark.parametrize(
    ("role", "fields"), [("social_worker", []), ("prosecutor", ["part", "reason"])]
)
def test_fields_that_are_empty_for_their_class_are_named(role: str, fields: list[str]) -> None:
    told = told_of(TeamMemberOut, role, {"id": NOTE, WHOLE: 1})
    assert told == {"id": NOTE, "form": "whole", "relations": [], "withheld": fields}


def test_in_a_summary_only_what_it_has_of_them_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_readers, "names_withheld", lambda *_: {"kind": None, "text": None})

    def named(role: str, whole: int) -> set[str]:
        return {*told_of(NoteOut, role, {"id": NOTE, WHOLE: whole})["withheld"]}

    assert named("auditor", 1) == {"kind", "text"}
    assert named("auditor", 0) == {"kind"}
    assert named("psychologist", 0) == {"kind", "text"}, "who has no summary of it"


def test_each_row_is_told_as_it_is_to_their_role(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told_of(out: Any, role: str, row: Any) -> tuple[Any, ...]:
        return out, role, row["id"]

    monkeypatch.setattr(of_readers, "told_of", told_of)
    with as_it_was(scene.rows, CASE) as past:
        (one,) = readers(past, READ, NoteOut, scene.rows[Note][1:], AT)
    assert one["records"] == [(NoteOut, "psychologist", THERAPY)]


# --- rows within rows -----------------------------------------------------------------------------


def nested(scene: Scene, **classes: str) -> tuple[dict[str, Any], dict[UUID, str]]:
    """The case as an answer shows it, with a track of each of these classes, by their codes."""
    tracks = [row(Track, case_id=CASE, code=c, record_class=of) for c, of in classes.items()]
    return {**scene.rows[Case][0], "tracks": tracks}, {one["id"]: one["code"] for one in tracks}


def test_rows_within_a_row_are_judged_by_themselves(scene: Scene) -> None:
    case, codes = nested(scene, EDU="education", SEC="security", MHP="clinical")
    scene.rows[Track] = case["tracks"]
    with as_it_was(scene.rows, CASE) as past:
        found = list(readers(past, OnCase("case.read"), CaseOut, [case], AT))
    told = {
        one["user_id"]: [(codes.get(r["id"], "case"), *r["relations"]) for r in one["records"]]
        for one in found
    }
    assert told == {
        scene.worker["id"]: [(one, "team") for one in ("case", "EDU", "SEC", "MHP")],
        scene.psychologist["id"]: [(one, "team") for one in ("case", "EDU", "MHP")],
        scene.chief["id"]: [(one, "unit") for one in ("case", "EDU", "SEC")],
    }
    forms = {
        (told["user_id"], codes.get(one["id"], "case")): one["form"]
        for told in found
        for one in told["records"]
    }
    assert {place for place, form in forms.items() if form != "whole"} == {
        (scene.worker["id"], "MHP")
    }


def test_of_an_answer_that_nests_nothing_nothing_else_is_judged(scene: Scene) -> None:
    with as_it_was(scene.rows, CASE) as past:
        found = list(readers(past, OnCase("case.read"), CaseOut, scene.rows[Case], AT))
    assert [len(one["records"]) for one in found] == [1, 1, 1]


def test_what_is_nested_is_put_together_with_the_rest(
    work: Any, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_all_then", lambda kind, then: [kind])
    case, _ = nested(scene, EDU="education", SEC="security")
    stood = work._stood(CaseOut, [case], AT)
    assert stood == {Track: case["tracks"]} | {one: [one] for one in opening_kinds()}


def test_rights_hang_on_what_says_so() -> None:
    """On each kind whose file says by which of its rows something is reached."""
    for reach in Reach:
        sight = Sight(somebody("prosecutor"), reach, NOW, literal("justice"))
        for kind in (User, Agreement):
            rule_of(kind)(table(kind), sight)
        if reach in RELATIONS:
            RELATIONS[reach](table(Case).c.id, sight)
    kinds = set(opening_kinds())
    staff = {User, Unit, Cover, Agreement, Interest}
    of_a_case = {TeamMember, Proceeding, Party, Condition, Consent, BrokenGlass, Sealing}
    assert kinds == staff | {Case, Disclosure, Extract} | of_a_case
    assert kept_in(TeamMember, Case)
    assert not kept_in(Cover, Case)
    assert not kept_in(Interest, Case)


# --- as the rows of then are put together ---------------------------------------------------------


def key_of(file_id: UUID) -> bytes:
    return file_id.bytes * 2


class Kept:
    """A database of rows that rights hang on, each with its revisions, and of events."""

    def __init__(self) -> None:
        self.engine = create_engine("sqlite://")
        kinds = [table(kind) for kind in opening_kinds()]
        Base.metadata.create_all(self.engine, [*kinds, table(Revision), table(AuditEvent)])
        self.db = self.engine.connect()

    def put(self, kind: Any, file_id: UUID, begun: datetime, **values: Any) -> UUID:
        """A row of today, which is not as any of its revisions was."""
        record_id: UUID = file_id if kind.file == "id" else new_id()
        stood = {kind.file: file_id, "id": record_id, "created_at": begun}
        for column in table(kind).c:
            if column.name not in stood.keys() | values.keys() and not column.nullable:
                stood[column.name] = TODAY[column.type.python_type]
        self.db.execute(insert(table(kind)).values({**stood, **values}))
        return record_id

    def revise(self, kind: Any, file_id: UUID, record_id: UUID, version: int, at: datetime) -> None:
        said = {"id": str(record_id), "version": version, "role": f"role of {version}"}
        place = revision_place(record_id, version)
        sealed = seal(key_of(file_id), orjson.dumps(said), place)
        row = {"record_id": record_id, "version": version, "created_at": at, "snapshot": sealed}
        row |= {"file_id": file_id, "event_id": new_id(), "record": kind.record}
        self.db.execute(insert(table(Revision)).values(**row, record_class=kind.record_class or ""))

    def event(self, ms: int, policy: str, tail: int = 1) -> None:
        row = {"id": UUID(int=(ms << 80) + tail), "created_at": AT, "action": "x", "route": "x"}
        row |= {"outcome": "read", "request_id": new_id(), "policy": policy, "detail": {}}
        self.db.execute(insert(table(AuditEvent)).values(row))


TODAY: dict[type, Any] = {
    **{str: "", int: 1, bool: False, bytes: b"", UUID: UUID(int=1), list: [], dict: {}},
    **{date: AT.date() + DAY, datetime: AT + DAY},
}


@pytest.fixture
def kept() -> Iterator[Kept]:
    one = Kept()
    yield one
    one.db.close()


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch, kept: Kept) -> Any:
    """A unit of work on the case, as an auditor asks for it; `walls` has when none stood."""
    made: Any = working(READ, "auditor", CASE, method="GET")
    opened, walls = list[set[UUID]](), list[str]()

    @contextmanager
    def no_wall() -> Iterator[None]:
        walls.append("down")
        yield
        walls.append("up")

    made._keys = SimpleNamespace(open=opened.append, of=key_of, opened=opened)
    made.walls = walls
    monkeypatch.setattr(made, "_execute", kept.db.execute)
    monkeypatch.setattr(made, "_no_wall", no_wall)
    return made


def test_all_of_a_kind_is_as_its_revisions_of_then(
    kept: Kept, work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recalling, "SOME", 1)
    first, second, later = new_id(), new_id(), new_id()
    for one, since in ((first, AT - DAY), (second, AT), (later, AT + DAY)):
        kept.put(User, one, since, username=str(one))
        kept.revise(User, one, one, 1, since)
    kept.revise(User, first, first, 2, AT)
    kept.revise(User, first, first, 3, AT + DAY)
    found = work._all_then(User, AT)
    assert {(one["id"], one["version"], one["role"]) for one in found} == {
        (first, 2, "role of 2"),
        (second, 1, "role of 1"),
    }
    assert len(found) == 2
    assert set(found[0]) == set(table(User).c.keys())
    assert sorted(work._keys.opened, key=str) == sorted([{first}, {second}], key=str)


def test_what_is_kept_with_cases_is_of_this_one_and_the_rest_of_all(
    kept: Kept, work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_readers, "BEARING", {})
    ids = {}
    for file_id in (CASE, OTHER):
        for kind in (Case, TeamMember, Interest):
            ids[kind, file_id] = made = kept.put(kind, file_id, AT, **unique(kind, file_id))
            kept.revise(kind, file_id, made, 1, AT)
    for kind in (Case, TeamMember):
        assert [one["id"] for one in work._all_then(kind, AT)] == [ids[kind, CASE]]
    both = {ids[Interest, CASE], ids[Interest, OTHER]}
    assert {one["id"] for one in work._all_then(Interest, AT)} == both
    work._mark = Permit("note.read")
    assert len(work._all_then(TeamMember, AT)) == 2


def test_there_is_a_most_that_is_put_together(
    kept: Kept, work: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        made = new_id()
        kept.put(Unit, made, AT, code=str(made))
        kept.revise(Unit, made, made, 1, AT)
    asked, execute = list[Any](), work._execute

    def counting(statement: Any) -> Any:
        asked.append(statement)
        return execute(statement)

    monkeypatch.setattr(work, "_execute", counting)
    monkeypatch.setattr(of_readers, "MOST", 3)
    assert len(work._all_then(Unit, AT)) == 3
    monkeypatch.setattr(of_readers, "MOST", 2)
    with pytest.raises(Invalid) as refused:
        work._all_then(Unit, AT)
    (fault,) = refused.value.errors
    assert (fault.pointer, fault.code) == ("query.rights_as_of", "too-many")
    assert asked[-1].compile().params == {"created_at_1": AT, "param_1": 3}, "and no more"
    assert work._all_then(Unit, AT - DAY) == []


@pytest.mark.parametrize("kind", [Cover, Agreement])
def test_of_what_is_for_some_days_only_that_of_the_day_is_put_together(
    kept: Kept, work: Any, kind: Any
) -> None:
    found, today = list[UUID](), AT.date()
    for since, until in ((0, 0), (-1, 0), (0, 1), (1, 2), (-2, -1)):
        made = new_id()
        span = {"since": today + since * DAY, "until": today + until * DAY}
        kept.put(kind, made, AT - 9 * DAY, **span, **no_terms(kind))
        kept.revise(kind, made, made, 1, AT - 9 * DAY)
        found.append(made)
    assert {one["id"] for one in work._all_then(kind, AT)} == {*found[:3]}


def no_terms(kind: Any) -> dict[str, Any]:
    return {"classes": [], "fields": {}} if kind is Agreement else {}


def test_of_who_is_close_to_somebody_only_those_to_this_person(kept: Kept, work: Any) -> None:
    kept.put(Case, CASE, AT, number="1", person_id=PERSON)
    kept.put(Case, OTHER, AT, number="2", person_id=OTHER)
    found = {}
    for person_id in (PERSON, OTHER):
        found[person_id] = kept.put(Interest, new_id(), AT, person_id=person_id)
    for person_id, made in found.items():
        kept.revise(Interest, person_id, made, 1, AT)
    assert [one["id"] for one in work._all_then(Interest, AT)] == [found[PERSON]]


def unique(kind: Any, file_id: UUID) -> dict[str, Any]:
    return {"number": str(file_id)} if kind is Case else {}


def test_all_is_put_together_past_the_wall(
    work: Any, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[Any]()

    def all_then(kind: Any, then: datetime) -> list[Any]:
        asked.append((kind, then, [*work.walls]))
        return [kind]

    monkeypatch.setattr(work, "_all_then", all_then)
    rows = scene.rows[Note]
    assert work._stood(NoteOut, rows, AT) == {Note: rows} | {one: [one] for one in opening_kinds()}
    assert asked == [(one, AT, ["down"]) for one in opening_kinds()]
    assert work.walls == ["down", "up"]
    # Of a kind that opens others all is there, and not what is shown alone.
    assert work._stood(UserOut, [], AT)[User] == [User]


def test_the_policy_of_then_is_that_of_the_last_event(kept: Kept, work: Any) -> None:
    assert work._policy(AT) is None
    ms = int(AT.timestamp() * 1000)
    kept.event(ms - 5000, "old")
    assert work._policy(AT) == "old"
    kept.event(ms, "then", tail=(1 << 80) - 1)
    kept.event(ms + 1, "later", tail=0)
    assert work._policy(AT) == "then"
    assert work._policy(AT - timedelta(seconds=1)) == "old"


def test_nobody_is_told_of_who_has_not_asked(work: Any) -> None:
    assert work._with_readers(NoteOut, [], b"{}") == b"{}"


def test_it_takes_a_right_and_a_moment(work: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    work._asked.rights_as_of, asked = True, list[Any]()

    def reaches(*one: Any, **more: Any) -> bool:
        asked.append((*one, more))
        return len(asked) > 1

    monkeypatch.setattr(work, "_reaches", reaches)
    with pytest.raises(Forbidden, match=r"\(auditor\) may not do this here: readers\.read$"):
        work._with_readers(NoteOut, [], b"{}")
    with pytest.raises(Invalid) as refused:
        work._with_readers(NoteOut, [], b"{}")
    assert asked == [(Case, "readers.read", {"summary": False})] * 2
    assert str(refused.value) == UNFIT
    (fault,) = refused.value.errors
    assert (fault.pointer, fault.code) == ("query.rights_as_of", "without-as-of")
    assert fault.detail == "say of when: as_of"
    work._mark, work._asked.as_of = Permit("note.read"), AT
    with pytest.raises(Forbidden):
        work._with_readers(NoteOut, [], b"{}")


def test_it_stands_beside_the_answer(
    work: Any, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    work._asked.rights_as_of, work._asked.as_of = True, AT
    rows = [one for one in scene.rows[Note] if one["id"] == THERAPY]
    asked = list[Any]()

    def stood(*one: Any) -> Any:
        asked.append(one)
        return scene.rows

    monkeypatch.setattr(work, "_stood", stood)
    monkeypatch.setattr(work, "_reaches", lambda *_, **__: True)
    monkeypatch.setattr(work, "_policy", lambda then: f"of {then.year}")
    told = orjson.loads(work._with_readers(NoteOut, rows, b'{"a":{}}'))
    assert asked == [(NoteOut, rows, AT)]
    assert told["a"] == {}
    record = {"id": str(THERAPY), "form": "whole", "relations": ["own"], "withheld": []}
    whose = {"user_id": str(scene.psychologist["id"]), "unit_id": str(NORTH)}
    item = {**whose, "role": "psychologist", "records": [record]}
    policy = {"policy": POLICY.digest[:16], "policy_then": "of 2026"}
    assert told["readers"] == {**policy, "items": [item]}
    scene.rows[Interest] = [row(Interest, user_id=scene.psychologist["id"], person_id=PERSON)]
    told = orjson.loads(work._with_readers(NoteOut, rows, b'{"a":{}}'))
    assert told["readers"]["items"] == [], "bars are those of the file of the path"
    asked.clear()
    told = orjson.loads(work._with_readers(NoteOut, [], b'{"a":{}}'))
    assert (told["readers"], asked) == ({**policy, "items": []}, []), "of nothing nobody is asked"


def test_who_asks_is_not_told_of_themselves(
    work: Any, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That they are not among them would tell them of what barred them."""
    auditor = user("auditor") | {"id": work.actor.id}
    scene.rows[User] += [auditor, user("auditor")]
    monkeypatch.setattr(work, "_stood", lambda *_: scene.rows)
    found = work._readers_then(NoteOut, scene.rows[Note], AT)
    others = {one["id"] for one in scene.rows[User]} - {auditor["id"], scene.elsewhere["id"]}
    assert {one["user_id"] for one in found} == others
