"""Pure: one file that shows, by itself, that an event is in the log (C2SP tlog-proof)."""

from dataclasses import dataclass

from app.safeguards.audit.checkpoint import read_checkpoint
from app.safeguards.audit.forms import (
    BadText,
    checked,
    read_bytes,
    read_hashes,
    read_number,
    written_bytes,
    written_hashes,
)
from app.safeguards.audit.merkle import included
from app.safeguards.audit.notes import Note, read_note

FIRST_LINE = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True)
class Proof:
    index: int  # of the leaf, from 0
    hashes: tuple[bytes, ...]  # from the leaf's sibling up
    note: Note  # a signed checkpoint
    extra: bytes = b""  # nobody vouches for it

    def written(self) -> bytes:
        extra = f"extra {written_bytes(self.extra)}\n" if self.extra else ""
        head = f"{FIRST_LINE}\n{extra}index {self.index}\n{written_hashes(self.hashes)}\n"
        return head.encode() + self.note.written()

    def holds(self, leaf: bytes) -> bool:
        """Whether the leaf is there; whose word the checkpoint is, `verified` says."""
        _, size, root = read_checkpoint(self.note.text)
        return included(leaf, self.index, size, self.hashes, root)


def read_proof(raw: bytes) -> Proof:
    """Raises BadText. Who signed it and whether it holds is not looked at yet."""
    head, gap, rest = raw.partition(b"\n\n")
    lines = checked(head).split("\n")
    if not gap or lines.pop(0) != FIRST_LINE:
        raise BadText(f"a proof begins with {FIRST_LINE}, and a checkpoint follows an empty line")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = read_bytes(lines.pop(0).removeprefix("extra "))
        if not extra:
            raise BadText("a proof without extra data has no line for it")
    if not lines or not lines[0].startswith("index "):
        raise BadText("a proof says the index of its entry")
    index = read_number(lines.pop(0).removeprefix("index "))
    note = read_note(rest)
    if index >= read_checkpoint(note.text).size:
        raise BadText("a proof is about an entry of its checkpoint's tree")
    return Proof(index, read_hashes(lines), note, extra)
