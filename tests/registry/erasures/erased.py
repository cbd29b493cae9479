"""A person with a closed case, and all that is said of them, to be erased."""

from typing import Any

from tests.conftest import World
from tests.making import Made, new_case, today
from tests.registry.cases.test_closing import DUPLICATE

PAPER = {"authority": "Schedule of records", "reference": "R47-2026", "dated_on": "2026-01-15"}
WHY = {"reason": "the time for which it is kept is over"}
NOTE = {"kind": "social_work", "occurred_on": "2026-01-02", "text": "Kanarisk spoke of home"}
NAME = {"full": "Kanarisk Second", "script": "Latn", "source": "Kanarisk source", "type": "alias"}
NUMBER = {"system": "passport", "value": "KANARISK-7", "source": "shown"}
CONTACT = {"type": "address", "text": "7 Kanarisk Street", "since": "2026-01-01", "source": "said"}


def told(answer: Any) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def closed_case(world: World) -> Made:
    made = new_case(world)
    person, worker = f"/v1/people/{made.person_id}", world.as_("social_worker")
    told(made.post("social_worker", "/notes", NOTE))
    told(worker("POST", f"{person}/names", json=NAME))
    told(worker("POST", f"{person}/identifiers", json=NUMBER))
    told(worker("POST", f"{person}/contacts", json=CONTACT))
    told(made.post("social_worker", "/close", DUPLICATE))
    assert told(made.post("supervisor", "/close", DUPLICATE))["status"] == "closed"
    return made


def somebody(world: World) -> dict[str, Any]:
    """The proposal to erase somebody who has no case."""
    name = {"full": "Synthetic Nobody", "script": "Latn", "source": "test"}
    made = told(world.as_("social_worker")("POST", "/v1/people", json={"names": [name]}))
    return {"person_id": made["id"], "ground": "request", **PAPER, **WHY}


def proposal(made: Made, **more: Any) -> dict[str, Any]:
    return {"person_id": made.person_id, "ground": "retention_expired", **PAPER, **WHY, **more}


def proposed(made: Made) -> str:
    answer = made.world.as_("data_protection_officer")("POST", "/v1/erasures", json=proposal(made))
    return str(told(answer)["id"])


def erased(made: Made) -> str:
    """The id of the decision."""
    decision = proposed(made)
    path = f"/v1/erasures/{decision}/approve"
    done = told(made.world.as_("coordinator")("POST", path, json=WHY))
    assert (done["status"], done["cases"]) == ("done", 1)
    assert str(today()) in done["decided_at"]
    return decision
