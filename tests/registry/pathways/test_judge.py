"""A verdict is what a naive reading of the files says, and no walk gets round a gate."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.registry.pathways.catalogue import DATA, Catalogue, load_catalogue
from app.registry.pathways.definitions import ROLES, Track
from app.registry.pathways.places import Jurisdiction
from app.registry.pathways.rules import Verdict, allowed_moves, judge, possible_moves
from tests.registry.pathways import oracle

PRACTICE = load_catalogue(DATA)
TRACKS = {code: PRACTICE.current_track(code) for code in PRACTICE.tracks}
PATHWAYS = {code: PRACTICE.current_pathway(code) for code in PRACTICE.pathways}
PLACES = {code: PRACTICE.current_jurisdiction(code) for code in PRACTICE.jurisdictions}

words = st.sampled_from([None, "", "  ", "A. Clerk"])
milestone_sets = st.one_of(
    st.just(frozenset(PRACTICE.milestones)),
    st.just(frozenset[str]()),
    st.frozensets(st.sampled_from(sorted(PRACTICE.milestones))),
    st.sampled_from(sorted(PRACTICE.milestones)).map(
        lambda one: frozenset(PRACTICE.milestones) - {one}
    ),
)
pathway_sets = st.lists(st.sampled_from(sorted(PATHWAYS)), max_size=3, unique=True)


def verdict(track: Track, state: str, to: str, role: str = "auditor", **facts: object) -> Verdict:
    """The judgement with everything given that could be asked for."""
    complete: dict[str, object] = {
        "milestones": frozenset(PRACTICE.milestones),
        "reason": "said at the conference",
        "decided_by": "B. Judge",
        "jurisdiction": PLACES["ra"],
        "pathways": (),
        "is_child": False,
    }
    complete |= facts
    milestones = complete.pop("milestones")
    return judge(track, state, to, role, milestones, **complete)  # type: ignore[arg-type]


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_every_verdict_is_the_oracles(data: st.DataObject) -> None:
    track = TRACKS[data.draw(st.sampled_from(sorted(TRACKS)))]
    states = [*track.states, "nowhere"]
    moves = [(origin, move) for move in track.transitions for origin in move.origins]
    if data.draw(st.integers(0, 3)):  # mostly moves that exist, by roles that mostly may
        state, move = data.draw(st.sampled_from(moves))
        to, role = move.to, data.draw(st.sampled_from([*move.roles, *move.roles, *ROLES]))
    else:
        state, to = data.draw(st.sampled_from(states)), data.draw(st.sampled_from(states))
        role = data.draw(st.sampled_from([*ROLES, "stranger"]))
    milestones = data.draw(milestone_sets)
    reason, decided_by = data.draw(words), data.draw(words)
    place = data.draw(st.sampled_from(sorted(PLACES)))
    active = data.draw(pathway_sets)
    child = data.draw(st.booleans())

    found = judge(
        track,
        state,
        to,
        role,
        milestones,
        reason=reason,
        decided_by=decided_by,
        jurisdiction=PLACES[place],
        pathways=[PATHWAYS[code] for code in active],
        is_child=child,
    )
    expected = oracle.unmet(
        track.code, state, to, role, milestones, reason, decided_by, place, active, child
    )
    assert {(each.code, each.detail) for each in found.unmet} == expected
    assert len(found.unmet) == len(expected)
    assert found.holds == (not expected)
    open_to_role = {
        other
        for other in track.states
        if state in track.states
        and not oracle.unmet(
            track.code, state, other, role, milestones, "said", "B. Judge", place, active, child
        )
    }
    assert set(found.allowed) == open_to_role


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_walk_gets_past_a_gate(data: st.DataObject) -> None:
    """Whatever is tried on the way, whoever arrives has what the last step asked for."""
    track = TRACKS[data.draw(st.sampled_from(sorted(TRACKS)))]
    place = data.draw(st.sampled_from(sorted(PLACES)))
    active, child = data.draw(pathway_sets), data.draw(st.booleans())
    state, reached = track.start, set[str]()
    for _ in range(data.draw(st.integers(1, 15))):
        reached |= set(
            data.draw(st.lists(st.sampled_from(sorted(PRACTICE.milestones)), max_size=4))
        )
        to = data.draw(st.sampled_from(sorted(track.states)))
        role = data.draw(st.sampled_from([track.lead, *ROLES]))
        reason, decided_by = data.draw(words), data.draw(words)
        step = judge(
            track,
            state,
            to,
            role,
            reached,
            reason=reason,
            decided_by=decided_by,
            jurisdiction=PLACES[place],
            pathways=[PATHWAYS[code] for code in active],
            is_child=child,
        )
        expected = oracle.unmet(
            track.code, state, to, role, reached, reason, decided_by, place, active, child
        )
        assert step.holds == (not expected)
        if step.holds:
            raw = next(
                m
                for m in oracle.TRACKS[track.code]["moves"]
                if state in m["from"] and m["to"] == to
            )
            assert set(raw.get("gate", ())) <= reached
            assert role in raw["roles"]
            state = to


@pytest.mark.parametrize("code", sorted(TRACKS))
def test_each_gate_holds_back_alone(code: str) -> None:
    """With everything else given, one missing milestone is one unmet condition, and names it."""
    track = TRACKS[code]
    everything = frozenset(PRACTICE.milestones)
    for move in track.transitions:
        for origin in move.origins:
            child = move.who == "child"
            assert verdict(track, origin, move.to, move.roles[0], is_child=child).holds
            for needed in move.gate:
                held = verdict(
                    track,
                    origin,
                    move.to,
                    move.roles[0],
                    is_child=child,
                    milestones=everything - {needed},
                )
                assert [(each.code, each.detail) for each in held.unmet] == [
                    ("milestone-missing", needed)
                ]
                assert move.to not in held.allowed


def test_all_that_is_unmet_is_told_at_once() -> None:
    found = verdict(
        TRACKS["JUS"],
        "custodial",
        "conditional_release",
        "psychologist",
        milestones=frozenset(),
        reason=" ",
        decided_by=None,
    )
    assert [each.code for each in found.unmet] == [
        "role-may-not-decide",
        "reason-required",
        "decider-required",
        "milestone-missing",
    ]
    assert found.allowed == []


def test_reception_is_left_with_the_exit_conditions_only() -> None:
    track = TRACKS["RPT"]
    held = verdict(track, "in_reception", "transferred_out", "centre_manager", milestones=())
    assert {each.detail for each in held.unmet} == {
        "medical_cleared",
        "identity_provisional",
        "needs_screened",
        "pathway_decided",
        "address_verified",
        "handover_held",
    }


def test_an_unaccompanied_child_is_not_transferred_before_the_family_was_assessed() -> None:
    track, alone = TRACKS["RPT"], [PATHWAYS["P6_CHILD_UNACCOMPANIED"]]
    enough = frozenset(PRACTICE.milestones) - {"receiving_family_assessed"}
    for origin in ("arrived", "in_reception"):
        move = (track, origin, "transferred_out", "centre_manager")
        held = verdict(*move, milestones=enough, pathways=alone, is_child=True)
        assert [each.detail for each in held.unmet] == ["receiving_family_assessed"]
        assert verdict(*move, milestones=enough, is_child=True).holds


def test_a_childs_measures_and_seal_are_not_for_adults() -> None:
    track = TRACKS["JUS"]
    for origin, to in (("convicted_final", "educational_measure"), ("completed", "sealed")):
        assert verdict(track, origin, to, "prosecutor", is_child=True).holds
        adult = verdict(track, origin, to, "prosecutor")
        assert [each.code for each in adult.unmet] == ["children-only"]
        assert to not in adult.allowed


def test_every_end_of_a_childs_proceedings_can_be_sealed_and_nothing_follows() -> None:
    track = TRACKS["JUS"]
    for state in track.states.values():
        if state.ends and state.code != "sealed":
            assert verdict(track, state.code, "sealed", "prosecutor", is_child=True).holds
    assert not [move for move in track.transitions if "sealed" in move.origins]


def test_nobody_is_moved_on_by_prosecution_without_a_name() -> None:
    for code in ("JUS", "SEC"):
        for move in TRACKS[code].transitions:
            found = verdict(
                TRACKS[code],
                move.origins[0],
                move.to,
                move.roles[0],
                decided_by=None,
                is_child=move.who == "child",
            )
            assert [each.code for each in found.unmet] == ["decider-required"]


def test_faith_counselling_can_be_refused_and_left_at_any_time_without_a_word() -> None:
    track = TRACKS["REL"]
    for place in PLACES.values():
        for state in ("offered", "accepted", "in_progress"):
            for to in ("declined", "withdrawn"):
                for role in ("religious_counsellor",):
                    free = verdict(
                        track,
                        state,
                        to,
                        role,
                        milestones=(),
                        reason=None,
                        decided_by=None,
                        jurisdiction=place,
                        pathways=PATHWAYS.values(),
                    )
                    assert free.holds


def test_a_persons_own_choice_is_free_even_of_a_gate_put_there_by_hand() -> None:
    """The reader refuses such a file; the rule would not follow it either."""
    choices = [
        (track, origin, move)
        for track in TRACKS.values()
        for move in track.transitions
        if move.own_choice
        for origin in move.origins
    ]
    assert {track.code for track, _, _ in choices} == {"REL", "MHP", "RPT"}
    for track, origin, move in choices:
        walled = walled_in(PLACES["rb"], track.code, origin, move.to)
        found = verdict(
            track, origin, move.to, move.roles[0], milestones=(), jurisdiction=walled, reason=None
        )
        assert found.holds


def walled_in(place: Jurisdiction, track: str, origin: str, to: str) -> Jurisdiction:
    gate = replace(place.gates[0], track=track, origin=origin, to=to, also=("arrived",))
    return replace(place, gates=(*place.gates, gate))


def test_the_lead_role_can_make_the_first_move_of_each_track() -> None:
    for track in TRACKS.values():
        first = allowed_moves(
            track,
            track.start,
            track.lead,
            frozenset(PRACTICE.milestones),
            jurisdiction=PLACES["ra"],
            pathways=(),
            is_child=False,
        )
        assert first


def test_a_possible_move_says_what_it_misses(practice: Catalogue) -> None:
    facts = {"jurisdiction": PLACES["ra"], "pathways": (), "is_child": True}
    track = practice.current_track("CPC")
    moves = possible_moves(track, "bia_due", "child_protection_officer", (), **facts)  # type: ignore[arg-type]
    assert [(move.to, move.missing) for move in moves] == [
        ("bia_done", ("best_interests_assessed",))
    ]
    assert not allowed_moves(track, "bia_due", "child_protection_officer", (), **facts)  # type: ignore[arg-type]
    assert moves[0].title.say("ru") == "Интересы оценены"
