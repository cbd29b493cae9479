"""The statement behind an access log: three ways to have looked at a file, each by its index."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Boolean, literal_column

from app.safeguards.audit.models import SAID
from app.safeguards.guard.looks import looks_at, ways

FILE, AT = UUID(int=9), datetime(2026, 3, 1, tzinfo=UTC)
SEEN: Any = literal_column("seen", Boolean())
OF_CLASS = (
    "(SELECT revisions.record_class FROM revisions WHERE revisions.record_id ="
    " audit_events.record_id AND revisions.version = audit_events.record_version)"
)
WAYS = (
    "FROM audit_events WHERE audit_events.file_id = :file_id_1",
    "FROM audit_events WHERE audit_events.asked_id = :asked_id_1",
    "FROM audit_events JOIN audit_subjects ON audit_subjects.event_id = audit_events.id"
    " WHERE audit_subjects.file_id = :file_id_1",
)


def said(clause: Any) -> str:
    return " ".join(str(clause).split())


def test_a_file_is_looked_at_by_its_path_by_asking_for_it_and_in_lists() -> None:
    assert [said(one) for one in ways(FILE)] == [f"SELECT audit_events.id {one}" for one in WAYS]
    assert all(FILE in one.compile().params.values() for one in ways(FILE))


@pytest.mark.parametrize(
    ("chosen", "asked"),
    [
        ({}, ""),
        ({"record": "note"}, " AND audit_events.record = :record"),
        ({"since": AT}, " AND audit_events.created_at >= :since"),
        ({"until": AT}, " AND audit_events.created_at < :until"),
        ({"record_class": "case"}, f" AND {OF_CLASS} = :param_1"),
    ],
)
def test_the_newest_by_each_way_are_merged(chosen: dict[str, Any], asked: str) -> None:
    made = looks_at(FILE, chosen, [SEEN], 7)
    text, given = said(made), made.compile().params
    found = [part.split(" ORDER BY audit_events.id DESC LIMIT")[0] for part in text.split("UNION")]
    assert len(found) == 3
    for one, way in zip(found, WAYS, strict=True):
        start = way.replace(":file_id_1", "").replace(":asked_id_1", "")
        assert start in one
        assert one.endswith(f" AND seen{asked}")
        assert "audit_events.outcome IN (__[POSTCOMPILE_outcome_1])" in one
    assert [*given["outcome_1"]] == ["read", "refused"]
    for name, value in chosen.items():
        assert given["param_1" if name == "record_class" else name] == value
    assert [value for value in given.values() if value == 7] == [7] * 4


def test_a_look_is_told_with_the_class_of_what_was_seen() -> None:
    made = looks_at(FILE, {}, [], 7)
    assert {one.name for one in made.selected_columns} == {one.name for one in SAID}
    assert f"{OF_CLASS} AS record_class" in said(made)
    assert " ORDER BY audit_events.id DESC LIMIT :" in said(made).rpartition(")")[2]
