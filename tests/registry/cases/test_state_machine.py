"""Any order of requests on tracks and teams, held against a naive model after each step.

The model knows the raw files of practice and a list of memberships, and nothing of the code: it
foretells each answer, and after each step what every member sees.
"""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from app.safeguards.access.policy import POLICY
from tests.conftest import World
from tests.making import Made, new_case, staff_id, today
from tests.registry.pathways.oracle import TRACKS, raw, unmet

ROLES = ("health_worker", "child_protection_officer", "educator")
LEAD = "social_worker"
CODES = ("HLT", "CPC", "EDU")
STATES = sorted({state for code in CODES for state in TRACKS[code]["states"]})
MILESTONES = raw("milestones.v1.toml")["milestones"]
SHIFTS = st.integers(-2, 1)


def classes_of(role: str, action: str) -> set[str]:
    return {name for names in POLICY.grants(role, action).values() for name in names}


class TracksAndTeams(RuleBasedStateMachine):
    world: World
    ids: dict[str, str]

    def __init__(self) -> None:
        super().__init__()
        self.members: list[dict[str, Any]] = []  # role, track, since, until, id
        self.states: dict[str, str] = {}
        self.reached: set[str] = {"arrived"}

    @initialize()
    def open_case(self) -> None:
        self.made: Made = new_case(self.world, "2015-03-02", team=())
        for code in CODES:
            self.states[code] = TRACKS[code]["start"]

    def on_team(self, role: str, track: str | None = None) -> bool:
        """For the whole case or this track; where none is asked for, for any."""
        day = today()
        theirs = (
            m
            for m in self.members
            if m["role"] == role and (track is None or m["track"] in (None, track))
        )
        spans = [(m["since"], m["until"]) for m in theirs]
        here = any(start <= day and (end is None or end > day) for start, end in spans)
        return here or role == LEAD

    @rule(
        role=st.sampled_from(ROLES),
        track=st.sampled_from([None, "EDU"]),
        since=SHIFTS,
        length=st.sampled_from([None, None, 0, 1, 2, 3]),
    )
    def assign(self, role: str, track: str | None, since: int, length: int | None) -> None:
        start = today() + timedelta(days=since)
        end = None if length is None else start + timedelta(days=length)
        body = {
            "user_id": self.ids[role],
            "track": track,
            "part": role,
            "since": start.isoformat(),
            "until": end and end.isoformat(),
            "reason": "joins",
        }
        answer = self.made.post(LEAD, "/team", body)
        if end is not None and end <= start:
            assert answer.status_code == 422
            return
        overlapping = any(
            m["role"] == role
            and m["track"] == track
            and (m["until"] is None or m["until"] > today())
            and (m["until"] is None or start < m["until"])
            and (end is None or m["since"] < end)
            for m in self.members
        )
        assert answer.status_code == (409 if overlapping else 201), answer.text
        if not overlapping:
            made = {"role": role, "track": track, "since": start, "until": end}
            self.members.append({**made, "id": answer.json()["id"]})

    @rule(place=st.integers(0, 30), shift=st.integers(0, 1))
    def release(self, place: int, shift: int) -> None:
        if not self.members:
            return
        member = self.members[place % len(self.members)]
        until = max(today() + timedelta(days=shift), member["since"])
        body = {"reason": "leaves", "until": (today() + timedelta(days=shift)).isoformat()}
        answer = self.made.post(LEAD, f"/team/{member['id']}/release", body)
        if member["until"] is not None and member["until"] <= until:
            assert answer.status_code == 409
        else:
            assert answer.status_code == 200, answer.text
            member["until"] = until

    @rule(role=st.sampled_from((LEAD, *ROLES)), code=st.sampled_from(CODES), data=st.data())
    def move(self, role: str, code: str, data: st.DataObject) -> None:
        state = self.states[code]
        ways = [m["to"] for m in TRACKS[code]["moves"] if state in m["from"]]
        to = data.draw(st.sampled_from([*ways, *ways, *STATES] if ways else STATES))
        reason = data.draw(st.sampled_from([None, "found fitting"]))
        answer = self.made.move(role, code, to, reason=reason)
        own = TRACKS[code]["record_class"]
        if not self.on_team(role, code) or own not in classes_of(role, "track.read"):
            assert answer.status_code in (403, 404), answer.text
            assert answer.status_code == 404 or own not in classes_of(role, "track.move")
            return
        if own not in classes_of(role, "track.move"):
            assert answer.status_code == 403
            return
        facts = (self.reached, reason, "someone", "ra", (), True)
        by_body = any(
            m.get("by_body") for m in TRACKS[code]["moves"] if state in m["from"] and m["to"] == to
        )
        expected = unmet(code, state, to, role, *facts)
        if by_body:
            expected |= {("decider-required", to)}
        if expected:
            assert answer.status_code == 409
            told = {(one["code"], one["detail"]) for one in answer.json()["unmet"]}
            assert told == expected
            assert answer.json()["current"] == state
        else:
            assert answer.status_code == 200, answer.text
            self.states[code] = to

    @rule(
        pair=st.sampled_from(
            [
                ("health_worker", "medical_cleared"),
                ("child_protection_officer", "best_interests_assessed"),
                ("child_protection_officer", "best_interests_determined"),
                ("educator", "school_assessed"),
                ("educator", "school_enrolled"),
                (LEAD, "needs_screened"),
            ]
        )
    )
    def reach(self, pair: tuple[str, str]) -> None:
        role, code = pair
        answer = self.made.post(role, "/milestones", {"code": code})
        name = MILESTONES[code]["record_class"]
        of_track = [one for one in CODES if TRACKS[one]["record_class"] == name]
        stated = self.on_team(role, *of_track)
        status = 201 if stated else 403 if self.on_team(role) else 404
        assert answer.status_code == status, answer.text
        if stated:
            self.reached.add(code)

    @invariant()
    def everybody_sees_what_they_may_and_no_more(self) -> None:
        if not self.states:
            return
        for role in ROLES:
            answer = self.made.send(role, "GET", "/tracks")
            if not self.on_team(role):
                assert answer.status_code == 404
                continue
            readable = classes_of(role, "track.read")
            items = (t for t in answer.json()["items"] if t["code"] in CODES)
            told = {t["code"]: t["state"] for t in items}
            expected = {
                code: state
                for code, state in self.states.items()
                if TRACKS[code]["record_class"] in readable and self.on_team(role, code)
            }
            assert told == expected


def machine(world: World) -> type[TracksAndTeams]:
    ids = {role: staff_id(world, role) for role in ROLES}
    return type("Machine", (TracksAndTeams,), {"world": world, "ids": ids})


def run(world: World, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine(world),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_tracks_and_teams_follow_the_model(world: World) -> None:
    run(world, examples=12, steps=20)


@pytest.mark.prove
def test_tracks_and_teams_follow_the_model_for_long(world: World) -> None:
    run(world, examples=150, steps=40)
