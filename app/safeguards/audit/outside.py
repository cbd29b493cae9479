"""The last checkpoint beside the database, which tells when somebody has put back an older one."""

import os
from pathlib import Path
from tempfile import mkstemp

from sqlalchemy import Connection

from app.core.engine import UnsafeDatabase
from app.safeguards.audit.checkpoint import Checkpoint, read_checkpoint
from app.safeguards.audit.forms import BadText
from app.safeguards.audit.log_keys import LogKeys
from app.safeguards.audit.notes import read_note, verified
from app.safeguards.audit.stored_log import head_of, reader
from app.safeguards.audit.tiles import BadTile, root


def examine_log(db: Connection, keys: LogKeys, checkpoint_file: Path) -> None:
    """Raise UnsafeDatabase where the log is not as it was signed, or older than it was."""
    # The file first: the log may grow meanwhile, and is never less than that.
    known = kept(keys, checkpoint_file) if checkpoint_file.exists() else None
    head = head_of(db)
    size, signed = (head.size, head.root) if head else (0, root(reader(db), 0))
    if not rooted(db, size, signed):
        raise UnsafeDatabase(f"the log of {size} events does not give the root that was signed")
    if known is None:
        return
    if known.size > size:
        raise UnsafeDatabase(
            f"the database has {size} events in its log, and {known.size} were signed: an older "
            f"state was put back? If so by intent, move {checkpoint_file} away, and tell whoever "
            "holds your checkpoints"
        )
    if not rooted(db, known.size, known.root):
        raise UnsafeDatabase(f"the log has another past than {checkpoint_file}")


def kept(keys: LogKeys, checkpoint_file: Path) -> Checkpoint:
    """What the file says. Raises UnsafeDatabase where it is not signed as this log is."""
    try:
        note = read_note(checkpoint_file.read_bytes())
        signers = verified(note, [one.verifier for one in keys.signers])
    except BadText:
        signers = {}
    if len(signers) < len(keys.signers):
        raise UnsafeDatabase(
            f"{checkpoint_file} is not signed by the log of this database: if it was made anew, "
            "move the file away"
        )
    return read_checkpoint(note.text)


def rooted(db: Connection, size: int, signed: bytes) -> bool:
    try:
        return root(reader(db), size) == signed
    except BadTile:
        return False


def keep(checkpoint_file: Path, note: str) -> None:
    """Whole or not at all, whatever happens meanwhile; several processes may keep theirs here.

    The one that comes last may be a little older: the next one mends that.
    """
    folder = checkpoint_file.parent
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, fresh = mkstemp(prefix=checkpoint_file.name, dir=folder)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(note)
            file.flush()
            os.fsync(descriptor)
        Path(fresh).replace(checkpoint_file)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise
