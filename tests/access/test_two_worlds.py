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
from tests.access.test_sealing import sealed
from tests.architecture.test_routes import application, walked
from tests.conftest import World
from tests.making import ON_THE_TEAM, Made, new_case, on_docket, today
from tests.safeguards.guard.test_summaries import addresses, note_ids

# What every request of one's own changes: no two readings of it are the same.
OWN_ACTS = re.compile(r"/v1/(audit/events|me/sessions)|/metrics")
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
}


def crawled(made: Made, role: str) -> dict[str, Any]:
    """Every address that a reader comes to from here, and the bytes that they get."""
    send, found = made.world.as_(role), {}
    ids = {"case_id": [made.id], "person_id": [made.person_id]}
    app = application(made.world)
    queue = [path for method, path, door, _ in walked(app) if method == "GET" and door]
    for path in sorted(queue, key=lambda one: one.count("{")):
        for address in addresses(path, ids)[:4]:
            for query in ("", "?limit=50&count=true"):
                answer = send("GET", address + query)
                if answer.status_code == 200 and answer.content:
                    note_ids(path, answer.json(), ids)
                found[address + query] = told(answer)
    return {address: one for address, one in found.items() if not OWN_ACTS.search(address)}


def told(answer: Any) -> Any:
    mine = answer.headers["x-request-id"].encode()
    body = CURSOR.sub(b'"next":"*"', answer.content.replace(mine, b"*"))
    headers = [(n, v) for n, v in answer.headers.items() if n.lower() not in CHANCE]
    sizes = [one for one in headers if one[0].lower() != "content-length"]
    return answer.status_code, sizes, body


def pairs(made: Made, roles: tuple[str, ...], names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each role with each thing that is hidden from it, compared."""
    before = {role: crawled(made, role) for role in roles}
    for name in names:
        happens, shown_to = HAPPENINGS[name]
        happens(made)
        for role in roles:
            after = crawled(made, role)
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
    once = crawled(made, "social_worker")
    assert len(once) > 100
    assert sum(one[0] == 200 for one in once.values()) > 40
    assert crawled(made, "social_worker") == once
    note = {"kind": "social_work", "occurred_on": str(today()), "text": str(new_id())}
    assert made.post("social_worker", "/notes", note).status_code == 201
    assert crawled(made, "social_worker") != once


def test_what_is_hidden_changes_no_byte(fresh: World) -> None:
    some = ("educator", "coordinator")
    assert len([*pairs(team_case(fresh), some, tuple(HAPPENINGS))]) == 7


@pytest.mark.prove
def test_it_changes_no_byte_for_anybody(fresh: World) -> None:
    made, compared = team_case(fresh), 0
    while compared < 500:
        compared += len([*pairs(made, ROLES, tuple(HAPPENINGS))])
    sys.stderr.write(f"{compared} pairs of worlds and readers, 0 differing bytes\n")
