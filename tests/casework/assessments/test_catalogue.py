"""The instruments that ship: which they are, and that no file holds an item's words."""

import re
import tomllib

import pytest

from app.casework.assessments.scoring.catalogue import INSTRUMENTS, catalogue
from app.registry.pathways.catalogue import catalogue as practice

CODES = (
    *("cfm24", "cfm517", "cpss5", "cries8", "gad7", "itq", "k10", "moca", "needs"),
    *("pcl5", "phq9", "phqa", "rhs15", "sdq", "wgss", "who5", "whodas12"),
)
NUMBERS = {
    **{"cfm24": 16, "cfm517": 24, "cpss5": 27, "cries8": 8, "gad7": 7, "itq": 18},
    **{"k10": 10, "moca": 7, "needs": 20, "pcl5": 20, "phq9": 10, "phqa": 10, "rhs15": 15},
    **{"sdq": 31, "wgss": 6, "who5": 5, "whodas12": 12},
}


def test_these_ship() -> None:
    assert tuple(catalogue().instruments) == CODES
    found = {code: len(catalogue().current(code).instrument.items) for code in CODES}
    assert found == NUMBERS


@pytest.mark.parametrize("code", CODES)
def test_what_makes_an_alert_is_an_alert_of_practice(code: str) -> None:
    for one in catalogue().current(code).instrument.critical:
        assert (one.kind == "alert") == (one.code in practice().alerts)


@pytest.mark.parametrize("code", CODES)
def test_what_it_posts_is_a_milestone_of_practice(code: str) -> None:
    assert set(catalogue().current(code).instrument.milestones) <= set(practice().milestones)


def test_who_must_ask_before_the_words_are_shown() -> None:
    """Copyright that keeps an instrument from a screen keeps its answers out, too."""
    attested = {code for code in CODES if catalogue().current(code).instrument.licence.attestation}
    assert attested == {"moca", "rhs15", "sdq", "whodas12"}
    on_paper = {
        code for code in CODES if not catalogue().current(code).instrument.licence.electronic
    }
    assert on_paper == {"moca", "sdq", "whodas12"}


def test_no_item_has_words() -> None:
    """An item is a number, a range and a source."""
    for path in INSTRUMENTS.glob("*/*.toml"):
        data = tomllib.loads(path.read_text())
        for item in data["items"]:
            assert set(item) <= {"items", "values", "respondents", "optional", "source"}
            assert all(re.fullmatch(r"[A-Z0-9_-]+", run) for run in item["items"])


def test_figures_without_a_primary_source_say_so() -> None:
    instrument = catalogue().current("phq9").instrument
    assert not instrument.sources["camcops"].confirmed  # who prints a form is not who made it
    assert catalogue().current("k10").instrument.sources["abs"].confirmed
    assert not instrument.sources["talking"].confirmed
    assert instrument.changes[0].source == ("talking",)
