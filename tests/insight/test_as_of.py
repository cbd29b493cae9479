"""What a case said at a moment: as it was answered then, to whom it may be told today."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.casework.notes.models import Note
from app.casework.notes.schemas import NoteOut
from app.core.values import moment, new_id, now
from app.registry.cases.on_case import OnCase
from app.safeguards.guard import reading
from app.safeguards.guard.unit_of_work import UnitOfWork
from tests.access.test_docket import MATTER
from tests.access.test_sealing import bytes_of, sealed
from tests.architecture.driving import drive
from tests.architecture.test_routes import application, walked
from tests.conftest import World
from tests.making import ON_THE_TEAM, colleague_of, new_case, on_docket, signed_in, staff_id
from tests.safeguards.guard.test_quick import Ways, event_of
from tests.test_locations import CONSENT

READERS = ("social_worker", "psychologist", "supervisor", "auditor")
# What is worked out of records as they stood: nobody's form of them, and so nobody's to be named.
WORKED_OUT = tuple(
    f"/v1/cases/{{case_id}}/assessments/{one}"
    for one in ("trend", "trend.svg", "{assessment_id}/fhir")
)
BOARD = {"decided_by": "Board", "members": ["A. Aliev", "B. Brown", "C. Cherny"], "reason": "heard"}


def routes(world: World) -> list[str]:
    """Of every read of records on a case."""
    return [
        path
        for method, path, door, _ in walked(application(world))
        if method == "GET" and door and door.kind and "{case_id}" in path
    ]


def then(moment_: Any, path: str, sign: str = "?") -> str:
    return f"{path}{sign}as_of={moment(moment_)}"


@dataclass
class Told:
    """What was answered at a moment, by role and address."""

    at: Any
    answers: dict[tuple[str, str], Any]


class Life:
    """A case to which something happens, and what each reader was told of it each time."""

    def __init__(self, world: World) -> None:
        self.world, self.moments = world, list[Told]()
        self.made = new_case(world, "1991-05-17", team=ON_THE_TEAM)
        paths = [one.replace("{case_id}", self.made.id) for one in routes(world)]
        self.paths = sorted(one for one in paths if "/unseal/" not in one)

    def note_down(self) -> None:
        answers: dict[tuple[str, str], Any] = {}
        for role in READERS:
            for path in self.paths:
                for one in filled(path, role, answers):
                    answers[role, one] = self.world.as_(role)("GET", one)
        self.moments.append(Told(now(), answers))


def filled(path: str, role: str, answers: dict[tuple[str, str], Any]) -> Iterator[str]:
    """With each id that the list above, which was asked before, tells this reader."""
    head, brace, rest = path.partition("/{")
    if not brace:
        yield path
        return
    name, _, tail = rest.partition("}")
    answer = answers.get((role, head))
    for one in answer.json()["items"] if answer and answer.status_code == 200 else []:
        value = one["code"] if name == "track" else one["id"]
        yield from filled(f"{head}/{value}{tail}", role, answers)


@pytest.fixture(scope="module")
def life(world: World) -> Life:
    life = Life(world)
    made = life.made

    def post(role: str, path: str, body: Any = None) -> Any:
        answer = made.post(role, path, body)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json()

    life.note_down()
    note = {"kind": "social_work", "occurred_on": "2026-01-05", "text": "first"}
    post("social_worker", "/notes", note)
    therapy = {"kind": "therapy", "occurred_on": "2025-12-01", "text": "hers alone"}
    post("psychologist", "/notes", therapy)
    task = {"title": "ask the registry", "discipline": "legal_officer", "due_on": "2030-01-01"}
    task_id = post("social_worker", "/tasks", task)["id"]
    life.note_down()
    path = f"/tasks/{task_id}"
    tag = {"If-Match": made.send("social_worker", "GET", path).headers["ETag"]}
    sooner = {"title": "ask again", "due_on": "2027-01-01"}
    changed = made.send("social_worker", "PATCH", path, json=sooner, headers=tag)
    assert changed.status_code == 200, changed.text
    post("social_worker", "/tasks", {**task, "title": "another", "due_on": "2028-01-01"})
    alert = post("psychologist", "/alerts", {"kind": "SAFETY_SELF"})["id"]
    life.note_down()
    post("legal_officer", f"{path}/acknowledge")
    post("social_worker", f"/alerts/{alert}/acknowledge")
    post("social_worker", "/milestones", {"code": "rights_information_given"})
    plan = post("supervisor", "/pathways", {"code": "P3_ADULT_NOT_PROSECUTED", **BOARD})["id"]
    consent = post("social_worker", "/consents", CONSENT)["id"]
    post("social_worker", "/tracks/RPT/transitions", {"to": "in_reception"})
    life.note_down()
    post(
        "social_worker",
        f"/consents/{consent}/withdraw",
        {"by": "self", "reason": "asked us to stop"},
    )
    post("supervisor", f"/pathways/{plan}/end", {"reason": "decided anew"})
    (member,) = made.get("supervisor", f"/team?user_id={staff_id(world, 'educator')}")["items"]
    post("supervisor", f"/team/{member['id']}/release", {"reason": "has moved away"})
    post("supervisor", "/proceedings", MATTER)
    high = {"need_level": "high", "reason": "sleeps badly"}
    tag = {"If-Match": made.send("supervisor", "GET").headers["ETag"]}
    assert made.send("supervisor", "PATCH", json=high, headers=tag).status_code == 200
    life.note_down()
    post("psychologist", f"/alerts/{alert}/close", {"outcome": "dealt_with"})
    life.note_down()
    return life


def text_of(answer: Any) -> tuple[int, bytes]:
    return answer.status_code, answer.content if answer.status_code == 200 else b""


@pytest.mark.turns
@pytest.mark.parametrize("role", READERS)
def test_each_moment_is_told_as_it_was_told_then(life: Life, role: str) -> None:
    """To whom the same is open today as was open then."""
    send, compared, differ = life.world.as_(role), 0, set[bytes]()
    for told in life.moments:
        for (who, path), answer in told.answers.items():
            if who != role:
                continue
            assert answer.status_code in (200, 403), path
            again = send("GET", then(told.at, path))
            assert text_of(again) == text_of(answer), (path, told.at)
            if answer.status_code == 200:
                compared += 1
                differ |= (
                    {path.encode()} if text_of(send("GET", path)) != text_of(answer) else set()
                )
    assert compared > 60
    assert len(differ) > 5  # else today would do as well


def test_a_record_that_was_not_there_yet_is_not_there(life: Life) -> None:
    first, last = life.moments[0], life.moments[-1]
    for role in ("social_worker", "supervisor"):
        send = life.world.as_(role)
        new = {path for who, path in last.answers if who == role} - {
            path for who, path in first.answers if who == role
        }
        assert len(new) > 5
        for path in new:
            assert send("GET", path).status_code == 200, path
            assert send("GET", then(first.at, path)).status_code == 404, path


def test_before_a_case_was_opened_nothing_of_it_is_there(life: Life) -> None:
    made, before = life.made, life.moments[0].at - timedelta(days=3000)
    for role in ("social_worker", "auditor"):
        send = life.world.as_(role)
        hidden, nowhere = send("GET", then(before, made.path)), str(new_id())
        absent = send("GET", then(before, f"/v1/cases/{nowhere}"))
        assert hidden.status_code == 404
        assert bytes_of(hidden, made.id) == bytes_of(absent, nowhere)
        for name in ("notes", "tasks", "team", "tracks", "decisions"):
            page = send("GET", then(before, f"{made.path}/{name}"))
            assert page.json() == {"items": [], "next": None}, name


def test_lists_page_filter_and_count_by_the_values_of_then(life: Life) -> None:
    made, send = life.made, life.world.as_("social_worker")
    second, third = life.moments[1].at, life.moments[2].at
    by_then = {}
    for at in (second, third):
        whole = send("GET", then(at, f"{made.path}/tasks")).json()["items"]
        found, cursor = [], ""
        while True:
            page = send("GET", then(at, f"{made.path}/tasks?limit=1{cursor}", "&")).json()
            found += page["items"]
            if page["next"] is None:
                break
            assert len(page["items"]) == 1
            cursor = f"&cursor={page['next']}"
        assert found == whole
        by_then[at] = whole
    # Due first is told first: one was put off to before the other, which came later.
    assert [one["title"] for one in by_then[second]] == ["ask the registry"]
    assert [one["title"] for one in by_then[third]] == ["ask again", "another"]
    waits = f"{made.path}/tasks?status=open&count=true"
    now_open = send("GET", waits).json()["total"]
    assert send("GET", then(third, waits, "&")).json()["total"] == 2 != now_open
    page = send("GET", then(third, f"{made.path}/tasks?limit=1", "&")).json()
    for other in (then(second, f"{made.path}/tasks?limit=1", "&"), f"{made.path}/tasks?limit=1"):
        assert send("GET", f"{other}&cursor={page['next']}").status_code == 422


def test_it_is_no_state_to_change_a_record_by(life: Life) -> None:
    made, at = life.made, life.moments[1].at
    for path in ("", "/tasks"):
        answer = made.send("social_worker", "GET", then(at, path))
        assert answer.status_code == 200
        assert "etag" not in answer.headers
    (one, *_) = made.get("social_worker", "/tasks")["items"]
    assert "etag" in made.send("social_worker", "GET", f"/tasks/{one['id']}").headers
    path = then(at, f"/tasks/{one['id']}")
    assert "etag" not in made.send("social_worker", "GET", path).headers
    for method, where, body in (
        ("PATCH", path, {"title": "new"}),
        ("POST", then(at, "/notes"), {}),
    ):
        answer = made.send("social_worker", method, where, json=body, headers={"If-Match": "*"})
        assert answer.status_code == 422
        assert "query.as_of" in [one["pointer"] for one in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("2199-01-01", "future"),
        ("yesterday", "moment-parsing"),
        ("2026-01-01T10:00:00", "moment-parsing"),
        ("", "moment-parsing"),
    ],
)
def test_what_is_no_moment_of_the_past_is_refused(life: Life, value: str, code: str) -> None:
    for path in ("", "/notes"):
        answer = life.made.send("social_worker", "GET", f"{path}?as_of={value}")
        assert answer.status_code == 422
        told = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
        assert told == [("query.as_of", code)]
    stranger = new_case(life.world, team=()).send("psychologist", "GET", f"?as_of={value}")
    assert stranger.status_code == 404


def test_every_read_of_records_on_a_case_can_be_asked_so_and_nothing_else(world: World) -> None:
    whole = application(world).openapi()["paths"]
    asked = {
        (method.upper(), path)
        for path, operations in whole.items()
        for method, operation in operations.items()
        if any(one["name"] == "as_of" for one in operation.get("parameters", ()))
    }
    assert asked == {("GET", path) for path in (*routes(world), *WORKED_OUT)}
    assert len(asked) >= 33


def test_to_ask_is_on_record_with_the_moment(life: Life) -> None:
    made, at = life.made, life.moments[2].at
    answer = made.send("social_worker", "GET", then(at, "/tasks"))
    event, _ = event_of(life.world, answer)
    assert event["detail"] == str({"shown": 2, "as_of": moment(at)})
    told = [event[name] for name in ("action", "outcome", "record", "file_id")]
    assert told == ["task.read", "read", "task", made.id]
    newest, *_ = made.get("auditor", "/access-log?action=task.read")["items"]
    assert (newest["as_of"], newest["shown"]) == (moment(at), 2)


def test_rights_are_of_today(world: World) -> None:
    """Who joined since is told what was before; who left is told nothing any more."""
    made = new_case(world, team=("psychologist",))
    note = {"kind": "social_work", "occurred_on": "2026-01-05", "text": "early"}
    assert made.post("social_worker", "/notes", note).status_code == 201
    at, colleague = now(), colleague_of(world, "psychologist")
    with signed_in(world, colleague) as send:
        assert send("GET", then(at, f"{made.path}/notes")).status_code == 404
        member = {"user_id": colleague["id"], "part": "second", "reason": "second opinion"}
        joined = made.post("social_worker", "/team", member)
        assert joined.status_code == 201
        (seen,) = send("GET", then(at, f"{made.path}/notes")).json()["items"]
        assert seen["text"] == "early"
        # As was then: not yet on the team that they look at.
        team = send("GET", then(at, f"{made.path}/team")).json()["items"]
        assert colleague["id"] not in {one["user_id"] for one in team}
        away = {"reason": "has moved away"}
        released = made.post("social_worker", f"/team/{joined.json()['id']}/release", away)
        assert released.status_code == 200
        assert send("GET", then(at, f"{made.path}/notes")).status_code == 404
    sealed(made)
    nowhere = str(new_id())
    for role in ("social_worker", "auditor"):
        hidden = made.send(role, "GET", then(at, "/notes"))
        absent = world.as_(role)("GET", then(at, f"/v1/cases/{nowhere}/notes"))
        assert hidden.status_code == 404
        assert bytes_of(hidden, made.id) == bytes_of(absent, nowhere)


def test_what_is_withheld_today_is_withheld_of_then(life: Life) -> None:
    at = life.moments[-1].at
    for role, told in (("social_worker", True), ("prosecutor", False)):
        team = life.made.get(role, then(at, "/team"))["items"]
        assert team
        assert all((one["reason"] is not None) is told for one in team)


def test_a_version_is_told_to_who_reads_its_class(world: World) -> None:
    """A note that was of another class for a while is not told of that while."""
    made = new_case(world, team=("prosecutor",))
    entered = on_docket(made, "prosecutor", "child_justice")  # beside the adult's
    written: list[UUID] = []

    def adds(work: UnitOfWork) -> object:
        fields: dict[str, Any] = {"kind": "legal", "occurred_on": "2026-01-05"}
        first = work.add(
            Note, **fields, record_class="justice", author_id=work.actor.id, text="first"
        )
        written.append(first.id)
        return work.show(NoteOut, first)

    def second(work: UnitOfWork) -> object:
        more = {"text": "canary of the second", "record_class": "child_justice"}
        return work.show(NoteOut, work.change(Note, written[0], **more))

    def third(work: UnitOfWork) -> object:
        row = work.change(Note, written[0], text="third", record_class="justice")
        return work.show(NoteOut, row)

    moments = []
    for step in (adds, second, third):
        drive(world, "prosecutor", OnCase("note.add"), step, UUID(made.id), status=201)
        moments.append(now())

    def texts(role: str) -> list[str | None]:
        found = []
        for at in moments:
            page = made.get(role, then(at, "/notes"))["items"]
            item = made.send(role, "GET", then(at, f"/notes/{written[0]}"))
            assert item.status_code == (200 if page else 404)
            assert not page or item.json() == page[0]
            found.append(page[0]["text"] if page else None)
        return found

    assert texts("prosecutor") == ["first", "canary of the second", "third"]
    assert texts("auditor") == ["first", None, "third"]
    path = f"/proceedings/{entered['proceeding_id']}/parties/{entered['id']}/end"
    assert made.post("supervisor", path, {"reason": "mandate has ended"}).status_code == 200
    # The other docket opens the note of today, and not what it was for a while.
    assert texts("prosecutor") == ["first", None, "third"]


def test_a_summary_of_then_is_a_summary(life: Life) -> None:
    at = life.moments[1].at
    notes = life.made.get("auditor", then(at, "/notes"))["items"]
    assert len(notes) == 2
    assert all(one.keys() == {"id", "kind", "occurred_on", "created_at"} for one in notes)


def test_too_many_to_look_back_at_are_refused(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    made, at = life.made, life.moments[2].at
    monkeypatch.setattr(reading, "MOST", 2)
    assert len(made.get("social_worker", then(at, "/tasks"))["items"]) == 2
    monkeypatch.setattr(reading, "MOST", 1)
    answer = made.send("social_worker", "GET", then(at, "/tasks"))
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("query.as_of", "too-many")
    # What came later is not looked at.
    assert len(made.get("social_worker", then(life.moments[1].at, "/tasks"))["items"]) == 1


def test_it_is_the_long_way(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is prepared knows today alone; a read of today still goes past the framework."""
    ways = Ways(monkeypatch)
    life.made.get("social_worker", then(life.moments[1].at, "/notes"))
    assert ways.short == []
    life.made.get("social_worker", "/notes")
    life.made.get("social_worker", "/notes")
    assert ways.short[-1]
