"""The statement behind an access log: three ways to have looked at a file, each by its index."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Boolean, literal_column, select

from app.safeguards.audit.models import SAID
from app.safeguards.guard.looks import CLASS, looks_at, ways

FILE, AT = UUID(int=9), datetime(2026, 3, 1, tzinfo=UTC)
SEEN: Any = literal_column("seen", Boolean())
OF_CLASS = (
    "(SELECT revisions.record_class FROM revisions WHERE revisions.record_id ="
    " audit_events.record_id AND (revisions.version = audit_events.record_version"
    " OR audit_events.record_version IS NULL) ORDER BY revisions.version DESC LIMIT :param_{})"
)
WAYS = (
    "SELECT audit_events.id {}FROM audit_events WHERE audit_events.file_id = ",
    "SELECT audit_events.id {}FROM audit_events WHERE audit_events.asked_id = ",
    "SELECT audit_subjects.event_id AS id FROM audit_subjects"
    " JOIN audit_events ON audit_events.id = audit_subjects.event_id"
    " WHERE audit_subjects.file_id = ",
)


def said(clause: Any) -> str:
    return " ".join(str(clause).split())


def test_a_file_is_looked_at_by_its_path_by_asking_for_it_and_in_lists() -> None:
    for one, way in zip(ways(FILE), WAYS, strict=True):
        assert said(one).partition(":")[0] == way.format("")
    assert all(FILE in one.compile().params.values() for one in ways(FILE))


@pytest.mark.parametrize(
    ("chosen", "asked"),
    [
        ({}, ""),
        ({"record": "note"}, " AND audit_events.record = :record"),
        ({"since": AT}, " AND audit_events.created_at >= :since"),
        ({"until": AT}, " AND audit_events.created_at < :until"),
        ({"record_class": "case"}, f" AND {OF_CLASS.format(1)} = :param_2"),
    ],
)
def test_the_newest_by_each_way_are_merged(chosen: dict[str, Any], asked: str) -> None:
    made = looks_at(FILE, chosen, [SEEN], 7)
    text, given = said(made), made.compile().params
    orders = ("audit_events.id", "audit_events.id", "id")
    parts = text.split("UNION")
    assert len(parts) == 3
    for one, way, order in zip(parts, WAYS, orders, strict=True):
        start, end = way.format("AS id "), f" AND seen{asked} ORDER BY {order} DESC LIMIT :"
        assert start in one
        assert "audit_events.outcome IN (__[POSTCOMPILE_outcome_1])" in one
        assert end in one.partition(start)[2]
    assert [*given["outcome_1"]] == ["read", "refused"]
    for name, value in chosen.items():
        assert given["param_2" if name == "record_class" else name] == value
    assert [value for value in given.values() if value == 7] == [7] * 4


def test_a_look_is_told_with_the_class_of_what_was_seen() -> None:
    made = looks_at(FILE, {}, [], 7)
    assert sorted(one.name for one in made.selected_columns) == sorted(one.name for one in SAID)
    assert "WHERE audit_events.id IN (SELECT anon_1.id" in said(made)
    assert f"{OF_CLASS.partition('{')[0]}1) AS record_class" in said(made)
    assert " ORDER BY audit_events.id DESC LIMIT :" in said(made).rpartition(")")[2]
    # Of several versions PostgreSQL would refuse to choose.
    told = str(select(CLASS).compile(compile_kwargs={"literal_binds": True}))
    assert "ORDER BY revisions.version DESC\n LIMIT 1" in told, told
