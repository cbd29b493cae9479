"""What was told within a record is told again only while it is in sight in the form it had."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.db import table
from app.core.errors import NotFound
from app.registry.cases.on_case import OnCase
from app.registry.cases.schemas import CaseOut
from app.registry.cases.track_models import Track
from app.registry.cases.track_schemas import TrackOut, TrackSummary
from app.safeguards.guard.shown import Page
from tests.safeguards.guard.test_ground import working

WHOLE, BRIEF, GONE = (UUID(int=one) for one in (1, 2, 3))


class Sight:
    """Stands for the wall: one track is shown whole, and one in short."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[Any] = []
        self.work = working(OnCase("case.open"))
        for name in ("_visible", "_rows", "_schema"):
            monkeypatch.setattr(self.work, name, getattr(self, name))

    def _visible(self, kind: Any, anywhere: bool = False, out: Any = None) -> Any:
        self.asked.append((kind, anywhere, out))
        return select(table(kind).c.id)

    def _rows(self, kind: Any, statement: Any) -> list[dict[str, Any]]:
        ((ids, *more),) = [[*one] for one in statement.compile().params.values()] or [[[], 0]]
        text = " ".join(str(statement).split())
        assert text.startswith("SELECT tracks.id FROM tracks WHERE tracks.id IN"), text
        return [{"id": one} for one in (ids, *more) if one in (WHOLE, BRIEF)]

    def _schema(self, out: Any, row: Any) -> Any:
        assert out is TrackOut
        return TrackSummary if row["id"] == BRIEF else TrackOut

    def again(self, *tracks: tuple[UUID, bool]) -> None:
        told = [{"id": str(one), **({"version": 1} if whole else {})} for one, whole in tracks]
        self.work._again_within(CaseOut, {"id": "x", "tracks": told})


@pytest.fixture
def sight(monkeypatch: pytest.MonkeyPatch) -> Sight:
    return Sight(monkeypatch)


def test_what_is_in_sight_as_it_was_told_is_told_again(sight: Sight) -> None:
    sight.again((WHOLE, True), (BRIEF, False))
    sight.again((WHOLE, False))  # it was told in short, and is seen whole by now
    assert sight.asked == [(Track, True, TrackOut)] * 2


def test_what_was_told_whole_and_is_shown_in_short_is_not(sight: Sight) -> None:
    with pytest.raises(NotFound):
        sight.again((BRIEF, True))
    with pytest.raises(NotFound):
        sight.again((WHOLE, True), (BRIEF, True))


def test_nor_is_what_is_out_of_sight(sight: Sight) -> None:
    for whole in (True, False):
        with pytest.raises(NotFound):
            sight.again((WHOLE, True), (GONE, whole))


def test_of_an_answer_without_them_nothing_is_lacking(sight: Sight, monkeypatch: Any) -> None:
    monkeypatch.setattr(sight.work, "_rows", lambda *_: [])
    sight.work._again_within(CaseOut, {"id": "x"})  # an agreement may have kept them back
    for out in (None, Page, SimpleNamespace, "CaseOut"):
        sight.work._again_within(out, {"id": "x", "tracks": [{"id": str(GONE)}]})


def test_who_has_nothing_of_a_class_reads_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    work = working(OnCase("extract.read"), "legal_officer")
    asked: list[Any] = []

    def reaches_by(scope: Any, file_id: Any, by: Any) -> bool:
        asked.append([*by])
        return bool(asked[-1])

    monkeypatch.setattr(work, "_reaches_by", reaches_by)
    assert not work.reads_class("therapy_notes")
    assert work.reads_class("identity")
    assert asked[0] == []
