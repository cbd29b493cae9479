"""Shows what was signed to witnesses elsewhere, and keeps their word beside it.

A witness that has seen more than the database has, or another past, is told of at once; at the
start it is a reason not to start.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPException
from queue import Empty, Queue
from threading import Thread
from typing import Any, TypeVar, cast
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from sqlalchemy import Connection, Engine, update

from app.core.engine import UnsafeDatabase
from app.core.settings import UnsafeSettings, told_safely
from app.core.transactions import reading
from app.safeguards.audit.forms import checked, read_number
from app.safeguards.audit.keys import BadKey, Kind, VerifierKey, read_vkey
from app.safeguards.audit.notes import Note, Signature, read_note, read_signatures, verified
from app.safeguards.audit.stored_log import HEADS, Head, head_of, reader
from app.safeguards.audit.tiles import consistency
from app.safeguards.audit.witness import Request as Asked

T = TypeVar("T")
PATIENCE = 3  # seconds for a witness to answer
LONGEST = 65_536  # bytes of an answer


class Unwitnessed(Exception):
    """A witness did not sign; `ahead` if it has seen more than there is, or another past."""

    def __init__(self, why: str, ahead: bool = False) -> None:
        super().__init__(why)
        self.ahead = ahead


class NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


class Errand:
    """One thread at a time, for as long as anybody waits: an answer may come byte by byte."""

    def __init__(self) -> None:
        self.thread: Thread | None = None

    def result(self, job: Callable[[], T], seconds: float) -> T:
        """Raises TimeoutError, also while an earlier one has not come back."""
        if self.thread is not None and self.thread.is_alive():
            raise TimeoutError
        done: Queue[tuple[T | None, Exception | None]] = Queue()

        def run() -> None:
            try:
                done.put((job(), None))
            except Exception as failure:  # is raised where it is waited for
                done.put((None, failure))

        self.thread = Thread(target=run, daemon=True, name="errand")
        self.thread.start()
        try:
            found, failure = done.get(timeout=seconds)
        except Empty:
            raise TimeoutError from None
        if failure is not None:
            raise failure
        return cast(T, found)


Post = Callable[[str, bytes], tuple[int, str, bytes]]  # address, body → status, type, answer


def post(address: str, body: bytes) -> tuple[int, str, bytes]:
    """Raises OSError where nobody answers in time."""
    kind = {"Content-Type": "text/plain; charset=utf-8"}
    asked = Request(address, body, kind)  # noqa: S310 - `witnesses_of` looked at the address
    try:
        with build_opener(NoRedirect()).open(asked, timeout=PATIENCE) as answer:
            return answer.status, answer.headers.get_content_type(), answer.read(LONGEST)
    except HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers.get_content_type(), refusal.read(LONGEST)


@dataclass
class Witnessed:
    """One witness, and the size of what it signed last, as far as we know."""

    key: VerifierKey
    address: str
    post: Post = post
    known: int = 0
    errand: Errand = field(default_factory=Errand)

    def signature(self, engine: Engine, head: Head) -> list[Signature]:
        """Its signatures under this head. Raises Unwitnessed.

        No transaction is held while it is asked, and it has so many seconds in all.
        """
        for _ in range(2):  # the second time with what it said that it holds
            if self.known > head.size:
                raise Unwitnessed("it has seen more than there is", ahead=True)
            with reading(engine) as db:
                hashes = tuple(consistency(reader(db), self.known, head.size))
            raw = Asked(self.known, hashes, read_note(head.note.encode())).written()
            try:
                ask = partial(self.post, f"{self.address}/add-checkpoint", raw)
                status, kind, answer = self.errand.result(ask, PATIENCE)
                if status == 200:
                    return self.believed(head, answer)
                if status != 409:
                    break
                if kind != "text/x.tlog.size":
                    raise Unwitnessed("another past", ahead=True)
                held = read_number(checked(answer).removesuffix("\n"))
            except (OSError, HTTPException):
                raise Unwitnessed("no answer") from None
            except ValueError:  # BadText, too
                raise Unwitnessed("no word of a witness") from None
            if held > head.size:
                raise Unwitnessed("it has seen more than there is", ahead=True)
            self.known = held
        raise Unwitnessed("it refuses", ahead=status == 422)

    def believed(self, head: Head, answer: bytes) -> list[Signature]:
        signatures = read_signatures(checked(answer))
        note = read_note(head.note.encode())
        verified(Note(note.text, signatures), [self.key])
        self.known = head.size
        return [one for one in signatures if (one.name, one.id) == (self.key.name, self.key.id)]


@dataclass
class Witnesses:
    """All of an installation; `behind`: some has seen more than the database has."""

    each: list[Witnessed]
    signed: int = 0  # the size that all have signed
    behind: bool = False
    why: list[str] = field(default_factory=list)  # of those that did not sign, the last time

    def sign(self, engine: Engine, head: Head) -> str:
        """The note of this head with the signatures of all who gave theirs."""
        note, found, self.why, self.behind = read_note(head.note.encode()), [], [], False
        for one in self.each:
            try:
                found += one.signature(engine, head)
            except Unwitnessed as fault:
                self.why.append(str(fault))
                self.behind |= fault.ahead
        if not self.why:
            self.signed = head.size
        return Note(note.text, (*note.signatures, *found)).written().decode()

    def sign_now(self, engine: Engine) -> tuple[Head, str] | None:
        """The log as it is, and its note with the signatures of all who gave theirs.

        Another process may have shown more meanwhile: who is behind looks once more.
        """
        found = None
        for _ in range(2):
            with reading(engine) as db:
                head = head_of(db)
            if head is None:
                return None
            found = head, self.sign(engine, head)
            if not self.behind:
                break
        return found

    def examine(self, engine: Engine) -> None:
        """Raise UnsafeDatabase where a witness has signed what is not here."""
        if self.each and self.sign_now(engine) and self.behind:
            raise UnsafeDatabase(
                "a witness has signed more of the log than this database has, or another past: an "
                "older state was put back"
            )


def keep_witnessed(db: Connection, head: Head, note: str) -> None:
    here = HEADS.c.size == head.size  # else the log has grown, and they are asked again
    db.execute(update(HEADS).where(here).values(witnessed=note))


def witnesses_of(told: list[str]) -> Witnesses:
    """Each as `name+id+key address`. Raises UnsafeSettings."""
    found = []
    for one in told:
        text, _, address = one.partition(" ")
        try:
            key = read_vkey(text)
        except BadKey as fault:
            raise UnsafeSettings(f"CASEWORK_WITNESSES: {fault}") from None
        if key.kind == Kind.ED25519 or not told_safely(address):
            raise UnsafeSettings(
                "CASEWORK_WITNESSES: a key for cosignatures, a space, and an https:// address, or "
                "http:// on this machine"
            )
        found.append(Witnessed(key, address.rstrip("/")))
    return Witnesses(found)
