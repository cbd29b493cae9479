"""The data keys of files, as long as one unit of work has need of them."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection, select

from app.core.db import table
from app.core.errors import NotFound
from app.safeguards.vault.keys import Vault
from app.safeguards.vault.models import File
from app.safeguards.vault.opening import wraps_now


@dataclass
class FileKeys:
    """The data keys that this unit of work has opened; none outlives it."""

    db: Connection
    vault: Vault
    known: dict[UUID, bytes] = field(default_factory=dict)
    wraps: str | None = None  # the id of the master key, once it was asked for

    def new(self, file_id: UUID) -> bytes:
        """A key for a new file; the wrapped one for the database."""
        self.wraps = self.wraps or wraps_now(self.db)
        self.known[file_id], wrapped = self.vault.new_file_key(str(file_id), self.wraps)
        return wrapped

    def open(self, wanted: set[UUID]) -> None:
        """Several files at once, one statement."""
        files = table(File)
        missing = [one for one in wanted if one not in self.known]
        for start in range(0, len(missing), 500):
            some = files.c.id.in_(missing[start : start + 500])
            rows = self.db.execute(select(files.c.id, files.c.wrapped_key).where(some))
            for file_id, wrapped in rows:
                self.know(file_id, wrapped)

    def know(self, file_id: UUID, wrapped: bytes | None) -> None:
        """A key that came with a row; none of a file that was erased."""
        if wrapped is not None:
            self.known[file_id] = self.vault.open_file_key(str(file_id), wrapped)

    def of(self, file_id: UUID) -> bytes:
        if file_id not in self.known:
            self.open({file_id})
        if file_id not in self.known:
            raise NotFound("this was erased")
        return self.known[file_id]
