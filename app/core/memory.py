"""Memory that large requests took goes back to the system, where the C library would keep it."""

from ctypes import CDLL
from platform import libc_ver

TRIM, MMAP, ARENAS = -1, -3, -8  # of mallopt(3)


def give_back() -> None:
    """By default glibc learns from each large block to keep the next one, and for every thread.

    A few uploads of the permitted size would else stay resident for the life of the process.
    """
    if libc_ver()[0] == "glibc":
        library = CDLL(None)
        for option, value in ((MMAP, 1 << 18), (TRIM, 1 << 20), (ARENAS, 2)):
            library.mallopt(option, value)
