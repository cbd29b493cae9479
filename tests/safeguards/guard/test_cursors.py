"""A cursor says where a page ended, of which list and to whom; nobody else can make one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.core.paging import CURSOR, seal, unseal
from tests.conftest import World
from tests.hiring import hire
from tests.making import every_page

KEY = bytes(range(32))


def test_pages_hold_each_row_once_and_in_order(world: World) -> None:
    admin = world.as_("administrator")
    whole = admin("GET", "/v1/users?limit=200").json()
    assert whole["next"] is None
    ids, path = [], "/v1/users?limit=7"
    page = admin("GET", path).json()
    while True:
        ids += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        page = admin("GET", f"{path}&cursor={page['next']}").json()
    assert ids == [one["id"] for one in whole["items"]]
    assert ids == sorted(ids)
    counted = admin("GET", "/v1/users?limit=1&count=true").json()
    assert counted["total"] == len(ids)


@pytest.mark.parametrize(("path", "by"), [("/v1/roles", "code"), ("/v1/instruments", "code")])
def test_pages_of_what_is_known_whole(world: World, path: str, by: str) -> None:
    send = world.as_("psychologist")
    whole = send("GET", f"{path}?limit=200&count=true").json()
    assert whole["total"] == len(whole["items"]) > 7
    assert whole["next"] is None
    assert every_page(send, f"{path}?limit=7") == whole["items"]
    assert [one[by] for one in whole["items"]] == sorted(one[by] for one in whole["items"])
    assert "total" not in send("GET", path).json()
    cursor = send("GET", f"{path}?limit=1").json()["next"]
    for other in {"/v1/roles", "/v1/instruments", "/v1/me/sessions"} - {path}:
        refused(send("GET", f"{other}?cursor={cursor}"))
    refused(world.as_("social_worker")("GET", f"{path}?cursor={cursor}"))


def test_own_sessions_are_told_in_pages(world: World) -> None:
    one = hire(world)
    first, _ = one.pair(), one.pair()
    whole = one.send(first["access_token"], "GET", "/v1/me/sessions").json()
    assert len(whole["items"]) == 2
    page = one.send(first["access_token"], "GET", "/v1/me/sessions?limit=1").json()
    path = f"/v1/me/sessions?limit=1&cursor={page['next']}"
    rest = one.send(first["access_token"], "GET", path).json()
    assert page["items"] + rest["items"] == whole["items"]
    assert rest["next"] is None


def test_pages_of_a_list_ordered_by_date(world: World) -> None:
    send = world.as_("social_worker")
    case = send("GET", "/v1/cases?limit=1&status=open").json()["items"][0]["id"]
    path = f"/v1/cases/{case}/notes"
    for day in ("2025-11-12", "2025-11-11", "2025-11-12"):
        note = {"kind": "social_work", "occurred_on": day, "text": "A page of its own."}
        assert send("POST", path, json=note).status_code == 201
    seen, page = [], send("GET", f"{path}?limit=1").json()
    while page["next"]:
        seen += page["items"]
        page = send("GET", f"{path}?limit=1&cursor={page['next']}").json()
    seen += page["items"]
    assert seen == send("GET", f"{path}?limit=200").json()["items"]
    assert len(seen) >= 3


def refused(answer: Any) -> None:
    assert answer.status_code == 422, answer.text
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == "query.cursor"


def test_a_cursor_is_of_one_list_one_caller_and_one_filter(world: World) -> None:
    admin = world.as_("administrator")
    cursor = admin("GET", "/v1/users?limit=1").json()["next"]
    assert admin("GET", f"/v1/users?cursor={cursor}").status_code == 200
    refused(admin("GET", f"/v1/units?cursor={cursor}"))
    refused(admin("GET", f"/v1/clients?cursor={cursor}"))
    refused(admin("GET", f"/v1/users?role=auditor&cursor={cursor}"))
    refused(world.as_("auditor")("GET", f"/v1/users?cursor={cursor}"))
    other = hire(world, "administrator")
    access = other.pair()["access_token"]
    refused(other.send(access, "GET", f"/v1/users?cursor={cursor}"))
    own = other.send(access, "GET", "/v1/users?limit=1").json()["next"]
    assert other.send(access, "GET", f"/v1/users?limit=3&cursor={own}").status_code == 200


def test_a_cursor_that_was_touched(world: World) -> None:
    admin = world.as_("administrator")
    cursor = admin("GET", "/v1/users?limit=1").json()["next"]
    for place in range(0, len(cursor), 5):
        other = "A" if cursor[place] != "A" else "B"
        refused(admin("GET", f"/v1/users?cursor={cursor[:place]}{other}{cursor[place + 1 :]}"))
    for wrong in (cursor[:-4], cursor + "AAAA", "A" * 30, "A" * 31, "A" * 2001):
        refused(admin("GET", f"/v1/users?cursor={wrong}"))


@given(st.lists(st.text() | st.integers() | st.none(), max_size=4), st.text(max_size=20))
def test_what_is_sealed_is_unsealed(place: list[Any], scope: str) -> None:
    assert unseal(KEY, scope, seal(KEY, scope, place)) == place


@given(st.from_regex(CURSOR, fullmatch=True))
def test_what_was_not_sealed_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid):
        unseal(KEY, "a list", cursor)


def test_another_key_makes_another_cursor() -> None:
    with pytest.raises(Invalid):
        unseal(bytes(32), "a list", seal(KEY, "a list", [1]))
    with pytest.raises(Invalid):
        unseal(KEY, "another", seal(KEY, "a list", [1]))
