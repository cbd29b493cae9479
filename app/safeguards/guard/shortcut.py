"""The short ways of a request: reads in one statement, writes in two; or none, unnoticed."""

import logging
from typing import cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from app.core.errors import LOST, Problem, Unavailable, Uncertain
from app.core.lines import Line, NotHere
from app.core.logs import told
from app.core.transactions import at_hand, at_once, passing
from app.core.values import now
from app.safeguards.guard.answer import Answer
from app.safeguards.guard.appending import Closed
from app.safeguards.guard.calls import (
    Call,
    Handler,
    House,
    answer_of,
    circumstances_of,
    on_record,
    present,
    unit,
)
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.door import ordinary
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.memory import FITTED, UNFIT
from app.safeguards.guard.questions import AtLength
from app.safeguards.guard.quick import Quick
from app.safeguards.guard.second_wall import wall_of
from app.safeguards.identity.caller import Caller

UNUSUAL = (AtLength, Problem, DBAPIError, Closed)  # all that the long way is there for
log = logging.getLogger("casework.guard")


def quickly(house: House, mark: Mark, call: Call, handler: Handler) -> Answer | None:
    """The short way of a read; None where it is none, and then nothing has left the house."""
    caller, db = house.expected(call.token, now()), at_hand(house.engine)
    if caller is None or db is None:
        return None
    try:
        with at_once(house.engine, db):
            answer, made = read(house, db, mark, call, caller, handler)
        on_record(house, made)
        return answer
    except Uncertain:
        raise
    except UNUSUAL as unusual:
        give_up_on(unusual)
        return None
    except Exception as failure:
        note(call, failure)
        return None


def read(
    house: House, db: Connection, mark: Mark, call: Call, caller: Caller, handler: Handler
) -> tuple[Answer, Circumstances]:
    """The answer, and what its event says."""
    circumstances = circumstances_of(house, mark, call, caller, now())
    work = Quick(db, house.vault, mark, call.file_id, call.token, circumstances)
    answer = answer_of(call, handler(work))  # type: ignore[arg-type]
    answer.decided = work.asked
    return answer, circumstances


def write(
    house: House, line: Line, mark: Mark, call: Call, caller: Caller, handler: Handler
) -> tuple[Answer, Circumstances]:
    """In one question, where what the door shows is remembered: then that is proven with it."""
    assert mark.scope is not None
    assert call.file_id is not None
    place = (caller.id, mark.scope, call.file_id)
    seen, db = house.seen.of(place), cast(Connection, line)
    try:
        line.begin()
        statement, values = wall_of(caller, mark.past_seals).first
        statement.run_with_next(db, values)
        work = unit(house, db, mark, call, caller, now(), proven=False, seen=seen)
        work._open()
        answer = present(call, work, handler(work))
        line.commit()
    except BaseException:
        house.seen.forget(place)
        raise
    house.seen.keep(place, work._seen)
    return answer, work._circumstances


def give_up_on(unusual: Exception) -> None:
    """The long way would take as long again for what took too long."""
    if isinstance(unusual, OperationalError) and not passing(unusual):
        raise Unavailable(LOST) from unusual


def note(call: Call, failure: Exception) -> None:
    """The long way says and records it, if it is not of the short way alone."""
    log.error("short way failed", extra={"request_id": call.request_id, **told(failure)})


def fits_a_line(house: House, mark: Mark, call: Call) -> bool:
    """Whether it is worth a try: who asks is remembered, and what is asked has mostly fitted."""
    caller = house.expected(call.token, now())
    if caller is None or caller.limited or mark.action == "self" or call.key is not None:
        return False
    if house.scores.poor(call.route):
        house.scores.pass_over(call.route)
        return False
    return call.method == "GET" or (mark.scope is not None and ordinary(caller))


def on_line(line: Line, house: House, mark: Mark, call: Call, handler: Handler) -> Answer | None:
    """The short way without a thread: a read in one question, a write in one or two.

    None where it is none, and then nothing is done.
    """
    caller = house.expected(call.token, now())
    if caller is None:
        return None
    try:
        if call.method == "GET":
            answer, made = read(house, cast(Connection, line), mark, call, caller, handler)
        else:
            answer, made = write(house, line, mark, call, caller, handler)
        on_record(house, made)
        house.scores.add(call.route, FITTED)
        return answer
    except Uncertain:
        raise
    except NotHere:
        house.scores.add(call.route, UNFIT)
    except UNUSUAL as unusual:
        line.undo()
        give_up_on(unusual)
        return None
    except Exception as failure:
        note(call, failure)
    line.undo()
    return None
