"""The one statement behind each kind of question, word for word on both engines."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    literal_column,
    select,
)
from sqlalchemy.engine.default import StrCompileDialect

from app.core.db import Identifier, UtcDateTime, table
from app.core.statements import spelling
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard import plans, questions, witnessed
from app.safeguards.guard.door import NOW, somebody
from app.safeguards.guard.questions import AtLength, Question
from app.safeguards.guard.spelling import Piece

META = MetaData()
ROLE = "auditor"
WHO = somebody(ROLE)
unkept: Any = plans.plan_of
plan_of: Callable[[Question], Any] = unkept.__wrapped__


def kind(record: str, file: str, *columns: Any) -> Any:
    own: Any = (Column("id", Identifier()), Column("version", Integer), Column(file, Identifier()))
    rows = Table(f"{record}s", META, *{one.name: one for one in own}.values(), *columns)
    more = {"__table__": rows, "record": record, "file": file, "record_class": f"{record}s"}
    return type(record.title(), (), more)


Pot = kind("pot", "id", Column("name", Text))
Lid = kind("lid", "pot_id", Column("name", Text), Column("size", Integer))


class PotOut:
    of, order = Pot, ("name", "id")


class LidOut:
    of, order = Lid, ("size", "id")


class LidBrief:
    of, order = Lid, ("id",)


class Knob:
    of = Lid


@dataclass(frozen=True)
class Marked:
    """Stands for the action of a route, which no policy knows."""

    action: str
    scope: Any = None
    summary: bool = False
    past_seals: bool = False


IN_POT, SEEN, ANYWHERE = Marked("lid.read", Pot), Marked("pot.read", Pot), Marked("pot.read")


def question(
    out: Any = LidOut, mark: Any = IN_POT, engine: str = "sqlite", one: bool = True, **more: Any
) -> Question:
    return Question(out, mark, ROLE, engine, one, **more)


NAMED = spelling(StrCompileDialect())


def text_of(clause: Any) -> str:
    """With our own words and numbers in it, and what each run gives under its name."""
    return " ".join(str(clause.compile(dialect=NAMED)).split())


def kinds_of(statement: Any) -> dict[str, type]:
    """Of what each run gives."""
    binds = statement.compile(dialect=NAMED).binds
    return {name: type(one.type) for name, one in binds.items() if not one.unique}


def word(text: str) -> Any:
    return literal_column(text, Boolean())


@dataclass(frozen=True)
class Owner:
    """Stands for a kind whose rows a statement found: whether others follow from some of them."""

    kind: Any
    found_by: Any
    led: Any = None
    mixed: ClassVar[bool] = False

    @property
    def leading(self) -> str:
        return f"what leads of {self.found_by}"


class Words:
    """Stands for the rules about rows: each says what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.schema: dict[Any, Any] = {(one, ROLE): (one, None) for one in (PotOut, LidOut)}
        self.first: Any = None
        self.spelled: list[Any] = []
        self.pieces_of: list[Any] = [Piece(text=literal_column("text", Text()))]
        for name in (
            *("within", "told_whole", "beneath", "pieces", "pointed", "first_by_each"),
            *("good_token", "has_something_rare", "wall", "forms_of"),
        ):
            monkeypatch.setattr(plans, name, getattr(self, name))
        monkeypatch.setattr(witnessed, "schema_of", lambda out, role: self.schema[out, role][0])
        monkeypatch.setattr(plans, "schema_of", lambda out, role: self.schema[out, role][0])
        monkeypatch.setattr(plans, "summary_of", lambda out, role: self.schema[out, role][1])
        monkeypatch.setattr(plans, "in_sight", lambda out, role: f"sight of {out.__name__} {role}")
        monkeypatch.setattr(plans, "Owner", Owner)
        monkeypatch.setattr(plans, "Statement", lambda *made: made)

    def within(self, kind: Any, rows: Any, caller: Any, grants: Any, when: Any, usual: Any) -> Any:
        assert (rows, caller, when, usual) == (table(kind), WHO, NOW, True)
        return word(f"within({grants})")

    def told_whole(self, kind: Any, rows: Any, caller: Any, when: Any, usual: Any) -> Any:
        assert (rows, caller, when, usual) == (table(kind), WHO, NOW, True)
        return word("whole")

    def beneath(
        self, kind: Any, below: Any, caller: Any, grants: Any, when: Any, owner: Any
    ) -> Any:
        assert (below, caller, when) == (table(kind), WHO, NOW)
        return word(f"beneath({grants}, led {owner.led})")

    def pieces(self, schema: Any, hit: Any, readable: Any, engine: str, seen: Any) -> Any:
        assert readable == POLICY.in_columns(ROLE)
        below = seen(Knob, table(Lid))
        assert (below.forms, str(below.whole)) == ([f"forms of Knob {ROLE}"], "whole")
        self.spelled.append((schema, hit.name, engine, text_of(below.rows)))
        return self.pieces_of

    def forms_of(self, out: Any, role: str) -> list[Any]:
        return [f"forms of {out.__name__} {role}"]

    def pointed(self, clause: Any) -> Any:
        return word(f"pointed({clause})")

    def first_by_each(self, owner: Any, rows: Any, caller: Any, when: Any, page: Any) -> Any:
        assert (rows, caller, when) == (table(owner.kind), WHO, NOW)
        self.narrow = page
        return self.first

    def good_token(self, caller: Any) -> Any:
        assert caller == WHO
        return word("token")

    def has_something_rare(self, caller: Any, when: Any) -> Any:
        assert (caller, when) == (WHO, NOW)
        return word("rare")

    def wall(self, mark: Any, kind: Any, caller: Any, usual: Any) -> Any:
        assert (caller, usual) == (WHO, True)
        return [word(f"wall({mark.action} {kind.record})")]


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> Words:
    return Words(monkeypatch)


# --- the statement --------------------------------------------------------------------------------

COLUMNS = {
    "lid": ("id", "version", "pot_id", "name", "size"),
    "pot": ("id", "version", "name"),
}
BELOW = "SELECT lids.id, lids.version, lids.pot_id, lids.name, lids.size FROM lids WHERE "
FOLLOWS = "pointed(beneath(sight of Knob auditor, led {}))"


def live(mark: Any, record: str) -> str:
    wall = f"wall({mark.action} {record})"
    return f"WITH live AS (SELECT 1 AS open WHERE token AND NOT rare AND {wall})"


def hit(record: str, clauses: str, more: str = "", source: str = "") -> str:
    named = ", ".join(f"{record}s.{one} AS {one}" for one in COLUMNS[record])
    source = source or f"{record}s"
    there = (
        "(EXISTS (SELECT live.open FROM live))"
        if clauses
        else "EXISTS (SELECT live.open FROM live)"
    )
    return f"hit AS (SELECT {named}{more} FROM {source} WHERE {there}{clauses})"


def test_one_record_is_one_row(words: Words) -> None:
    found = plan_of(question())
    statement, engine = found.statement
    assert text_of(statement) == (
        f"{live(IN_POT, 'lid')}, "
        + hit(
            "lid",
            " AND lids.pot_id = :file AND lids.id = :wanted"
            " AND pointed(within(sight of LidOut auditor))",
        )
        + " SELECT hit.id, hit.version, text AS text FROM hit"
    )
    assert isinstance(statement.selected_columns[2].type, LargeBinary)
    assert (engine, found.sealed, found.mixed) == ("sqlite", (None,), False)
    assert words.spelled == [(LidOut, "hit", "sqlite", BELOW + FOLLOWS.format(None))]


def test_the_file_itself_is_asked_for_by_its_id_alone(words: Words) -> None:
    statement, _ = plan_of(question(PotOut, SEEN)).statement
    wanted = " AND pots.id = :wanted AND pointed(within(sight of PotOut auditor))"
    assert text_of(statement) == (
        f"{live(SEEN, 'pot')}, {hit('pot', wanted)}"
        " SELECT hit.id, hit.version, text AS text FROM hit"
    )


PAGE = " SELECT hit.id, hit.{0}, hit.id AS id__1, text AS text FROM live"
PAGE += " LEFT OUTER JOIN hit ON true ORDER BY hit.{0}, hit.id"
IN_SIGHT = " AND within(sight of LidOut auditor) ORDER BY lids.size, lids.id LIMIT :more"


def test_a_page_is_what_was_chosen_after_its_cursor(words: Words) -> None:
    asked = question(one=False, filters=("name", "size"), after=True)
    found = plan_of(asked)
    statement, _ = found.statement
    chosen = " AND lids.pot_id = :file AND lids.name = :is_name AND lids.size = :is_size"
    chosen += " AND (lids.size, lids.id) > (:after_0, :after_1)"
    assert text_of(statement) == (
        f"{live(IN_POT, 'lid')}, {hit('lid', chosen + IN_SIGHT)}{PAGE.format('size')}"
    )
    kinds = kinds_of(statement)
    assert kinds == {
        **{"file": Identifier, "is_name": Text, "is_size": Integer, "more": Integer},
        **{"after_0": Integer, "after_1": Identifier},
    }
    assert isinstance(statement.selected_columns[3].type, LargeBinary)
    assert (found.sealed, found.mixed) == ((None,), False)


def test_a_page_of_files_is_asked_for_by_each_reach_where_there_are_several(words: Words) -> None:
    asked = question(PotOut, ANYWHERE, one=False)
    end = " ORDER BY pots.name, pots.id LIMIT :more"
    statement, _ = plan_of(asked).statement
    page = PAGE.format("name")
    own = " AND within(sight of PotOut auditor)" + end
    assert text_of(statement) == f"{live(ANYWHERE, 'pot')}, {hit('pot', own)}{page}"
    columns: Any = (literal_column("1").label("id"), literal_column("leads").label("leads"))
    words.first = select(*columns).cte("first")
    statement, _ = plan_of(asked).statement
    first = ", first AS (SELECT 1 AS id, leads AS leads), "
    told = hit("pot", "", source="pots JOIN first ON pots.id = first.id").removesuffix(")") + end
    assert text_of(statement) == f"{live(ANYWHERE, 'pot')}{first}{told}){page}"
    assert text_of(words.narrow(select(table(Pot).c.id))) == (
        f"{live(ANYWHERE, 'pot')} SELECT pots.id FROM pots"
        f" WHERE EXISTS (SELECT live.open FROM live){end}"
    )


def test_of_a_file_no_first_are_asked_for(words: Words) -> None:
    words.first = select(literal_column("1").label("id")).cte("first")
    for asked in (question(), question(one=False), question(PotOut, SEEN)):
        assert "first" not in text_of(plan_of(asked).statement[0])


def test_what_follows_from_some_rows_says_from_which(
    words: Words, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Owner, "mixed", True)
    statement, _ = plan_of(question()).statement
    led = ", pointed(within(what leads of sight of LidOut auditor)) AS led_on"
    assert f"lids.size AS size{led} FROM lids" in text_of(statement)
    assert words.spelled[0][3] == BELOW + FOLLOWS.format("hit.led_on")
    columns: Any = (literal_column("1").label("id"), literal_column("2").label("leads"))
    words.first = select(*columns).cte("first")
    statement, _ = plan_of(question(PotOut, ANYWHERE, one=False)).statement
    assert "pots.name AS name, first.leads = 1 AS led_on FROM pots JOIN first" in text_of(statement)


def test_rows_shown_in_either_schema_have_their_summary_beside_them(words: Words) -> None:
    words.schema[LidOut, ROLE] = (None, LidBrief)
    found = plan_of(question())
    statement, _ = found.statement
    whole = hit(
        "lid",
        " AND lids.pot_id = :file AND lids.id = :wanted"
        " AND pointed(within(sight of LidOut auditor))",
        ", whole AS shown_whole",
    )
    brief = "CASE WHEN (hit.shown_whole IS false) THEN text END AS anon_2"
    assert text_of(statement) == (
        f"{live(IN_POT, 'lid')}, {whole} SELECT hit.id,"
        f" CASE WHEN hit.shown_whole THEN hit.version END AS anon_1, {brief},"
        " text AS text FROM hit"
    )
    assert [isinstance(one.type, LargeBinary) for one in statement.selected_columns][2:] == [
        True,
        True,
    ]
    follows = BELOW + FOLLOWS.format(None)
    assert words.spelled == [(one, "hit", "sqlite", follows) for one in (LidOut, LidBrief)]
    assert found.mixed is True
    assert plan_of(question(engine="postgresql")).mixed is True
    words.schema[LidOut, ROLE] = (LidBrief, LidBrief)
    assert plan_of(question()).mixed is False
    assert words.spelled[-1][0] is LidBrief
    brief, _ = plan_of(question()).statement
    assert "SELECT hit.id, :param_1 AS" in text_of(brief)
    version = brief.selected_columns[1]
    assert (version.value, type(version.type)) == (None, Integer)


def test_a_summary_holds_nothing_sealed(words: Words) -> None:
    words.schema[LidOut, ROLE] = (None, LidBrief)
    text, sealed = words.pieces_of[0], Piece(sealed=table(Lid).c.name)
    for pieces in ([text, sealed], [sealed]):
        words.pieces_of = pieces
        with pytest.raises(AtLength):
            plan_of(question())


def test_what_is_sealed_comes_with_the_key_of_its_file(words: Words) -> None:
    words.pieces_of = [Piece(sealed=table(Lid).c.name), *words.pieces_of]
    found = plan_of(question())
    joined = "hit LEFT OUTER JOIN files ON files.id = hit.pot_id"
    assert found.sealed == (table(Lid).c.name, None)
    assert text_of(found.statement[0]).endswith(
        " SELECT hit.id, hit.version, hit.name, text AS text, hit.pot_id, files.wrapped_key"
        f" FROM {joined}"
    )
    statement, _ = plan_of(question(one=False)).statement
    assert text_of(statement).endswith(
        " SELECT hit.id, hit.size, hit.id AS id__1, hit.name, text AS text, hit.pot_id,"
        f" files.wrapped_key FROM live LEFT OUTER JOIN ({joined}) ON true"
        " ORDER BY hit.size, hit.id"
    )


@pytest.mark.usefixtures("words")
@pytest.mark.parametrize(
    ("out", "mark", "one"),
    [
        (LidOut, replace(IN_POT, past_seals=True), True),
        (PotOut, ANYWHERE, True),
        (LidOut, ANYWHERE, False),
        (PotOut, SEEN, False),
    ],
)
def test_what_no_statement_fits_is_asked_at_length(out: Any, mark: Any, one: bool) -> None:
    with pytest.raises(AtLength):
        plan_of(question(out, mark, one=one))


@pytest.mark.usefixtures("words")
def test_plans_are_made_once() -> None:
    asked = question()
    assert unkept(asked) is unkept(question())
    assert unkept(asked) is unkept(question(filters=(), after=False))
    assert unkept(asked) is not unkept(question(one=False))


# --- the evidence ---------------------------------------------------------------------------------

EVENT = {
    **{"id": ":event", "created_at": ":at", "actor_id": ":caller", "role": "'auditor'"},
    **{"session_id": ":session", "action": "'lid.read'", "route": ":route", "outcome": "'read'"},
    **{"request_id": ":request", "policy": f"'{POLICY.digest[:16]}'"},
    **{"purpose": "'oversight'", "basis": "'mandate'", "file_id": ":file", "record": "'lid'"},
}
KINDS = {
    **{"event": Identifier, "at": UtcDateTime, "caller": Identifier, "session": Identifier},
    **{"route": Text, "request": Identifier, "file": Identifier, "mac": LargeBinary},
}


@pytest.mark.usefixtures("words")
@pytest.mark.parametrize("one", [True, False])
def test_on_sqlite_the_event_and_its_files_are_steps_of_their_own(one: bool) -> None:
    found = plan_of(question(one=one))
    event, engine = found.event
    told = {**EVENT, "record_id": ":shown_record", "record_version": ":shown_version"}
    told |= {"detail": ":detail", "mac": ":mac"}
    names = [column.name for column in table(AuditEvent).c if column.name in told]
    ordered = sorted(told, key=lambda name: names.index(name))
    text = text_of(event)
    columns = text.partition("(")[2].partition(")")[0].split(", ")
    values = text.partition("VALUES (")[2].removesuffix(")").split(", ")
    assert dict(zip(columns, values, strict=True)) == told
    assert sorted(columns) == sorted(ordered)
    more = {"shown_record": Identifier, "shown_version": Integer, "detail": JSON}
    assert kinds_of(event) == {**KINDS, **more}
    subjects, other = found.subjects
    assert text_of(subjects) == (
        "INSERT INTO audit_subjects (event_id, file_id)"
        " SELECT :event AS anon_1, anon_2.value FROM json_each(:files) AS anon_2"
    )
    assert kinds_of(subjects) == {"event": Identifier, "files": JSON}
    assert engine == other == "sqlite"


def made(told: dict[str, str], source: str) -> str:
    """The insertion of an event beside the rows that it is about."""
    unnamed = iter(range(1, 100))
    shown = (
        f"{value} AS {name if value.startswith('hit.') else f'anon_{next(unnamed)}'}"
        for name, value in told.items()
    )
    values = ", ".join(
        one.replace("record_id", "id").replace("record_version", "version") for one in shown
    )
    return f"made AS (INSERT INTO audit_events ({', '.join(told)}) SELECT {values} FROM {source})"


@pytest.mark.usefixtures("words")
def test_on_postgresql_the_event_of_a_record_is_in_the_same_statement() -> None:
    found = plan_of(question(engine="postgresql"))
    statement, engine = found.statement
    told = {**EVENT, "record_id": "hit.id", "record_version": "hit.version"}
    told |= {"detail": """CAST('{"shown": 1}' AS JSON)""", "mac": ":mac"}
    own = " AND lids.pot_id = :file AND lids.id = :wanted"
    own += " AND pointed(within(sight of LidOut auditor))"
    assert text_of(statement) == (
        f"{live(IN_POT, 'lid')}, {hit('lid', own)}, {made(told, 'hit')}"
        " SELECT hit.id, hit.version, text AS text FROM hit"
    )
    assert kinds_of(statement) == {**KINDS, "wanted": Identifier}
    assert (engine, found.event, found.subjects) == ("postgresql", None, None)
    assert (found.sealed, found.mixed) == ((None,), False)


@pytest.mark.usefixtures("words")
@pytest.mark.parametrize("mark", [SEEN, ANYWHERE])
def test_on_postgresql_the_event_of_a_page_counts_it_and_names_its_files(mark: Any) -> None:
    out, record, name = (PotOut, "pot", "name") if mark is ANYWHERE else (LidOut, "lid", "size")
    statement, _ = plan_of(question(out, mark, "postgresql", one=False)).statement
    text = text_of(statement)
    counted = "CAST((SELECT count(*) AS count_1 FROM seen) AS TEXT)"
    told = {**EVENT, "action": f"'{mark.action}'", "record": f"'{record}'"}
    nothing = [one for one in text.partition("made AS")[2].split() if one.startswith(":param")]
    told["record_id"], told["record_version"] = nothing
    detail = f"""CAST('{{"shown": ' || {counted} || '}}' AS JSON)"""
    told |= {"detail": detail, "mac": ":mac"}
    seen = f"seen AS (SELECT hit.id AS id FROM hit ORDER BY hit.{name}, hit.id LIMIT :limit)"
    whole = f", {seen}, {made(told, 'live')}"
    if mark is ANYWHERE:
        whole += ", named AS (INSERT INTO audit_subjects (event_id, file_id)"
        whole += " SELECT :event AS anon_19, seen.id AS id FROM seen)"
    assert text.partition(" LIMIT :more)")[2] == whole + PAGE.format(name)
    binds = statement.compile(dialect=NAMED).binds
    kinds = [(type(one.type), one.value) for one in (binds[key[1:]] for key in nothing)]
    assert kinds == [(Identifier, None), (Integer, None)]
    file = {} if mark is ANYWHERE else {"file": Identifier}
    assert kinds_of(statement) == {**KINDS, **file, "more": Integer, "limit": Integer}


def test_an_answer_may_show_several_files_where_it_is_about_none() -> None:
    assert questions.lists_files(question(PotOut, ANYWHERE, one=False)) is True
    for other in (question(PotOut, ANYWHERE), question(), question(one=False)):
        assert questions.lists_files(other) is False


# --- the wall -------------------------------------------------------------------------------------


@pytest.fixture
def opens(monkeypatch: pytest.MonkeyPatch) -> dict[Any, str]:
    """What opens each action, with its summary or without."""
    given: dict[Any, str] = {("pot.change", False): "change", ("lid.read", True): "read"}
    given[("pot.read", False)] = "see"

    def within(kind: Any, rows: Any, caller: Any, grants: Any, when: Any, usual: Any) -> Any:
        assert (kind, rows.element, caller, when) == (Pot, table(Pot), WHO, NOW)
        return word(f"within({grants}, usual {usual})")

    def opening(role: str, *action: Any) -> str | None:
        assert role == ROLE
        return given.get(action)

    class Policy:
        opens = staticmethod(opening)

    monkeypatch.setattr(plans, "POLICY", Policy)
    monkeypatch.setattr(plans, "within", within)
    monkeypatch.setattr(plans, "pointed", lambda clause: word(f"pointed({clause})"))
    monkeypatch.setattr(plans, "scoped", lambda scope, grants: f"{scope.record} by {grants}")
    return given


def walls(mark: Any, kind: Any, **more: Any) -> list[str]:
    return [text_of(select(word("1")).where(one)) for one in plans.wall(mark, kind, WHO, **more)]


@pytest.mark.usefixtures("opens")
def test_the_wall_asks_for_the_file_unless_its_rows_ask_the_same() -> None:
    here = "SELECT 1 WHERE EXISTS (SELECT 1 AS anon_1 FROM pots AS pots_1"
    here += " WHERE pots_1.id = :file AND pointed("
    change, read = Marked("pot.change", Pot), Marked("lid.read", Pot, summary=True)
    assert walls(change, Pot) == [here + "within(pot by change, usual False)))"]
    assert walls(change, None, usual=True) == [here + "within(pot by change, usual True)))"]
    assert walls(read, Lid) == [here + "within(pot by read, usual False)))"]
    assert walls(SEEN, Pot) == []
    assert walls(SEEN, None) != []
    assert walls(ANYWHERE, Pot) == []
    for refused in (IN_POT, Marked("lid.read"), Marked("pot.change", Pot, summary=True)):
        with pytest.raises(AtLength):
            walls(refused, Pot)


# --- what can be spelled --------------------------------------------------------------------------


class Spelling:
    """Of each schema that the role is shown, its children; and what is by agreement or computed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.schema: Any = LidOut
        self.summaries: dict[Any, Any] = {}
        self.children: dict[Any, list[Any]] = {LidOut: [], LidBrief: []}
        self.by_agreement: set[Any] = set()
        self.computed: set[Any] = set()

        def of_role(known: Callable[[Any], Any]) -> Any:
            def told(out: Any, role: str) -> Any:
                assert role == ROLE
                return known(out)

            return told

        def children(out: Any) -> Any:
            return {place: ("mark", one) for place, one in enumerate(self.children[out])}

        def can_spell(form: Any, within: Any = None) -> bool:
            return (form if within is None else (form, within)) not in self.computed

        monkeypatch.setattr(questions, "forms_of", of_role(self.forms))
        monkeypatch.setattr(questions, "by_agreement", of_role(lambda of: of in self.by_agreement))
        monkeypatch.setattr(questions, "children", children)
        monkeypatch.setattr(questions, "can_spell", can_spell)

    def forms(self, out: Any) -> list[Any]:
        brief = self.summaries.get(out)
        if out is LidOut and self.schema is not None:
            return [self.schema]
        return [out] if brief is None else [out, brief]

    def can(self) -> bool:
        unkept: Any = questions.can_spell_for
        answer: bool = unkept.__wrapped__(LidOut, ROLE)
        return answer


def test_what_a_role_is_shown_is_spelled_if_each_schema_of_it_can_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    some = Spelling(monkeypatch)
    assert some.can()
    some.computed = {LidOut}
    assert not some.can()
    some.schema, some.summaries = LidBrief, {LidOut: LidBrief}
    assert some.can()  # only the summary is shown
    some.schema = None
    assert not some.can()
    some.computed = {LidBrief}
    assert not some.can()
    some.computed = set()
    assert some.can()


def test_what_is_shown_by_agreement_is_left_to_the_long_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    some = Spelling(monkeypatch)
    some.by_agreement = {Lid}
    assert not some.can()
    some.by_agreement, some.children[LidOut] = {Pot}, [LidBrief, PotOut]
    assert not some.can()
    some.by_agreement = set()
    assert some.can()
    some.schema, some.summaries, some.by_agreement = None, {LidOut: LidBrief}, {Pot}
    some.children = {LidOut: [], LidBrief: [PotOut]}
    assert not some.can()


def test_each_form_of_a_child_is_spelled_within_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    some = Spelling(monkeypatch)
    some.children[LidOut] = [PotOut]
    assert some.can()
    some.summaries = {PotOut: LidBrief}
    assert some.can()
    for form in (PotOut, LidBrief):
        some.computed = {(form, LidOut)}
        assert not some.can()
    some.computed = {(PotOut, LidBrief)}
    assert some.can()


def test_the_event_of_a_read_says_why_as_its_role_and_action_have_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mark = replace(IN_POT, summary=True)
    reasons = {(ROLE, "lid.read", True): {"purpose": "care", "basis": None}}
    monkeypatch.setattr(witnessed, "why", lambda *asked: reasons[asked])
    values = witnessed.event_values(question(mark=mark), ROLE)
    assert "basis" not in values
    assert (values["purpose"].value, type(values["purpose"].type)) == ("care", Text)
