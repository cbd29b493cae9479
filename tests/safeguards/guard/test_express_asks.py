"""Which routes and requests may pass by the framework, and what becomes of them on the way."""

import asyncio
import json
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import Cookie, Depends, Header
from pydantic import Field

from app.core.errors import NotFound
from app.core.paging import Paged, Paging
from app.core.problems import refusal
from app.safeguards.guard import express
from app.safeguards.guard.answer import Answer
from app.safeguards.guard.calls import Call
from app.safeguards.guard.carrying import carry
from app.safeguards.guard.express import Express, Plain, is_body, is_page, plain_doors
from app.safeguards.guard.shortcut import on_line
from app.safeguards.guard.shown import In

CASE, NOTE, REQUEST = UUID(int=9 << 90), UUID(int=8 << 90), UUID(int=5)
JSON = {b"content-type": b"application/json"}
LARGEST = 32 * 1024


class Body(In):
    text: str
    count: int = 0


class Asked:
    """Stands for a route's query: of `x` it takes what is said, and all else is the framework's."""

    def __init__(self, dependant: Any) -> None:
        self.fits = dependant != "unfit"

    def read(self, text: bytes) -> Any:
        name, _, value = text.partition(b"=")
        return {"x": value} if name == b"x" else {"page": Paging(7)} if name == b"page" else None


class Door:
    """Stands for a guarded route: its handler, the slot of its unit of work, and its hints."""

    slot = "work"
    media = "application/json"

    def __init__(self, endpoint: Any, hints: dict[str, Any], method: str = "GET") -> None:
        self.endpoint, self.hints, self.method = endpoint, hints, method


@pytest.fixture(autouse=True)
def plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(express, "Query", Asked)
    monkeypatch.setattr(express, "Door", Door)


def plain(
    endpoint: Any, path: str = "/cases", method: str = "GET", dependant: Any = None, **hints: Any
) -> Plain:
    door: Any = Door(endpoint, hints, method)
    served: Any = "endpoint"
    made = Plain(door, served, path, dependant)
    assert made.door is door
    assert made.endpoint is served
    return made


# --- which routes ---------------------------------------------------------------------------------


FIELD = Field()


def bare(work: Any) -> Any:
    return work


def of_case(case_id: Any, work: Any) -> Any:
    return case_id, work


def listed(work: Any, page: Any, x: Any = None) -> Any:
    return work, page, x


def needing(work: Any, x: Any) -> Any:
    return work, x


def with_x(work: Any, x: Any = None) -> Any:
    return work, x


def with_field(work: Any, x: Any = FIELD) -> Any:
    return work, x


def writing(case_id: Any, body: Any, work: Any) -> Any:
    return case_id, body, work


def writing_two(body: Any, more: Any, work: Any) -> Any:
    return body, more, work


ONE = "/cases/{case_id}"


def test_ids_of_the_path_are_taken_by_who_accepts_them() -> None:
    both = plain(of_case, ONE + "/notes/{note_id}", case_id=UUID)
    assert (both.names, both.accepted, both.fits) == (["case_id", "note_id"], ["case_id"], True)
    assert (plain(bare).names, plain(bare).fits) == ([], True)
    assert not plain(of_case, ONE, case_id=str).fits
    assert not plain(of_case, ONE + "/{code}", case_id=UUID, code=str).fits


def test_a_page_and_what_may_be_left_out_fit() -> None:
    one = plain(listed, page=Paged, x=str)
    assert (one.pages, one.bodies, one.fits) == (["page"], [], True)
    assert plain(with_x, x=Annotated[str | None, "mark"]).fits
    assert not plain(listed, page=Paged, x=str, dependant="unfit").fits


@pytest.mark.parametrize(
    ("endpoint", "hint"),
    [
        (needing, str),
        (with_field, str),
        (with_x, Annotated[str | None, Header()]),
        (with_x, Annotated[str | None, "mark", Cookie()]),
        (with_x, Annotated[str | None, Depends(bare)]),
    ],
)
def test_what_is_found_elsewhere_or_must_be_there_does_not_fit(endpoint: Any, hint: Any) -> None:
    assert not plain(endpoint, x=hint).fits


@pytest.mark.parametrize(
    ("endpoint", "method", "hints", "fits"),
    [
        (writing, "POST", {"case_id": UUID, "body": Body}, True),
        (writing, "GET", {"case_id": UUID, "body": Body}, False),
        (of_case, "POST", {"case_id": UUID}, False),
        (writing_two, "POST", {"body": Body, "more": Body}, False),
    ],
)
def test_a_write_takes_one_body(endpoint: Any, method: str, hints: Any, fits: bool) -> None:
    assert plain(endpoint, ONE, method, **hints).fits is fits


def test_what_answers_with_no_json_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert plain(bare).fits
    monkeypatch.setattr(Door, "media", "image/svg+xml")
    assert not plain(bare).fits


def test_what_is_a_body_and_what_a_page() -> None:
    assert [is_body(one) for one in (Body, Paging, list[Body], None)] == [True, *[False] * 3]
    some = (Paged, Annotated[str, "mark"], Paging, list[str])
    assert [is_page(one) for one in some] == [True, *[False] * 3]


Routes = list[Any]


def routes(*paths: Any) -> Routes:
    """Of each: its path and method, and what it is; whatever else it is, it has no door."""
    found = []
    for path, methods, door in paths:
        endpoint = door and SimpleNamespace(door=door)
        found.append(
            SimpleNamespace(path=path, methods=methods, endpoint=endpoint, dependant=(path, "of"))
        )
    return found


def test_doors_are_found_by_the_shape_of_their_path(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    def plainly(door: Any, endpoint: Any, path: str, dependant: Any) -> Any:
        assert (endpoint.door, dependant) == (door, (path, "of"))
        made.append(path)
        return SimpleNamespace(door=door, fits=door.fits)

    good, other, unfit = (Door(bare, {}) for _ in range(3))
    good.fits = other.fits = True  # type: ignore[attr-defined]
    unfit.fits = False  # type: ignore[attr-defined]
    given = routes(
        ("/a", None, None),
        ("/a", {"POST"}, other),
        ("/a", {"GET", "HEAD"}, good),
        ("/a/{id}/b-{n}", {"GET"}, other),
        ("/c/{id}", {"GET"}, unfit),
        ("/c/{other_id}", {"GET"}, good),
        ("/d/{id}", {"GET"}, good),
        ("/d/{other_id}", {"GET"}, good),
        ("/d/{third_id}", {"GET"}, good),
        ("/e", {"GET"}, None),
        ("/f", {"GET"}, "no door"),
    )
    bare_route = SimpleNamespace(path="/g", endpoint=None)
    given.append(bare_route)
    monkeypatch.setattr(express, "iter_route_contexts", lambda routes: iter(routes))
    monkeypatch.setattr(express, "Plain", plainly)
    found: Any = {shape: one.door for shape, one in plain_doors(given, "GET").items()}
    assert found == {("", "a"): good, ("", "a", "/", "b-/"): other}
    posted: list[Any] = [one.door for one in plain_doors(given, "POST").values()]
    assert (posted, "/f" in made) == ([other], False)
    app = SimpleNamespace(routes=given, state="state")
    way = Express(app)
    assert (way.state, {name: len(doors) for name, doors in way.doors.items()}) == (
        "state",
        {"GET": 2, "POST": 1},
    )


# --- what a handler takes -------------------------------------------------------------------------


def test_a_handler_is_given_what_it_accepts() -> None:
    one = plain(writing, ONE + "/{other_id}", "POST", case_id=UUID, body=Body)
    handler: Any = one.handler({"case_id": CASE, "other_id": NOTE}, {"body": "text"})
    assert handler("work") == (CASE, "text", "work")


def test_a_query_is_read_or_is_for_the_framework() -> None:
    one = plain(listed, page=Paged, x=str)
    assert one.taken(b"", {}, b"") == {"page": Paging()}
    assert one.taken(b"x=3", {}, b"") == {"page": Paging(), "x": b"3"}
    assert one.taken(b"page=7", {}, b"") == {"page": Paging(7)}
    assert one.taken(b"y=3", {}, b"") is None
    assert plain(bare).taken(b"", {}, b"any") == {}


def test_a_body_is_read_or_is_for_the_framework() -> None:
    one = plain(writing, ONE, "POST", case_id=UUID, body=Body)
    body = json.dumps({"text": "a"}).encode()
    read = {"body": Body(text="a")}
    assert one.taken(b"", JSON, body) == read
    assert one.taken(b"x=1", JSON, body) == {**read, "x": b"1"}
    assert one.taken(b"", JSON, body.ljust(LARGEST)) == read
    assert one.taken(b"", JSON, body.ljust(LARGEST + 1)) is None
    assert one.taken(b"", {}, body) is None
    assert one.taken(b"", {b"content-type": b"text/plain"}, body) is None
    for wrong in (b"{", b'{"text":1}', b'{"text":"a","text":"a"}', b'{"text":"a","more":1}'):
        assert one.taken(b"", JSON, wrong) is None
        assert one.read(wrong) is None


# --- on the way -----------------------------------------------------------------------------------


class Marked:
    """Stands for the door of a route about a case: keeps what it is asked, and answers with it."""

    def __init__(self, parameter: str | None = "case_id") -> None:
        self.mark = SimpleNamespace(parameter=parameter)
        self.seen: list[Any] = []

    def asked(self, *asked: Any, **more: Any) -> Any:
        self.seen.append((asked, more))
        return "call"


class Going:
    """An Express with one door of either method, which takes any query but `no`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.doors = {"GET": Marked(), "POST": Marked()}
        self.taken_of: list[Any] = []
        self.answer: Any = Answer(b'{"a":1}', 201, {"ETag": '"tag"'}, decided=True)
        self.decided: list[Any] = []
        monkeypatch.setattr(express, "plain_doors", self.plain_doors)
        monkeypatch.setattr(express, "decide", lambda *asked: self.decided.append(asked))
        monkeypatch.setattr(express, "Streamed", lambda *asked: ("streamed", *asked))
        self.way = Express(SimpleNamespace(routes="routes", state="state"))
        monkeypatch.setattr(self.way, "carried", self.carried)

    def plain_doors(self, routes: Any, method: str) -> Any:
        assert routes == "routes"

        def taken(query: bytes, headers: Any, body: bytes) -> Any:
            self.taken_of.append((query, headers, body))
            return None if query == b"no" else {"x": query}

        def handler(named: Any, taken: Any) -> Any:
            return ("handler", named, taken)

        one = SimpleNamespace(names=["case_id", "note_id"], taken=taken, handler=handler)
        one.door, one.endpoint = self.doors[method], f"endpoint of {method}"
        return {("", "cases", "/", "notes", "/"): one}

    async def carried(self, door: Any, call: Any, handler: Any) -> Any:
        assert call == "call"
        assert door in self.doors.values()
        assert handler == ("handler", {"case_id": CASE, "note_id": NOTE}, {"x": b"q"})
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def go(self, path: str, query: bytes = b"q", method: str = "GET", **headers: bytes) -> Any:
        self.scope: Any = {"path": path, "query_string": query}
        self.scope["state"] = {"request_id": REQUEST}
        given = {name.replace("_", "-").encode(): value for name, value in headers.items()}
        return asyncio.run(self.way.answer(self.scope, method, given, b"body"))


@pytest.fixture
def going(monkeypatch: pytest.MonkeyPatch) -> Going:
    return Going(monkeypatch)


PATH = f"/cases/{CASE}/notes/{NOTE}"


def test_a_request_that_fits_is_answered(going: Going) -> None:
    status, head, body = going.go(
        PATH, authorization=b"Bearer \xe9", if_match=b"tag", accept_language=b"de", x=b"y"
    )
    assert (status, body) == (201, b'{"a":1}')
    assert head == [
        (b"content-length", b"7"),
        (b"content-type", b"application/json"),
        (b"etag", b'"tag"'),
    ]
    asked = ("Bearer \xe9", PATH, REQUEST, CASE)
    more = {"if_match": "tag", "accepts": "de", "key": None, "body": b"body"}
    assert going.doors["GET"].seen == [(asked, more)]
    ((query, headers, given),) = going.taken_of
    assert (query, given, headers[b"x"]) == (b"q", b"body", b"y")
    assert going.scope["endpoint"] == "endpoint of GET"
    assert going.decided == [(going.scope, True)]


def test_only_a_write_has_a_key(going: Going) -> None:
    going.go(PATH, method="POST", idempotency_key=b"key")
    going.go(PATH, method="GET", idempotency_key=b"key")
    going.go(PATH, method="POST")
    keys = [one[0][1]["key"] for one in (going.doors["POST"].seen, going.doors["GET"].seen)]
    assert keys == ["key", None]
    asked, more = going.doors["POST"].seen[1]
    assert asked == (None, PATH, REQUEST, CASE)
    assert more == {"if_match": None, "accepts": None, "key": None, "body": b"body"}


def test_a_route_about_no_file_names_none(going: Going) -> None:
    going.doors["GET"].mark.parameter = None
    going.go(PATH)
    assert going.doors["GET"].seen[0][0] == (None, PATH, REQUEST, None)


@pytest.mark.parametrize(
    "path",
    [
        "/cases",
        f"/cases/{CASE}",
        f"/cases/{CASE}/notes/{str(NOTE)[:-1]}",
        f"/cases/{CASE}/notes/{'x' * 36}",
        f"/cases/{CASE}/notes/{str(UUID(int=0xA << 124)).upper()}",
        f"{PATH}/",
    ],
)
def test_a_path_of_another_shape_is_for_the_framework(going: Going, path: str) -> None:
    assert going.go(path) is None
    assert going.taken_of == []


def test_what_the_handler_cannot_take_is_for_the_framework(going: Going) -> None:
    assert going.go(PATH, b"no") is None
    assert going.go(PATH, method="PATCH") is None
    assert going.doors["GET"].seen == []
    assert "endpoint" not in going.scope


def test_what_is_refused_is_told_as_a_problem(going: Going) -> None:
    going.answer = NotFound()
    assert going.go(PATH) == refusal(NotFound(), REQUEST)
    assert going.decided == []
    going.answer = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        going.go(PATH)


def test_what_goes_on_is_streamed(going: Going) -> None:
    going.answer = Answer(b"", rest=lambda db: db)  # type: ignore[arg-type, return-value]
    assert going.go(PATH) == ("streamed", going.answer, "state")
    assert going.decided == [(going.scope, False)]


# --- line or thread -------------------------------------------------------------------------------


class Runs:
    """Stands for lines or lanes."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.asked = answer, list[Any]()

    async def run(self, *asked: Any) -> Any:
        self.asked.append(asked)
        return self.answer


@pytest.mark.parametrize("poor", [True, False])
@pytest.mark.parametrize(
    ("has_lines", "fits", "found"),
    [(False, True, None), (True, False, None), (True, True, None), (True, True, "from the line")],
)
def test_what_fits_goes_to_a_line_and_what_is_not_answered_there_to_a_thread(
    monkeypatch: pytest.MonkeyPatch, has_lines: bool, fits: bool, found: Any, poor: bool
) -> None:
    call = Call(b"token", "GET", "/path", "GET /route", REQUEST, CASE)
    house: Any = SimpleNamespace(scores=SimpleNamespace(poor={"GET /route": poor}.__getitem__))
    lines, lanes = Runs(found), Runs("from a thread")
    state = SimpleNamespace(house=house, lines=lines if has_lines else None, lanes=lanes)

    def fits_a_line(*asked: Any) -> bool:
        assert asked == (house, "mark", call)
        return fits

    monkeypatch.setattr(express, "fits_a_line", fits_a_line)
    monkeypatch.setattr(express, "plain_doors", lambda *_: {})
    way = Express(SimpleNamespace(routes=(), state=state))
    door: Any = SimpleNamespace(mark="mark")
    answer: Any = asyncio.run(way.carried(door, call, "handler"))  # type: ignore[arg-type]
    asked = (house, "mark", call, "handler")
    on_a_line = has_lines and fits
    assert lines.asked == ([(on_line, *asked)] if on_a_line else [])
    assert answer == (found or "from a thread")
    short = poor if on_a_line else True
    assert lanes.asked == ([] if found else [(carry, *asked, short)])
