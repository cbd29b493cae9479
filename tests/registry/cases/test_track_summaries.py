"""Of mental health, who cares for somebody in other ways is told whether they attend: no more."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.core.values import moment, now
from app.registry.cases.schemas import CaseOut
from app.registry.pathways.catalogue import catalogue
from app.safeguards.access.policy import ROLES
from app.safeguards.guard.questions import can_spell_for
from tests.access.test_disclosures import asking
from tests.conftest import World
from tests.making import Made, every_page, new_case, staff_id, today

BRIEFLY = ("social_worker", "centre_manager", "child_protection_officer", "auditor")
WHOLE = ("psychologist", "health_worker")
STATES = {code: set(catalogue().current_track(code).states) for code in catalogue().tracks}
OF_NO_OTHER = STATES["MHP"].difference(*(STATES[code] for code in STATES if code != "MHP"))
# Each move and what is told of where it leads.
WAY = (("assessment", True), ("in_intervention", True), ("declined", False), ("assessment", True))


@pytest.fixture
def made(world: World) -> Made:
    return new_case(world, "2015-03-02")


def mental_health(tracks: list[dict[str, Any]]) -> dict[str, Any]:
    (found,) = (one for one in tracks if one.get("code") == "MHP")
    return found


def told(made: Made, role: str, query: str = "") -> Iterator[dict[str, Any]]:
    """On each way to a track: alone by code and id, in the case's list, on its cover."""
    by_code = made.get(role, f"/tracks/MHP{query}")
    yield by_code
    if not query:
        yield made.get(role, f"/tracks/{by_code['id']}")
    yield mental_health(made.get(role, f"/tracks{query}")["items"])
    yield mental_health(made.get(role, query)["tracks"])


def test_s_is_told_whether_they_attend_and_r_how_it_stands(made: Made) -> None:
    for state, attending in (("screening_due", False), *WAY):
        if state != "screening_due":
            assert made.move("psychologist", "MHP", state).status_code == 200
        for role in BRIEFLY:
            briefly = {"code": "MHP", "pillar": "rehabilitation", "attending": attending}
            for one in told(made, role):
                assert one == {"id": one["id"], **briefly}
        for role in WHOLE:
            assert {one["state"] for one in told(made, role)} == {state}


def test_a_step_within_changes_nothing_that_they_see(made: Made) -> None:
    """Neither bytes nor tags: else a version would tell of what it does not show."""
    assert made.move("psychologist", "MHP", "assessment").status_code == 200
    paths = ("", "/tracks", "/tracks/MHP", "/tracks/MHP/transitions")
    looks = {role: [made.send(role, "GET", path) for path in paths] for role in BRIEFLY}
    assert made.move("psychologist", "MHP", "in_intervention").status_code == 200
    for role, before in looks.items():
        for path, one in zip(paths, before, strict=True):
            again = made.send(role, "GET", path)
            assert (again.content, again.headers.get("etag")) == (
                one.content,
                one.headers.get("etag"),
            ), f"{role} {path}"


def test_no_channel_says_the_state_to_who_has_a_summary(made: Made) -> None:
    assert {"screening_due", "in_intervention"} <= OF_NO_OTHER
    then = moment(now())
    for state, _ in WAY:
        assert made.move("psychologist", "MHP", state).status_code == 200
    for role in BRIEFLY:
        assert made.send(role, "GET", "/tracks/MHP/moves").status_code == 403
        assert made.get(role, "/tracks/MHP/transitions")["items"] == []
        for path in ("/history?limit=200", "/timeline?limit=200", "/bundle", "/summary"):
            answer = made.send(role, "GET", path)
            if answer.status_code == 200:
                assert not OF_NO_OTHER & words_in(answer.json()), f"{role} {path}: {answer.text}"
        then_told = list(told(made, role, f"?as_of={then}"))
        assert all(set(one) == {"id", "code", "pillar", "attending"} for one in then_told)
    assert {one["state"] for one in told(made, "psychologist", f"?as_of={then}")} == {
        "screening_due"
    }


def test_ones_own_trail_tells_no_version_of_what_one_sees_in_summary(made: Made) -> None:
    """Else each look would tell whether the track had moved, and `as_of` when."""
    then = moment(now())
    assert made.move("psychologist", "MHP", "assessment").status_code == 200
    for role, whole in (("social_worker", False), ("psychologist", True)):
        for path in ("/tracks/MHP", f"/tracks/MHP?as_of={then}", "/tracks/HLT"):
            asked = made.send(role, "GET", path).headers["X-Request-Id"]
            seen = whole or "HLT" in path
            trail = made.as_(role)("GET", "/v1/audit/events?action=track.read&limit=50").json()
            (event,) = (one for one in trail["items"] if one["request_id"] == asked)
            assert (event["record_version"] is not None) is seen, f"{role} {path}"
    log = made.get("auditor", "/access-log?record=track&limit=50")["items"]
    assert {one["version"] is None for one in log} == {True, False}
    assert {one["record_class"] for one in log if one["record_id"]} == {"clinical", "health"}


def test_nor_does_a_disclosure_that_is_asked_for(made: Made) -> None:
    track = next(told(made, "social_worker"))["id"]
    for version, code in ((1, "not-readable"), (9, "not-readable"), (None, "self")):
        item = {"record": "track", "record_id": track, "version": version, "fields": ["state"]}
        body = asking("", items=[item], recipient_id=staff_id(made.world, "social_worker"))
        refused = made.post("social_worker", "/disclosures", body)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["code"] == code


def words_in(told_of: Any) -> set[str]:
    """Values of fields, wherever they stand in an answer."""
    if isinstance(told_of, dict):
        return {word for one in told_of.values() for word in words_in(one)}
    if isinstance(told_of, list):
        return {word for one in told_of for word in words_in(one)}
    return {told_of} if isinstance(told_of, str) else set()


def test_who_may_not_move_it_is_told_neither_state_nor_gate(made: Made) -> None:
    for role in BRIEFLY:
        answer = made.move(role, "MHP", "in_intervention")
        assert answer.status_code == 403, f"{role}: {answer.text}"
        assert "screening" not in answer.text


def test_of_other_tracks_s_tells_status_and_dates(made: Made) -> None:
    for code in ("HLT", "EDU"):
        assert {"state", "since", "due_on", "version"} <= set(made.track("centre_manager", code))


def test_lists_of_cases_tell_it_as_the_case_does(made: Made) -> None:
    assert made.move("psychologist", "MHP", "assessment").status_code == 200
    for role in (*BRIEFLY, *WHOLE):
        listed = every_page(made.as_(role), "/v1/cases?limit=200")
        (one,) = (case for case in listed if case["id"] == made.id)
        assert one == made.get(role)
        assert set(mental_health(one["tracks"])) >= {"attending" if role in BRIEFLY else "state"}


def test_a_task_of_a_track_of_which_one_has_a_summary_is_refused_and_not_unknown(
    made: Made,
) -> None:
    task = {"title": "Ask how it goes", "track": "MHP", "due_on": str(today())}
    assert made.post("social_worker", "/tasks", task).status_code == 403
    assert made.post("psychologist", "/tasks", task).status_code == 201


def test_the_database_spells_the_cover_of_a_case_for_whoever_reads_it() -> None:
    assert [one for one in ROLES if not can_spell_for(CaseOut, one)] == []
