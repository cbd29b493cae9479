"""Who consents for somebody of which age, by the law of each country: through the API.

In `ra` one consents alone from 16 years and is asked from 10; in `rb` from 18 and from 12. Until
then a parent, a guardian or a court does, and who is asked says yes, too; from then on nobody does
but oneself, or a court.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from app.registry.pathways.catalogue import catalogue
from tests.conftest import World
from tests.making import today

BORN = date(2003, 3, 10)  # of age by now wherever one lives: each consent is of its own day
PLACES = {"ra": ("north", "alder", 16, 10), "rb": ("south", "cedar", 18, 12)}
FOR_A_CHILD = ("parent", "guardian")
Consents = Callable[..., Any]


def opened(world: World, place: str, born: date) -> Consents:
    """A case of somebody born on this day; what is sent records consent on it."""
    unit, programme, *_ = PLACES[place]
    send = world.as_("social_worker", unit)
    name = {"full": "Проба Возраста", "script": "Cyrl", "source": "test"}
    person = {"names": [name], "birth": {"value": str(born)}}
    whose = send("POST", "/v1/people", json=person)
    assert whose.status_code == 201, whose.text
    case = send("POST", "/v1/cases", json={"person_id": whose.json()["id"], "programme": programme})
    assert case.status_code == 201, case.text

    def consents(giver: str, on: date | None = None, **more: Any) -> Any:
        body = {"scope": "treatment", "giver": giver, "language": "ru", "text": "a tooth", **more}
        if on:
            body["given_on"] = str(on)
        return send("POST", f"/v1/cases/{case.json()['id']}/consents", json=body)

    return consents


def birthday(years: int, born: date = BORN) -> date:
    return born.replace(year=born.year + years)


def told(answer: Any) -> tuple[str, str] | None:
    """Where and why it is refused; None if it is on record."""
    if answer.status_code == 201:
        return None
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    (fault,) = answer.json()["errors"]
    return fault["pointer"], fault["code"]


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def consents(world: World, place: str) -> Consents:
    return opened(world, place, BORN)


def test_these_are_the_ages_of_the_law(place: str) -> None:
    """Else the birthdays below are not those at which anything changes."""
    assert catalogue().current_jurisdiction(place).consent == PLACES[place][2:]


def test_the_day_before_one_is_old_enough_others_consent(place: str, consents: Consents) -> None:
    eve = birthday(PLACES[place][2]) - timedelta(days=1)
    assert told(consents("self", eve)) == ("/giver", "too-young")
    assert told(consents("self", eve, assent="given")) == ("/giver", "too-young")
    for giver in (*FOR_A_CHILD, "court"):
        assert told(consents(giver, eve)) == ("/assent", "missing"), giver
        assert told(consents(giver, eve, assent="given")) is None, giver


def test_from_that_birthday_on_one_consents_alone(place: str, consents: Consents) -> None:
    day = birthday(PLACES[place][2])
    assert told(consents("self", day)) is None
    assert told(consents("court", day)) is None
    for giver in FOR_A_CHILD:
        for more in ({}, {"assent": "given"}, {"status": "refused", "assent": "refused"}):
            assert told(consents(giver, day, **more)) == ("/giver", "of-age"), (giver, more)


@pytest.mark.parametrize("years", [16, 17])
def test_at_16_and_17_the_countries_differ(world: World, years: int) -> None:
    """Alone in the one; in the other by who answers for them, and by themselves besides."""
    first, last = birthday(years), birthday(years + 1) - timedelta(days=1)
    here, there = (opened(world, code, BORN) for code in ("ra", "rb"))
    for day in (first, last):
        assert told(here("self", day)) is None
        assert told(here("guardian", day, assent="given")) == ("/giver", "of-age")
        assert told(there("self", day)) == ("/giver", "too-young")
        assert told(there("guardian", day)) == ("/assent", "missing")
        assert told(there("guardian", day, assent="not_asked")) == ("/assent", "missing")
        assert told(there("guardian", day, assent="given")) is None


def test_who_is_to_be_asked_is_asked_from_that_birthday_on(place: str, consents: Consents) -> None:
    day = birthday(PLACES[place][3])
    for giver in FOR_A_CHILD:
        eve = consents(giver, day - timedelta(days=1))
        assert told(eve) is None, giver
        assert told(consents(giver, day)) == ("/assent", "missing"), giver
        assert told(consents(giver, day, assent="not_asked")) == ("/assent", "missing"), giver
        assert told(consents(giver, day, assent="given")) is None, giver


def test_what_a_child_refuses_a_court_alone_gives(place: str, consents: Consents) -> None:
    for day in (birthday(PLACES[place][3]), birthday(PLACES[place][2]) - timedelta(days=1)):
        for giver in FOR_A_CHILD:
            assert told(consents(giver, day, assent="refused")) == ("/assent", "refused"), giver
        assert told(consents("court", day, assent="refused")) is None
        for giver in FOR_A_CHILD:
            both = consents(giver, day, status="refused", assent="refused")
            assert told(both) is None, giver


def test_what_is_refused_leaves_nothing(world: World, place: str) -> None:
    consents = opened(world, place, BORN)
    refused = consents("self", birthday(PLACES[place][2]) - timedelta(days=1))
    assert told(refused) == ("/giver", "too-young")
    send = world.as_("social_worker", PLACES[place][0])
    path = str(refused.request.url).removeprefix("http://testserver")
    assert send("GET", path).json()["items"] == []


def test_where_no_day_is_named_it_is_that_of_today(world: World, place: str) -> None:
    """Born so many years ago today (or on the first of March), and a day later."""
    age = PLACES[place][2]
    leap = (today().month, today().day) == (2, 29)
    day = (date(today().year, 3, 1) if leap else today()).replace(year=today().year - age)
    old_enough = opened(world, place, day - timedelta(days=1 if leap else 0))
    child = opened(world, place, day + timedelta(days=1))
    assert told(old_enough("self")) is None
    assert told(old_enough("guardian", assent="given")) == ("/giver", "of-age")
    assert told(child("self")) == ("/giver", "too-young")
    assert told(child("guardian", assent="given")) is None


def test_whose_birth_is_known_by_its_year_is_a_child_until_it_is_sure(world: World) -> None:
    """They may be old enough, and may not: nobody consents alone who may be a child."""
    for code, (unit, programme, alone, _) in PLACES.items():
        send = world.as_("social_worker", unit)
        name = {"full": "Проба Года", "script": "Cyrl", "source": "test"}
        person = {"names": [name], "birth": {"value": str(BORN.year)}}
        whose = send("POST", "/v1/people", json=person).json()["id"]
        case = send("POST", "/v1/cases", json={"person_id": whose, "programme": programme}).json()
        body = {"scope": "treatment", "giver": "self", "language": "ru", "text": "a tooth"}
        for day, expected in (
            (date(BORN.year + alone, 12, 30), ("/giver", "too-young")),
            (date(BORN.year + alone, 12, 31), None),
        ):
            path = f"/v1/cases/{case['id']}/consents"
            answer = send("POST", path, json={**body, "given_on": str(day)})
            assert told(answer) == expected, (code, day)
