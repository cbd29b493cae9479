"""Pure: what a witness answers to a log that grew (C2SP tlog-witness, add-checkpoint).

A witness holds of each log only the size and root that it signed last, and signs the next if that
continues it; so no two of its signatures speak of two different pasts. Whoever calls this reads
what is held, asks, and stores the answer in one transaction, before anything is sent.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.safeguards.audit.checkpoint import Checkpoint, read_checkpoint
from app.safeguards.audit.forms import (
    BadText,
    checked,
    read_hashes,
    read_number,
    written_hashes,
)
from app.safeguards.audit.keys import Kind, SigningKey, VerifierKey
from app.safeguards.audit.merkle import EMPTY, consistent
from app.safeguards.audit.notes import Note, read_note, signature, verified

LARGEST_REQUEST = 1 << 20  # bytes


class Refused(Exception):
    """The answer is no: an HTTP status, and with 409 the size to continue from, if that helps."""

    def __init__(self, status: int, why: str, size: int | None = None) -> None:
        super().__init__(why)
        self.status, self.why, self.size = status, why, size


class Seen(NamedTuple):
    """What a witness holds of one log. Nothing yet is `UNSEEN`."""

    size: int
    root: bytes


UNSEEN = Seen(0, EMPTY)


class Request(NamedTuple):
    old: int  # the size that the log believes the witness to hold
    hashes: tuple[bytes, ...]  # proof from there to the checkpoint
    note: Note

    def written(self) -> bytes:
        return f"old {self.old}\n{written_hashes(self.hashes)}\n".encode() + self.note.written()


class Cosigned(NamedTuple):
    seen: Seen  # to be stored first
    lines: str  # then to be sent: the witness's signatures


def read_request(raw: bytes) -> Request:
    """Raises BadText, which is a 400."""
    if len(raw) > LARGEST_REQUEST:
        raise BadText(f"a request has at most {LARGEST_REQUEST} bytes")
    head, gap, rest = raw.partition(b"\n\n")
    first, *lines = checked(head).split("\n")
    if not gap or not first.startswith("old "):
        raise BadText("a request says the old size, and a checkpoint follows an empty line")
    old, note = read_number(first.removeprefix("old ")), read_note(rest)
    read_checkpoint(note.text)
    return Request(old, read_hashes(lines), note)


def judged(request: Request, logs: Mapping[str, Sequence[VerifierKey]]) -> Checkpoint:
    """The checkpoint, if it is the word of a log that the witness watches: origin → its keys.

    Raises Refused: 404 for another log, 403 for another signature.
    """
    checkpoint = read_checkpoint(request.note.text)
    if checkpoint.origin not in logs:
        raise Refused(404, "this log is not watched here")
    try:
        verified(request.note, logs[checkpoint.origin])
    except BadText as fault:
        raise Refused(403, str(fault)) from None
    return checkpoint


def cosigned(
    request: Request, checkpoint: Checkpoint, seen: Seen, keys: Sequence[SigningKey], at: int
) -> Cosigned:
    """The next state and the signatures, at `at` POSIX seconds, for what `judged` let through.

    Raises Refused: 400 for sizes in the wrong order and for lines that one of the keys cannot
    sign, 409 with the size held if the log believes another, 409 without if the same size has
    another root, 422 if the proof does not hold.
    """
    if any(key.kind == Kind.ED25519 for key in keys) or at <= 0:
        raise ValueError("a witness says when it signed, with a kind of key that can say so")
    if request.old > checkpoint.size:
        raise Refused(400, "the old size is larger than the checkpoint's")
    if request.old != seen.size:
        raise Refused(409, "the size held is another", seen.size)
    if checkpoint.size == seen.size and checkpoint.root != seen.root:
        raise Refused(409, "the same size has another root: the log has two pasts")
    if not consistent(*seen, checkpoint.size, checkpoint.root, request.hashes):
        raise Refused(422, "the proof does not show that the log only grew")
    try:
        lines = "".join(signature(request.note.text, key, at).line() for key in keys)
    except BadText as fault:  # ML-DSA-44 covers three lines and no more
        raise Refused(400, str(fault)) from None
    return Cosigned(Seen(checkpoint.size, checkpoint.root), lines)
