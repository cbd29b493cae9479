"""An instrument that speaks of what practice has not stops the start, not a submission."""

from dataclasses import replace
from typing import Any

import pytest

from app.casework.assessments.scoring.catalogue import Catalogue, Shipped, catalogue
from app.casework.assessments.scoring.practice import examine_instruments
from app.core.datafile import DataFileError


def test_all_that_ship_hold() -> None:
    examine_instruments(catalogue())


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda one: {"milestones": ("screened_twice",)}, "there is no milestone screened_twice"),
        (
            lambda one: {"critical": (replace(one.critical[0], code="SAFETY_MOON"),)},
            "there is no alert SAFETY_MOON",
        ),
        (
            lambda one: {"outcomes": (replace(one.outcomes[0], otherwise="perhaps"),)},
            "there is no word for perhaps",
        ),
        (
            lambda one: {"bands": (replace(one.bands[0], steps=(("odd", (0, 27)),)),)},
            "there is no word for odd",
        ),
    ],
)
def test_one_that_does_not_is_named(change: Any, fault: str) -> None:
    shipped = catalogue().current("phq9")
    broken = replace(shipped.instrument, **change(shipped.instrument))
    with pytest.raises(DataFileError, match=f"phq9/v1.toml:1: {fault}"):
        examine_instruments(Catalogue({"phq9": {1: Shipped(broken, shipped.score)}}))
