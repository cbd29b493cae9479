"""Who could have read a case at a moment: exactly those who were answered when they asked then."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Select, Table
from sqlalchemy.sql import visitors

from app.core.db import table
from app.core.values import moment, new_id, now
from app.safeguards.access.bars import Bar
from app.safeguards.access.policy import POLICY, ROLES
from app.safeguards.guard.agreed import by_agreement
from app.safeguards.guard.as_it_was import opening_kinds
from app.safeguards.guard.readers import entrance, question
from app.safeguards.guard.router import Door
from app.safeguards.guard.shown import children, shown_in
from tests.access.test_break_glass import broken, therapy
from tests.access.test_conflicts import declared
from tests.access.test_covers import Standin
from tests.access.test_sealing import SEAL, UNSEAL, WHY
from tests.access.test_supervision import supervised
from tests.architecture.test_routes import application, walked
from tests.conftest import World
from tests.hiring import change, unit_of
from tests.insight.test_as_of import WORKED_OUT, routes
from tests.making import ON_THE_TEAM, Made, Send, new_case, on_docket, staff_id
from tests.registry.cases.test_pathways import assign
from tests.safeguards.guard.test_quick import event_of

NOTE = {"kind": "social_work", "occurred_on": "2026-01-05", "text": "first"}
Form = tuple[str, frozenset[str]]
Seen = dict[str, dict[str, Form]]  # by user: in which form each row was shown, and what was null
OF_THE_PLAN = ("part", "reason")  # of somebody on the team, and never null by itself


def form_of(row: dict[str, Any]) -> Form:
    """No summary has a version."""
    null = (name for name in OF_THE_PLAN if name in row and row[name] is None)
    return "whole" if "version" in row else "summary", frozenset(null)


def rows_of(answer: Any) -> dict[str, Form]:
    """Of a page, or of a row and those within it."""
    told = answer.json()
    rows = told["items"] if "items" in told else [told, *told.get("tracks", ())]
    return {one["id"]: form_of(one) for one in rows}


@dataclass
class Life:
    """A case to which something happens, and who was shown what of it each time."""

    world: World
    made: Made = field(init=False)
    told: list[tuple[Any, str, dict[str, Seen]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.made = new_case(self.world, team=ON_THE_TEAM)
        self.standin = Standin(self.world)
        self.asking: dict[str, Send] = {
            member.id: self.world.with_token(member.token) for member in self.world.staff.values()
        }
        self.asking[self.standin.user["id"]] = self.standin.send
        lists = ("notes", "team", "consents", "proceedings", "sealings", "break-glass")
        self.paths = [self.made.path, *(f"{self.made.path}/{name}" for name in lists)]

    def note_down(self, what: str) -> None:
        seen: dict[str, Seen] = {}
        for path in self.paths:
            shown = {user: self.shown(send, path) for user, send in self.asking.items()}
            seen[path] = {user: rows for user, rows in shown.items() if rows}
        self.told.append((now(), what, seen))

    def shown(self, send: Send, path: str) -> dict[str, Form]:
        answer = send("GET", f"{path}?limit=200" if path != self.made.path else path)
        if answer.status_code != 200:
            assert answer.status_code in (401, 403, 404), answer.text
            return {}
        return rows_of(answer)


def asked(at: Any, path: str, more: str = "") -> str:
    return f"{path}?as_of={moment(at)}&rights_as_of=true{more}"


def readers(answer: Any) -> Seen:
    assert answer.status_code == 200, answer.text
    items = answer.json()["readers"]["items"]
    assert len({one["user_id"] for one in items}) == len(items)
    return {
        one["user_id"]: {r["id"]: (r["form"], frozenset(r["withheld"])) for r in one["records"]}
        for one in items
    }


@pytest.fixture
def life(fresh: World) -> Life:
    life = Life(fresh)
    made, world = life.made, fresh

    def post(role: str, path: str, body: Any = None) -> Any:
        answer = made.post(role, path, body)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json()

    def step(what: str, *things: Callable[[], object]) -> None:
        for one in things:
            one()
        life.note_down(what)

    assert assign(made, "P3_ADULT_NOT_PROSECUTED").is_success  # which opens tracks
    step("begun", lambda: post("social_worker", "/notes", NOTE), lambda: therapy(made))
    (leaves,) = made.get("supervisor", f"/team?user_id={staff_id(world, 'livelihoods_officer')}")[
        "items"
    ]
    step("left", lambda: post("supervisor", f"/team/{leaves['id']}/release", {"reason": "moved"}))
    step("covered", lambda: life.standin.covered())
    glass = broken(made, "health_worker", "therapy_notes")
    assert glass.status_code == 201, glass.text
    step("glass")
    step("glass closed", lambda: post("health_worker", f"/break-glass/{glass.json()['id']}/end"))
    entered = on_docket(made, "defence_lawyer")
    step("docket")
    path = f"/proceedings/{entered['proceeding_id']}/parties/{entered['id']}/end"
    step("docket over", lambda: post("supervisor", path, {"reason": "mandate has ended"}))
    condition = supervised(made)
    step("condition")
    step("lifted", lambda: post("prosecutor", f"{condition}/end", {"reason": "lifted"}))
    step("kin", lambda: declared(world, "psychologist", "psychologist", made.person_id))
    order = post("supervisor", "/seal", SEAL)["id"]
    step("sealed", lambda: post("coordinator", f"/seal/{order}/approve", WHY))
    order = post("coordinator", "/unseal", UNSEAL)["id"]
    step("unsealed", lambda: post("data_protection_officer", f"/unseal/{order}/approve", WHY))
    legal = staff_id(world, "legal_officer")
    assert change(world, legal, role="security_assessor").is_success
    step("another role")
    assert change(world, staff_id(world, "health_worker"), role="educator").is_success
    step("in no role that breaks glass")
    assert change(world, staff_id(world, "child_protection_officer"), disabled=True).is_success
    step("disabled")
    there = unit_of(world, "demo-south")
    assert change(world, staff_id(world, "supervisor"), unit_id=there).is_success
    step("another unit")
    return life


@pytest.fixture
def moments(life: Life) -> dict[str, Any]:
    return {what: at for at, what, _ in life.told}


def test_they_are_those_who_were_answered_then(life: Life, moments: dict[str, Any]) -> None:
    auditor, made = life.world.as_("auditor"), life.made
    before, compared = None, 0
    for at, what, seen in life.told:
        told = {}
        for path, shown in seen.items():
            answer = auditor("GET", asked(at, path, "&limit=200" * (path != made.path)))
            # Who is asked of is each row that the auditor is shown.
            here = rows_of(answer)
            expected = {
                user: {one: form for one, form in found.items() if one in here}
                for user, found in shown.items()
                if user != staff_id(life.world, "auditor")  # who asks is not told of themselves
            }
            told[path] = {one: rows for one, rows in readers(answer).items() if one in life.asking}
            assert told[path] == {user: found for user, found in expected.items() if found}, what
            compared += len(told[path])
        assert told != before, f"{what}: as it was before"
        before = told
    assert len(moments) == len(life.told) == 16
    assert compared > 300
    assert before is not None
    forms = {form for told in before.values() for rows in told.values() for form in rows.values()}
    assert {null for _, null in forms} == {frozenset(), frozenset(OF_THE_PLAN)}
    relations_are_named(life, moments)
    what_is_asked_is_on_record(life, moments["glass"])
    nobody_else_may_ask(life, moments["begun"])
    without_a_moment_it_is_nothing(life)


def by(life: Life, at: Any, path: str, role: str) -> list[list[str]]:
    answer = life.world.as_("auditor")("GET", asked(at, life.made.path + path))
    whose = staff_id(life.world, role)
    (mine,) = [one for one in answer.json()["readers"]["items"] if one["user_id"] == whose]
    return [one["relations"] for one in mine["records"]]


def relations_are_named(life: Life, moments: dict[str, Any]) -> None:
    assert by(life, moments["begun"], "", "coordinator")[0] == ["jurisdiction"]
    assert by(life, moments["begun"], "", "social_worker")[:2] == [["team"]] * 2, "a track, too"
    assert by(life, moments["docket"], "", "defence_lawyer")[0] == ["docket"]
    assert by(life, moments["condition"], "", "probation_officer")[0] == ["supervision"]
    (therapeutic,) = by(life, moments["glass"], "/notes", "health_worker")
    assert therapeutic == ["glass"]


def what_is_asked_is_on_record(life: Life, at: Any) -> None:
    answer = life.world.as_("auditor")("GET", asked(at, f"{life.made.path}/notes"))
    event, _ = event_of(life.world, answer)
    assert event["detail"] == str({"shown": 2, "as_of": moment(at), "rights_as_of": True})
    told = answer.json()["readers"]
    assert told["policy"] == told["policy_then"] == POLICY.digest[:16]
    first = life.world.as_("auditor")("GET", f"{life.made.path}/notes?as_of={moment(at)}")
    assert "readers" not in first.json()
    assert first.json() == {name: answer.json()[name] for name in ("items", "next")}
    path = f"{life.made.path}/access-log?limit=2"
    (last, before) = life.world.as_("auditor")("GET", path).json()["items"]
    assert (last["rights_as_of"], before["rights_as_of"]) == (False, True)
    assert last["as_of"] == before["as_of"] == moment(at)


def nobody_else_may_ask(life: Life, at: Any) -> None:
    roles = {role for role, unit in life.world.staff if unit == "north"} - {"auditor"}
    met = set()
    for role in roles:
        answer = life.world.as_(role)("GET", asked(at, life.made.path))
        plain = life.world.as_(role)("GET", f"{life.made.path}?as_of={moment(at)}")
        assert answer.status_code == (403 if plain.is_success else plain.status_code), role
        assert "readers" not in answer.json()
        met.add(answer.status_code)
        if answer.status_code in (403, 404):
            event, _ = event_of(life.world, answer)
            told = {"status": answer.status_code, "as_of": moment(at), "rights_as_of": True}
            assert event["detail"] == str(told), role
    assert met >= {403, 404}
    path = f"{life.made.path}/access-log?outcome=refused&limit=200"
    refused = life.world.as_("auditor")("GET", path).json()["items"]
    both = {one["rights_as_of"] for one in refused if one["as_of"] == moment(at)}
    assert both == {True, False}, "as who asked for the rows alone"


def without_a_moment_it_is_nothing(life: Life) -> None:
    auditor, path = life.world.as_("auditor"), life.made.path
    assert "readers" not in auditor("GET", f"{path}?rights_as_of=false").json()
    answer = auditor("GET", f"{path}?rights_as_of=true")
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("query.rights_as_of", "without-as-of")
    for query in ("as_of=2926-01-01&rights_as_of=true", "as_of=x&rights_as_of=1"):
        event, _ = event_of(life.world, auditor("GET", f"{path}?{query}"))
        assert event["detail"] == str({"status": 422, "rights_as_of": True})
    for query in ("as_of=x", "as_of=x&rights_as_of=0", "as_of=x&rights_as_of=y-"):
        event, _ = event_of(life.world, auditor("GET", f"{path}?{query}"))
        assert event["detail"] == str({"status": 422})
    elsewhere = auditor("GET", f"/v1/cases/{new_id()}?as_of=2026-01-01&rights_as_of=true")
    assert elsewhere.status_code == 404


def test_too_many_to_put_together_are_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = new_case(world)
    monkeypatch.setattr("app.safeguards.guard.readers.MOST", 3)  # and more people work here
    answer = world.as_("auditor")("GET", asked(now(), made.path))
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert (fault["pointer"], fault["code"]) == ("query.rights_as_of", "too-many")


def test_it_can_be_asked_of_what_can_be_asked_of_the_past(world: World) -> None:
    whole = application(world).openapi()["paths"]
    asked = {"as_of": set[str](), "rights_as_of": set[str]()}
    for path, operations in whole.items():
        for one in operations.get("get", {}).get("parameters", ()):
            if one["name"] in asked:
                asked[one["name"]].add(path)
    assert asked["rights_as_of"] == set(routes(world))
    assert asked["as_of"] == {*routes(world), *WORKED_OUT}


def naming_readers(world: World) -> set[Door]:
    return {door for _, _, door, _ in walked(application(world)) if door and door.names_readers}


def test_all_that_rights_hang_on_is_put_together(world: World) -> None:
    """What a question asks of a table that is not there, it would ask of nothing."""
    there = {kind.__tablename__ for kind in opening_kinds()} | {Bar.__tablename__}
    asked_of = 0
    for door in {
        door for _, _, door, _ in walked(application(world)) if door and door.names_readers
    }:
        out = shown_in(door.out)
        for role in ROLES:
            names = {one.name for one in tables_of(question(out, role))}
            assert names <= there | {table(out.of).name}, (door.route, role)
            assert {one.name for one in tables_of(entrance(door.mark, role))} <= there
            asked_of += len(names) > 1
    assert asked_of > 100


def test_no_agreement_opens_single_fields_of_it(world: World) -> None:
    """Else what is told to be withheld would have to name them, too."""
    for door in {
        door for _, _, door, _ in walked(application(world)) if door and door.names_readers
    }:
        shown = [shown_in(door.out), *(child for _, child in children(shown_in(door.out)).values())]
        assert not [out for out in shown for role in ROLES if by_agreement(out.of, role)]


def tables_of(statement: Select[Any]) -> set[Table]:
    found = [getattr(one, "element", one) for one in visitors.iterate(statement)]
    return {one for one in found if isinstance(one, Table)}
