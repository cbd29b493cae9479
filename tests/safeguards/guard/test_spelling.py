"""The text that the database is to write of a row, word for word on both engines."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

import pytest
from pydantic import (
    BaseModel,
    PydanticDeprecatedSince20,
    computed_field,
    field_serializer,
    field_validator,
    model_validator,
    validator,
)
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    column,
    create_engine,
    insert,
    literal,
    literal_column,
    select,
    true,
)

from app.core.db import Identifier, UtcDateTime
from app.core.statements import POSTGRESQL, SQLITE
from app.registry.cases.schemas import CaseOut
from app.safeguards.guard import spelling
from app.safeguards.guard.shown import Children
from app.safeguards.guard.spelling import (
    Piece,
    Seen,
    apart,
    bytes_of,
    constant,
    in_postgresql,
    in_sqlite,
    is_constant,
    joined,
    kinds_spelled,
    listed,
    merged,
    pieces,
    truth,
)

META = MetaData()
READ = frozenset({"open"})
# Without what is kept of the answer.
can_spell: Any = spelling.can_spell.__wrapped__


def kind(name: str, *columns: Any) -> Any:
    rows = Table(name, META, Column("id", Identifier(), nullable=False), *columns)
    return type(name.title(), (), {"__table__": rows, "file": "file_id"})


SEALED = {"sealed": True}
Leaf = kind("leaves", Column("twig_id", Identifier()), Column("secret", LargeBinary, info=SEALED))
Twig = kind(
    "twigs",
    Column("file_id", Identifier()),
    Column("name", Text, nullable=False, info={"record_class": "open"}),
    Column("hidden", Text, nullable=False, info={"record_class": "closed"}),
)
Tree = kind(
    "trees",
    Column("name", Text, nullable=False),
    Column("nick", Text, nullable=True, info={"record_class": "open"}),
    Column("hidden", Text, nullable=False, info={"record_class": "closed"}),
    Column("secret", LargeBinary, info=SEALED),
    Column("own", LargeBinary, info=SEALED),
    Column("tall", Boolean, nullable=False),
    Column("age", Integer, nullable=True),
    Column("seen", Date, nullable=False),
    Column("at", UtcDateTime(), nullable=True),
    Column("more", JSON, nullable=False),
)


class Named(BaseModel):
    of: ClassVar[Any] = Twig
    order: ClassVar = ("name", "id")
    id: UUID
    name: str


class Whole(BaseModel):
    of: ClassVar[Any] = Tree
    id: UUID
    twigs: Annotated[list[Named], Children("file_id")]
    name: str
    nick: str | None


def text_of(engine: str, clause: Any) -> str:
    dialect = POSTGRESQL if engine == "postgresql" else SQLITE
    made = clause.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    return " ".join(str(made).split())


# --- which schemas --------------------------------------------------------------------------------


class Sealing(BaseModel):
    of: ClassVar[Any] = Tree
    name: str
    secret: str


class Other(BaseModel):
    of: ClassVar[Any] = Tree
    name: str
    colour: str


class BareLeaf(BaseModel):
    of: ClassVar[Any] = Leaf
    order: ClassVar = ("id",)
    id: UUID


class Leaves(BareLeaf):
    secret: str


class Grown(Named):
    below: Annotated[list[Leaves], Children("file_id")]


class Computing(Whole):
    @computed_field  # type: ignore[prop-decorator]
    @property
    def size(self) -> int:
        return 1


class Grouped(Whole):
    @model_validator(mode="before")
    @classmethod
    def grouped(cls, row: Any) -> Any:
        return row


class Validated(Whole):
    @field_validator("name")
    @classmethod
    def known(cls, name: str) -> str:
        return name


class Serialised(Whole):
    @field_serializer("name")
    def written(self, name: str) -> str:
        return name


def of_old() -> type[BaseModel]:
    with pytest.warns(PydanticDeprecatedSince20):

        class Old(Whole):
            @validator("name")
            def known(cls, name: str) -> str:  # noqa: N805
                return name

    return Old


def listing(child: type[BaseModel], points: str) -> type[BaseModel]:
    class Listing(BaseModel):
        of: ClassVar[Any] = Tree
        name: str
        below: Annotated[list[child], Children(points)]  # type: ignore[valid-type]

    return Listing


def test_the_database_spells_columns_and_what_hangs_on_them() -> None:
    assert can_spell(Named) is True
    assert can_spell(Whole) is True
    assert can_spell(Other) is False
    assert can_spell(listing(Named, "file_id")) is True
    assert can_spell(listing(Named, "tree_id")) is False
    assert can_spell(listing(Other, "file_id")) is False


def test_what_computes_something_is_not_for_the_database() -> None:
    for out in (Computing, Grouped, Validated, Serialised, of_old()):
        assert can_spell(out) is False, out


def test_what_is_sealed_stands_in_no_list() -> None:
    assert can_spell(Sealing) is True
    assert can_spell(Sealing, Whole) is False
    assert can_spell(Named, Whole) is True
    assert can_spell(listing(Sealing, "file_id")) is False
    assert can_spell(Leaves) is True
    assert can_spell(Grown) is False


def test_all_kinds_that_can_be_spelled_are_found_at_any_depth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert CaseOut in kinds_spelled()

    class Root: ...

    class First(Root):
        of = 1

    class Below(First): ...

    class Bare(Root): ...

    class Unlike(Bare):
        of = 2

    class Null(Root):
        of = None

    def can(out: Any) -> bool:
        assert out.of is not None
        return out is not Unlike

    monkeypatch.setattr(spelling, "can_spell", can)
    base: Any = Root
    expected: list[Any] = [First, Below]
    assert [*kinds_spelled(base)] == expected


# --- a row ----------------------------------------------------------------------------------------


def seen(child: Any, below: Any) -> Any:
    assert child is Named
    assert below is Twig.__table__
    own: Any = Named
    return Seen(select(below).where(below.c.name != "hidden"), [own], true())


NAMED = {
    "sqlite": (
        """'{"id":"' || twigs.id || '","name":' || json_quote(twigs.name) || '}'""",
        "group_concat",
    ),
    "postgresql": (
        """'{"id":"' || CAST(twigs.id AS TEXT) || '","name":'"""
        " || CAST(to_json(twigs.name) AS TEXT) || '}'",
        "string_agg",
    ),
}


def children_of(engine: str, parent: str) -> str:
    one, together = NAMED[engine]
    return (
        f"coalesce('[' || (SELECT {together}(anon_1.one, ',') AS {together}_1"
        f" FROM (SELECT {one} AS one FROM twigs"
        f" WHERE twigs.name != 'hidden' AND twigs.file_id = {parent}"
        " ORDER BY twigs.name, twigs.id) AS anon_1) || ']', '[]')"
    )


@pytest.mark.parametrize("engine", NAMED)
def test_what_hangs_on_a_row_is_a_list_within_it(engine: str) -> None:
    hit = select(Tree.__table__).cte("hit")
    told = listed(Named, hit.c.id, "file_id", READ, engine, seen)  # type: ignore[arg-type]
    whole = text_of(engine, select(told).select_from(hit))
    assert f") SELECT {children_of(engine, 'hit.id')} AS coalesce_1 FROM hit" in whole


SHOWN = {
    "sqlite": {
        "id": """'{"id":"' || trees.id || '","twigs":' || """,
        "name": "json_quote(trees.name)",
        "nick": "coalesce(json_quote(trees.nick), 'null')",
    },
    "postgresql": {
        "id": """'{"id":"' || CAST(trees.id AS TEXT) || '","twigs":' || """,
        "name": "CAST(to_json(trees.name) AS TEXT)",
        "nick": "coalesce(CAST(to_json(trees.nick) AS TEXT), 'null')",
    },
}


class Leafy(Named):
    below: Annotated[list[BareLeaf], Children("twig_id")]


@pytest.mark.parametrize("engine", NAMED)
def test_a_row_within_a_list_is_whole_or_brief_as_it_says(engine: str) -> None:
    class Brief(BaseModel):
        of: ClassVar[Any] = Twig
        name: str

    short: Any = Brief

    def some(child: Any, below: Any) -> Any:
        return Seen(select(below), [child, short], below.c.id == "7")

    parent = Tree.__table__.c.id
    told = listed(Named, parent, "file_id", READ, engine, some)  # type: ignore[arg-type]
    one, _ = NAMED[engine]
    name = one.partition(""","name":' || """)[2]
    brief = f"""'{{"name":' || {name}"""
    assert f"CASE WHEN (twigs.id = '7') THEN {one} ELSE {brief} END" in text_of(
        engine, select(told)
    )


def test_a_list_may_hold_another() -> None:
    asked: list[Any] = []

    def all_of(child: Any, below: Any) -> Any:
        asked.append((child, below))
        return Seen(select(below), [child], true())

    parent = Tree.__table__.c.id
    told = listed(Leafy, parent, "file_id", READ, "sqlite", all_of)  # type: ignore[arg-type]
    inner = " FROM leaves WHERE leaves.twig_id = twigs.id ORDER BY leaves.id"
    assert inner in text_of("sqlite", select(told))
    assert asked == [(Leafy, Twig.__table__), (BareLeaf, Leaf.__table__)]


def test_a_list_is_of_its_own_rows_though_others_are_beside_it() -> None:
    trees, twigs = Tree.__table__, Twig.__table__
    told = listed(Named, trees.c.id, "file_id", READ, "sqlite", seen)  # type: ignore[arg-type]
    beside = select(twigs.c.name, told.label("told")).select_from(trees.join(twigs, literal(True)))
    own = children_of("sqlite", "trees.id")
    assert text_of("sqlite", beside) == (
        f"SELECT twigs.name, {own} AS told FROM trees JOIN twigs ON 1 = 1"
    )


def test_what_is_withheld_is_so_in_a_list_too() -> None:
    class Hiding(Named):
        hidden: str

    def all_of(child: Any, below: Any) -> Any:
        return Seen(select(below), [child], true())

    parent = Tree.__table__.c.id
    told = listed(Hiding, parent, "file_id", READ, "sqlite", all_of)  # type: ignore[arg-type]
    assert """json_quote(twigs.name) || ',"hidden":null}'""" in text_of("sqlite", select(told))


@pytest.mark.parametrize("engine", SHOWN)
def test_a_row_is_one_text(engine: str) -> None:
    (one,) = pieces(Whole, Tree.__table__, READ, engine, seen)  # type: ignore[arg-type]
    assert one.text is not None
    assert one.sealed is None
    shown = SHOWN[engine]
    assert text_of(engine, select(one.text.label("told"))).removeprefix("SELECT ") == (
        f"{shown['id']}{children_of(engine, 'trees.id')}"
        f""" || ',"name":' || {shown["name"]} || ',"nick":' || {shown["nick"]} || '}}'"""
        " AS told FROM trees"
    )


class Secretive(BaseModel):
    of: ClassVar[Any] = Tree
    name: str
    secret: str
    hidden: str
    own: str


def test_what_is_sealed_stands_between_the_texts_and_what_is_withheld_is_null() -> None:
    rows = Tree.__table__
    some = pieces(Secretive, rows, READ, "sqlite", seen)  # type: ignore[arg-type]
    first, secret, second, own, last = some
    assert Piece() == Piece(None, None)
    assert (secret, own) == (Piece(sealed=rows.c.secret), Piece(sealed=rows.c.own))
    texts = [one.text is not None and text_of("sqlite", one.text) for one in (first, second, last)]
    assert texts == [
        """'{"name":' || json_quote(trees.name) || ',"secret":'""",
        """',"hidden":null,"own":'""",
        "'}'",
    ]
    assert [one.sealed for one in (first, second, last)] == [None] * 3
    (_, _, told, _, _) = pieces(
        Secretive,  # type: ignore[arg-type]
        *(rows, READ | {"closed"}, "sqlite", seen),
    )
    assert "json_quote(trees.hidden)" in text_of("sqlite", told.text)


def test_rows_are_those_that_are_given_and_what_they_are_the_schema_says() -> None:
    hit = select(Tree.__table__).cte("hit")
    (first, *_) = pieces(Secretive, hit, READ, "postgresql", seen)  # type: ignore[arg-type]
    assert "to_json(hit.name)" in text_of("postgresql", first.text)


# --- what a text is made of -----------------------------------------------------------------------


def words(parts: Sequence[Any]) -> list[str]:
    return [text_of("sqlite", one) for one in parts]


A, B, X = constant("a"), constant("b"), column("x", Text())


def test_words_of_ours_are_texts() -> None:
    assert text_of("sqlite", constant('{"a":')) == """'{"a":'"""
    assert isinstance(constant("a").type, Text)


def test_only_words_of_ours_are_constant() -> None:
    assert is_constant(A)
    for other in (X, column("'x'"), literal_column("1"), bindparam("x", "'x'"), A.concat(X)):
        assert not is_constant(other), other


def test_what_is_joined_is_taken_apart_first() -> None:
    whole, n = A.concat(X).concat(B), column("n", Integer())
    assert words([*apart([whole, B, X])]) == ["'a'", "x", "'b'", "'b'", "x"]
    assert words([*apart([n + 1 + n])]) == ["n + 1 + n"]


def test_words_side_by_side_become_one() -> None:
    assert words(merged([A, B, X, A, B, B])) == ["'ab'", "x", "'abb'"]
    assert words(merged([X, X])) == ["x", "x"]
    assert merged([]) == []
    assert text_of("sqlite", joined([A, B.concat(X).concat(B), A])) == "'ab' || x || 'ba'"
    assert text_of("sqlite", joined([A, B])) == "'ab'"
    assert text_of("sqlite", joined([X, A, X])) == "x || 'a' || x"


def test_a_text_is_passed_on_as_bytes() -> None:
    assert isinstance(bytes_of(X).type, LargeBinary)
    assert text_of("sqlite", bytes_of(X)) == "x"


def test_a_truth_is_told_as_one() -> None:
    told = text_of("postgresql", truth(column("x", Boolean())))
    assert told == "CASE WHEN (x IS true) THEN 'true' WHEN (x IS false) THEN 'false' END"


TRUTH = "CASE WHEN (x IS {}) THEN 'true' WHEN (x IS {}) THEN 'false' END"
QUOTED = """'"' || {} || '"'"""
MOMENT = """to_char(timezone('UTC', x), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


@pytest.mark.parametrize(
    ("kind", "postgresql", "sqlite"),
    [
        (Identifier(), QUOTED.format("CAST(x AS TEXT)"), QUOTED.format("x")),
        (Date(), QUOTED.format("CAST(x AS TEXT)"), QUOTED.format("x")),
        (UtcDateTime(), QUOTED.format(MOMENT), QUOTED.format("x")),
        (Boolean(), TRUTH.format("true", "false"), TRUTH.format("1", "0")),
        (Integer(), "CAST(x AS TEXT)", "CAST(x AS TEXT)"),
        (JSON(), "CAST(x AS TEXT)", "x"),
        (Text(), "CAST(to_json(x) AS TEXT)", "json_quote(x)"),
    ],
)
def test_each_type_is_spelled_as_json_has_it(kind: Any, postgresql: str, sqlite: str) -> None:
    value = column("x", kind)
    assert text_of("postgresql", in_postgresql(value, kind)) == postgresql
    told = in_sqlite(value, kind)
    assert text_of("sqlite", told) == sqlite
    of_value = [one for one in apart([told]) if not is_constant(one)]
    if not isinstance(kind, Boolean) and "json_quote" not in sqlite:
        assert [type(one.type) for one in of_value] == [Text]


class All(BaseModel):
    of: ClassVar[Any] = Tree
    id: UUID
    name: str
    nick: str | None
    hidden: str
    tall: bool
    age: int | None
    seen: date
    at: datetime | None
    more: Any


def test_the_database_tells_a_row_as_it_is_kept() -> None:
    engine, rows = create_engine("sqlite://"), Tree.__table__
    row: dict[str, Any] = {"id": UUID(int=7), "name": 'a "b"', "nick": None, "hidden": "x"}
    row |= {"tall": False, "age": 3, "seen": date(2026, 3, 1), "more": {"a": [1, None]}}
    with engine.connect() as db:
        rows.create(db)
        db.execute(insert(rows).values(**row, at=datetime(2026, 3, 1, tzinfo=UTC)))
        (one,) = pieces(All, rows, READ, "sqlite", seen)  # type: ignore[arg-type]
        assert one.text is not None
        text = db.execute(select(one.text)).scalar_one()
    assert json.loads(text) == {
        **{**row, "id": str(row["id"]), "hidden": None, "seen": "2026-03-01"},
        "at": "2026-03-01T00:00:00.000000Z",
    }
