from typing import Annotated
from uuid import UUID

from app.casework.notes import service
from app.casework.notes.schemas import Kind, NoteIn, NoteOut
from app.core.paging import Paged
from app.registry.cases.on_case import OnCase
from app.safeguards.guard.router import GuardedRouter
from app.safeguards.guard.shown import Day, Page, Shown
from app.safeguards.guard.unit_of_work import UnitOfWork

router = GuardedRouter(prefix="/cases/{case_id}/notes", tags=["notes"])


@router.post("", status_code=201)
def add_note(given: NoteIn, work: Annotated[UnitOfWork, OnCase("note.add")]) -> Shown[NoteOut]:
    return work.show(NoteOut, service.write(work, given))


@router.get("")
def list_notes(
    work: Annotated[UnitOfWork, OnCase("note.read")],
    page: Paged,
    kind: Kind | None = None,
    occurred_on: Day | None = None,
) -> Shown[Page[NoteOut]]:
    return work.page(NoteOut, page, kind=kind, occurred_on=occurred_on)


@router.get("/{note_id}")
def read_note(note_id: UUID, work: Annotated[UnitOfWork, OnCase("note.read")]) -> Shown[NoteOut]:
    return work.read(NoteOut, note_id)
