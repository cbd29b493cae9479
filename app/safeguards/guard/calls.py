"""What a request stands on, what it asks for, and the answer that is made of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, Engine

from app.core.settings import Settings
from app.core.statements import Cells
from app.core.transactions import once_committed
from app.safeguards.audit.sink import Sink
from app.safeguards.guard.answer import Answer
from app.safeguards.guard.asked import Asked
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.idempotency import InFlight
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.memory import Remembered, Scores
from app.safeguards.guard.protected import Protected
from app.safeguards.guard.shown import Shown, UnshownAnswer
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.identity.caller import Caller
from app.safeguards.vault.keys import Vault

Place = tuple[UUID, type[Protected], UUID]


@dataclass(frozen=True)
class House:
    """What every request stands on."""

    engine: Engine
    vault: Vault
    settings: Settings
    in_flight: InFlight = field(default_factory=InFlight)
    remembered: Remembered[bytes, Caller] = field(default_factory=Remembered)  # by token
    # By caller and file: what the door showed last, who asks at a known door asks only once.
    seen: Remembered[Place, Cells] = field(default_factory=Remembered)
    scores: Scores = field(default_factory=Scores)
    sink: Sink | None = None  # the second record of events

    def expected(self, token: bytes, at: datetime) -> Caller | None:
        """Who came by this token last, while it is good by our own word.

        The database has to bear it out; what it says of the end would not be ours.
        """
        known = self.remembered.of(token)
        return known if known and known.until and at < known.until else None


@dataclass
class Call:
    """One request, less its body."""

    token: bytes
    method: str
    path: str
    route: str
    request_id: UUID
    file_id: UUID | None = None
    if_match: str | None = None
    key: str | None = None
    body: bytes = b""
    status: int = 200
    out: type[Any] | None = None
    kind: type[Protected] | None = None  # of the records that the answer shows
    address: str = ""
    accepts: str | None = None  # languages, as Accept-Language has them
    as_of: datetime | None = None  # the moment of the past that is asked for
    rights_as_of: bool = False  # and who could have read it then


Handler = Callable[[UnitOfWork], object]
Rest = Callable[[Connection], Shown[Any]]


def circumstances_of(
    house: House, mark: Mark, call: Call, caller: Caller | None, at: datetime
) -> Circumstances:
    """What the events of one request have in common."""
    key, asked = house.vault.vouching, (mark.action, call.route, call.request_id)
    return Circumstances(caller, *asked, at, key, mark.summary)


def on_record(house: House, *made: Circumstances) -> None:
    """Their events are committed, or will be with those of others: the second record has them."""
    if house.sink is not None:
        events = [event for one in made for event in one.made]
        once_committed(house.engine, partial(house.sink.tell, events))


def unit(
    house: House,
    db: Connection,
    mark: Mark,
    call: Call,
    caller: Caller,
    at: datetime,
    proven: bool = True,
    seen: Cells | None = None,
) -> UnitOfWork:
    """`proven`: whether the token of the call has been looked at in this transaction.

    `seen`: what the door showed the last time; the first write finds out whether it does still.
    """
    patches, writes = call.method == "PATCH", call.method != "GET"
    asked = Asked(call.file_id, call.if_match, patches, writes, call.out, call.token, proven, seen)
    asked.as_of, asked.rights_as_of = call.as_of, call.rights_as_of
    asked.accepts = call.accepts
    circumstances = circumstances_of(house, mark, call, caller, at)
    return UnitOfWork(db, house.vault, mark, asked, circumstances)


def present(call: Call, work: UnitOfWork, answer: object) -> Answer:
    """Evidence included; nothing is left to be done after it but the commit."""
    made = answer_of(call, answer)
    work._settle(cast(Shown[Any], answer))
    made.decided = True
    return made


def answer_of(call: Call, answer: object) -> Answer:
    if not isinstance(answer, Shown):
        raise UnshownAnswer(f"{call.route} answered with {type(answer).__name__}")
    headers = {"ETag": answer.tag} if answer.etag else {}
    if call.status == 201 and answer.record_id:
        under = call.path.rstrip("/")
        if answer.beside:  # less the verb, and the record that it was done with, if it was with one
            with_one = call.route.split("/")[-2].startswith("{")
            under = under.rsplit("/", 2 if with_one else 1)[0]
        headers["Location"] = f"{under}/{answer.record_id}"
    return Answer(answer.body, answer.status or call.status, headers, rest=answer.rest)
