"""What closes a file, and what opens it again: these files, these people and no others."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from sqlalchemy import select

from app.cli.commands import OPERATOR
from app.core.db import table
from app.core.values import new_id
from app.safeguards.access.bars import EVERYBODY, Bar
from app.safeguards.guard.barring import bar, barred_from, inherit, lift, unseal
from app.safeguards.guard.carrying import operator_work
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.unit_of_work import UnitOfWork
from tests.worlds import World

ONE, OTHER, THIRD, ME, KIN, WHY, ALSO = (new_id() for _ in range(7))


class UndoneError(Exception): ...


@contextmanager
def working(world: World) -> Iterator[UnitOfWork]:
    """Of which nothing is kept."""
    with suppress(UndoneError), operator_work(world.house, OPERATOR, Permit("user.add")) as work:
        yield work
        raise UndoneError


def closed(work: UnitOfWork) -> set[tuple[UUID, ...]]:
    bars = table(Bar)
    ours = bars.c.file_id.in_([ONE, OTHER, THIRD])
    return {tuple(row) for row in work._db.execute(select(bars).where(ours))}


def test_a_bar_closes_each_file_to_one_person(world: World) -> None:
    with working(world) as work:
        bar(work, [ONE, OTHER], ME, WHY)
        assert closed(work) == {(ONE, ME, WHY), (OTHER, ME, WHY)}


def test_who_is_barred_from_one_file_is_told(world: World) -> None:
    with working(world) as work:
        bar(work, [ONE], ME, WHY)
        bar(work, [ONE], ME, ALSO)
        bar(work, [OTHER], KIN, WHY)
        assert barred_from(work, ONE) == {ME}
        assert barred_from(work, OTHER) == {KIN}
        assert barred_from(work, THIRD) == set()


def test_what_one_record_closed_is_lifted_and_no_more(world: World) -> None:
    with working(world) as work:
        bar(work, [ONE], ME, WHY)
        bar(work, [ONE], ME, ALSO)
        bar(work, [OTHER], KIN, WHY)
        lift(work, WHY)
        assert closed(work) == {(ONE, ME, ALSO)}


def test_unsealing_opens_one_file_and_lifts_no_personal_bar(world: World) -> None:
    with working(world) as work:
        bar(work, [ONE, OTHER], EVERYBODY, WHY)
        bar(work, [ONE], ME, ALSO)
        unseal(work, ONE)
        assert closed(work) == {(OTHER, EVERYBODY, WHY), (ONE, ME, ALSO)}


def test_a_new_file_inherits_what_closes_the_old_one_to_somebody(world: World) -> None:
    with working(world) as work:
        bar(work, [ONE], ME, WHY)
        bar(work, [ONE], EVERYBODY, ALSO)
        bar(work, [OTHER], KIN, WHY)
        before = closed(work)
        inherit(work, ONE, THIRD)
        assert closed(work) == before | {(THIRD, ME, WHY)}


def test_a_file_that_was_made_at_once_has_nothing_to_leave(world: World) -> None:
    with working(world) as work:
        bar(work, [ONE], ME, WHY)
        work._created.add(ONE)
        inherit(work, ONE, THIRD)
        assert closed(work) == {(ONE, ME, WHY)}
