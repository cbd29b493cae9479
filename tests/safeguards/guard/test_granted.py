"""Grants by name: the one statement that finds those that a caller holds, and which of them count.

What each kind of grant finds is told with the kind; here they are stood in for.
"""

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Column, MetaData, Table, create_engine, insert, literal, select

from app.casework.break_glass.models import glass_broken
from app.casework.consents.models import flowing
from app.core.db import Identifier, table
from app.registry.cases.models import Case
from app.registry.cases.on_case import OnCase
from app.registry.cases.reach import stood_in_for
from app.safeguards.access.policy import POLICY
from app.safeguards.guard import granted as grants
from app.safeguards.guard.columns import scoped
from app.safeguards.guard.door import NOW, particulars, somebody
from app.safeguards.guard.granted import GRANTED, by_office, granted, grants_held, held_by
from app.safeguards.guard.mark import ForSelf, Permit
from app.safeguards.guard.protected import When
from app.safeguards.identity.caller import Caller
from tests.safeguards.guard.test_ground import AT, FILE, OTHER, SEEN

DB: Any = SimpleNamespace(dialect=SimpleNamespace(name="sqlite"))
CALLER = Caller(UUID(int=7), "", "social_worker", UUID(int=6), "ra", UUID(int=8))
FIRST, GLASS, BROKEN, ABSENT = (UUID(int=n) for n in range(4))


def test_glass_covers_and_agreements_are_granted_by_name() -> None:
    assert {"break_glass": glass_broken, "cover": stood_in_for, "agreement": flowing} == GRANTED


def test_a_rule_is_known_by_its_kind_and_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grants, "GRANTED", {})
    rule: Any = object()
    assert granted("glass")(rule) is rule
    assert {"glass": rule} == grants.GRANTED


# --- what is held ---------------------------------------------------------------------------------


class Held:
    """Stands for the statement and for what the office leads to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows: list[Any] = []
        self.own, self.asked = False, list[Any]()
        monkeypatch.setattr(grants, "held_by", self.held_by)
        monkeypatch.setattr(grants, "by_office", self.by_office)

    def held_by(self, *form: Any) -> Any:
        assert form == ("social_worker", (True, True), "sqlite")
        return SimpleNamespace(run=self.run)

    def run(self, db: Any, given: Any) -> Any:
        assert db is DB
        assert given == {**particulars(CALLER, AT), "file": FILE}
        return self.rows

    def by_office(self, *given: Any) -> bool:
        self.asked.append(given)
        return self.own

    def told(self) -> list[dict[str, str]]:
        return grants_held(DB, SEEN, FILE, CALLER, AT)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    return Held(monkeypatch)


def test_who_asks_for_themselves_holds_nothing(held: Held) -> None:
    held.rows = [("break_glass", GLASS, None)]
    assert grants_held(DB, ForSelf(), FILE, CALLER, AT) == []


def test_a_grant_is_told_by_its_kind_and_id_and_whose_place_is_taken(held: Held) -> None:
    assert held.told() == []
    held.rows = [("break_glass", GLASS, None), ("cover", BROKEN, ABSENT)]
    assert held.told() == [
        {"kind": "break_glass", "id": str(GLASS)},
        {"kind": "cover", "id": str(BROKEN), "for": str(ABSENT)},
    ]
    assert held.asked == [(DB, SEEN, FILE, CALLER, AT)]


def test_a_cover_does_not_count_where_the_own_office_leads(held: Held) -> None:
    held.own = True
    held.rows = [("agreement", GLASS, None)]
    assert held.told() == [{"kind": "agreement", "id": str(GLASS)}]
    assert held.asked == []
    held.rows.append(("cover", BROKEN, ABSENT))
    assert held.told() == [{"kind": "agreement", "id": str(GLASS)}]


# --- the statement --------------------------------------------------------------------------------


def test_one_statement_asks_for_all_kinds_and_tells_them_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = list[Any]()

    def finding(*rows: tuple[UUID, UUID | None]) -> Any:
        def rule(file_id: Any, caller: Any, when: Any) -> Any:
            asked.append((file_id.key, type(file_id.type), caller, when))
            found = [
                select(
                    literal(one, Identifier()).label("x"), literal(behalf, Identifier()).label("y")
                )
                for one, behalf in rows
            ]
            return found[0] if len(found) == 1 else found[0].union_all(*found[1:])

        return rule

    kinds = {
        "glass": finding((FIRST, None)),
        "cover": finding((BROKEN, ABSENT), (GLASS, ABSENT)),
    }
    monkeypatch.setattr(grants, "GRANTED", kinds)
    unkept: Any = held_by.__wrapped__
    statement = unkept("auditor", (False, True), "sqlite")
    assert asked == [("file", Identifier, somebody("auditor", (False, True)), NOW)] * 2
    with create_engine("sqlite://").connect() as db:
        assert statement.run(db, {}) == [
            ["cover", GLASS, ABSENT],
            ["cover", BROKEN, ABSENT],
            ["glass", FIRST, None],
        ]
    assert unkept("auditor", (True, True), "postgresql").postgresql


def test_all_that_are_declared_are_asked_for_each_by_the_record_that_it_is() -> None:
    unkept: Any = held_by.__wrapped__
    said = " ".join(unkept("auditor", (True, True), "sqlite").text.split())
    part = r"'(\w+)' AS kind, \w+\.id AS id, \w+\.\w+ AS behalf FROM \(SELECT (\w+)\.id AS id"
    assert re.findall(part, said) == [
        ("agreement", "held_agreement"),
        ("break_glass", "held_glass"),
        ("cover", "held_covers"),
    ]


# --- by office ------------------------------------------------------------------------------------


def test_what_is_about_no_file_is_reached_by_no_office() -> None:
    assert by_office(DB, Permit("case.read"), None, CALLER, AT) is False


@pytest.mark.parametrize("summary", [False, True])
def test_an_office_leads_to_a_file_by_what_is_usual(
    monkeypatch: pytest.MonkeyPatch, summary: bool
) -> None:
    mark, caller = replace(OnCase("person.read"), summary=summary), replace(CALLER, role="educator")
    rows, opened = table(Case), [FILE]

    def within(*given: Any, **more: Any) -> Any:
        expected = scoped(Case, POLICY.opens("educator", "person.read", summary))
        assert given == (Case, rows, caller, expected, When(AT, AT.date()))
        assert more == {"usual": True}
        return rows.c.id.in_(opened)

    monkeypatch.setattr(grants, "within", within)
    kept = MetaData()
    files = Table("cases", kept, Column("id", Identifier()))
    with create_engine("sqlite://").connect() as db:
        kept.create_all(db)
        db.execute(insert(files), [{"id": FILE}, {"id": OTHER}])
        assert by_office(db, mark, FILE, caller, AT) is True
        assert by_office(db, mark, OTHER, caller, AT) is False
        opened.append(UUID(int=0))
        assert by_office(db, mark, UUID(int=0), caller, AT) is False
