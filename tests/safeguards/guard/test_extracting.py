"""Values past the reader's own classes: from which version, which of them, and on what record."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, insert

from app.core.db import Base, table
from app.core.errors import NotFound
from app.core.values import now
from app.registry.cases.models import TeamMember
from app.registry.cases.on_case import OnCase
from app.safeguards.audit.models import Revision
from app.safeguards.guard.extracting import WORKFLOW, OutsideWorkflow, extract
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.guard.writing import revision_place
from app.safeguards.vault.sealing import seal
from tests.safeguards.guard.test_ground import ADD, FILE, OTHER, Written, working

KEY = b"f" * 32
ROW, ANOTHER = UUID(int=1), UUID(int=2)
# Of which record, which row, in which file, which version; by what it says.
REVISIONS: dict[str, tuple[str, UUID, UUID, int]] = {
    "first": ("team", ROW, FILE, 1),
    "last": ("team", ROW, FILE, 3),
    "of another": ("team", ANOTHER, FILE, 2),
    "elsewhere": ("team", ROW, OTHER, 4),
    "other kind": ("note", ROW, FILE, 5),
}


@pytest.fixture
def db() -> Iterator[Connection]:
    engine, rows = create_engine("sqlite://"), table(TeamMember)
    Base.metadata.create_all(engine, [rows, table(Revision)])
    with engine.connect() as db:
        for number, version in ((ROW, 3), (ANOTHER, 2)):
            row: dict[str, Any] = {"id": number, "case_id": FILE, "role": "a", "version": version}
            row |= {"user_id": OTHER, "jurisdiction": "ra", "case_jurisdiction": "ra"}
            row |= {"part": "lead", "reason": b"sealed", "since": now().date()}
            db.execute(insert(rows).values({**row, "last_event_id": OTHER}))
        for event, (says, (record, row_id, file_id, version)) in enumerate(REVISIONS.items()):
            whole = json.dumps({"text": says, "kind": "k", "secret": "s"}).encode()
            kept: dict[str, Any] = {"record": record, "record_id": row_id, "file_id": file_id}
            kept |= {"version": version, "record_class": f"class {says}"}
            kept |= {"snapshot": seal(KEY, whole, revision_place(row_id, version))}
            kept |= {"event_id": UUID(int=event), "created_at": now()}
            db.execute(insert(table(Revision)).values(kept))
        yield db


@pytest.fixture
def work(db: Connection) -> UnitOfWork:
    made = working(OnCase(WORKFLOW))
    made._db, made._writes = db, Written(0)  # type: ignore[assignment]

    def key_of(file_id: UUID) -> bytes:
        assert file_id == FILE
        return KEY

    keys: Any = SimpleNamespace(of=key_of)
    made._keys = keys
    return made


def on_record(work: UnitOfWork) -> list[Any]:
    writes: Any = work._writes
    return [one for one in writes.done if one is not False]  # which is a flush


@pytest.mark.parametrize(
    ("named", "version", "says"), [(None, 3, "last"), (3, 3, "last"), (1, 1, "first")]
)
def test_exactly_the_fields_are_taken_and_named(
    work: UnitOfWork, named: int | None, version: int, says: str
) -> None:
    taken = extract(work, TeamMember, ROW, ["text", "kind"], FILE, named)
    record_class = f"class {says}"
    assert taken == {
        "version": version,
        "record_class": record_class,
        "fields": {"kind": "k", "text": says},
    }
    assert list(taken["fields"]) == ["kind", "text"]
    about = {"record": "team", "record_id": ROW, "record_version": version}
    about |= {"record_class": record_class, "file_id": FILE, "detail": {"fields": ["kind", "text"]}}
    assert on_record(work) == [(set(), about)]


def test_nothing_of_another_file_kind_or_row_is_taken(work: UnitOfWork) -> None:
    for version in (2, 4, 5):
        with pytest.raises(NotFound):
            extract(work, TeamMember, ROW, ["text"], FILE, version)
    assert extract(work, TeamMember, ANOTHER, ["text"], FILE)["version"] == 2
    assert len(on_record(work)) == 1


def test_only_what_two_people_stand_behind_takes_values_past_the_wall(work: UnitOfWork) -> None:
    work._mark = ADD
    with pytest.raises(OutsideWorkflow):
        extract(work, TeamMember, ROW, ["text"], FILE)
    assert WORKFLOW == "disclosure.approve"
