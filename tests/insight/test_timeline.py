"""The timeline: what was done on a case, behind the wall of its history; filters and pages."""

from typing import Any

import pytest

from app.core.values import new_id
from app.insight.schemas import TimelineEntryOut
from app.safeguards.access.policy import POLICY
from app.safeguards.guard.shown import Page
from tests.conftest import World
from tests.insight.oracle import READERS, TIMELINE, paged, some, told
from tests.making import Made, colleague_of, new_case, signed_in
from tests.safeguards.guard.test_quick import Ways, both, event_of

WITHHELD = {"team": {"part", "reason"}, "decision": {"reason", "details"}}


def entries(made: Made, role: str, query: str = "") -> list[dict[str, Any]]:
    whole = made.get(role, f"/timeline{query}")
    assert whole["next"] is None
    found: list[dict[str, Any]] = whole["items"]
    return found


def expected(world: World, made: Made, role: str) -> list[dict[str, Any]]:
    """Newest first."""
    found = some(told(world, made, role), TIMELINE)[::-1]
    plan = "plan" in POLICY.in_columns(role)
    for one in found:
        hidden: set[str] = set() if plan else WITHHELD.get(one["record"], set())
        one["fields"] = [name for name in one["fields"] if name not in hidden]
    return found


@pytest.mark.turns
@pytest.mark.parametrize("role", READERS)
def test_it_tells_what_the_history_tells_and_no_more(
    world: World,
    lively: Made,
    role: str,
) -> None:
    if lively.send(role, "GET").status_code == 404:
        assert lively.send(role, "GET", "/timeline").status_code == 404
        return
    newest_first = expected(world, lively, role)
    assert newest_first
    assert entries(lively, role) == newest_first
    assert entries(lively, role, "?order=asc") == newest_first[::-1]
    assert paged(lively, role, "/timeline?", 7) == newest_first
    assert paged(lively, role, "/timeline?order=asc&", 11) == newest_first[::-1]


def test_a_withheld_field_is_not_named_either(lively: Made) -> None:
    def named(role: str) -> set[str]:
        found = [one for one in entries(lively, role) if one["record"] == "team"]
        assert found
        return {name for one in found for name in one["fields"]}

    assert {"part", "reason", "until"} <= named("social_worker")
    assert not {"part", "reason"} & named("prosecutor")
    assert {"until", "version"} & named("prosecutor")


def test_nobody_elses_own_notes_are_told(world: World) -> None:
    """A class that the reader may read is not enough: the row must be within reach."""
    made = new_case(world, team=("psychologist",))
    note = {"kind": "therapy", "occurred_on": "2025-11-20", "text": "own"}
    note_id = made.post("psychologist", "/notes", note).json()["id"]
    assert note_id in made.send("psychologist", "GET", "/timeline").text
    other = colleague_of(world, "psychologist")
    member = {"user_id": other["id"], "part": "second psychologist", "reason": "second opinion"}
    assert made.post("social_worker", "/team", member).status_code == 201
    with signed_in(world, other) as send:
        for query in ("", "?limit=200", "", "?record=note"):
            answer = send("GET", f"{made.path}/timeline{query}")
            assert answer.status_code == 200
            assert note_id not in answer.text


def test_filters_narrow_it_and_combine(lively: Made) -> None:
    whole = entries(lively, "social_worker")
    for name in ("record", "record_id", "record_class", "action", "actor_id"):
        values = {one[name] for one in whole} - {None}
        assert len(values) > 1, name
        for value in values:
            found = entries(lively, "social_worker", f"?{name}={value}")
            assert found == [one for one in whole if one[name] == value], (name, value)
    middle = whole[len(whole) // 2]["at"]
    late = [one for one in whole if one["at"] >= middle]
    assert entries(lively, "social_worker", f"?since={middle}") == late
    early = [one for one in whole if one["at"] < middle]
    assert entries(lively, "social_worker", f"?until={middle}") == early
    both_ends = f"?since={middle[:10]}&until={middle}&record=team&order=asc"
    teams = [one for one in early if one["record"] == "team"][::-1]
    assert teams
    assert entries(lively, "social_worker", both_ends) == teams
    assert paged(lively, "social_worker", f"/timeline{both_ends}&", 2) == teams
    assert entries(lively, "social_worker", "?until=1999-01-01") == []
    assert lively.get("social_worker", "/timeline?until=1999-01-01&limit=3")["next"] is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("record", "unheard_of"),
        ("record_class", "Case"),
        ("record_id", "7"),
        ("action", ""),
        ("actor_id", "somebody"),
        ("order", "up"),
        ("since", "yesterday"),
        ("since", "1700000000"),
        ("since", "2026-13-01"),
        ("until", "2026-01-01T10:00:00"),
        ("until", "9999-12-31T23:59:59-14:00"),
        ("limit", "0"),
        ("limit", "201"),
        ("cursor", "x" * 30),
        ("count", "true"),
    ],
)
def test_what_is_no_filter_is_refused_by_name(
    lively: Made,
    name: str,
    value: str,
) -> None:
    answer = lively.send("social_worker", "GET", f"/timeline?{name}={value}")
    assert answer.status_code == 422, answer.text
    assert [one["pointer"] for one in answer.json()["errors"]] == [f"query.{name}"]


def test_a_cursor_goes_with_its_caller_filter_and_order(lively: Made) -> None:
    cursor = lively.get("social_worker", "/timeline?limit=2&record=team")["next"]
    fits = f"/timeline?limit=2&record=team&cursor={cursor}"
    assert lively.send("social_worker", "GET", fits).status_code == 200
    assert lively.send("supervisor", "GET", fits).status_code == 422
    for other in ("", "&record=note", "&record=team&order=asc", "&record=team&since=2020-01-01"):
        path = f"/timeline?limit=2&cursor={cursor}{other}"
        assert lively.send("social_worker", "GET", path).status_code == 422, other
    assert lively.send("social_worker", "GET", f"/history?cursor={cursor}").status_code == 422


def test_it_has_the_form_that_the_description_says(lively: Made) -> None:
    for query in ("", "?limit=2"):
        answer = lively.send("social_worker", "GET", f"/timeline{query}")
        assert answer.headers["content-type"] == "application/json"
        page = Page[TimelineEntryOut].model_validate_json(answer.content)
        assert page.items
        shown = page.model_dump(mode="json", exclude={"total"})
        assert shown == answer.json()
        assert [list(one) for one in answer.json()["items"]] == [
            list(TimelineEntryOut.model_fields)
        ] * len(page.items)


def test_either_way_tells_the_same_and_leaves_the_same_event(
    lively: Made,
    ways: Ways,
) -> None:
    world = lively.world
    for query in ("", "?order=asc&record=team", "?limit=3", "?until=1999-01-01"):
        long, short = both(ways, world.as_("social_worker"), f"{lively.path}/timeline{query}")
        assert ways.short[-1], query
        assert short.content == long.content
        assert short.status_code == 200
        assert event_of(world, short) == event_of(world, long)
        event, _ = event_of(world, short)
        count = len(short.json()["items"]) if "limit" in query else "'all'"
        assert event["detail"] == f"{{'shown': {count}}}"
        told = [event[name] for name in ("action", "outcome", "record", "file_id")]
        assert told == ["history.read", "read", "history", lively.id]


def test_a_stranger_is_told_nothing_and_is_on_record(world: World) -> None:
    made = new_case(world, team=())
    for query in ("", "?limit=2", "?record=team"):
        hidden = made.send("psychologist", "GET", f"/timeline{query}")
        absent = world.as_("psychologist")("GET", f"/v1/cases/{new_id()}/timeline{query}")
        assert hidden.status_code == absent.status_code == 404
        assert {**hidden.json(), "request_id": 0} == {**absent.json(), "request_id": 0}
        event, _ = event_of(world, hidden)
        assert (event["outcome"], event["asked_id"]) == ("refused", made.id)
    assert world.client.get(f"{made.path}/timeline").status_code == 401
    assert made.send("educator", "GET", "/timeline").status_code in (403, 404)
    bad = made.send("psychologist", "GET", "/timeline?record=unheard_of")
    assert bad.status_code == 404  # a stranger's bad query is still a stranger's
