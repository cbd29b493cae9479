"""Which record classes are a track's: open to who is on the team for that track, or for all."""

from collections.abc import Mapping
from functools import cache

from app.registry.pathways.catalogue import catalogue

# Of no track's records, and of its work alone.
BESIDE = {"MHP": ("therapy_notes",), "JUS": ("docket", "child_docket")}


@cache
def strands() -> Mapping[str, frozenset[str]]:
    """By track: the classes in which any version of it keeps its records, and what is beside."""
    return {
        code: frozenset(BESIDE.get(code, ())).union(
            *((one.record_class, one.child_record_class) for one in versions.values())
        )
        for code, versions in catalogue().tracks.items()
    }


@cache
def of_tracks() -> frozenset[str]:
    """Classes that are some track's; all others are of the whole team, on whichever track."""
    return frozenset[str]().union(*strands().values())


def is_open_to(track: str | None, record_class: str) -> bool:
    """Whether who is on this track, or with None on all, has a part in what is of this class."""
    if track is None or record_class not in of_tracks():
        return True
    return record_class in strands().get(track, frozenset())
