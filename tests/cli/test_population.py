"""The fictional population: repeatable, of the right size, lawful, and nobody's."""

from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest

from app.cli.population.names import SURNAMES
from app.cli.population.people import GROUPS, PROGRAMMES, TODAY, WHOLE, Mission, apportion, missions
from app.cli.population.relatives import IN_THE_WHOLE, host_of, population
from app.cli.population.story import Story, story_of
from app.registry.pathways.catalogue import catalogue
from app.registry.pathways.rules import judge

PLACES = {
    "north": catalogue().current_jurisdiction("ra"),
    "south": catalogue().current_jurisdiction("rb"),
}


def stories(found: list[Mission]) -> list[Story]:
    chance = Random(7)
    return [
        story_of(someone, of, PLACES[mission.programme.unit], chance)
        for mission in found
        for family in mission.families
        for someone, of in (
            *((one, family) for one in family.members),
            *((one, host_of(family)) for one in family.relatives),
        )
    ]


def test_the_whole_has_the_proportions_of_the_public_figures() -> None:
    assert WHOLE == 2100
    counts = Counter(
        (mission.programme.code, someone.group)
        for mission in missions(WHOLE)
        for family in mission.families
        for someone in family.members
    )
    for programme in PROGRAMMES:
        for group, share in zip(GROUPS, programme.share, strict=True):
            assert counts[programme.code, group] == share
    assert 18 <= len(missions(WHOLE)) <= 25


def test_relatives_who_never_left_are_counted_beside_the_returned() -> None:
    found = population(WHOLE)
    relatives = [(one, f) for m in found for f in m.families for one in f.relatives]
    assert len(relatives) == IN_THE_WHOLE == 600
    assert sum(len(family.members) for m in found for family in m.families) == WHOLE
    for one, family in relatives:
        assert family.phase != "reception"
        assert one.born < family.members[0].born
        assert one.age_on(family.arrived) >= 18
    for story in stories(found):
        if not story.returned:
            assert [assigned.pathway.counted for assigned in story.assigned] == [False]
            assert set(story.states) == {"FAM", "LIV", "MHP"}  # never assessed nor supervised
            assert "arrived" not in story.milestones
            assert story.kept_as == "relative"


@pytest.mark.parametrize("people", [1, 7, 60, 333, 2100, 5000])
def test_any_number_is_met_exactly(people: int) -> None:
    found = missions(people)
    assert sum(len(family.members) for m in found for family in m.families) == people
    assert sum(apportion(people).values()) == people


def test_the_same_number_makes_the_same_population() -> None:
    assert population(120) == population(120)
    assert [vars(one) for one in stories(population(60))] == [
        vars(one) for one in stories(population(60))
    ]


def test_every_move_is_one_that_the_rules_allow() -> None:
    """Told again by the judge: state, role, gates, reason and decider of each single move."""
    for story in stories(population(400)):
        place = PLACES[story.family.programme.unit]
        active = [one.pathway for one in story.assigned if one.until is None]
        states = dict.fromkeys(story.states, "")
        for move in story.moves:
            track = catalogue().current_track(move.track)
            begun = catalogue().current_phases.intake.at.get(move.track, track.start)
            assert move.origin == (states[move.track] or begun)
            states[move.track] = move.to
            reached = [m.code for m in story.milestones.values() if m.on <= move.on]
            verdict = judge(
                track,
                move.origin,
                move.to,
                move.role,
                reached,
                reason=move.reason,
                decided_by=move.decided_by or (None if by_body(move.track, move) else "someone"),
                jurisdiction=place,
                pathways=active,
                is_child=story.child_on(move.track),
            )
            assert verdict.holds, (move, verdict.unmet)
            assert story.family.arrived <= move.on <= TODAY
        for code, state in states.items():
            assert not state or story.states[code][0] == state


def by_body(code: str, move: object) -> bool:
    found = catalogue().current_track(code).find(move.origin, move.to)  # type: ignore[attr-defined]
    return bool(found and found.by_body)


def test_milestones_are_stated_by_who_may_state_them() -> None:
    for story in stories(population(200)):
        for reached in story.milestones.values():
            by = catalogue().milestones[reached.code].by
            assert reached.role in by or (not by and reached.role == "supervisor")
            assert story.family.arrived <= reached.on <= TODAY


def test_surnames_say_that_nobody_bears_them() -> None:
    marked = {word.rstrip("aа") for names in SURNAMES.values() for name in names for word in name}
    for mission in missions(300):
        for family in mission.families:
            for someone in family.members:
                for spelled in someone.name.spellings:
                    assert spelled.family.rstrip("aа") in marked


def test_the_dirt_of_real_lists_is_there() -> None:
    people = [s for m in missions(WHOLE) for f in m.families for s in f.members]
    written = Counter(someone.birth_text for someone in people)
    assert set(written) == {"day", "year", "january", "unknown", "hijri"}
    assert written["january"] > 0.15 * len(people)
    changed = [one for one in stories(population(WHOLE)) if "changed pathway" in one.someone.dirt]
    assert changed
    dirt = {one for story in stories(missions(WHOLE)) for one in story.someone.dirt}
    assert dirt == {"changed pathway", "refused consent", "withdrawn consent"}
    assert all(len(one.assigned) == 2 for one in changed)


def test_children_are_children_and_the_phases_are_spread() -> None:
    found = missions(WHOLE)
    ages = [
        (someone.group, someone.age_on(family.arrived))
        for m in found
        for family in m.families
        for someone in family.members
    ]
    assert all(0 <= age <= 17 for group, age in ages if group not in ("man", "woman"))
    assert all(age >= 18 for group, age in ages if group in ("man", "woman"))
    phases = Counter(f.phase for m in found for f in m.families for _ in f.members)
    for phase, share in (("closed", 0.28), ("aftercare", 0.22), ("reintegration", 0.38)):
        assert abs(phases[phase] / WHOLE - share) < 0.02
    assert all(m.arrived <= TODAY - timedelta(days=10) for m in found)
    assert min(m.arrived for m in found) > date(2019, 1, 1)
