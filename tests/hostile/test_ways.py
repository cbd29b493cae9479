"""What must not be read is read on neither way: past the framework, or through it."""

from typing import Any

import pytest

from app.core.values import new_id
from app.safeguards.guard.express import Plain
from tests.conftest import World
from tests.making import new_case
from tests.safeguards.guard.test_express import framed as framed

SHORT = {"Content-Type": "application/json"}
LONG = {"Content-Type": "application/json; charset=utf-8"}  # so it is left to the framework
# Each would be a unit of this code, were it not for one thing.
UNIT = '{"code": "both-ways", "jurisdiction": "ra", "name": "x"}'
BODIES: dict[str, tuple[str | bytes, str]] = {
    "a field twice": (UNIT.replace('"name"', '"name": "y", "name"'), "json-invalid"),
    "NaN": (UNIT.replace('"x"', "NaN"), "json-invalid"),
    "-Infinity": (UNIT.replace('"x"', "-Infinity"), "json-invalid"),
    "a number beyond all": (UNIT.replace('"x"', "1e400"), "json-invalid"),
    "an integer beyond 64 bits": (UNIT.replace('"x"', str(2**63)), "json-invalid"),
    "4,000 digits": (UNIT.replace('"x"', "9" * 4_000), "json-invalid"),
    "33 levels": (UNIT.replace('"x"', "[" * 32 + "]" * 32), "json-invalid"),
    "a lone surrogate": (UNIT.replace("x", r"\ud800"), "json-invalid"),
    "NUL": (UNIT.replace("x", r"\u0000"), "json-invalid"),
    "invalid UTF-8": (UNIT.encode().replace(b"x", b"\xff"), "json-invalid"),
    "UTF-16": (UNIT.encode("utf-16"), "json-invalid"),
    "a byte order mark": ("\ufeff" + UNIT, "json-invalid"),
    "two values": (UNIT * 2, "json-invalid"),
    "an override": (UNIT.replace("x", r"a\u202eb"), "bidi-control"),
    "a control": (UNIT.replace("x", r"a\u0007b"), "control-character"),
    "an unknown field": (UNIT.replace('"name"', '"wish": 1, "name"'), "extra-forbidden"),
}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the short way made of the bodies that came to it."""
    made: list[Any] = []
    plain = Plain.read

    def watched(door: Plain, body: bytes) -> Any:
        made.append(plain(door, body))
        return made[-1]

    monkeypatch.setattr(Plain, "read", watched)
    return made


@pytest.mark.parametrize("name", BODIES)
def test_neither_way_reads_it(world: World, framed: Any, read: list[Any], name: str) -> None:
    send, (body, code) = world.as_("administrator"), BODIES[name]
    whole, mine = body if isinstance(body, bytes) else body.encode(), f"way-{[*BODIES].index(name)}"
    for coding in ("utf-8", "utf-16-le"):
        whole = whole.replace("both-ways".encode(coding), mine.encode(coding))
    told = []
    for headers in (SHORT, LONG):
        answer = send("POST", "/v1/units", content=whole, headers=headers)
        assert answer.status_code == 422, answer.text
        told.append({**answer.json(), "request_id": ""})
        assert code in [one["code"] for one in told[-1]["errors"]]
    assert read == [None]
    assert framed["/v1/units"] == 2
    assert told[0] == told[1]
    listed = send("GET", "/v1/units?limit=200").json()["items"]
    assert mine not in {one["code"] for one in listed}


def test_but_for_that_either_way_would(fresh: World, read: list[Any]) -> None:
    send = fresh.as_("administrator")
    for number, headers in enumerate((SHORT, LONG)):
        body = UNIT.replace("both-ways", f"way-{number}")
        assert send("POST", "/v1/units", content=body, headers=headers).status_code == 201
    assert [one.code for one in read] == ["way-0"]


@pytest.mark.parametrize("headers", [SHORT, LONG])
@pytest.mark.parametrize(
    "body", ['{"wish": 1}', "{", '{"kind": "social_work", "kind": "legal"}', ""]
)
def test_what_a_stranger_sends_to_a_hidden_case_is_a_missing_id(
    world: World, headers: dict[str, str], body: str
) -> None:
    made, send, told = new_case(world, team=()), world.as_("psychologist"), []
    for one in (made.id, str(new_id())):
        answer = send("POST", f"/v1/cases/{one}/notes", content=body, headers=headers)
        assert answer.status_code == 404, answer.text
        told.append({**answer.json(), "request_id": ""})
    assert told[0] == told[1]
    mine = made.send("social_worker", "POST", "/notes", content=body, headers=headers)
    assert mine.status_code == 422
