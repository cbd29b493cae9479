"""The bytes that the database writes are what the response models promise, of every schema."""

from collections.abc import Container, Iterator
from typing import Any

from pydantic import BaseModel, TypeAdapter

from app.core.values import spelled
from app.safeguards.guard.described import as_described
from app.safeguards.guard.express import HERE, Plain, plain_doors
from app.safeguards.guard.shown import Page
from app.safeguards.guard.spelling import kinds_spelled
from app.safeguards.guard.summaries import schema_of
from tests.access.test_agreements import terms
from tests.access.test_break_glass import broken
from tests.access.test_covers import standing_in
from tests.access.test_disclosures import asking, exact, issued
from tests.access.test_docket import MATTER
from tests.access.test_sealing import SEAL
from tests.access.test_supervision import CONDITION
from tests.casework.assessments.giving import body as assessed
from tests.conftest import World
from tests.making import Made, new_case, staff_id
from tests.registry.erasures.erased import somebody
from tests.registry.test_certificates import certificate
from tests.safeguards.guard.test_quick import Ways, worked_on
from tests.safeguards.guard.test_quick import ways as ways
from tests.test_locations import CONSENT

# Their lists ask for something else first, or are of no file that the path names.
AT_LENGTH = {"ArrivalOut", "TransitionOut", "NoticeOut", "PartyOut", "RelationshipSummary"}
ROLES = (
    *("social_worker", "supervisor", "coordinator", "administrator", "psychologist"),
    "auditor",  # is shown notes in summary, as a coordinator relatives
    "security_assessor",  # has by disclosure what is told in short
)


def paths(
    world: World, made: Made, role: str, known: Container[Any]
) -> Iterator[tuple[str, Plain]]:
    """Every read that is plain, with ids of this case or of what the lists tell.

    But for those whose schema is known, as the database wrote it for the role before.
    """
    send = world.as_(role)
    given = {"case_id": made.id, "person_id": made.person_id}
    given["user_id"] = world.staff["supervisor", "north"].id
    for shape, plain in plain_doors(world.client.app.routes, "GET").items():  # type: ignore[attr-defined]
        if (plain, schema_of(plain.door.out, role)) in known:
            continue
        if plain.door.mark.action == "access.read":
            continue  # each answer is one look more
        names, path = iter(plain.names), ""
        for part in shape[1:]:
            if part == HERE:
                name = next(names)
                listed = [] if name in given else send("GET", f"{path}?limit=1").json()
                items = listed.get("items", []) if isinstance(listed, dict) else []
                part = given.get(name) or (items[0]["id"] if items else "")
            path += f"/{part}"
        if path.endswith("/access-log"):  # tells of each look, so of the last one too
            continue
        if not path.endswith("/") and "//" not in path:
            yield path, plain


def fill(world: World, made: Made) -> None:
    """What a case and a person have beside what `worked_on` gave them."""
    person = f"/v1/people/{made.person_id}"
    number = {"system": "national", "value": "77-182", "source": "test"}
    address = {"type": "address", "text": "Дом 1", "source": "test"}
    task = {"title": "Ask the school", "discipline": "social_worker", "due_on": "2030-01-01"}
    board = ["A. Aliev", "B. Brown", "C. Cherny"]
    plan = {"code": "P3_ADULT_NOT_PROSECUTED", "decided_by": "Commission 1", "reason": "heard"}
    conflict = {"person_id": new_case(world).person_id, "relation": "kin", "reason": "a cousin"}
    closing = {"reason": "duplicate", "outcome": "another file"}
    boss = f"/v1/users/{world.staff['supervisor', 'north'].id}"
    sister = new_case(world, team=()).person_id
    kin = {"other_id": sister, "type": "sibling", "source": "test"}
    contact = ""
    for role, path, body in (
        ("social_worker", f"{made.path}/close", closing),
        ("social_worker", f"{person}/identifiers", number),
        ("social_worker", f"{person}/contacts", address),
        ("social_worker", f"{person}/relationships", kin),
        ("social_worker", f"{made.path}/tasks", task),
        ("psychologist", f"{made.path}/alerts", {"kind": "SAFETY_SELF"}),
        ("psychologist", f"{made.path}/assessments", assessed("phq9", "2 2 1 2 1 1 1 0 0")),
        ("supervisor", f"{made.path}/pathways", {**plan, "members": board}),
        ("social_worker", f"{made.path}/consents", CONSENT),
        ("supervisor", f"{made.path}/disclosures", asking(made.id, items=[exact(made)])),
        ("supervisor", f"{made.path}/proceedings", MATTER),
        ("prosecutor", f"{made.path}/supervisions", CONDITION),
        ("supervisor", f"{made.path}/seal", SEAL),
        ("supervisor", f"{boss}/conflicts", conflict),
        ("coordinator", f"{boss}/certificates", certificate()),
        ("coordinator", "/v1/agreements", terms(world, "education")),
        ("coordinator", "/v1/erasures", somebody(world)),
        ("social_worker", "/v1/covers", standing_in(world, "social_worker")),
    ):
        answer = world.as_(role)("POST", path, json=body)
        assert answer.status_code in (200, 201), f"{path}: {answer.text}"
        contact = answer.json()["id"] if path.endswith("/contacts") else contact
    home = {"record": "contact", "record_id": contact, "fields": ["text"]}
    issued(made, "", items=[home], recipient_id=staff_id(world, "security_assessor"))
    post = {"role": "auditor", "reason": "test"}
    proposed = world.as_("administrator")("POST", f"{boss}/changes", json=post)
    assert proposed.status_code in (201, 409), proposed.text
    opened = broken(made, "health_worker", "therapy_notes")
    assert opened.status_code == 201, opened.text


def models(read: Any) -> set[type[BaseModel]]:
    return {type(one) for one in (read.items if isinstance(read, Page) else [read])}


def test_every_schema_that_the_database_writes_keeps_its_word(world: World, ways: Ways) -> None:
    made, checked = worked_on(world), set[type[BaseModel]]()
    known = set[tuple[Any, ...]]()
    fill(world, made)
    for role in ROLES:
        send = world.as_(role)
        for path, plain in paths(world, made, role, known):
            ways.open = False
            long = send("GET", path)
            ways.open = True
            ways.short.clear()
            short = send("GET", path)
            assert short.content.replace(short.headers["x-request-id"].encode(), b"") == (
                long.content.replace(long.headers["x-request-id"].encode(), b"")
            ), path
            if short.status_code != 200 or not any(ways.short):
                continue
            told = as_described(plain.door.out)
            read: Any = TypeAdapter(told).validate_json(short.content, strict=True)
            assert spelled(read.model_dump(exclude_unset=True)) == short.content, path
            checked |= models(read)
            if models(read):
                known.add((plain, schema_of(plain.door.out, role)))
    missing = {out.__name__ for out in kinds_spelled()} - {out.__name__ for out in checked}
    assert missing == AT_LENGTH
