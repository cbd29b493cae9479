"""People through HTTP on both engines: names, births, numbers, kin; and who does not learn them."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.core.db import table
from app.core.values import new_id
from app.registry.people.models import Identifier
from tests.conftest import World
from tests.looking import transaction
from tests.making import every_page
from tests.registry.acting import Send, operation, person, registered, signed_in, subjects_of

KUNYA = {"type": "kunya", "full": "Umm Canary-Kunya", "source": "camp list"}


def with_case(world: World, **member: Any) -> tuple[str, str]:
    """Somebody on the social worker's team: person and case."""
    worker, place = world.as_("social_worker"), operation(world)
    body = {"members": [{**person("Синтетова Анна", "1992-05-06"), **member}]}
    made = worker("POST", f"/v1/operations/{place}/arrivals", json=body)
    assert made.status_code == 201, made.text
    case = made.json()["items"][0]
    return case["person_id"], case["id"]


def joins(world: World, role: str, case: str) -> Send:
    send = world.as_(role)
    body = {"user_id": send("GET", "/v1/me").json()["id"], "part": role, "reason": "test"}
    made = world.as_("social_worker")("POST", f"/v1/cases/{case}/team", json=body)
    assert made.status_code == 201, made.text
    return send


def test_an_alias_is_behind_the_wall_of_identifiers(world: World) -> None:
    someone, case = with_case(world)
    worker, path = world.as_("social_worker"), f"/v1/people/{someone}"
    assert worker("POST", f"{path}/names", json=KUNYA).status_code == 201
    for kind in ("alias", "religious"):
        made = worker("POST", f"{path}/names", json={**KUNYA, "type": kind})
        assert made.status_code == 201, made.text
    seen = {name["type"] for name in worker("GET", path).json()["names"]}
    assert seen == {"legal", "kunya", "alias", "religious"}
    psychologist = joins(world, "psychologist", case)
    shown = [psychologist("GET", place) for place in (path, f"{path}/names")]
    assert {one.status_code for one in shown} == {200}
    for text in (
        *(one.text for one in shown),
        str(every_page(psychologist, "/v1/people?limit=200")),
    ):
        assert "Анна" in text
        assert "Canary-Kunya" not in text
    assert psychologist("POST", f"{path}/names", json=KUNYA).status_code == 403
    tag = worker("GET", path).headers["ETag"]
    assert psychologist("GET", path).headers["ETag"] != tag


def test_nobody_is_shown_by_an_alias(world: World) -> None:
    body = {"names": [KUNYA, {"full": "Образцова Вера", "source": "self"}]}
    made = world.as_("social_worker")("POST", "/v1/people", json=body)
    assert made.json()["display_name"] == "Образцова Вера"
    only = world.as_("social_worker")("POST", "/v1/people", json={"names": [KUNYA]})
    assert (only.status_code, only.json()["errors"][0]["code"]) == (422, "only-hidden-names")
    # A role that may register people but not add identifiers cannot smuggle an alias in.
    refused = world.as_("child_protection_officer")("POST", "/v1/people", json=body)
    assert refused.status_code == 403


def test_names_keep_what_the_source_says(world: World) -> None:
    name = {
        "full": "Оʻktamov Fiktiv Sintet oʻgʻli",
        "given": "Fiktiv",
        "family": "Oʻktamov",
        "patronymic": "Sintet oʻgʻli",
        "generation_suffix": "II",
        "language": "uz-Latn",
        "source": "passport",
        "confidence": "documented",
        "since": "2010-01-01",
        "until": "2020-01-01",
    }
    someone = registered(world.as_("social_worker"), "Синтетова Лола", "1990")
    path = f"/v1/people/{someone}/names"
    made = world.as_("social_worker")("POST", path, json=name)
    assert made.status_code == 201, made.text
    shown = made.json()
    assert shown["script"] == "Latn"
    assert {field: shown[field] for field in name} == name
    for change, pointer, code in (
        ({"full": "\u202eabc"}, "/full", "bidi-control"),
        ({"family": "123"}, "/family", "no-letter"),
        ({"until": "2009-01-01"}, "/until", "before-since"),
        ({"type": "nickname"}, "/type", "literal-error"),
        ({"language": "not a tag"}, "/language", "string-pattern-mismatch"),
    ):
        bad = world.as_("social_worker")("POST", path, json={**name, **change})
        assert bad.status_code == 422
        assert (pointer, code) in [(e["pointer"], e["code"]) for e in bad.json()["errors"]]


@pytest.mark.parametrize(
    ("birth", "shown", "child"),
    [
        ({"value": "1990"}, ("1990", "year", "1990-01-01", "1990-12-31"), False),
        (
            {"value": "1990", "estimated": True},
            ("1990", "year", "1989-01-01", "1991-12-31"),
            False,
        ),
        ({"value": "1988-07"}, ("1988-07", "month", "1988-07-01", "1988-07-31"), False),
        ({"original": "около 2016"}, ("2016", "year", "2015-01-01", "2017-12-31"), True),
        ({"original": "1980s"}, (None, "decade", "1980-01-01", "1989-12-31"), False),
        ({}, (None, "unknown", None, None), True),
        (
            {"value": "1437-03-12", "calendar": "hijri"},
            ("2015-12-24", "day", "2015-12-23", "2015-12-25"),
            True,
        ),
        (
            {"earliest": "2004-01-01", "latest": "2012-06-30", "method": "medical_age_assessment"},
            (None, "unknown", "2004-01-01", "2012-06-30"),
            True,
        ),
    ],
)
def test_births_as_far_as_known(world: World, birth: Any, shown: Any, child: bool) -> None:
    body = {"names": [{"full": "Фиктивова Дата", "source": "mother"}], "birth": birth}
    made = world.as_("social_worker")("POST", "/v1/people", json=body).json()
    told = made["birth"]
    assert (told["value"], told["precision"], told["earliest"], told["latest"]) == shown
    assert made["child"] is child
    assert told["source"] == "mother"
    assert (made["age"]["highest"] is None) is (shown[2] is None)


@pytest.mark.parametrize(
    ("birth", "pointer", "code"),
    [
        ({"value": "2015-02-29"}, "/birth/value", "no-such-day"),
        ({"value": "CANARY"}, "/birth/value", "birth-not-understood"),
        ({"original": "01.02.15"}, "/birth/original", "birth-not-understood"),
        ({"value": "2149"}, "/birth/value", "future"),
        ({"value": "1700"}, "/birth/value", "year-out-of-range"),
        (
            {"earliest": "2012-01-01", "latest": "2011-01-01"},
            "/birth/value",
            "bounds-reversed",
        ),
    ],
)
def test_births_that_cannot_be(world: World, birth: Any, pointer: str, code: str) -> None:
    body = {"names": [{"full": "Фиктивова Дата", "source": "mother"}], "birth": birth}
    answer = world.as_("social_worker")("POST", "/v1/people", json=body)
    assert answer.status_code == 422
    fault = answer.json()["errors"][0]
    assert (fault["pointer"], fault["code"]) == (pointer, code)
    assert "CANARY" not in answer.text


def test_another_birth_is_another_claim(world: World) -> None:
    worker = world.as_("social_worker")
    someone = registered(worker, "Образцова Зоя", "2001-01-01")
    path = f"/v1/people/{someone}"
    first = worker("GET", path)
    assert first.json()["birth"]["placeholder"] is True
    tag = {"If-Match": first.headers["ETag"]}
    claim = {"value": "2001-11", "method": "document", "source": "school certificate"}
    assert worker("PATCH", path, json={"birth": claim, "reason": "seen"}).status_code == 428
    for body, pointer in (
        ({"birth": claim}, "/reason"),
        ({"birth": {"value": "2001-11"}, "reason": "seen"}, "/birth/source"),
        ({"birth": None}, "/birth"),
        ({"sex": None}, "/sex"),
        ({"display_name": " "}, "/display_name"),
        ({"id": someone}, "/id"),
    ):
        bad = worker("PATCH", path, json=body, headers=tag)
        assert bad.status_code == 422, bad.text
        assert bad.json()["errors"][0]["pointer"] == pointer
    changed = worker("PATCH", path, json={"birth": claim, "reason": "paper seen"}, headers=tag)
    assert changed.status_code == 200, changed.text
    birth = changed.json()["birth"]
    assert (birth["value"], birth["source"], birth["reason"], birth["placeholder"]) == (
        *("2001-11", "school certificate", "paper seen", False),
    )
    assert changed.json()["version"] == 2
    stale = worker("PATCH", path, json={"sex": 2}, headers=tag)
    assert stale.status_code == 412
    now = {"If-Match": changed.headers["ETag"]}
    named = worker("PATCH", path, json={"sex": 2, "display_name": "Зоя"}, headers=now).json()
    assert (named["sex"], named["display_name"], named["birth"]) == (2, "Зоя", birth)


def test_nationality_is_a_country_or_an_open_question(world: World) -> None:
    worker = world.as_("social_worker")
    for given, shown in (
        ({}, (None, "undetermined")),
        ({"nationality": "KAZ"}, ("KAZ", "stated")),
        ({"nationality": "XAA", "nationality_status": "documented"}, ("XAA", "documented")),
        ({"nationality_status": "stateless_risk"}, (None, "stateless_risk")),
    ):
        made = worker("POST", "/v1/people", json=person("Фиктивова Нур", "1990", **given))
        assert made.status_code == 201, made.text
        assert (made.json()["nationality"], made.json()["nationality_status"]) == shown
        body = {"person_id": made.json()["id"], "programme": "alder"}
        assert worker("POST", "/v1/cases", json=body).status_code == 201  # blocks nothing
    for code in ("KZ", "QQQ", "kaz"):
        bad = worker("POST", "/v1/people", json=person("Фиктивова Нур", nationality=code))
        assert bad.json()["errors"][0]["pointer"] == "/nationality"


def test_numbers_are_doubted_and_never_refused(world: World) -> None:
    someone, case = with_case(world)
    worker, path = world.as_("social_worker"), f"/v1/people/{someone}/identifiers"
    given = {
        "system": "kz-iin",
        "value": "001345 678901",
        "country": "KAZ",
        "issued_on": "2020-01-01",
        "expires_on": "2030-01-01",
        "source": "passport",
    }
    made = worker("POST", path, json=given)
    assert made.status_code == 201, made.text
    assert {field: made.json()[field] for field in given} == given
    assert "impossible-date" in made.json()["warnings"]
    bad = worker("POST", path, json={**given, "expires_on": "2019-01-01"})
    assert bad.json()["errors"][0]["pointer"] == "/expires_on"
    assert worker("POST", path, json={**given, "value": " -- "}).status_code == 422
    for role in ("psychologist", "prosecutor"):
        refused = joins(world, role, case)("GET", path)
        assert refused.status_code == (403 if role == "psychologist" else 404), role


def test_one_number_has_one_blind_index(world: World) -> None:
    """However it is spelt; and another system's number of the same letters has another."""
    worker, numbers = world.as_("social_worker"), table(Identifier)
    someone = registered(worker, "Фиктивова Нора", "1990")
    claims = (("passport", "ZZ 000-0009"), ("passport", "zz0000009"), ("visa", "ZZ0000009"))
    for system, value in claims:
        body = {"system": system, "value": value, "source": "test"}
        made = worker("POST", f"/v1/people/{someone}/identifiers", json=body)
        assert made.status_code == 201, made.text
    mine = select(numbers.c.blind, numbers.c.value).where(numbers.c.person_id == UUID(someone))
    with transaction(world.house.engine) as db:
        found = db.execute(mine.order_by(numbers.c.created_at)).all()
    assert found[0].blind == found[1].blind != found[2].blind
    assert all(b"0000009" not in row.value for row in found)


def test_kin_are_shown_from_both_sides(world: World) -> None:
    worker = world.as_("social_worker")
    mother, hers = with_case(world)
    son, case = with_case(world, birth={"value": "2014"})
    claim = {
        "other_id": son,
        "type": "parent",
        "proof": "dna_reference",
        "proof_reference": "LAB-7",
        "source": "laboratory",
        "confidence": "confirmed",
        "since": "2014-01-01",
    }
    made = worker("POST", f"/v1/people/{mother}/relationships", json=claim)
    assert made.status_code == 201, made.text
    listed_once = [made.json()]
    for one in (mother, son):
        listed = worker("GET", f"/v1/people/{one}/relationships").json()["items"]
        assert listed == listed_once
        path = f"/v1/people/{one}/relationships/{made.json()['id']}"
        assert worker("GET", path).json() == made.json(), "read from either side, as it is listed"
    shown = made.json()
    assert (shown["person_id"], shown["inverse"]) == (mother, "child")
    back = {"other_id": mother, "type": "child", "source": "self"}
    again = worker("POST", f"/v1/people/{son}/relationships", json=back)
    assert (again.status_code, again.json()["code"]) == (409, "relationship-known")
    # Who sees the son's case only, does not learn that there is a mother.
    psychologist = joins(world, "psychologist", case)
    assert psychologist("GET", f"/v1/people/{son}/relationships").json()["items"] == []
    listed = psychologist("GET", f"/v1/people/{son}/relationships?count=true").json()
    assert listed["total"] == 0
    assert psychologist("GET", f"/v1/people/{mother}").status_code == 404
    protector = joins(world, "child_protection_officer", hers)  # on the mother's alone
    assert protector("GET", f"/v1/people/{mother}/relationships").json()["items"] == []
    joins(world, "child_protection_officer", case)
    assert protector("GET", f"/v1/people/{mother}/relationships").json()["items"] == listed_once
    prosecutor = joins(world, "prosecutor", case)
    assert prosecutor("GET", f"/v1/people/{son}/relationships").status_code in (403, 404)
    below = f"relationships/{shown['id']}"
    assert psychologist("GET", f"/v1/people/{son}/{below}").status_code == 404
    aunt = registered(worker, "Фиктивова Зоя", "1970")
    assert worker("GET", f"/v1/people/{aunt}/{below}").status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"type": "parent"}, "/type", "parent-younger-than-child"),
        ({"type": "grandparent"}, "/type", "parent-younger-than-child"),
        ({"type": "friend"}, "/type", "literal-error"),
        ({"proof": "dna_reference"}, "/proof_reference", "missing"),
        ({"since": "2020-01-02", "until": "2020-01-01"}, "/until", "before-since"),
    ],
)
def test_kin_that_cannot_be(world: World, change: Any, pointer: str, code: str) -> None:
    worker = world.as_("social_worker")
    young, old = registered(worker, "Ю Ю", "2015"), registered(worker, "С С", "2014")
    claim = {"other_id": old, "type": "sibling", "source": "self", **change}
    bad = worker("POST", f"/v1/people/{young}/relationships", json=claim)
    assert bad.status_code == 422, bad.text
    fault = bad.json()["errors"][0]
    assert (fault["pointer"], fault["code"]) == (pointer, code)


def test_kin_out_of_reach_do_not_exist(world: World) -> None:
    worker, south = world.as_("social_worker"), signed_in(world, "demo-social-worker-south")
    mine, theirs = registered(worker, "А А", "1990"), registered(south, "Б Б", "1990")
    path = f"/v1/people/{mine}/relationships"
    answers = [
        worker("POST", path, json={"other_id": one, "type": "sibling", "source": "self"})
        for one in (theirs, str(new_id()))
    ]
    assert [one.status_code for one in answers] == [404, 404]
    bodies = [{**one.json(), "request_id": ""} for one in answers]
    assert bodies[0] == bodies[1]
    own = worker("POST", path, json={"other_id": mine, "type": "sibling", "source": "self"})
    assert own.json()["errors"][0]["code"] == "self"


def test_a_reversed_claim_is_a_conflict(world: World) -> None:
    worker = world.as_("social_worker")
    one, other = registered(worker, "А А"), registered(worker, "Б Б")
    for who, whom, status in ((one, other, 201), (other, one, 409)):
        body = {"other_id": whom, "type": "parent", "source": "self"}
        made = worker("POST", f"/v1/people/{who}/relationships", json=body)
        assert made.status_code == status, made.text
    assert made.json()["code"] == "relationship-reversed"


def test_duplicates_are_proposed_within_reach_alone(world: World) -> None:
    worker, south = world.as_("social_worker"), signed_in(world, "demo-social-worker-south")
    name, day = "Фиктивова Шахноза", "1987-06-05"
    mine = registered(worker, name, day, sex=2)
    same = registered(worker, "Fiktivova Shahnoza", "1987", sex=2)
    new_year = registered(worker, "Shakhnoza Fiktivova", "1987-01-01")
    registered(worker, name, "1988-06-05")  # another birth
    registered(worker, name, day, sex=1)
    registered(worker, "Фиктивова Гульнора", day, sex=2)  # a sister
    theirs = registered(south, name, day, sex=2)
    answer = worker("GET", f"/v1/people/{mine}/possible-duplicates")
    assert answer.status_code == 200, answer.text
    found = {one["person_id"] for one in answer.json()["items"]}
    assert found == {same, new_year}
    assert answer.json()["complete"] is True
    subjects = subjects_of(world, answer.headers["X-Request-Id"])
    assert found <= subjects
    assert theirs not in subjects
    assert south("GET", f"/v1/people/{mine}/possible-duplicates").status_code == 404
    only = south("GET", f"/v1/people/{theirs}/possible-duplicates").json()["items"]
    assert only == []
