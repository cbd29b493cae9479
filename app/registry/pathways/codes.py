"""Codes of practice as types: a filter takes those that some file knows, and no other word."""

from typing import TYPE_CHECKING, Literal

from app.registry.pathways.catalogue import catalogue

if TYPE_CHECKING:
    KnownPhase = str
    KnownProgramme = str
    KnownMilestone = str
    KnownTrack = str
else:  # every version counts: what is on record may be of an earlier one
    KnownPhase = Literal[
        tuple(dict.fromkeys(code for one in catalogue().phases.values() for code in one.phases))
    ]
    KnownProgramme = Literal[
        tuple(
            dict.fromkeys(
                code
                for versions in catalogue().jurisdictions.values()
                for place in versions.values()
                for code in place.programmes
            )
        )
    ]
    KnownMilestone = Literal[tuple(catalogue().milestones)]
    KnownTrack = Literal[tuple(catalogue().tracks)]
