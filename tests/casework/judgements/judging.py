"""Judgements as an assessor would make them, and who reads them second."""

from typing import Any

from tests.conftest import World
from tests.hiring import Hired, hire
from tests.making import Made, Send, staff_id, today
from tests.registry.test_certificates import recorded

ASSESSOR = "security_assessor"
SAID = "said twice that the Kanarisk road is open"
EVIDENCE = [
    {"indicator": "1.2", "rating": "present", "for": SAID, "against": "took it back later"},
    {"indicator": "5.6", "rating": "unknown", "for": None, "against": None},
]


def body(**more: Any) -> dict[str, Any]:
    return {
        "tool": "vera2r",
        "edition": "2017, in Russian",
        "assessed_on": str(today()),
        "sources": ["Kanarisk interview of two hours", "court file"],
        "evidence": EVIDENCE,
        "information_missing": "Kanarisk school records",
        "quality": "limited",
        "scenarios": ["Kanarisk goes back to the old friends"],
        "protective_factors": ["Kanarisk sister visits each week"],
        "overall": "high",
        "rationale": "Kanarisk reasons weigh more",
        "recommendations": "Kanarisk stays under supervision",
        **more,
    }


def drafted(made: Made, **more: Any) -> dict[str, Any]:
    answer = made.post(ASSESSOR, "/judgements", body(**more))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def certify(world: World, tool: str = "vera2r") -> None:
    assert recorded(world, staff_id(world, ASSESSOR), code=tool).status_code == 201


def submit(made: Made, judgement_id: str) -> Any:
    return made.post(ASSESSOR, f"/judgements/{judgement_id}/submit")


def submitted(made: Made, **more: Any) -> dict[str, Any]:
    certify(made.world, more.get("tool", "vera2r"))
    answer = submit(made, drafted(made, **more)["id"])
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def colleague(made: Made, certified: bool = True) -> tuple[Hired, Send]:
    """Another assessor on the team, and how they send."""
    other = hire(made.world, ASSESSOR)
    member = {"user_id": other.id, "part": "second reader", "reason": "to read it"}
    assert made.post("social_worker", "/team", member).status_code == 201
    if certified:
        assert recorded(made.world, other.id).status_code == 201
    return other, made.world.with_token(other.pair()["access_token"])
