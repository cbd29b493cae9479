"""The list of erased files, outside of the database: an old copy must not bring them back."""

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from app.core.engine import UnsafeDatabase
from app.core.values import moment

LINE = re.compile(r"\S{20,32} ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
SHORTEST = 57  # signs of a whole line


@dataclass(frozen=True)
class Ledger:
    """A line for each file: when, and its id. Nothing is ever taken out of it."""

    path: Path

    def read(self) -> set[UUID]:
        """Raises UnsafeDatabase where it is not what was written."""
        if not self.path.exists():
            return set()
        found = set()
        for place, line in enumerate(self.path.read_text(errors="replace").splitlines(), start=1):
            if told := LINE.fullmatch(line):
                found.add(UUID(told[1]))
            elif len(line) >= SHORTEST:
                # What is shorter was cut off as it was written: then nothing was erased either.
                raise UnsafeDatabase(f"{self.path}: line {place} names no erased file")
        return found

    def add(self, files: Collection[UUID], at: datetime) -> None:
        """On the disk once this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        begun = self.path.exists()
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            cut = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            lines = "".join(f"{moment(at)} {one}\n" for one in sorted(files))
            os.write(descriptor, ("\n" * cut + lines).encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if not begun:
            folder = os.open(self.path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
