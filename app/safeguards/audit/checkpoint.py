"""Pure: what a log signs, its name, size and root as three lines of text (C2SP tlog-checkpoint)."""

from typing import NamedTuple

from app.safeguards.audit.forms import BadText, read_hash, read_number, written_bytes


class Checkpoint(NamedTuple):
    origin: str  # the name of the log
    size: int  # leaves
    root: bytes

    def written(self) -> str:
        """The text to sign. Raises BadText for what `read_checkpoint` would refuse."""
        text = f"{self.origin}\n{self.size}\n{written_bytes(self.root)}\n"
        if read_checkpoint(text) != self:
            raise BadText("a checkpoint cannot say this")
        return text


def read_checkpoint(text: str) -> Checkpoint:
    """Raises BadText. Further lines are opaque: they may not be empty, and nothing relies on them.

    We never write any: nobody who reads a log could hold them against its entries.
    """
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise BadText("a checkpoint has three lines or more, none of them empty")
    return Checkpoint(lines[0], read_number(lines[1]), read_hash(lines[2]))
