"""A kind of record that lacks one thing says so, and which kind it is."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType, SimpleNamespace
from typing import Any, ClassVar
from uuid import UUID

import pytest
from pydantic import BaseModel
from sqlalchemy import Column, MetaData, Table, Uuid

from app.safeguards.guard import kinds
from app.safeguards.guard.kinds import HalfDeclared, examine_kinds, lacks
from app.safeguards.guard.protected import RULES
from app.safeguards.guard.second_wall import BELONGING


def kept(*names: str) -> Table:
    return Table("kept", MetaData(), *(Column(name, Uuid()) for name in names))


class Whole:
    """Has all that a kind of record needs, and is none: nothing of it stays declared."""

    __table__: ClassVar[Table] = kept("id", "created_at", "case_id")
    record: ClassVar[Any] = "deadline"
    record_class: ClassVar[Any] = "plan"
    file: ClassVar[str] = "case_id"
    file_kind: ClassVar[str] = ""


class EachItsOwn(Whole):
    __table__ = kept("id", "case_id", "record_class")
    record_class = None


class OfItsOwnFile(Whole):
    file = "id"
    file_kind = "deadline"


def variant(base: type[Whole] = Whole, **differs: Any) -> Any:
    return type("Variant", (base,), differs)


@pytest.fixture(autouse=True)
def walls(monkeypatch: pytest.MonkeyPatch) -> None:
    for known in (RULES, BELONGING):
        monkeypatch.setitem(known, Whole, None)


@pytest.mark.parametrize("kind", [Whole, EachItsOwn, OfItsOwnFile])
def test_a_whole_one_lacks_nothing(kind: Any) -> None:
    assert lacks(kind) == []


NAMELESS = "has no `record`: its name in the policy"
UNREAD = "is a 'glass', of which policy.toml has no block with `read`"
UNKNOWN = "is a 'horoscope', of which policy.toml has no block with `read`"
CLASSLESS = "has no `record_class`, neither for the kind nor for each row"
STARRY = "is of the class 'stars', which policy.toml does not have"
NOWHERE = "has no column 'centre_id' for the file that it is kept in"
FILELESS = "belongs to no file: name its column in `file`, or its own in `file_kind`"


@pytest.mark.parametrize(
    ("differs", "fault"),
    [
        ({"record": None}, NAMELESS),
        ({"record": "glass"}, UNREAD),
        ({"record": "horoscope"}, UNKNOWN),
        ({"record_class": None}, CLASSLESS),
        ({"record_class": "stars"}, STARRY),
        ({"file": "centre_id"}, NOWHERE),
        ({"file": "id"}, FILELESS),
    ],
)
def test_it_is_told_what_it_lacks(differs: Mapping[str, Any], fault: str) -> None:
    assert lacks(variant(**differs)) == [fault]


def test_a_kind_of_a_base_without_walls_lacks_both(monkeypatch: pytest.MonkeyPatch) -> None:
    for known, fault in (
        (RULES, "has no row filter: see `row_filter`"),
        (BELONGING, "has no second wall: see `belongs`"),
    ):
        with monkeypatch.context() as patch:
            patch.delitem(known, Whole)
            assert lacks(variant()) == [fault]


def test_the_start_names_each_kind_with_each_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    first = type("First", (Whole,), {"record": None, "record_class": "stars"})
    second = type("Second", (Whole,), {"file": "id"})
    monkeypatch.setattr(kinds, "protected_kinds", lambda: [first, Whole, second])
    with pytest.raises(HalfDeclared) as told:
        examine_kinds()
    assert str(told.value) == f"First {NAMELESS}; First {STARRY}; Second {FILELESS}"
    monkeypatch.setattr(kinds, "protected_kinds", lambda: [Whole])
    examine_kinds()


class Short(BaseModel):
    id: UUID
    since: str


class Other(BaseModel):
    id: UUID


def shown(
    monkeypatch: pytest.MonkeyPatch,
    order: tuple[str, ...] = ("id",),
    summary: type[BaseModel] | None = None,
    summary_for: Mapping[str, type[BaseModel]] = MappingProxyType({}),
) -> None:
    out = SimpleNamespace(order=order, summary=summary, summary_for=summary_for)

    def schemas(kind: Any) -> Iterator[Any]:
        assert issubclass(kind, Whole)
        yield out

    monkeypatch.setattr(kinds, "schemas_of", schemas)


FAMILY: Any = {"record": "relationship", "record_class": "family"}
IN_SUMMARY = ("coordinator", "health_worker", "livelihoods_officer", "probation_officer")


def test_whoever_has_a_summary_of_it_is_shown_one(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = variant(**FAMILY)
    shown(monkeypatch, summary=Other)
    assert lacks(kind) == []
    shown(monkeypatch, summary_for=dict.fromkeys(IN_SUMMARY, Other))
    assert lacks(kind) == []
    shown(monkeypatch, summary_for=dict.fromkeys(IN_SUMMARY[1:], Other))
    assert lacks(kind) == ["has a summary for 'coordinator' in policy.toml, and no schema shows it"]
    shown(monkeypatch)
    assert lacks(kind) == ["has a summary for 'coordinator' in policy.toml, and no schema shows it"]


def test_several_schemas_may_show_the_summaries(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [
        SimpleNamespace(order=("id",), summary=None, summary_for=dict.fromkeys(roles, Other))
        for roles in (IN_SUMMARY[:2], IN_SUMMARY[2:])
    ]
    monkeypatch.setattr(kinds, "schemas_of", lambda kind: iter(parts))
    assert lacks(variant(**FAMILY)) == []


def test_every_summary_shows_what_its_lists_are_sorted_by(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = variant(**FAMILY)
    shown(monkeypatch, ("since", "id"), Short, {"coordinator": Short})
    assert lacks(kind) == []
    hides = f"is listed by 'since', which {Other} does not show"
    shown(monkeypatch, ("since", "id"), Short, {"coordinator": Other})
    assert lacks(kind) == [hides]
    shown(monkeypatch, ("since", "id"), Other, {"coordinator": Short})
    assert lacks(kind) == [hides]
    shown(monkeypatch, ("until", "since", "id"), Other)
    assert lacks(variant()) == [hides]


class Listed(BaseModel):
    id: UUID
    created_at: str
    case_id: UUID
    since: str
    until: str


def test_what_an_agreement_may_keep_back_sorts_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = variant(record="person", record_class="identity")
    shown(monkeypatch, ("created_at", "case_id", "id"), Listed)
    assert lacks(kind) == []
    shown(monkeypatch, ("until", "since", "id"), Listed)
    assert lacks(kind) == [
        "is listed by 'since', which an agreement may keep back",
        "is listed by 'until', which an agreement may keep back",
    ]
    assert lacks(variant()) == []  # of which no agreement opens anything
