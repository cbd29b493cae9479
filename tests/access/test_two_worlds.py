"""Two worlds that differ in what somebody may not see are the same to them, byte for byte.

The second world is the first one after something hidden has happened in it. Whoever it is hidden
from reads whatever there is to read before and after.
"""

import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.core.values import new_id
from app.safeguards.access.policy import ROLES
from tests.access.test_break_glass import broken
from tests.access.test_sealing import sealed
from tests.architecture.test_routes import application, walked
from tests.conftest import World
from tests.making import ON_THE_TEAM, Made, new_case, on_docket, staff_id, today
from tests.safeguards.guard.test_summaries import addresses, note_ids
from tests.test_locations import CONSENT

# What every request of one's own changes: no two readings of it are the same.
OWN_ACTS = re.compile(r"/v1/(audit/events|me/sessions)|/metrics")
OWN_WRITES = re.compile(r"/v1/(token|me)\b")
NONSENSE = {"nonsense": True}  # a field that no body has
CHANCE = ("x-request-id", "date", "server-timing")
CURSOR = re.compile(rb'"next":\s*"[^"]+"')
ABROAD = "south"
Happening = Callable[[Made], None]


def abroad(made: Made) -> None:
    worker = made.world.as_("social_worker", ABROAD)
    name = {"full": "Далёкая Проба", "script": "Cyrl", "source": "test"}
    person = worker("POST", "/v1/people", json={"names": [name], "birth": {"value": "1990"}})
    assert person.status_code == 201, person.text
    body = {"person_id": person.json()["id"], "programme": "cedar"}
    case = worker("POST", "/v1/cases", json=body)
    assert case.status_code == 201, case.text
    note = {"kind": "social_work", "occurred_on": str(today()), "text": "far away"}
    path = f"/v1/cases/{case.json()['id']}/notes"
    assert worker("POST", path, json=note).status_code == 201


def closed(made: Made) -> None:
    """A case with a note, which two people seal."""
    case = new_case(made.world)
    note = {"kind": "social_work", "occurred_on": str(today()), "text": "before the order"}
    assert case.post("social_worker", "/notes", note).status_code == 201
    sealed(case)


def therapy(made: Made) -> None:
    note = {"kind": "therapy", "occurred_on": str(today()), "text": "process of the session"}
    assert made.post("psychologist", "/notes", note).status_code == 201


def proceeding(made: Made) -> None:
    on_docket(made, "prosecutor", mandate="order 12")


def conflict(made: Made) -> None:
    """Of somebody who has no cases, with a person of whom they never heard."""
    boss = made.world.as_("supervisor")
    path = f"/v1/users/{staff_id(made.world, 'statistician')}/conflicts"
    known = {one["person_id"] for one in boss("GET", f"{path}?limit=200").json()["items"]}
    people = {one["person_id"] for one in boss("GET", "/v1/cases?limit=200").json()["items"]}
    person = min(people - known - {made.person_id})
    kin = {"person_id": person, "relation": "kin", "reason": "a cousin"}
    told = boss("POST", path, json=kin)
    assert told.status_code == 201, told.text


def glass(made: Made) -> None:
    opened = broken(made, "health_worker", "therapy_notes")
    assert opened.status_code == 201, opened.text


def consent(made: Made) -> None:
    assert made.post("social_worker", "/consents", CONSENT).status_code == 201


# What happens, and to whom it is told.
HAPPENINGS: dict[str, tuple[Happening, tuple[str, ...]]] = {
    "abroad": (abroad, ()),
    "sealed": (closed, ()),
    "therapy": (therapy, ("psychologist", "auditor")),
    "proceeding": (
        proceeding,
        (
            *("supervisor", "coordinator", "legal_officer", "defence_lawyer", "prosecutor"),
            *("auditor", "probation_officer"),
        ),
    ),
    "conflict": (
        conflict,
        (
            *("supervisor", "coordinator", "centre_manager", "administrator", "statistician"),
            *("auditor", "data_protection_officer"),
        ),
    ),
    "glass": (
        glass,
        (
            *("social_worker", "supervisor", "coordinator", "health_worker"),
            *("auditor", "data_protection_officer"),
        ),
    ),
    "consent": (
        consent,
        (
            *("social_worker", "supervisor", "coordinator", "centre_manager", "psychologist"),
            *("health_worker", "child_protection_officer", "legal_officer"),
            *("auditor", "data_protection_officer"),
        ),
    ),
}


def crawled(made: Made, role: str, most: int = 4) -> dict[str, Any]:
    """Every address that a reader comes to from here, and the bytes that they get.

    And what each write answers them that cannot be done; and the acts of others on the trail.
    """
    send, found = made.world.as_(role), dict[str, Any]()
    ids = {"case_id": [made.id], "person_id": [made.person_id]}
    doors = [(method, path) for method, path, door, _ in walked(application(made.world)) if door]
    for path in sorted((p for m, p in doors if m == "GET"), key=lambda one: one.count("{")):
        for address in addresses(path, ids)[:most]:
            for query in ("?limit=50&count=true", ""):
                if not query and most == 1 and found[address + "?limit=50&count=true"][0] == 200:
                    continue
                answer = send("GET", address + query)
                if answer.status_code == 200 and answer.content:
                    note_ids(path, answer.json(), ids)
                found[address + query] = told(answer)
    for method, path in doors:
        if method != "GET" and not OWN_WRITES.search(path):
            for address in addresses(path, ids)[:most]:
                answer = send(method, address, json=NONSENSE)
                assert answer.status_code >= 400, f"{role} {method} {address}: {answer.text}"
                found[f"{method} {address}"] = told(answer)
    kept = {address: one for address, one in found.items() if not OWN_ACTS.search(address)}
    return {**kept, "trail": (None, acts_of_others(made, role))}


def acts_of_others(made: Made, role: str) -> list[Any]:
    send, me, found, more = made.world.as_(role), staff_id(made.world, role), [], ""
    while True:
        page = send("GET", f"/v1/audit/events?limit=200{more}")
        if page.status_code != 200:
            return [page.status_code]
        found += [one for one in page.json()["items"] if one["actor_id"] not in (me, None)]
        if page.json()["next"] is None:
            return found
        more = f"&cursor={page.json()['next']}"


def told(answer: Any) -> Any:
    mine = answer.headers["x-request-id"].encode()
    body = CURSOR.sub(b'"next":"*"', answer.content.replace(mine, b"*"))
    headers = [(n, v) for n, v in answer.headers.items() if n.lower() not in CHANCE]
    sizes = [one for one in headers if one[0].lower() != "content-length"]
    return answer.status_code, sizes, body


def pairs(
    made: Made, roles: tuple[str, ...], names: tuple[str, ...], most: int = 4
) -> Iterator[tuple[str, str]]:
    """Each role with each thing that is hidden from it, compared."""
    before = {role: crawled(made, role, most) for role in roles}
    for name in names:
        happens, shown_to = HAPPENINGS[name]
        happens(made)
        for role in roles:
            after = crawled(made, role, most)
            if role not in shown_to:
                assert after.keys() == before[role].keys(), (role, name)
                for address, one in after.items():
                    assert one == before[role][address], (role, name, address)
                yield role, name
            before[role] = after


def team_case(world: World) -> Made:
    return new_case(world, team=ON_THE_TEAM)


def test_nothing_else_changes_what_one_reads(fresh: World) -> None:
    """The measure itself: two readings are the same, and what is shown makes them differ."""
    made = team_case(fresh)
    once = crawled(made, "social_worker", 1)
    assert len(once) > 100
    assert sum(one[0] == 200 for one in once.values()) > 20
    assert crawled(made, "social_worker", 1) == once
    note = {"kind": "social_work", "occurred_on": str(today()), "text": str(new_id())}
    assert made.post("social_worker", "/notes", note).status_code == 201
    assert crawled(made, "social_worker", 1) != once


def test_what_is_hidden_changes_no_byte(fresh: World) -> None:
    some, names = ("educator", "coordinator"), ("abroad", "sealed", "therapy")
    assert len([*pairs(team_case(fresh), some, names, 1)]) == 6


@pytest.mark.prove
def test_it_changes_no_byte_for_anybody(fresh: World) -> None:
    compared = 0
    while compared < 500:
        compared += len([*pairs(team_case(fresh), ROLES, tuple(HAPPENINGS))])
    sys.stderr.write(f"{compared} pairs of worlds and readers, 0 differing bytes\n")
