"""The practice that ships: complete, connected, and pure rules over it."""

import ast
from itertools import pairwise
from pathlib import Path

import pytest

from app.registry.pathways import rules
from app.registry.pathways.catalogue import Catalogue, catalogue
from app.registry.pathways.definitions import ROLES, Track
from app.registry.pathways.programme import PATHWAYS
from app.registry.pathways.tracks import TRACKS

PILLARS = {
    "prosecution": {"JUS", "SEC"},
    "rehabilitation": {"RPT", "HLT", "MHP", "REL"},
    "reintegration": {"DOC", "CPC", "EDU", "LIV", "FAM"},
}
CLASSES = {
    "RPT": "pathway",
    "JUS": "justice",
    "SEC": "security",
    "HLT": "health",
    "MHP": "clinical",
    "DOC": "civil_documents",
    "CPC": "protection",
    "EDU": "education",
    "LIV": "livelihood",
    "REL": "faith_counselling",
    "FAM": "family",
}


def test_the_eleven_tracks_stand_under_their_pillars(practice: Catalogue) -> None:
    assert set(practice.tracks) == set(CLASSES)
    for pillar, codes in PILLARS.items():
        assert {c for c in practice.tracks if practice.current_track(c).pillar == pillar} == codes


def test_each_track_has_its_record_class(practice: Catalogue) -> None:
    for code, record_class in CLASSES.items():
        track = practice.current_track(code)
        assert track.record_class == record_class
        expected = "child_justice" if code == "JUS" else record_class
        assert track.child_record_class == expected


def test_the_eleven_pathways_load_by_code(practice: Catalogue) -> None:
    assert tuple(practice.pathways) == PATHWAYS
    assert len(PATHWAYS) == 11
    assert len(ROLES) == 20


@pytest.mark.parametrize("code", TRACKS)
@pytest.mark.parametrize("is_child", [True, False])
def test_every_state_is_reached_and_every_open_one_leads_to_an_end(
    practice: Catalogue, code: str, is_child: bool
) -> None:
    track = practice.current_track(code)
    steps = {
        (origin, move.to)
        for move in track.transitions
        if move.who in ("any", "child" if is_child else "adult")
        for origin in move.origins
    }
    children_only = {"educational_measure", "sealed"} if code == "JUS" and not is_child else set()
    assert closure({track.start}, steps) == set(track.states) - children_only
    backwards = {(to, origin) for origin, to in steps}
    ends = {state.code for state in track.states.values() if state.ends}
    # Who comes of age under a child's measure leaves it as an adult.
    assert closure(ends, backwards) >= set(track.states) - children_only


def closure(found: set[str], steps: set[tuple[str, str]]) -> set[str]:
    while more := {to for origin, to in steps if origin in found} - found:
        found = found | more
    return found


def test_the_justice_track_is_the_machine_of_the_law(practice: Catalogue) -> None:
    track = practice.current_track("JUS")
    for path in (
        "none pre_investigation investigation charged trial convicted appeal retrial",
        "retrial trial acquitted",
        "acquitted acquitted_final",
        "investigation discontinued",
        "charged diverted",
        "appeal convicted_final custodial conditional_release revoked custodial pardoned expunged",
        "appeal acquitted_final sealed",
        "convicted convicted_final probation revoked custodial amnestied expunged sealed",
        "convicted_final suspended completed expunged",
        "convicted_final fine completed",
        "convicted_final educational_measure completed sealed",
        "convicted_final medical_measure completed",
        "custodial transferred_abroad",
        "custodial deceased",
    ):
        states = path.split()
        for state, to in pairwise(states):
            assert track.find(state, to), f"{state} to {to}"
    for state, to in (
        ("none", "charged"),
        ("investigation", "trial"),
        ("charged", "convicted"),
        ("acquitted_final", "investigation"),
        ("convicted", "custodial"),
        ("sealed", "investigation"),
    ):
        assert not track.find(state, to), f"{state} to {to}"


def test_every_deadline_of_practice_is_there(practice: Catalogue) -> None:
    rules_found = {rule.split("-")[0] for rule in practice.current_timers}
    assert rules_found == {f"D{number:02}" for number in range(1, 21)}


def test_a_child_never_waits_longer(practice: Catalogue) -> None:
    assert {rule for rule, timer in practice.current_timers.items() if timer.child_due} == {
        "D01",
        "D04",
    }


def test_every_label_is_there_in_english_and_russian(practice: Catalogue) -> None:
    english, russian = practice.titles("en"), practice.titles("ru")
    assert english["track.JUS"] == "Criminal justice"
    assert english["state.REL.withdrawn"] == "Withdrawn"
    assert set(english) == set(russian)
    assert not [code for code in english if english[code] == russian[code]]


def test_a_language_falls_back_to_its_root_and_then_to_english(practice: Catalogue) -> None:
    english, russian = practice.titles("en"), practice.titles("ru")
    assert practice.titles("ru-XA") == russian
    assert practice.titles("RU") == russian
    assert practice.titles("dv") == english
    assert practice.titles("fr")["jurisdiction.ra"] == "République A"
    assert practice.titles("fr")["track.JUS"] == english["track.JUS"]


def test_words_are_neutral(practice: Catalogue) -> None:
    for text in practice.titles("en").values():
        for label in ("terror", "radical", "extrem", "jihad", "ISIS", "offender", "fighter"):
            assert label.lower() not in text.lower()


def test_it_is_read_once() -> None:
    assert catalogue() is catalogue()


def test_a_record_can_name_the_version_that_judged_it(practice: Catalogue) -> None:
    kept: list[Track] = [
        track for versions in practice.tracks.values() for track in versions.values()
    ]
    assert len({track.digest for track in kept}) == len(kept) == 11
    assert practice.tracks["JUS"][1] is practice.current_track("JUS")


@pytest.mark.parametrize(
    "name",
    ["rules", "deadlines", "ages", "fitting", "verdicts", "definitions", "places", "numbers"],
)
def test_the_rules_know_no_clock_no_database_and_no_web(name: str) -> None:
    tree = ast.parse((Path(rules.__file__).parent / f"{name}.py").read_text())
    own = "app.registry.pathways."
    allowed = {"collections.abc", "dataclasses", "datetime", "calendar", "zoneinfo", "typing", "re"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.module in allowed or str(node.module).startswith(own)
        elif isinstance(node, ast.Import):
            assert {alias.name for alias in node.names} <= allowed
        elif isinstance(node, ast.Attribute):
            assert node.attr not in ("now", "utcnow", "today", "open")
