"""The one statement that says where a caller stands with a file, and who is told of it at all."""

from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Boolean, false, literal_column

from app.core.errors import Forbidden, NotFound
from app.registry.cases.models import Case
from app.safeguards.access.policy import POLICY, Reach
from app.safeguards.guard import explaining
from app.safeguards.guard.door import NOW, particulars, somebody
from app.safeguards.guard.explaining import Asked, Standing, question_of, reaches, standing
from tests.safeguards.guard.test_ground import AT, FILE, SEEN, working

TEAM, UNIT = ("case", Reach.TEAM), ("case", Reach.UNIT)
NOTES = ("psychosocial_notes", Reach.TEAM)


# --- what is held ---------------------------------------------------------------------------------


def test_an_action_is_open_by_any_place_that_is_held_also_by_its_summary() -> None:
    assert Standing(frozenset()) == Standing(frozenset(), False, frozenset(), wholly=True)
    assert Standing(frozenset({TEAM, UNIT})).opens("social_worker", "case.read")
    assert not Standing(frozenset({UNIT})).opens("social_worker", "case.read")
    assert not Standing(frozenset()).opens("social_worker", "case.read")
    # Of counselling they see by S that there is some.
    by = ("faith_counselling", Reach.TEAM)
    assert by not in places(POLICY.opens("social_worker", "note.read", summary=False))
    assert by in places(POLICY.opens("social_worker", "note.read", summary=True))
    assert Standing(frozenset({by})).opens("social_worker", "note.read")


def places(grants: Any) -> set[tuple[str, Reach]]:
    return {(name, reach) for reach, names in grants.items() for name in names}


def test_a_class_is_reached_by_what_the_policy_gives_and_by_a_broken_glass() -> None:
    assert [*reaches("statistician", "case")] == [*POLICY.classes["case"].get("statistician", {})]
    glass = [one for one in POLICY.classes if POLICY.breakable("social_worker", one)]
    assert glass
    for name in POLICY.classes:
        own = [*POLICY.classes[name].get("social_worker", {})]
        expected = [*own, *([Reach.GLASS] if name in glass else [])]
        assert [*reaches("social_worker", name)] == expected


# --- who is told ----------------------------------------------------------------------------------

CLASSES, ACTIONS, UNSEALING = ["case", "psychosocial_notes"], ["case.read", "x.y"], "sealing.unseal"


class Asking:
    """A unit of work, and the one row that its question finds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.db: Any = SimpleNamespace(dialect=SimpleNamespace(name="sqlite"))
        self.work, self.walled = working(SEEN, method="GET"), True
        monkeypatch.setattr(self.work, "_db", self.db)
        self.found: list[Any] = [[False, False, True, False]]
        self.asked: list[Any] = []
        self.opens = {("social_worker", "case.read")}
        monkeypatch.setattr(self.work, "_no_wall", self.no_wall)
        monkeypatch.setattr(explaining, "question_of", self.question_of)
        monkeypatch.setattr(Standing, "opens", lambda _, *asked: asked in self.opens)

    @contextmanager
    def no_wall(self) -> Any:
        self.walled = False
        yield
        self.walled = True

    def question_of(self, *asked: Any) -> Asked:
        own = (("case", "psychosocial_notes"), "sqlite")
        assert asked == (Case, "social_worker", (True, True), *own)
        statement: Any = SimpleNamespace(run=self.run)
        return Asked(statement, ((TEAM, 0), (UNIT, 1), (NOTES, 0)))

    def run(self, db: Any, given: Any) -> Any:
        assert db is self.db
        assert not self.walled
        assert given == {**particulars(self.work.actor, AT), "file": FILE}
        return self.found

    def stands(self) -> Standing:
        return standing(self.work, Case, FILE, CLASSES, ACTIONS, UNSEALING)


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> Asking:
    return Asking(monkeypatch)


def test_a_caller_is_told_what_holds_and_it_is_on_record(asking: Asking) -> None:
    assert asking.stands() == Standing(frozenset({TEAM, NOTES}), sealed=False)
    event = asking.work._event()
    assert (event["record"], event["record_id"], event["detail"]) == ("case", FILE, {"shown": 1})
    assert asking.work._subjects == {FILE}
    asking.found = [[False, False, False, True]]
    assert asking.stands().held == {UNIT}


def hidden(asking: Asking) -> None:
    with pytest.raises(NotFound):
        asking.stands()
    assert asking.work._subjects == set()


def test_of_a_file_that_is_not_there_or_closed_to_them_nobody_is_told(asking: Asking) -> None:
    asking.found = [[True, False, True, True]]
    hidden(asking)
    asking.found = []
    hidden(asking)


def test_whom_no_action_reaches_is_not_told(asking: Asking) -> None:
    asking.opens = {("social_worker", UNSEALING), ("partner", "case.read")}
    hidden(asking)


def test_of_a_sealed_file_is_told_who_may_unseal_it(asking: Asking) -> None:
    asking.found = [[False, True, True, False]]
    hidden(asking)
    asking.opens = {("social_worker", UNSEALING)}
    assert asking.stands() == Standing(frozenset({TEAM, NOTES}), sealed=True)


def test_whose_password_is_not_their_own_is_told_nothing(asking: Asking) -> None:
    caller = replace(asking.work.actor, limited=True)
    asking.work._circumstances.caller = caller
    with pytest.raises(Forbidden) as refused:
        asking.stands()
    assert refused.value.code == "password-change-required"


# --- the statement --------------------------------------------------------------------------------

HAS = (True, False)  # a unit, and no jurisdiction


def question(monkeypatch: pytest.MonkeyPatch, *classes: str) -> tuple[str, Any]:
    """Its text, and where the answers stand; each relationship is a condition of one name."""

    def rule(rows: Any, sight: Any) -> Any:
        assert (rows, sight.when) == (Case.__table__, NOW)
        assert sight.caller == somebody("social_worker", HAS)
        if sight.reach is Reach.UNIT:
            return false()
        own = sight.record_class.value if sight.reach is Reach.OWN else "any"
        return literal_column(f"{sight.reach}_{own}", Boolean())

    monkeypatch.setattr(explaining, "rule_of", lambda scope: rule if scope is Case else None)
    monkeypatch.setattr(explaining, "reaches", lambda role, name: PLACES[role, name])
    monkeypatch.setattr(explaining, "Statement", lambda *made: made)
    unkept: Any = question_of.__wrapped__
    asked = unkept(Case, "social_worker", HAS, classes, "sqlite")
    (statement, engine) = asked.statement
    assert engine == "sqlite"
    assert {type(one.type) for one in statement.selected_columns} == {Boolean}
    return " ".join(str(statement).split()), asked.places


PLACES = {
    ("social_worker", "plan"): [Reach.TEAM, Reach.OWN],
    ("social_worker", "case"): [Reach.TEAM, Reach.UNIT, Reach.OWN],
}


def test_each_relationship_is_asked_once_and_both_bars_before_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text, found = question(monkeypatch, "plan", "case")
    assert found == (
        *((("plan", Reach.TEAM), 0), (("plan", Reach.OWN), 1)),
        *((("case", Reach.TEAM), 0), (("case", Reach.UNIT), 2), (("case", Reach.OWN), 3)),
    )
    whom = "bars.user_id = :caller"
    assert text.count("FROM file_bars AS bars WHERE bars.file_id = cases.id AND") == 2
    assert text.startswith("SELECT ")
    closed, _, rest = text.removeprefix("SELECT ").partition(" AS c1, ")
    assert closed.split(" AS c0, ")[0].endswith(f"{whom})")
    assert f"({whom} OR bars.user_id = " in closed.split(" AS c0, ")[1]
    assert rest == (
        "team_any AS c2, own_plan AS c3, false AS c4, own_case AS c5"
        " FROM cases WHERE cases.id = :file"
    )


def test_of_no_class_only_the_bars_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    text, found = question(monkeypatch)
    assert found == ()
    assert text.count("EXISTS") == 2
