"""What every verb stands on, with nothing behind it: who asks, what was shown, what is settled."""

from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from app.casework.notes.models import Note
from app.core.errors import Forbidden, NotFound
from app.core.values import new_id
from app.registry.cases.models import Case
from app.registry.cases.on_case import OnCase
from app.safeguards.guard.asked import Asked, of_the_past
from app.safeguards.guard.calls import Call, unit
from app.safeguards.guard.ground import NoFile
from app.safeguards.guard.mark import ForSelf, Mark, Permit
from app.safeguards.guard.protected import When
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.identity.caller import Caller

AT = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
FILE, OTHER = new_id(), new_id()
ADD, SEEN = OnCase("note.add"), OnCase("case.read")


def working(
    mark: Mark, role: str = "social_worker", file_id: UUID | None = FILE, method: str = "POST"
) -> UnitOfWork:
    caller = Caller(new_id(), "", role, new_id(), "ra", new_id())
    call = Call(b"", method, "/path", "route", new_id(), file_id)
    house: Any = SimpleNamespace(vault=SimpleNamespace(vouching=b"", admitting=b"k" * 32))
    db: Any = None
    work = unit(house, db, mark, call, caller, AT)
    work._rare = False
    return work


def test_a_unit_of_work_has_one_moment_one_day_and_one_actor() -> None:
    work = working(ADD)
    assert (work.at, work.today, work._when) == (AT, date(2026, 3, 1), When(AT, date(2026, 3, 1)))
    assert work.actor is work._circumstances.caller


def test_an_answer_tells_of_today_or_of_the_day_that_is_asked_for() -> None:
    work = working(ADD)
    assert work.day_told == date(2026, 3, 1)
    work._asked.as_of = datetime(2025, 7, 4, 23, 59, tzinfo=UTC)
    assert (work.day_told, work.today) == (date(2025, 7, 4), date(2026, 3, 1))


def test_it_begins_with_nothing_asked_and_nothing_shown() -> None:
    assert Asked() == Asked(None, None, False, False, None, b"", True, None)
    work = working(ADD)
    kept = (work._created, work._files, work._subjects, work._shown, work._cover)
    assert kept == (set(), {}, set(), {}, {})
    assert (work._matched, work._seen) == (False, ())
    assert UnitOfWork._rare is None, "what is rare was not asked for"


def test_only_a_route_about_a_file_has_one() -> None:
    work = working(ADD)
    assert (work.file_id, work.case_id) == (FILE, FILE)
    for other in (working(Permit("note.read")), working(ADD, file_id=None)):
        with pytest.raises(NoFile):
            _ = other.file_id


def test_an_event_tells_what_an_answer_showed_and_how_much() -> None:
    work = working(ADD)
    nothing = dict.fromkeys(("record", "record_id", "record_version"))
    assert work._event() == {**nothing, "file_id": FILE, "detail": {}}
    record = new_id()
    work._note(Note, [{"case_id": FILE}], record_id=record, version=2)
    told = {"record": "note", "record_id": record, "record_version": 2, "file_id": FILE}
    assert work._event() == {**told, "detail": {"shown": 1}}
    work._asked.as_of = AT
    past = {"shown": 1, "as_of": "2026-03-01T23:59:00.000000Z"}
    assert work._event()["detail"] == past
    work._asked.rights_as_of = True
    assert work._event()["detail"] == {**past, "rights_as_of": True}
    work._asked.as_of, work._asked.rights_as_of = None, False
    work._note(Note, [{"case_id": OTHER}, {"case_id": OTHER}])
    assert work._event() == {**nothing, "record": "note", "file_id": FILE, "detail": {"shown": 3}}
    assert work._subjects == {FILE, OTHER}


def test_of_the_past_an_event_says_what_was_asked_if_anything_was() -> None:
    asked = Asked()
    assert (asked.as_of, asked.rights_as_of, asked.accepts) == (None, False, None)
    assert of_the_past(asked.as_of, asked.rights_as_of) == {}
    told = {"as_of": "2026-03-01T23:59:00.000000Z", "rights_as_of": True}
    assert of_the_past(AT, True) == told


def test_only_the_action_that_unseals_finds_what_is_sealed() -> None:
    unsealing = replace(ADD, past_seals=True)
    assert working(unsealing)._past_seals("note.add")
    assert not working(unsealing)._past_seals("case.read")
    assert not working(ADD)._past_seals("note.add")


class Written:
    """Stands for the writes, and keeps what is asked of them."""

    def __init__(self, written: int) -> None:
        self.written = written
        self.done: list[Any] = []

    def read(self, subjects: set[UUID], **event: Any) -> None:
        self.done.append((subjects, event))

    def flush(self, last: bool = False) -> None:
        self.done.append(last)


@pytest.mark.parametrize("written", [0, 1])
@pytest.mark.parametrize("shown", [False, True])
def test_what_was_read_is_on_record_unless_all_of_it_was_written(written: int, shown: bool) -> None:
    work = working(ADD)
    writes: Any = Written(written)
    work._writes = writes
    if shown:
        work._note(Note, [{"case_id": FILE}, {"case_id": OTHER}])
    work._settle(None)
    read = [({OTHER} if shown else set(), work._event())]
    assert writes.done == [*(read if shown or not written else []), True]


def test_who_sends_a_tag_changes_what_it_is_of() -> None:
    for method, matched, settles in (
        ("PATCH", False, False),
        ("PATCH", True, True),
        ("POST", False, True),
    ):
        work = working(ADD, method=method)
        work._writes, work._matched = Written(1), matched  # type: ignore[assignment]
        if settles:
            work._settle(None)
            continue
        with pytest.raises(RuntimeError, match="If-Match"):
            work._settle(None)


@pytest.mark.parametrize(
    ("mark", "role", "refusal"),
    [
        (ForSelf(), "statistician", None),
        (Permit("case.open"), "social_worker", None),
        (Permit("case.open"), "statistician", Forbidden),
    ],
)
def test_without_a_file_the_role_alone_opens(mark: Mark, role: str, refusal: Any) -> None:
    work = working(mark, role)
    if refusal is None:
        work._open()
        return
    with pytest.raises(refusal):
        work._open()


@pytest.mark.parametrize(
    ("mark", "reached", "refusal"),
    [
        (ADD, {("note.add", False)}, None),
        (ADD, {("case.read", True)}, Forbidden),
        (ADD, {("case.read", False), ("note.add", True)}, NotFound),
        (ADD, set(), NotFound),
        (SEEN, {("case.read", False)}, None),
        (SEEN, {("case.read", True)}, NotFound),
        (replace(SEEN, summary=True), {("case.read", True)}, None),
    ],
)
def test_a_refusal_tells_of_a_file_only_who_may_know_of_it(
    mark: Mark, reached: set[tuple[str, bool]], refusal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = working(mark)

    def reaches(scope: Any, action: str, summary: bool = False) -> bool:
        assert scope is Case
        return (action, summary) in reached

    monkeypatch.setattr(work, "_reaches", reaches)
    if refusal is None:
        work._open()
        return
    with pytest.raises(refusal):
        work._open()
