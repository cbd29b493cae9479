"""The verbs that read, by themselves: what each asks of the rows in sight, and what it tells."""

import json
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, false, insert, select
from sqlalchemy.dialects import postgresql

from app.core.db import Base, table
from app.core.errors import Invalid, NotFound
from app.core.lines import Line, NotHere
from app.core.paging import Paging, scope, unseal
from app.core.values import now
from app.registry.cases.models import Case, TeamMember
from app.safeguards.guard import beyond, reading
from app.safeguards.guard.shown import Shown
from app.safeguards.guard.summaries import WHOLE
from app.safeguards.guard.unit_of_work import UnitOfWork
from tests.safeguards.guard.test_ground import FILE, OTHER, SEEN, working
from tests.safeguards.guard.test_trail import KEY, evidenced

ROWS = table(TeamMember)
OUT: Any = SimpleNamespace(of=TeamMember, order=("role", "id"))
# By number: the file of each, and the role; whose id is the number.
MEMBERS = {1: (FILE, "b"), 2: (FILE, "a"), 3: (FILE, "a"), 4: (OTHER, "a"), 5: (OTHER, "c")}


def text_of(statement: Any) -> str:
    options = {"literal_binds": True}
    made = statement.compile(dialect=postgresql.dialect(), compile_kwargs=options)  # type: ignore[no-untyped-call]
    return " ".join(str(made).split())


@pytest.fixture
def db() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine, [ROWS])
    with engine.connect() as db:
        for number, (file_id, role) in MEMBERS.items():
            row = {"id": UUID(int=number), "case_id": file_id, "role": role, "version": 7}
            more: Any = {"user_id": OTHER, "jurisdiction": "ra", "case_jurisdiction": "ra"}
            more |= {
                "last_event_id": OTHER,
                "part": "lead",
                "reason": b"sealed",
                "since": now().date(),
            }
            db.execute(insert(ROWS).values({**row, **more}))
        yield db


class Sight:
    """Stands for what is below the verbs: all rows are in sight, and it keeps what it was asked."""

    def __init__(self, work: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> None:
        self.work, self.asked, self.statements = work, list[Any](), list[str]()
        self.found = True
        for name in ("_visible", "_rows", "_one", "_present", "_bytes"):
            monkeypatch.setattr(work, name, getattr(self, name))
        monkeypatch.setattr(work, "_reading", lambda kind: ("grants", kind))
        monkeypatch.setattr(work, "_version_told", self._version_told)

    def _version_told(self, out: Any, row: Any) -> int:
        assert out is OUT
        told: int = row["version"]
        return told

    def _visible(self, kind: Any, anywhere: bool = False, out: Any = None) -> Any:
        self.asked.append((kind, anywhere, out))
        return select(table(kind))

    def _rows(self, kind: Any, statement: Any) -> list[dict[str, Any]]:
        assert kind is TeamMember
        self.statements.append(text_of(statement))
        return [dict(row._mapping) for row in self.work._execute(statement)]

    def _one(self, *asked: Any, **more: Any) -> dict[str, Any]:
        self.asked.append((*asked, more))
        if not self.found:
            raise NotFound()
        return {"id": asked[1], "case_id": OTHER, "version": 3}

    def _present(self, out: Any, rows: list[Any]) -> list[Any]:
        assert out is OUT
        return [row["id"].int for row in rows]

    def _bytes(self, out: Any, row: Any) -> bytes:
        assert out is OUT
        return f"row {row['id'].int}".encode()


@pytest.fixture
def work(db: Connection) -> UnitOfWork:
    return evidenced(working(SEEN, method="GET"), db)


@pytest.fixture
def sight(work: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> Sight:
    return Sight(work, monkeypatch)


def was_shown(work: UnitOfWork) -> tuple[Any, ...]:
    """The record, its id and version, how many rows, and which files."""
    told = work._event()
    places = (told["record"], told["record_id"], told["record_version"])
    return *places, told["detail"].get("shown"), work._subjects


# --- one row --------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [None, UUID(int=2)])
def test_one_record_is_read_or_the_file_itself(
    work: UnitOfWork, sight: Sight, monkeypatch: pytest.MonkeyPatch, named: UUID | None
) -> None:
    monkeypatch.setattr(reading, "in_sight", lambda out, role: (out, role))
    shown = work.read(OUT, named)
    record_id = named or FILE
    assert sight.asked == [(TeamMember, record_id, (OUT, "social_worker"), {"out": OUT})]
    assert was_shown(work) == ("team", record_id, 3, 1, {OTHER})
    assert shown == Shown(f"row {record_id.int}".encode(), record_id, etag=True)


def test_a_record_of_another_file_is_read_where_it_is_said_which(
    work: UnitOfWork, sight: Sight
) -> None:
    shown = work.read(OUT, UUID(int=4), lambda rows: rows.c.case_id == OTHER)
    assert sight.asked == [(TeamMember, True, OUT)]
    assert was_shown(work) == ("team", UUID(int=4), 7, 1, {OTHER})
    assert shown == Shown(b"row 4", UUID(int=4), etag=True)
    for number in (1, 6):
        with pytest.raises(NotFound):
            work.read(OUT, UUID(int=number), lambda rows: rows.c.case_id == OTHER)


def test_what_rules_stand_on_is_within_reach_or_its_pointer_is_told(
    work: UnitOfWork, sight: Sight
) -> None:
    row = work.reachable(TeamMember, UUID(int=2))
    assert row == {"id": UUID(int=2), "case_id": OTHER, "version": 3}
    assert sight.asked == [(TeamMember, UUID(int=2), ("grants", TeamMember), {})]
    assert was_shown(work) == ("team", UUID(int=2), None, 1, {OTHER})
    sight.found = False
    for pointer in (None, "/member_id"):
        with pytest.raises(NotFound) as refused:
            work.reachable(TeamMember, UUID(int=2), pointer)
        faults = [(one.pointer, one.code, one.detail) for one in refused.value.errors]
        why = "nothing that you can see has this id"
        assert faults == ([(pointer, "unknown", why)] if pointer else [])


def test_a_caller_has_a_row_of_their_own(work: UnitOfWork, sight: Sight, db: Connection) -> None:
    db.execute(ROWS.update().where(ROWS.c.id == UUID(int=4)).values(id=work.actor.id))
    assert work.own(OUT, TeamMember) == Shown(
        f"row {work.actor.id.int}".encode(), work.actor.id, etag=True
    )
    assert was_shown(work) == ("team", work.actor.id, 7, 1, {OTHER})


# --- pages ----------------------------------------------------------------------------------------


def told(
    work: UnitOfWork,
    limit: int = 50,
    cursor: str | None = None,
    count: bool = False,
    where: Any = None,
    **more: Any,
) -> dict[str, Any]:
    shown = work.page(OUT, Paging(limit, cursor, count), where, **more)
    page: dict[str, Any] = json.loads(shown.body)
    return page


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A role that is shown all of it: what is unfit, what is lacking, and in which schema."""
    answers: dict[str, Any] = {"unfit": [], "lacking_in_summary": [], "schema_of": OUT}

    def answering(name: str) -> Any:
        def answer(out: Any, role: str, chosen: Any = None) -> Any:
            assert (out, role) == (OUT, "social_worker")
            assert name == "schema_of" or chosen is not None
            return answers[name]

        return answer

    for name in answers:
        monkeypatch.setattr(reading, name, answering(name))
    return answers


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize("one", [True, False])
def test_who_could_have_read_is_told_of_the_rows_shown(
    work: UnitOfWork, sight: Sight, monkeypatch: pytest.MonkeyPatch, one: bool
) -> None:
    asked = list[Any]()

    def beside(out: Any, rows: Any, body: bytes) -> bytes:
        asked.append((out, [row["id"].int for row in rows], body))
        return b"with readers"

    monkeypatch.setattr(work, "_with_readers", beside)
    monkeypatch.setattr(reading, "in_sight", lambda out, role: (out, role))
    if one:
        shown: Any = work.read(OUT, UUID(int=2))
        assert asked == [(OUT, [2], b"row 2")]
    else:
        shown = work.page(OUT, Paging(limit=2))
        (asked_of,) = asked
        assert asked_of[:2] == (OUT, [2, 3])
        assert json.loads(asked_of[2])["items"] == [2, 3]
    assert shown.body == b"with readers"


@pytest.mark.usefixtures("whole")
def test_a_page_is_in_its_order_and_goes_on_after_its_last(work: UnitOfWork, sight: Sight) -> None:
    assert told(work) == {"items": [2, 3, 4, 1, 5], "next": None}
    assert sight.asked == [(TeamMember, False, OUT)]
    assert was_shown(work) == ("team", None, None, 5, {FILE, OTHER})
    assert told(work, limit=5)["next"] is None
    page = told(work, limit=3)
    assert page["items"] == [2, 3, 4]
    assert was_shown(work)[3] == 5 + 5 + 3
    here = scope("case.read", FILE, work.actor.id, chosen={})
    assert unseal(KEY, here, page["next"]) == ["a", str(UUID(int=4))]
    assert told(work, limit=3, cursor=page["next"]) == {"items": [1, 5], "next": None}
    order = "ORDER BY team_members.role, team_members.id"
    assert [one.partition("ORDER")[2] for one in sight.statements[-2:]] == [
        f"{order} LIMIT 4".removeprefix("ORDER")
    ] * 2


@pytest.mark.usefixtures("whole")
def test_a_page_holds_what_was_chosen_and_its_cursor_is_of_that_alone(
    work: UnitOfWork, sight: Sight
) -> None:
    page = told(work, limit=2, anywhere=True, role="a", part=None)
    assert (page["items"], sight.asked) == ([2, 3], [(TeamMember, True, OUT)])
    here = scope("case.read", FILE, work.actor.id, chosen={"role": "a"})
    assert unseal(KEY, here, page["next"]) == ["a", str(UUID(int=3))]
    assert told(work, cursor=page["next"], role="a")["items"] == [4]
    with pytest.raises(Invalid):
        told(work, cursor=page["next"])
    assert told(work, where=lambda rows: rows.c.case_id == OTHER)["items"] == [4, 5]


@pytest.mark.usefixtures("whole")
def test_a_page_is_counted_if_it_is_asked_for_and_up_to_a_cap(
    work: UnitOfWork, sight: Sight, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    execute = work._execute

    def watched(statement: Any) -> Any:
        counted.append(text_of(statement))
        return execute(statement)

    monkeypatch.setattr(work, "_execute", watched)
    assert told(work, limit=2, count=True, role="a")["total"] == 3
    assert "LIMIT 1001) AS" in counted[0]
    assert "total" not in told(work, limit=2)
    monkeypatch.setattr(reading, "COUNT_CAP", 2)
    assert told(work, count=True)["total"] == 2


@pytest.mark.parametrize("lack", ["unfit", "lacking_in_summary"])
def test_nothing_is_found_by_what_is_not_shown(
    work: UnitOfWork, sight: Sight, whole: dict[str, Any], lack: str
) -> None:
    whole[lack] = ["role", "part"]
    with pytest.raises(Invalid) as refused:
        told(work, role="a")
    assert [one.pointer for one in refused.value.errors] == ["query.role", "query.part"]
    assert sight.statements == []


def test_of_rows_shown_in_part_only_the_whole_are_found_by_what_a_summary_lacks(
    work: UnitOfWork, sight: Sight, whole: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told_whole(kind: Any, rows: Any, caller: Any, when: Any) -> Any:
        assert (kind, caller, when) == (TeamMember, work.actor, work._when)
        return rows.c.case_id == FILE

    monkeypatch.setattr(reading, "told_whole", told_whole)
    whole |= {"lacking_in_summary": ["role"], "schema_of": None}
    assert told(work, role="a")["items"] == [2, 3]
    whole["lacking_in_summary"] = []
    assert told(work, role="a")["items"] == [2, 3, 4]


# --- pages of the past ----------------------------------------------------------------------------


@pytest.fixture
def later(work: UnitOfWork, whole: dict[str, Any]) -> Any:
    """Everything is on record at the moment that is asked for."""
    work._asked.as_of = now() + timedelta(days=1)
    return work._asked.as_of


def test_a_page_of_the_past_is_in_its_order_and_goes_on_after_its_last(
    work: UnitOfWork, sight: Sight, later: Any
) -> None:
    assert told(work) == {"items": [2, 3, 4, 1, 5], "next": None}
    assert sight.asked == [(TeamMember, False, OUT)]
    assert was_shown(work) == ("team", None, None, 5, {FILE, OTHER})
    assert told(work, limit=5)["next"] is None
    page = told(work, limit=3)
    assert page["items"] == [2, 3, 4]
    here = scope("case.read", FILE, work.actor.id, later, chosen={})
    assert unseal(KEY, here, page["next"]) == ["a", str(UUID(int=4))]
    assert told(work, limit=3, cursor=page["next"]) == {"items": [1, 5], "next": None}
    work._asked.as_of = later + timedelta(seconds=1)
    with pytest.raises(Invalid):
        told(work, limit=3, cursor=page["next"])


def test_what_came_later_is_not_looked_at(work: UnitOfWork, sight: Sight, later: Any) -> None:
    work._asked.as_of = later - timedelta(days=2)
    assert told(work) == {"items": [], "next": None}
    (statement,) = sight.statements
    assert "WHERE team_members.created_at <= " in statement


def test_order_choice_and_count_are_by_the_values_of_then(
    work: UnitOfWork, sight: Sight, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows(kind: Any, statement: Any) -> list[dict[str, Any]]:
        found = Sight._rows(sight, kind, statement)
        return [{**row, "role": "z" if row["id"].int == 2 else row["role"]} for row in found]

    monkeypatch.setattr(work, "_rows", rows)
    assert told(work)["items"] == [3, 4, 1, 5, 2]
    assert told(work, role="a", count=True) == {"items": [3, 4], "next": None, "total": 2}
    assert told(work, role="z", part=None)["items"] == [2]
    monkeypatch.setattr(reading, "COUNT_CAP", 1)
    assert told(work, role="a", count=True)["total"] == 1


def test_more_than_can_be_looked_at_is_refused(
    work: UnitOfWork, sight: Sight, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    execute = work._execute

    def watched(statement: Any) -> Any:
        counted.append(text_of(statement))
        return execute(statement)

    monkeypatch.setattr(work, "_execute", watched)
    told(work)
    assert "LIMIT 5001) AS" in counted[0]
    sight.statements.clear()
    monkeypatch.setattr(reading, "MOST", 5)
    assert len(told(work)["items"]) == 5
    monkeypatch.setattr(reading, "MOST", 4)
    with pytest.raises(Invalid) as refused:
        told(work)
    (fault,) = refused.value.errors
    assert (fault.pointer, fault.code) == ("query.as_of", "too-many")
    assert ("4" in fault.detail, len(sight.statements)) == (True, 1)


def test_of_the_past_only_the_whole_are_found_by_what_a_summary_lacks(
    work: UnitOfWork,
    sight: Sight,
    later: Any,
    whole: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def rows(kind: Any, statement: Any) -> list[dict[str, Any]]:
        found = Sight._rows(sight, kind, statement)
        return [{**row, WHOLE: row["id"].int != 2} for row in found]

    monkeypatch.setattr(work, "_rows", rows)
    whole |= {"lacking_in_summary": ["role"], "schema_of": None}
    assert told(work, role="a")["items"] == [3, 4]
    whole["lacking_in_summary"] = []
    assert told(work, role="a")["items"] == [2, 3, 4]


def test_a_clause_about_rows_of_today_chooses_none_of_then(
    work: UnitOfWork, sight: Sight, later: Any
) -> None:
    with pytest.raises(AssertionError):
        told(work, where=lambda rows: rows.c.case_id == OTHER)


def test_what_was_has_no_tag(
    work: UnitOfWork, sight: Sight, later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "in_sight", lambda out, role: (out, role))
    assert work.read(OUT, UUID(int=2)) == Shown(b"row 2", UUID(int=2), etag=False)


# --- rows and facts for rules ---------------------------------------------------------------------


def numbers(rows: list[dict[str, Any]]) -> list[int]:
    return [row["id"].int for row in rows]


def test_rows_are_found_as_the_caller_sees_them_and_noted(work: UnitOfWork, sight: Sight) -> None:
    assert work.find(TeamMember, lambda _: false()) == []
    assert work._shown == {}
    assert numbers(work.find(TeamMember)) == [1, 2, 3, 4, 5]
    assert sight.asked == [(TeamMember, False, None)] * 2
    assert sight.statements[-1].endswith("ORDER BY team_members.id LIMIT 1000")
    assert was_shown(work) == ("team", None, None, 5, {FILE, OTHER})
    found = work.find(
        TeamMember,
        lambda rows: rows.c.case_id == FILE,
        order=("role", "id"),
        limit=2,
        anywhere=True,
    )
    assert numbers(found) == [2, 3]
    assert sight.asked[-1] == (TeamMember, True, None)


def test_a_count_for_rules_is_of_this_file(work: UnitOfWork) -> None:
    assert work.tally(TeamMember, lambda rows: rows.c.role == "a") == 2


def test_facts_are_the_columns_that_a_rule_names(
    work: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_role(rows: Any) -> Any:
        return rows.c.role == "a"

    monkeypatch.setattr(work, "_beyond", lambda one: [text_of(one)])
    writes: Any = work._writes
    found = work.facts(TeamMember, of_role, "id", "role")
    assert sorted(tuple(row) for row in found) == [(UUID(int=n), "a") for n in (2, 3, 4)]
    assert writes.done == [False]
    told = "SELECT team_members.id FROM team_members WHERE team_members.role = 'a'"
    assert work.facts(TeamMember, of_role, "id", beyond=True) == [told]
    assert writes.done == [False, False]


def test_files_are_held_in_the_order_of_their_ids(
    work: UnitOfWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[str] = []
    monkeypatch.setattr(work, "_execute", lambda one: held.append(text_of(one)))
    work.hold(TeamMember, lambda rows: rows.c.role == "a")
    assert held == [
        "SELECT team_members.id FROM team_members WHERE team_members.role = 'a'"
        " ORDER BY team_members.id FOR NO KEY UPDATE OF team_members"
    ]


def test_the_cover_is_of_the_files_own_kind_if_the_wall_has_looked(work: UnitOfWork) -> None:
    assert work.cover(Case) is None
    work._cover = {"status": "open"}
    assert work.cover(Case) is work._cover
    assert work.cover(TeamMember) is None


# --- past the second wall -------------------------------------------------------------------------


class Walls:
    """What a transaction states, and what is done in it, in their order."""

    def __init__(self, work: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[Any] = []
        self.work, self.db = work, SimpleNamespace(execute=self.execute)
        writes: Any = SimpleNamespace(rows={}, flush=lambda: self.done.append("flush"))
        monkeypatch.setattr(work, "_db", self.db)
        monkeypatch.setattr(work, "_writes", writes)
        monkeypatch.setattr(beyond, "BEYOND", self.stating("beyond"))
        monkeypatch.setattr(beyond, "wall_of", self.wall_of)
        self.found = ["row"]

    def execute(self, statement: Any) -> Iterator[Any]:
        self.done.append(text_of(statement))
        return iter(self.found)

    def stating(self, what: Any) -> Any:
        def state(db: Any) -> None:
            assert db is self.db
            self.done.append(what)

        return SimpleNamespace(state=state)

    def wall_of(self, caller: Any, past_seals: bool, again: bool = False) -> Any:
        assert caller is self.work.actor
        return self.stating((past_seals, again))


@pytest.fixture
def walls(work: UnitOfWork, monkeypatch: pytest.MonkeyPatch) -> Walls:
    return Walls(work, monkeypatch)


AGAIN = (False, True)


def test_what_is_in_use_anywhere_is_asked_past_the_wall_which_stands_again(
    work: UnitOfWork, walls: Walls
) -> None:
    told = "SELECT team_members.id FROM team_members WHERE team_members.role = 'a' LIMIT 1"
    assert work.taken(TeamMember, "role", "a") is True
    assert walls.done == ["beyond", told, AGAIN]
    walls.found = []
    assert work.taken(TeamMember, "role", "a") is False
    rows: Any = work._writes.rows
    for waiting, taken in ((["b", "a"], True), (["b"], False)):
        rows[ROWS] = [{"role": one} for one in waiting]
        assert work.taken(TeamMember, "role", "a") is taken


def test_what_is_done_beyond_the_walls_is_written_there(work: UnitOfWork, walls: Walls) -> None:
    with work.beyond_walls():
        walls.done.append("done")
    assert walls.done == ["flush", "beyond", "done", "flush", AGAIN]


def test_a_line_has_one_wall(work: UnitOfWork, walls: Walls) -> None:
    work._db = object.__new__(Line)  # type: ignore[assignment]
    with pytest.raises(NotHere), work.beyond_walls():
        pass
