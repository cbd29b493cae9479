"""Memory for the databases of a run, where the machine has plenty: on a disk each commit waits."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

MEMORY = Path("/dev/shm")
ENOUGH = 6 << 30  # bytes that are free; a whole run takes a third of it


def roomy(place: Path = MEMORY, enough: int = ENOUGH) -> bool:
    """Whether this is a place of ours, in which programs may lie, with so much room."""
    if not os.access(place, os.W_OK | os.X_OK) or os.statvfs(place).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(place).free >= enough


@contextmanager
def folder_of_a_run(prefix: str) -> Iterator[Path]:
    """In memory if it is roomy, else where temporary files are; gone afterwards."""
    folder = Path(mkdtemp(prefix=prefix, dir=MEMORY if roomy() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
