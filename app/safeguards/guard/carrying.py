"""Carries one request on one thread: token, wall, handler, evidence, commit, then the answer."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import NoReturn
from uuid import UUID

from sqlalchemy import Connection, insert
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from app.core.db import table
from app.core.errors import (
    LOST,
    Conflict,
    Forbidden,
    Invalid,
    Problem,
    Unauthenticated,
    Unavailable,
    Uncertain,
)
from app.core.local import Local
from app.core.transactions import at_hand, passing, transaction
from app.core.values import new_id, now
from app.safeguards.audit.models import AuditEvent
from app.safeguards.guard.answer import Answer
from app.safeguards.guard.appending import Closed
from app.safeguards.guard.asked import of_the_past
from app.safeguards.guard.calls import (
    Call,
    Handler,
    House,
    Rest,
    circumstances_of,
    on_record,
    present,
    unit,
)
from app.safeguards.guard.granted import grants_held
from app.safeguards.guard.idempotency import key_of, recall, remember
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.second_wall import wall_of
from app.safeguards.guard.shortcut import quickly
from app.safeguards.guard.shown import ShownOnce
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.identity.caller import Caller, authenticate


class Failed(Problem):
    """Not an answer of its own: the code under which a failure is on record."""

    status, default_code = 500, "failed"


TRIES = 3  # of a whole unit of work that met a deadlock or a serialisation failure


def carry(house: House, mark: Mark, call: Call, handler: Handler, short: bool = True) -> Answer:
    """Answers, or raises a problem whose refusal is on record already.

    `short`: whether the short way may be tried.
    """
    if short and call.method == "GET" and (answer := quickly(house, mark, call, handler)):
        return answer
    key = key_of(call.method, call.path, call.key) if call.key is not None else None
    if key and call.token:  # who has none is told so, however often at a time
        enter(house, mark, call, key)
    try:
        return persistently(lambda: attempt(house, mark, call, handler, key))
    finally:
        if key and call.token:
            house.in_flight.leave(call.token, key)


def enter(house: House, mark: Mark, call: Call, key: bytes) -> None:
    try:
        house.in_flight.enter(call.token, key)
    except Conflict as busy:
        persistently(partial(turned_away, house, mark, call, busy))


def turned_away(house: House, mark: Mark, call: Call, problem: Problem) -> NoReturn:
    """Before anything was asked; that it was tried is on record all the same."""
    at = now()
    with transaction(house.engine) as db:
        caller = authenticate(db, call.token, at, house.vault.admitting)
    refuse(house, mark, call, caller, at, problem)
    raise problem


def persistently(unit: Callable[[], Answer]) -> Answer:
    """The whole of it once more, where what it met may have passed."""
    for left in reversed(range(TRIES)):
        try:
            return unit()
        except Closed as failure:
            if not left:
                raise Unavailable("the team changes; try again") from failure
        except OperationalError as failure:
            if not left or not passing(failure):
                raise Unavailable(LOST) from failure
    raise AssertionError("every try returns or raises")


def carry_on(house: House, rest: Rest) -> Answer:
    """What follows in a stream: a unit of its own, on whichever connection is at hand.

    Its event was committed before the first part left.
    """
    for left in reversed(range(TRIES)):
        db = at_hand(house.engine)
        try:
            if db is not None:
                shown = rest(db)
            else:
                with house.engine.connect() as one:
                    shown = rest(one)
            return Answer(shown.body, rest=shown.rest)
        except OperationalError as failure:
            if not left or not passing(failure):
                raise
    raise AssertionError("every try returns or raises")


def attempt(house: House, mark: Mark, call: Call, handler: Handler, key: bytes | None) -> Answer:
    at, caller, stated = now(), None, expected(house, mark, call)
    try:
        with transaction(house.engine, stated) as db:
            caller = authenticate(db, call.token, at, house.vault.admitting)
            actor = walled_in(db, house, mark, call, admit(caller, mark), stated)
            work = unit(house, db, mark, call, actor, at)
            work._open()
            work._circumstances.grants = grants_held(db, mark, call.file_id, actor, at)
            if call.key == "":
                raise Invalid("an Idempotency-Key that says nothing", code="empty-key")
            request = sha256(call.body).digest()
            if key and (given := recall(db, house.vault, actor.id, actor.role, key, request)):
                work._again(call.kind, given.body)
                work._settle(None)
                given.decided = True
                answer = given
            else:
                answer = present(call, work, handler(work))
                if key:
                    kept = None if told_once(call.out) else answer
                    remember(db, house.vault, actor.id, actor.role, key, request, at, kept)
        on_record(house, work._circumstances)
        return answer
    except Uncertain:
        raise  # neither done nor refused, for all that we know
    except Problem as problem:
        refuse(house, mark, call, caller, at, problem)
        raise
    except IntegrityError as clash:
        conflict = Conflict("this clashes with what is recorded already")
        refuse(house, mark, call, caller, at, conflict)
        raise conflict from clash
    except (OperationalError, Closed):
        raise  # `carry` may try again
    except Exception:
        refuse(house, mark, call, caller, at, Failed("a defect of ours"))
        raise


def check(house: House, mark: Mark, call: Call) -> Answer:
    """A stranger's bad body is still a stranger's: the wall first, then the 422."""
    return persistently(lambda: checked(house, mark, call))


def checked(house: House, mark: Mark, call: Call) -> Answer:
    at, caller, stated = now(), None, expected(house, mark, call)
    try:
        with transaction(house.engine, stated) as db:
            caller = authenticate(db, call.token, at, house.vault.admitting)
            actor = walled_in(db, house, mark, call, admit(caller, mark), stated)
            unit(house, db, mark, call, actor, at)._open()
            raise Invalid("the body or query does not fit")
    except Problem as problem:
        refuse(house, mark, call, caller, at, problem)
        if not isinstance(problem, Invalid):
            raise
    return Answer(b"", 422)


def expected(house: House, mark: Mark, call: Call) -> Local | None:
    """What the transaction states as it begins: the second wall of whom the token was last."""
    known = house.remembered.of(call.token)
    return wall_of(known, mark.past_seals) if known else None


def walled_in(
    db: Connection, house: House, mark: Mark, call: Call, actor: Caller, stated: Local | None
) -> Caller:
    """Once it is known whose the token is: their wall, if it is not the one that was expected."""
    wall = wall_of(actor, mark.past_seals)
    if wall != stated:
        wall.state(db)
    house.remembered.keep(call.token, actor)
    return actor


def admit(caller: Caller | None, mark: Mark) -> Caller:
    if caller is None:
        raise Unauthenticated()
    if caller.limited and mark.action != "self":
        raise Forbidden("set a password of your own first", code="password-change-required")
    return caller


def told_once(out: object) -> bool:
    return isinstance(out, type) and issubclass(out, ShownOnce)


def refuse(
    house: House, mark: Mark, call: Call, caller: Caller | None, at: datetime, problem: Problem
) -> None:
    """In a transaction of its own: what was refused is undone, that it was asked for is not."""
    circumstances = circumstances_of(house, mark, call, caller, at)
    detail = {"status": problem.status, **of_the_past(call.as_of, call.rights_as_of)}
    # The id that a stranger guessed is recorded as asked for, not as a file that exists.
    event = circumstances.event("refused", code=problem.code, asked_id=call.file_id, detail=detail)
    try:
        with transaction(house.engine) as db:
            db.execute(insert(table(AuditEvent)), [event])
    except DBAPIError as failure:
        raise Unavailable("the refusal could not be recorded") from failure
    on_record(house, circumstances)


@contextmanager
def operator_work(
    house: House,
    caller: Caller,
    mark: Mark,
    file_id: UUID | None = None,
    opened: Iterable[UUID] = (),
) -> Iterator[UnitOfWork]:
    """For operators' commands: the same unit of work, wall and evidence, without HTTP.

    `opened`: files that the same command opened before, on which it may go on writing.
    """
    at = now()
    call = Call(b"", "CLI", "", f"command {mark.action}", new_id(), file_id)
    try:
        with transaction(house.engine, wall_of(caller, mark.past_seals)) as db:
            work = unit(house, db, mark, call, caller, at)
            work._open()
            work._created.update(opened)
            work._keys.open(set(opened))
            yield work
            work._settle(None)
        on_record(house, work._circumstances)
    except Problem as problem:
        refuse(house, mark, call, caller, at, problem)
        raise
