"""The short ways of a request: reads in one statement, writes in two; or none, unnoticed."""

import logging
from typing import cast

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from app.core.errors import Problem, Uncertain
from app.core.lines import Line, NotHere
from app.core.logs import told
from app.core.transactions import at_hand, at_once
from app.core.values import now
from app.safeguards.guard.answer import Answer
from app.safeguards.guard.appending import Closed
from app.safeguards.guard.calls import Call, Handler, House, answer_of, asked_of, present
from app.safeguards.guard.door import ordinary
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.plans import AtLength
from app.safeguards.guard.quick import Quick
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.guard.writing import Circumstances

log = logging.getLogger("casework.guard")


def quickly(house: House, mark: Mark, call: Call, handler: Handler) -> Answer | None:
    """The short way of a read; None where it is none, and then nothing has left the house."""
    caller, db = house.remembered.of(call.token), at_hand(house.engine)
    if caller is None or db is None:
        return None
    circumstances = Circumstances(caller, mark.action, call.route, call.request_id, now())
    try:
        with at_once(house.engine, db):
            work = Quick(db, house.vault, mark, call.file_id, call.token, circumstances)
            shown = handler(work)  # type: ignore[arg-type]
        return answer_of(call, shown)
    except (AtLength, Problem, DBAPIError):
        return None
    except Exception as failure:  # the long way says and records it, if it is not ours alone
        log.error("short way failed", extra={"request_id": call.request_id, **told(failure)})
        return None


def fits_a_line(house: House, mark: Mark, call: Call) -> bool:
    """Whether it is worth a try: who asks is remembered, and what is asked has mostly fitted."""
    caller = house.remembered.of(call.token)
    if caller is None or call.key or house.scores.poor(call.route):
        return False
    return call.method == "GET" or (mark.scope is not None and ordinary(caller))


def on_line(line: Line, house: House, mark: Mark, call: Call, handler: Handler) -> Answer | None:
    """The short way without a thread: a read in one question, a write in two.

    None where it is none, and then nothing is done.
    """
    caller, db = house.remembered.of(call.token), cast(Connection, line)
    if caller is None or caller.limited or mark.action == "self":
        return None
    circumstances = Circumstances(caller, mark.action, call.route, call.request_id, now())
    try:
        if call.method == "GET":
            quick = Quick(db, house.vault, mark, call.file_id, call.token, circumstances)
            answer = answer_of(call, handler(quick))  # type: ignore[arg-type]
        else:
            asked = asked_of(call, proven=False)
            line.begin()
            work = UnitOfWork(db, house.vault, mark, asked, circumstances)
            work._open()
            shown = handler(work)
            answer = present(call, work, shown)
            line.commit()
        house.scores.add(call.route, fitted=True)
        return answer
    except Uncertain:
        raise
    except (NotHere, AtLength) as unfit:
        if isinstance(unfit, NotHere):
            house.scores.add(call.route, fitted=False)
    except (Problem, DBAPIError, Closed):
        pass
    except Exception as failure:  # the long way says and records it, if it is not ours alone
        log.error("short way failed", extra={"request_id": call.request_id, **told(failure)})
    line.undo()
    return None
