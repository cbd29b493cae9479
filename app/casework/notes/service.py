from app.casework.notes.models import Note
from app.casework.notes.rules import class_of
from app.casework.notes.schemas import NoteIn
from app.core.errors import Forbidden, invalid
from app.registry.cases.subject import open_cover, subject_of
from app.safeguards.guard.shown import Written
from app.safeguards.guard.unit_of_work import UnitOfWork


def write(work: UnitOfWork, given: NoteIn) -> Written:
    cover = open_cover(work)
    # Only words of law have another wall for a child.
    child = given.kind == "legal" and subject_of(work, cover).child_on_track("JUS")
    if given.occurred_on > work.today:
        raise invalid("/occurred_on", "future", "a note tells what happened: today or earlier")
    record_class = class_of(given.kind, work.grantable(), child)
    if record_class is None:
        raise Forbidden(f"the role {work.actor.role} does not write notes of this kind")
    if given.corrects_id is not None:
        found = work.find(Note, lambda n: n.c.id == given.corrects_id)
        if not found or found[0]["kind"] != given.kind:
            raise invalid("/corrects_id", "unknown", "no such note of this kind on this case")
    written = work.add(
        Note, **given.model_dump(), record_class=record_class, author_id=work.actor.id
    )
    work.publish("note.added", case=work.case_id, note=written.id)
    return written
