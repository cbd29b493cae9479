"""Of a class a partner is shown the fields that its agreements name, on every channel."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from app.casework.notes.models import Note
from app.registry.people.models import Contact, Person
from app.registry.people.schemas import ContactOut, PersonOut
from app.safeguards.access.policy import POLICY, Reach
from app.safeguards.guard import agreed as by_field
from app.safeguards.guard.kinds import lacks
from app.safeguards.guard.questions import can_spell_for
from app.safeguards.guard.summaries import forms_of
from tests.access.test_agreements import WHY, agreed, consent, terms
from tests.conftest import World
from tests.making import Made, new_case
from tests.safeguards.guard.test_summaries import SHORT, forget

BORN, NAMED = {"identity": ["birth"]}, {"identity": ["display_name"]}
PLACE = {"type": "phone", "text": "canary-phone", "source": "canary-source"}


def shared(case: Made, agreement: str) -> str:
    given = consent(case, agreement)
    assert given.status_code == 201, given.text
    return str(given.json()["id"])


def person_of(case: Made) -> Any:
    return case.world.as_("partner")("GET", f"/v1/people/{case.person_id}")


def listed(case: Made) -> dict[str, Any]:
    found = case.world.as_("partner")("GET", "/v1/people?limit=200").json()["items"]
    (one,) = [one for one in found if one["id"] == case.person_id]
    return dict(one)


def rename(case: Made, **change: Any) -> None:
    path, worker = f"/v1/people/{case.person_id}", case.world.as_("social_worker")
    tag = worker("GET", path).headers["ETag"]
    answer = worker("PATCH", path, json=change, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text


def test_only_what_is_named_flows_and_nothing_tells_of_the_rest(fresh: World) -> None:
    case = new_case(fresh)
    shared(case, agreed(fresh, "identity", fields=BORN))
    seen = person_of(case)
    assert set(seen.json()) == {"id", "birth"}
    assert listed(case) == seen.json()
    rename(case, display_name="Иная Проба", sex=2)
    assert person_of(case).content == seen.content
    assert person_of(case).headers["ETag"] == seen.headers["ETag"]
    claim = {"value": "1992-03-01", "source": "passport"}
    rename(case, birth=claim, reason="the passport was found")
    assert person_of(case).json()["birth"]["value"] == "1992-03-01"
    assert person_of(case).headers["ETag"] != seen.headers["ETag"]


def test_agreements_in_force_add_up_and_each_ends_by_itself(fresh: World) -> None:
    case, other = new_case(fresh), new_case(fresh)
    first, second, whole = (
        agreed(fresh, "identity", fields=fields) for fields in (BORN, NAMED, {})
    )
    shared(case, first)
    taken_back = shared(case, second)
    shared(other, second)
    assert set(listed(case)) == {"id", "birth", "display_name"}
    assert set(listed(other)) == {"id", "display_name"}
    shared(case, whole)
    assert set(person_of(case).json()) == SHORT
    ended = fresh.as_("coordinator")("POST", f"/v1/agreements/{whole}/end", json=WHY)
    assert ended.json()["status"] == "ended"
    assert set(person_of(case).json()) == {"id", "birth", "display_name"}
    path = f"/consents/{taken_back}/withdraw"
    assert case.post("social_worker", path, {"by": "self", **WHY}).status_code == 200
    assert set(person_of(case).json()) == {"id", "birth"}
    assert set(listed(other)) == {"id", "display_name"}


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"identity": ["birth", "nationality"]}, "/fields/identity/1"),
        ({"identity": ["id"]}, "/fields/identity/0"),
        ({"identity": ["*"]}, "/fields/identity/0"),
        ({"education": ["school"]}, "/fields/education/0"),  # of which nothing is shared yet
        ({"plan": ["goal"]}, "/fields/plan"),
        ({"identity": []}, "/fields/identity"),
    ],
)
def test_what_a_partner_is_never_shown_cannot_be_named(
    world: World, fields: dict[str, Any], pointer: str
) -> None:
    body = terms(world, "identity", "education", fields=fields)
    answer = world.as_("coordinator")("POST", "/v1/agreements", json=body)
    assert answer.status_code == 422, answer.text
    assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]


def test_an_agreement_tells_the_fields_once_each(world: World) -> None:
    body = terms(world, "identity", fields={"identity": ["sex", "birth", "sex"]})
    made = world.as_("coordinator")("POST", "/v1/agreements", json=body)
    assert made.json()["fields"] == {"identity": ["birth", "sex"]}
    there = world.as_("partner")("GET", f"/v1/agreements/{made.json()['id']}")
    assert there.json()["fields"] == {"identity": ["birth", "sex"]}


# --- rights that no partner has yet ---------------------------------------------------------------


@pytest.fixture
def granted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Gives partners other rights."""

    def give(**rights: str) -> None:
        for name, letters in rights.items():
            monkeypatch.setitem(POLICY.classes[name], "partner", {Reach.AGREEMENT: letters})
        forget()

    yield give
    monkeypatch.undo()
    forget()


def test_of_what_is_read_whole_no_more_than_the_fields_and_no_version(
    fresh: World, granted: Any
) -> None:
    granted(location="R")
    case, partner = new_case(fresh), fresh.as_("partner")
    path = f"/v1/people/{case.person_id}/contacts"
    place = fresh.as_("social_worker")("POST", path, json=PLACE).json()
    fields = {"location": ["type", "since"]}
    agreement = agreed(fresh, "identity", "location", fields=fields)
    shared(case, agreement)
    one = partner("GET", f"{path}/{place['id']}")
    assert set(one.json()) == {"id", "created_at", "type", "since"}
    assert partner("GET", path).json()["items"] == [one.json()]
    shared(case, agreed(fresh, "location"))
    whole = partner("GET", f"{path}/{place['id']}")
    assert whole.json() == place
    assert not can_spell_for(ContactOut, "partner")
    assert can_spell_for(ContactOut, "social_worker")


def test_by_an_agreement_nothing_is_found_by_a_field_and_no_past_is_told(
    fresh: World, granted: Any
) -> None:
    granted(case="R", docket="R")
    case = new_case(fresh)
    shared(case, agreed(fresh, "docket", fields={"docket": ["kind", "state"]}))
    (matter,) = case.get("partner", "/proceedings")["items"]
    assert matter.keys() == {"id", "created_at", "case_id", "kind", "state"}
    for name in ("kind", "nonsense"):
        answer = case.send("partner", "GET", f"/proceedings?{name}=criminal")
        assert answer.status_code == 422, answer.text
        (fault,) = answer.json()["errors"]
        assert fault == {**fault, "pointer": f"query.{name}", "code": "unknown-parameter"}
    assert by_field.unfit(PersonOut, "partner", ["sex", "id"]) == ["sex"]
    for path in ("/timeline", "/timeline?limit=5", "/history"):
        assert case.get("partner", path)["items"] == [], path
        assert case.get("social_worker", path)["items"], path


def test_what_was_never_looked_at_by_field_shows_none(world: World) -> None:
    row = {"id": UUID(int=1), "display_name": "Проба", "sex": 1}
    summary = forms_of(PersonOut, "partner")[0]
    assert by_field.left_of(summary, "partner", row, dict(row)) == {"id": UUID(int=1)}
    assert by_field.left_of(summary, "educator", row, dict(row)) == row


def test_a_list_that_an_agreement_reads_is_sorted_by_nothing_that_it_may_keep_back(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    assert lacks(Person) == []
    monkeypatch.setattr(PersonOut, "order", ("birth", "id"))
    assert any("'birth', which an agreement may keep back" in one for one in lacks(Person))
    monkeypatch.undo()
    monkeypatch.setattr(ContactOut, "order", ("type", "id"))
    assert not any("agreement" in one for one in lacks(Contact))
    assert lacks(Note) == []
