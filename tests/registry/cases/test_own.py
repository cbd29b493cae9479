"""Whose a record of a case is, where a role reaches of a class what is their own."""

from typing import Any

from sqlalchemy import Column, MetaData, Table, Uuid
from sqlalchemy.sql.elements import False_, True_

from app.casework.notes.models import Note
from app.core.db import table
from app.core.values import new_id, now
from app.registry.cases.models import OWN, Decision, TeamMember, of_nobody
from app.registry.cases.reach import written_by
from app.registry.cases.track_models import Deadline, Milestone, Track
from app.safeguards.access.policy import Reach
from app.safeguards.guard.protected import Sight, When
from app.safeguards.identity.caller import Caller

ME = Caller(new_id(), "", "educator", None, "ra")
SIGHT = Sight(ME, Reach.OWN, When(now(), now().date()))


def test_what_is_of_nobody_in_particular_is_everybodys() -> None:
    assert isinstance(of_nobody(table(Track), SIGHT), True_)
    for kind in (Track, Deadline, Milestone, TeamMember, Decision):
        assert table(kind).info[OWN] is of_nobody, kind


def test_what_somebody_wrote_is_theirs_and_what_says_no_author_is_not() -> None:
    written: Any = written_by(table(Note), SIGHT)
    assert (written.left, written.right.value) == (table(Note).c.author_id, ME.id)
    nameless = Table("nameless", MetaData(), Column("id", Uuid()))
    assert isinstance(written_by(nameless, SIGHT), False_)
