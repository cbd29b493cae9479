"""What S shows, kind by kind and role by role, as the matrix of the field has it."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from app.casework.notes.schemas import NoteOut
from app.core.paging import Paging
from app.core.values import new_id
from app.registry.cases.on_case import OnCase
from app.safeguards.access.policy import POLICY, ROLES, Policy, Reach
from app.safeguards.guard import agreed as agreed_fields
from app.safeguards.guard import columns, door, plans, questions, summaries, timeline
from tests.access.test_agreements import agreed, consent
from tests.access.test_supervision import supervised
from tests.architecture.driving import drive
from tests.architecture.test_routes import application, described, walked
from tests.conftest import World
from tests.making import ON_THE_TEAM, Made, new_case, on_docket, staff_id, today
from tests.safeguards.guard.test_quick import Ways, both
from tests.safeguards.guard.test_quick import ways as ways

WORDS, NUMBER, STREET, PHONE = "canary-words", "canary-77182", "canary-street", "canary-phone"
WHOLE = "whole"
SHORT = {"id", "display_name", "sex", "birth"}
PUPIL = {"id", "given_name", "preferred_name", "birth", "guardian_contacts"}
NUMBERS = {"id", "system", "country", "expires_on"}
PLACES = {"id", "type", "since"}
RELATIVES = {"id", "type", "since", "until", "proof"}
LIVING = {"id", "formed_on", "members"}
MEMBERS = {"id", "part", "since", "until"}
NOTES = {"id", "kind", "occurred_on", "created_at"}


def the(*roles: str, to: Any) -> dict[str, Any]:
    return dict.fromkeys(roles, to)


FAMILY_WHOLE = (
    *("social_worker", "supervisor", "centre_manager", "psychologist", "child_protection_officer"),
    *("legal_officer", "auditor"),
)
FAMILY_SHORT = ("coordinator", "health_worker", "probation_officer", "livelihoods_officer")
# By kind: whole, or the fields of the summary; who is not named here sees nothing.
MATRIX: dict[str, dict[str, Any]] = {
    "person": {
        **the(*FAMILY_WHOLE, "coordinator", "health_worker", to=WHOLE),
        **the("probation_officer", "security_assessor", "livelihoods_officer", to=WHOLE),
        **the("educator", to=PUPIL),
        **the("defence_lawyer", "religious_counsellor", "partner", to=SHORT),
    },
    "identifier": {
        **the("social_worker", "supervisor", "centre_manager", to=WHOLE),
        **the("child_protection_officer", "legal_officer", to=WHOLE),
        **the("security_assessor", "auditor", to=WHOLE),
        **the("coordinator", "health_worker", to=NUMBERS),
        **the("probation_officer", "livelihoods_officer", to=NUMBERS),
    },
    "contact": {
        **the("social_worker", "supervisor", "centre_manager", to=WHOLE),
        **the("child_protection_officer", "probation_officer", to=WHOLE),
        **the("psychologist", "health_worker", "legal_officer", to=PLACES),
        **the("livelihoods_officer", "auditor", to=PLACES),
    },
    "relationship": {**the(*FAMILY_WHOLE, to=WHOLE), **the(*FAMILY_SHORT, to=RELATIVES)},
    "household": {**the(*FAMILY_WHOLE, to=WHOLE), **the(*FAMILY_SHORT, to=LIVING)},
    "member": {**the(*FAMILY_WHOLE, to=WHOLE), **the(*FAMILY_SHORT, to=MEMBERS)},
    "psychosocial": {
        **the("social_worker", "supervisor", "psychologist", to=WHOLE),
        **the("child_protection_officer", to=WHOLE),
        **the("centre_manager", "auditor", to=NOTES),
    },
    "counselling": {
        **the("religious_counsellor", to=WHOLE),
        **the("social_worker", "supervisor", "centre_manager", "auditor", to=NOTES),
    },
    "clinical": {**the("psychologist", "health_worker", to=WHOLE), **the("auditor", to=NOTES)},
    "therapy": {**the("psychologist", to=WHOLE), **the("auditor", to=NOTES)},
    "justice": {**the("prosecutor", "defence_lawyer", "auditor", to=WHOLE)},
}
NOTES_BY = {
    "psychosocial": ("social_worker", "social_work"),
    "counselling": ("religious_counsellor", "counselling"),
    "clinical": ("psychologist", "psychosocial"),
    "therapy": ("psychologist", "therapy"),
    "justice": ("prosecutor", "legal"),
}
SUMMARISED = sorted({role for kind in MATRIX.values() for role in kind if kind[role] != WHOLE})


def done(answer: Any) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def everybody(made: Made) -> None:
    for role in ("probation_officer", "defence_lawyer"):
        member = {"user_id": staff_id(made.world, role), "part": role, "reason": "test team"}
        done(made.post("social_worker", "/team", member))
    on_docket(made, "defence_lawyer")
    supervised(made)


SCENES: dict[str, tuple[Made, dict[str, str]]] = {}  # by engine; its world is the module's


def scene(world: World) -> tuple[Made, dict[str, str]]:
    """An adult with something of every kind, and where each of it is read."""
    made, sister = new_case(world, "1991-05-17"), new_case(world, team=ON_THE_TEAM)
    done(consent(made, agreed(world, "identity")))
    everybody(made)
    everybody(sister)
    worker, person = world.as_("social_worker"), f"/v1/people/{made.person_id}"
    number = {"system": "passport", "value": NUMBER, "country": "KAZ", "expires_on": "2031-01-02"}
    street = {"type": "address", "text": STREET, "source": WORDS}
    kin = {"other_id": sister.person_id, "type": "sibling", "proof": "document"}
    living = {"person_id": made.person_id, "part": "head", "reason": WORDS}
    places = {"person": person}
    for kind, path, body in (
        ("identifier", f"{person}/identifiers", {**number, "source": WORDS}),
        ("contact", f"{person}/contacts", street),
        ("relationship", f"{person}/relationships", {**kin, "source": WORDS}),
        ("household", "/v1/households", {"members": [living], "label": WORDS}),
    ):
        places[kind] = f"{path}/{done(worker('POST', path, json=body))['id']}"
    (member,) = done(worker("GET", f"{places['household']}/members"))["items"]
    places["member"] = f"{places['household']}/members/{member['id']}"
    for name, (role, kind) in NOTES_BY.items():
        note = {"kind": kind, "occurred_on": today().isoformat(), "text": f"{WORDS} {name}"}
        places[name] = f"{made.path}/notes/{done(made.post(role, '/notes', note))['id']}"
    return made, places


@pytest.fixture
def told(world: World) -> tuple[Made, dict[str, str]]:
    if world.engine not in SCENES:
        SCENES[world.engine] = scene(world)
    return SCENES[world.engine]


def shown_in(send: Any, path: str, told: Any) -> list[Any]:
    """The one record, or all of a list to its end: others have made more than a page of them."""
    if "items" not in told:
        return [told]
    found = list(told["items"])
    while following := told["next"]:
        told = send("GET", f"{path}&cursor={following}").json()
        found += told["items"]
    return found


@pytest.mark.turns
@pytest.mark.parametrize("kind", MATRIX)
def test_every_role_is_shown_what_the_matrix_says(
    world: World, told: tuple[Made, dict[str, str]], ways: Ways, kind: str
) -> None:
    _, places = told
    where, _, record = places[kind].rpartition("/")
    for role in ROLES:
        send, expected = world.as_(role), MATRIX[kind].get(role)
        for path in (places[kind], f"{where}?limit=200"):
            long, either = both(ways, send, path)
            assert either.status_code == long.status_code, (role, path)
            if either.status_code != 200:
                assert either.status_code in (403, 404)
                found: list[Any] = []
            else:
                assert either.content == long.content, (role, path)
                found = shown_in(send, path, either.json())
            (one, *_) = [one for one in found if one["id"] == record] or [None]
            if expected is None:
                assert one is None, (role, path)
            elif expected == WHOLE:
                assert {"version", "created_at", "updated_at"} <= set(one or {}), (role, path)
            else:
                assert set(one or {}) == expected, (role, path)
                assert WORDS not in json.dumps(one)
                assert NUMBER not in json.dumps(one)
                assert STREET not in json.dumps(one)


@pytest.mark.parametrize("role", FAMILY_SHORT)
def test_the_members_of_a_household_in_summary_are_so_too(
    world: World, told: tuple[Made, dict[str, str]], role: str
) -> None:
    made, places = told
    shown = world.as_(role)("GET", places["household"])
    assert [set(one) for one in shown.json()["members"]] == [MEMBERS]
    assert made.person_id not in shown.text
    assert WORDS not in shown.text


def test_a_list_of_both_pages_counts_and_is_found_by_what_both_show(
    world: World, told: tuple[Made, dict[str, str]], ways: Ways
) -> None:
    made, _ = told
    whole = made.get("social_worker", "/notes?limit=200")["items"]
    assert {len(one) == len(NOTES) for one in whole} == {True, False}
    send, found, cursor = world.as_("social_worker"), [], ""
    while cursor is not None:
        long, short = both(ways, send, f"{made.path}/notes?limit=1{cursor}")
        assert ways.short[-1]
        assert short.content == long.content
        found += short.json()["items"]
        cursor = short.json()["next"] and f"&cursor={short.json()['next']}"
    assert found == whole
    assert made.get("social_worker", "/notes?count=true")["total"] == len(whole)
    for kind in ("counselling", "social_work"):
        long, short = both(ways, send, f"{made.path}/notes?kind={kind}")
        assert ways.short[-1]
        assert short.content == long.content
        assert short.json()["items"] == [one for one in whole if one["kind"] == kind]


def test_the_usual_lists_still_take_the_short_way(
    world: World, told: tuple[Made, dict[str, str]], ways: Ways
) -> None:
    made, places = told
    for role in ("social_worker", "supervisor", "centre_manager", "auditor"):
        for path in (f"{made.path}/notes", places["counselling"]):
            for _ in range(2):
                assert world.as_(role)("GET", path).status_code == 200
            assert ways.short[-1], (role, path)


def test_a_summary_is_not_found_by_what_it_does_not_show(
    world: World, told: tuple[Made, dict[str, str]]
) -> None:
    """Neither its list by a filter that it has not, nor one of both by the author."""
    made, _ = told
    send, value = world.as_("coordinator"), new_id()
    asked = send("GET", f"/v1/households?operation_id={value}")
    nobodys = send("GET", f"/v1/households?opera_tionid={value}")
    assert asked.status_code == nobodys.status_code == 422
    alike = asked.text.replace("operation_id", "opera_tionid")
    ids = [one.headers["X-Request-Id"] for one in (asked, nobodys)]
    assert alike.replace(ids[0], "") == nobodys.text.replace(ids[1], "")
    assert world.as_("supervisor")("GET", f"/v1/households?operation_id={value}").is_success

    def by(role: str) -> list[Any]:
        author = UUID(staff_id(world, role))

        def lists(work: Any) -> object:
            return work.page(NoteOut, Paging(), author_id=author)

        mark = OnCase("note.read")
        shown = drive(world, "social_worker", with_summary(mark), lists, UUID(made.id))
        found: list[Any] = json.loads(shown.body)["items"]
        return found

    assert len(by("social_worker")) == 1
    assert by("religious_counsellor") == []


def with_summary(mark: Any) -> Any:
    """As the router has it of a route whose schema has a summary."""
    return type(mark)(mark.action, mark.scope, mark.parameter, mark.look, summary=True)


@pytest.mark.parametrize("role", ["social_worker", "centre_manager", "auditor"])
def test_the_past_of_a_summary_names_nobody_and_no_field_of_the_whole(
    world: World, told: tuple[Made, dict[str, str]], role: str
) -> None:
    made, places = told
    counsellor, note = staff_id(world, "religious_counsellor"), places["counselling"][-36:]
    (entry,) = [
        one for one in made.get(role, "/timeline?record=note")["items"] if one["record_id"] == note
    ]
    assert (entry["actor_id"], entry["role"]) == (None, None)
    assert set(entry["fields"]) == NOTES
    (past,) = [
        one for one in made.get(role, "/history?limit=200")["items"] if one["record_id"] == note
    ]
    assert past["actor_id"] is None
    assert {one["pointer"][1:] for one in past["changes"]} == NOTES
    assert counsellor not in json.dumps([entry, past])
    found = made.get(role, f"/timeline?record=note&actor_id={counsellor}")["items"]
    assert note not in [one["record_id"] for one in found]


def test_the_past_of_what_is_read_names_who_wrote(
    world: World, told: tuple[Made, dict[str, str]]
) -> None:
    made, places = told
    me, note = staff_id(world, "social_worker"), places["psychosocial"][-36:]
    for path in ("/timeline?record=note", f"/timeline?record=note&actor_id={me}"):
        found = [one for one in made.get("social_worker", path)["items"]]
        (entry,) = [one for one in found if one["record_id"] == note]
        assert (entry["actor_id"], entry["role"]) == (me, "social_worker")
        assert {"author_id", "text"} <= set(entry["fields"])


# --- what a summary does not move with ------------------------------------------------------------


def change(world: World, person: str, **fields: Any) -> None:
    worker = world.as_("social_worker")
    tag = worker("GET", person).headers["ETag"]
    done(worker("PATCH", person, json={**fields, "reason": "test"}, headers={"If-Match": tag}))


def test_what_is_not_shown_moves_no_etag(world: World) -> None:
    made = new_case(world, "2015-03-02")
    everybody(made)
    person = f"/v1/people/{made.person_id}"
    roles = ("educator", "defence_lawyer", "religious_counsellor")

    def seen() -> list[tuple[str, bytes]]:
        answers = [world.as_(role)("GET", person) for role in roles]
        return [(one.headers["ETag"], one.content) for one in answers]

    first = seen()
    change(world, person, nationality="VUT", nationality_status="stated")
    assert seen() == first
    change(world, person, sex=2)
    assert [now == then for now, then in zip(seen(), first, strict=True)] == [True, False, False]
    change(world, person, display_name="Другая Проба")
    assert [now == then for now, then in zip(seen(), first, strict=True)] == [True, False, False]


def test_who_has_only_s_changes_nothing_and_compares_with_nobody(world: World) -> None:
    made = new_case(world, "2015-03-02")
    everybody(made)
    person = f"/v1/people/{made.person_id}"
    for role in ("educator", "defence_lawyer", "religious_counsellor"):
        send = world.as_(role)
        tag = send("GET", person).headers["ETag"]
        body = {"display_name": "Third Name"}
        answer = send("PATCH", person, json=body, headers={"If-Match": tag})
        assert answer.status_code == 403, role
        assert send("GET", f"{person}/possible-duplicates").status_code in (403, 404), role
        for below in ("names", "identifiers", "contacts", "relationships"):
            assert send("GET", f"{person}/{below}").status_code == 403, (role, below)


# --- a school -------------------------------------------------------------------------------------


def test_a_pupil_is_a_child_with_a_name_and_somebody_to_call(world: World) -> None:
    made = new_case(world, "2015-03-02", team=("educator",))
    worker, person = world.as_("social_worker"), f"/v1/people/{made.person_id}"
    for word in ("Айзо", "Айза"):  # which was misheard first
        name = {"type": "preferred", "full": word, "given": word, "source": WORDS}
        done(worker("POST", f"{person}/names", json=name))
    over = {"full": "Айзат", "given": "Айзат", "source": WORDS, "until": str(today())}
    done(worker("POST", f"{person}/names", json={"type": "preferred", **over}))
    alias = {"type": "kunya", "full": "Умм Синтетова", "given": "Умм", "source": WORDS}
    done(worker("POST", f"{person}/names", json=alias))
    for kind, text in (("guardian", PHONE), ("placement", STREET)):
        body = {"type": kind, "text": text, "source": WORDS}
        done(worker("POST", f"{person}/contacts", json=body))
    shown = world.as_("educator")("GET", person).json()
    assert shown == {
        "id": made.person_id,
        "given_name": "Айза",
        "preferred_name": "Айза",
        "birth": {"value": "2015-03-02", "precision": "day"},
        "guardian_contacts": [PHONE],
    }
    educator, path = world.as_("educator"), "/v1/people?limit=200"
    listed = educator("GET", f"{path}&count=true").json()
    items = shown_in(educator, path, listed)
    assert shown in items
    assert listed["total"] == len(items)


def returned(world: World) -> tuple[Made, dict[str, str]]:
    """A child that came with an operation, and every word that would tell a school so."""
    day, mark = "2026-02-03", new_id().hex[:12]
    plan = {"code": f"canary-{mark}", "name": f"Canary Flight {mark}", "programme": "alder"}
    made = done(
        world.as_("coordinator")("POST", "/v1/operations", json={**plan, "arrives_on": day})
    )
    name = {"full": "Синтетова Школа", "given": "Школа", "source": f"canary manifest {mark}"}
    came = {"names": [name], "birth": {"value": "2015-03-02"}, "nationality": "VUT"}
    path = f"/v1/operations/{made['id']}/arrivals"
    (case,) = done(world.as_("social_worker")("POST", path, json={"members": [came]}))["items"]
    child = Made(world, case["id"], case["person_id"])
    member = {"user_id": staff_id(world, "educator"), "part": "teacher", "reason": "school"}
    done(child.post("social_worker", "/team", member))
    canaries = {
        "operation": made["id"],
        "code": plan["code"],
        "name": plan["name"],
        "arrival": day,
        "number": case["number"],
        "source": name["source"],
        "nationality": "VUT",
        "programme": '"alder"',
    }
    return child, {name: str(value) for name, value in canaries.items()}


def test_no_byte_that_a_school_can_get_tells_of_a_return(world: World) -> None:
    child, canaries = returned(world)
    send, seen = world.as_("educator"), 0
    told = json.dumps(child.as_("social_worker")("GET", child.path).json())
    assert canaries["number"] in told
    assert canaries["programme"] in told
    ids = {"case_id": [child.id], "person_id": [child.person_id]}
    ids["operation_id"] = [canaries["operation"]]
    queue = [
        path for method, path, door, _ in walked(application(world)) if method == "GET" and door
    ]
    for path in sorted(queue, key=lambda one: one.count("{")):
        for address in addresses(path, ids):
            for query in ("", "?limit=200&count=true"):
                answer = send("GET", address + query)
                if answer.status_code == 200:
                    seen += 1
                    note_ids(path, answer.json(), ids)
                for name, canary in canaries.items():
                    text = answer.text.replace(address, "")
                    assert canary not in text, (address, name)
    assert seen > 20
    assert f"/v1/people/{child.person_id}" in addresses("/v1/people/{person_id}", ids)


def addresses(path: str, ids: dict[str, list[str]]) -> list[str]:
    """With every id that is known of what the path names."""
    found = [path]
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        known = ids.get(name, [])[:20]
        found = [one.replace(f"{{{name}}}", value) for one in found for value in known]
    return found


def note_ids(path: str, told: Any, ids: dict[str, list[str]]) -> None:
    last = path.rpartition("/")[2]
    singular = {"people": "person", "tracks": "track"}.get(last, last.rstrip("s"))
    key = "track" if singular == "track" else f"{singular}_id"
    for one in told.get("items", []) if isinstance(told, dict) else []:
        if isinstance(one, dict) and "id" in one:
            ids.setdefault(key, []).append(str(one["id"]))


# --- policies that nobody has yet -----------------------------------------------------------------


def forget() -> None:
    for kept in (
        *(Policy.grants, Policy.in_summary, Policy.in_sight, Policy.opens, Policy.parts),
        *(Policy.readable, summaries.summary_of, summaries.schema_of, summaries.in_sight),
        summaries.forms_of,
        *(summaries.columns_in_summary, plans.plan_of, questions.can_spell_for, door.door_of),
        *(timeline.statement_of, columns.columns_shown, door.still_open_now),
        *(agreed_fields.partly, agreed_fields.by_agreement),
        *(agreed_fields.fields_of_class, agreed_fields.of_the_past),
    ):
        kept.cache_clear()


@pytest.fixture
def location(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Gives a role other rights on where somebody is."""

    def give(role: str, rights: dict[Reach, str]) -> None:
        monkeypatch.setitem(POLICY.classes["location"], role, rights)
        forget()

    yield give
    monkeypatch.undo()
    forget()


def contact(made: Made, role: str, **more: Any) -> Any:
    body = {"type": "phone", "text": PHONE, "source": WORDS}
    return made.world.as_(role)("POST", f"/v1/people/{made.person_id}/contacts", json=body, **more)


def test_who_may_create_and_sees_a_summary_is_shown_the_summary(
    world: World, location: Any
) -> None:
    made = new_case(world)
    location("livelihoods_officer", {Reach.TEAM: "SC"})
    answer = contact(made, "livelihoods_officer", headers={"Idempotency-Key": str(new_id())})
    assert answer.status_code == 201, answer.text
    assert set(answer.json()) == PLACES
    there = world.as_("livelihoods_officer")("GET", answer.headers["Location"])
    assert there.content == answer.content
    assert there.headers["ETag"] == answer.headers["ETag"]
    assert contact(made, "social_worker").json()["text"] == PHONE


def test_who_reaches_a_row_by_r_and_by_s_is_shown_it_whole(
    world: World, location: Any, ways: Ways
) -> None:
    """On the team whole, in the unit in summary; and in one list of both."""
    mine, other = new_case(world), new_case(world, team=("psychologist",))
    location("health_worker", {Reach.TEAM: "RC", Reach.UNIT: "S"})
    for made in (mine, other):
        assert contact(made, "social_worker").status_code == 201
    for made, whole in ((mine, True), (other, False)):
        send = world.as_("health_worker")
        if not whole:  # a health worker reaches the file itself by the team alone
            path = f"/v1/people/{made.person_id}/contacts"
            member = {
                "user_id": staff_id(world, "health_worker"),
                "part": "x" * 3,
                "reason": "test",
            }
            joined = done(made.post("social_worker", "/team", member))
            release = f"/team/{joined['id']}/release"
            done(made.post("social_worker", release, {"reason": "moved on"}))
        path = f"/v1/people/{made.person_id}/contacts"
        long, short = both(ways, send, path)
        assert short.content == long.content
        assert short.status_code == 200, short.text
        (one,) = short.json()["items"]
        assert (set(one) == PLACES) != whole
        assert (PHONE in short.text) == whole
        assert send("GET", f"{path}/{one['id']}").json() == one


def test_an_answer_told_whole_is_not_given_again_to_who_sees_a_summary(
    world: World, location: Any
) -> None:
    made = new_case(world)
    location("health_worker", {Reach.TEAM: "RC", Reach.UNIT: "SC"})
    key = {"Idempotency-Key": str(new_id())}
    first = contact(made, "health_worker", headers=key)
    assert first.json()["text"] == PHONE
    assert contact(made, "health_worker", headers=key).content == first.content
    mine = staff_id(world, "health_worker")
    (row,) = made.get("social_worker", f"/team?user_id={mine}")["items"]
    done(made.post("social_worker", f"/team/{row['id']}/release", {"reason": "moved on"}))
    again = contact(made, "health_worker", headers=key)
    assert again.status_code == 404
    assert PHONE not in again.text
    where = first.headers["Location"]
    assert set(world.as_("health_worker")("GET", where).json()) == PLACES


# --- what the description says --------------------------------------------------------------------


def test_the_description_names_the_summary_beside_the_whole(world: World) -> None:
    spec = application(world).openapi()
    told = described(application(world))

    def schemas(method: str, path: str, status: str = "200") -> set[str]:
        content = told[method, path]["responses"][status]["content"]["application/json"]
        schema = content["schema"]
        if "$ref" in schema:
            whole = spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            items = whole["properties"].get("items", {}).get("items")
            schema = items or schema
        return {one["$ref"].rpartition("/")[2] for one in schema.get("anyOf", [schema])}

    assert schemas("GET", "/v1/people/{person_id}") == {
        "PersonOut",
        "PersonSummary",
        "PersonSummaryInPart",
        "PupilSummary",
    }
    assert schemas("GET", "/v1/people") == schemas("GET", "/v1/people/{person_id}")
    in_part = spec["components"]["schemas"]["PersonSummaryInPart"]
    assert (set(in_part["properties"]), in_part["required"]) == (SHORT, ["id"])
    notes = {"NoteOut", "NoteSummary"}
    assert schemas("GET", "/v1/cases/{case_id}/notes") == notes
    assert schemas("GET", "/v1/cases/{case_id}/notes/{note_id}") == notes
    assert schemas("POST", "/v1/cases/{case_id}/notes", "201") == notes
    assert schemas("GET", "/v1/cases/{case_id}") == {"CaseOut"}
    assert set(spec["components"]["schemas"]["PupilSummary"]["properties"]) == PUPIL
