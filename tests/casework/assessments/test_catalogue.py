"""The instruments that ship: which they are, and that no file holds an item's words."""

import re
import tomllib

import pytest

from app.casework.assessments.catalogue import INSTRUMENTS, catalogue
from app.registry.pathways.catalogue import catalogue as practice

CODES = (
    *("CFM-2-4", "CFM-5-17", "CPSS-5", "CRIES-8", "GAD-7", "ITQ", "K10", "MoCA", "NEEDS"),
    *("PCL-5", "PHQ-9", "PHQ-A", "RHS-15", "SDQ", "WG-SS", "WHO-5", "WHODAS-12"),
)
NUMBERS = {
    **{"CFM-2-4": 16, "CFM-5-17": 24, "CPSS-5": 27, "CRIES-8": 8, "GAD-7": 7, "ITQ": 18},
    **{"K10": 10, "MoCA": 7, "NEEDS": 20, "PCL-5": 20, "PHQ-9": 10, "PHQ-A": 10, "RHS-15": 15},
    **{"SDQ": 31, "WG-SS": 6, "WHO-5": 5, "WHODAS-12": 12},
}


def test_these_ship() -> None:
    assert tuple(catalogue().instruments) == CODES
    found = {code: len(catalogue().current(code).instrument.items) for code in CODES}
    assert found == NUMBERS


@pytest.mark.parametrize("code", CODES)
def test_what_makes_an_alert_is_an_alert_of_practice(code: str) -> None:
    for one in catalogue().current(code).instrument.critical:
        assert (one.kind == "alert") == (one.code in practice().alerts)


def test_who_must_ask_before_the_words_are_shown() -> None:
    """Copyright that keeps an instrument from a screen keeps its answers out, too."""
    attested = {code for code in CODES if catalogue().current(code).instrument.licence.attestation}
    assert attested == {"MoCA", "RHS-15", "SDQ", "WHODAS-12"}
    on_paper = {
        code for code in CODES if not catalogue().current(code).instrument.licence.electronic
    }
    assert on_paper == {"MoCA", "SDQ", "WHODAS-12"}


def test_no_item_has_words() -> None:
    """An item is a number, a range and a source."""
    for path in INSTRUMENTS.glob("*/*.toml"):
        data = tomllib.loads(path.read_text())
        for item in data["items"]:
            assert set(item) <= {"items", "values", "respondents", "optional", "source"}
            assert all(re.fullmatch(r"[A-Z0-9_-]+", run) for run in item["items"])


def test_figures_without_a_primary_source_say_so() -> None:
    instrument = catalogue().current("PHQ-9").instrument
    assert instrument.sources["camcops"].confirmed
    assert not instrument.sources["talking"].confirmed
    assert instrument.changes[0].source == ("talking",)
