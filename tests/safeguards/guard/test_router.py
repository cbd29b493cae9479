"""A plain function as a route: what it must declare, what the framework sees, what a call holds."""

import asyncio
import inspect
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Annotated, Any, ClassVar
from uuid import UUID

import pytest
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

from app.casework.notes.models import Note
from app.casework.notes.schemas import NoteOut
from app.core.errors import NotFound
from app.core.moments import Past
from app.core.paging import Paged, Paging
from app.registry.cases.models import Case
from app.registry.cases.on_case import OnCase
from app.registry.cases.schemas import CaseOut
from app.safeguards.guard import router
from app.safeguards.guard.answer import Answer
from app.safeguards.guard.calls import Call
from app.safeguards.guard.carrying import carry, check
from app.safeguards.guard.described import (
    WithRights,
    as_described,
    parameters,
    responses,
    with_readers,
)
from app.safeguards.guard.mark import Mark, Permit
from app.safeguards.guard.router import (
    Door,
    GuardedRoute,
    GuardedRouter,
    UnguardedRoute,
    identified,
    kind_of,
    say_nothing,
    without_boundary,
)
from app.safeguards.guard.shown import In, Page, Picture, Shown, ShownOnce, shown_in
from app.safeguards.guard.streaming import Streamed
from app.safeguards.guard.unit_of_work import UnitOfWork
from app.safeguards.identity.caller import digest

FILE, NOTE, REQUEST = UUID(int=9), UUID(int=8), UUID(int=5)
READ, ADD = OnCase("note.read"), OnCase("note.add")
Reading = Annotated[UnitOfWork, READ]
Adding = Annotated[UnitOfWork, ADD]
Anywhere = Annotated[UnitOfWork, Permit("case.read")]


class Body(In):
    text: str


class Told(BaseModel):
    items: list[NoteOut]


class Dry(BaseModel):
    of: ClassVar[Any] = Case
    items: list[NoteOut]


class Curve(Picture):
    """Of a case, as a whole."""


class Secret(ShownOnce):
    secret: str


def read_note(note_id: UUID, work: Reading) -> Shown[NoteOut]:
    """One of them."""
    return told("note", note_id, work)


def read_case(case_id: UUID, work: Reading) -> Shown[CaseOut]:
    return told("case", case_id, work)


def list_notes(work: Reading, page: Paged, kind: str | None = None) -> Shown[Page[NoteOut]]:
    return told("notes", page, kind, work)


def list_cases(work: Anywhere) -> Shown[Page[CaseOut]]:
    return told("cases", work)


def add_note(given: Body, work: Adding) -> Shown[NoteOut]:
    return told("added", given, work)


def close(work: Adding) -> Shown[CaseOut]:
    return told("closed", work)


async def uploaded(request: Request) -> bytes:
    return await request.body()


def upload(file: Annotated[bytes, Depends(uploaded)], work: Adding) -> Shown[CaseOut]:
    return told("uploaded", file, work)


def draw(work: Reading) -> Shown[Curve]:
    return told("drawn", work)


def make_secret(work: Anywhere) -> Shown[Secret]:
    return told("secret", work)


def read_quoted(note_id: "UUID", work: Reading) -> Shown[NoteOut]:
    return told("quoted", note_id, work)


def told(*what: Any) -> Shown[Any]:
    """Stands for an answer: what the handler was given."""
    answer: Any = what
    return answer  # type: ignore[no-any-return]


ONE, ALL = "/cases/{case_id}/notes/{note_id}", "/cases/{case_id}/notes"


# --- what a route declares ------------------------------------------------------------------------


def test_a_route_has_one_action_and_answers_in_a_schema() -> None:
    door = Door(read_note, ONE, "GET", 200)
    assert (door.endpoint, door.path, door.method, door.status) == (read_note, ONE, "GET", 200)
    assert (door.slot, door.route, door.out) == ("work", f"GET {ONE}", NoteOut)
    assert door.kind is Note
    assert door.hints["note_id"] is UUID
    assert door.mark == Mark("note.read", Case, "case_id", "case.read", summary=True, recalls=True)
    case = Door(read_case, ALL, "GET", 200)
    assert (case.mark, case.kind, case.recalls) == (READ, Case, True)
    assert case.names_readers is True
    page = Door(list_notes, ALL, "GET", 200)
    assert (page.out, page.kind) == (Page[NoteOut], Note)
    assert page.mark.summary is True
    secret = Door(make_secret, "/secrets", "POST", 201)
    assert (secret.out, secret.kind, secret.status) == (Secret, None, 201)
    assert (secret.recalls, secret.names_readers) == (False, False)


def test_what_is_worked_out_of_records_can_be_recalled_if_it_says_so() -> None:
    class Sum(BaseModel):
        recalled: ClassVar = True

    def work_out(work: Reading) -> Shown[Sum]:
        return told(work)

    def look_everywhere(work: Annotated[UnitOfWork, Permit("case.read")]) -> Shown[Sum]:
        return told(work)

    class Told(BaseModel):
        said: str

    def tell(work: Reading) -> Shown[Told]:
        return told(work)

    assert Door(tell, ALL, "GET", 200).recalls is False
    for one, path, method, recalls in (
        *((work_out, ALL, "GET", True), (work_out, ALL, "POST", False)),
        (look_everywhere, "/notes", "GET", False),
    ):
        door = Door(one, path, method, 200)
        assert (door.recalls, door.names_readers) == (recalls, False)
        names = [*inspect.signature(door.twin()).parameters]
        assert names == ["request", *(["case_id"] if "{" in path else []), *["as_of"] * recalls]


def test_a_route_that_says_too_little_or_too_much_is_none() -> None:
    def without(note_id: UUID) -> Shown[NoteOut]:
        return told(note_id)

    def with_two(work: Reading, more: Adding) -> Shown[NoteOut]:
        return told(work, more)

    def with_both(work: Annotated[UnitOfWork, READ, ADD]) -> Shown[NoteOut]:
        return told(work)

    def unshown(work: Reading) -> NoteOut:
        return told(work)  # type: ignore[return-value]

    def silent(work: Reading):  # type: ignore[no-untyped-def]
        return told(work)

    unguarded: tuple[Any, ...] = (without, with_two, with_both, unshown, silent)
    for one in unguarded:
        with pytest.raises(UnguardedRoute, match=f"test_router.*{one.__name__} "):
            Door(one, ONE, "GET", 200)
    misplaced: Any = {"/notes/{note_id}": read_note, "/cases/{case_id}": list_cases}
    for path, one in misplaced.items():
        with pytest.raises(UnguardedRoute):
            Door(one, path, "GET", 200)
    assert Door(list_cases, "/cases", "GET", 200).mark == Permit("case.read")


def test_the_kind_of_an_answer_is_that_of_its_rows() -> None:
    assert [kind_of(one) for one in (NoteOut, Page[NoteOut], Told)] == [Note] * 3
    assert [kind_of(one) for one in (Dry, Secret, None, int)] == [Case, None, None, None]
    assert [shown_in(one) for one in (NoteOut, Page[NoteOut], Told)] == [NoteOut] * 3
    assert [shown_in(one) for one in (Dry, Secret, None)] == [Dry, Secret, None]

    class Listing(BaseModel):
        items: int

    assert shown_in(Listing) is Listing


# --- a call ---------------------------------------------------------------------------------------


def request(headers: dict[str, str], **path: str) -> Any:
    state, url = SimpleNamespace(request_id=REQUEST), SimpleNamespace(path="/path")
    return SimpleNamespace(headers=headers, path_params=path, url=url, state=state)


def test_a_call_is_what_its_request_brings() -> None:
    headers = {"authorization": "Bearer token", "if-match": "tag", "idempotency-key": "key"}
    headers["accept-language"] = "de"
    common: Any = {"path": "/path", "request_id": REQUEST}
    asked = Door(add_note, ALL, "POST", 201).call(request(headers, case_id=str(FILE)), b"body")
    assert asked == Call(
        token=digest("Bearer token"),
        method="POST",
        route=f"POST {ALL}",
        file_id=FILE,
        if_match="tag",
        accepts="de",
        key="key",
        body=b"body",
        status=201,
        out=NoteOut,
        kind=Note,
        **common,
    )
    asked = Door(list_cases, "/cases", "GET", 200).call(request(headers, case_id=str(FILE)), b"")
    assert asked == Call(
        token=digest("Bearer token"),
        method="GET",
        route="GET /cases",
        if_match="tag",
        accepts="de",
        out=Page[CaseOut],
        kind=Case,
        **common,
    )
    bare = Door(read_note, ONE, "GET", 200).call(request({}, case_id="none"), b"")
    assert (bare.token, bare.if_match, bare.accepts, bare.key) == (digest(None), None, None, None)
    assert bare.file_id == UUID(int=0)
    assert Door(read_note, ONE, "GET", 200).call(request({}), b"").file_id is None


def test_what_is_no_id_names_a_file_that_nobody_has() -> None:
    assert [identified(one) for one in (None, str(FILE), "x")] == [None, FILE, UUID(int=0)]


# --- what the framework sees ----------------------------------------------------------------------


def seen_of(endpoint: Any, path: str) -> dict[str, Any]:
    signature = inspect.signature(Door(endpoint, path, "GET", 200).twin())
    assert all(one.kind is inspect.Parameter.KEYWORD_ONLY for one in signature.parameters.values())
    return {
        name: (one.annotation, *([] if one.default is one.empty else [one.default]))
        for name, one in signature.parameters.items()
    }


def test_the_framework_sees_all_but_the_unit_of_work() -> None:
    past = {"as_of": (Past | None, None), "rights_as_of": (WithRights, False)}
    for one in (read_note, read_quoted):
        asked = {"request": (Request,), "case_id": (UUID,), "note_id": (UUID,)}
        assert seen_of(one, ONE) == {**asked, **past}
    assert seen_of(read_case, ALL) == {"request": (Request,), "case_id": (UUID,), **past}
    assert seen_of(list_cases, "/cases") == {"request": (Request,)}
    paged = {"page": (Paged,), "kind": (str | None, None)}
    assert seen_of(list_notes, ALL) == {"request": (Request,), "case_id": (UUID,), **paged, **past}
    door = Door(read_note, ONE, "GET", 200)
    twin: Any = door.twin()
    assert (twin.__name__, twin.__doc__, twin.door) == ("read_note", "One of them.", door)


def test_a_router_declares_guarded_routes_alone() -> None:
    guarded = GuardedRouter(prefix="/v1", tags=["notes"])
    guarded.add_api_route("/cases", list_cases)
    own: dict[int | str, Any] = {418: {"description": "own"}}
    extra = {"x-own": 1, "parameters": ["own"]}
    guarded.post(ALL, status_code=201, openapi_extra=extra, responses=own)(add_note)
    guarded.get(ONE, openapi_extra={"x-own": 1})(read_note)
    listed, added, read = (one for one in guarded.routes if isinstance(one, GuardedRoute))
    assert guarded.redirect_slashes is False
    assert (listed.path, listed.methods, listed.tags) == ("/v1/cases", {"GET"}, ["notes"])
    doors: list[Door] = [one.endpoint.door for one in (listed, added, read)]  # type: ignore[attr-defined]
    assert [(one.path, one.method, one.status) for one in doors] == [
        ("/v1/cases", "GET", 200),
        ("/v1" + ALL, "POST", 201),
        ("/v1" + ONE, "GET", 200),
    ]
    assert listed.openapi_extra == {"x-action": "case.read"}
    told = ["own", *parameters("POST")]
    assert added.openapi_extra == {"x-own": 1, "x-action": "note.add", "parameters": told}
    assert read.openapi_extra == {"x-own": 1, "x-action": "note.read"}
    assert listed.responses == responses("GET", 200, Page[CaseOut], {})
    assert added.responses == responses("POST", 201, NoteOut, own)
    assert read.responses == with_readers(responses("GET", 200, NoteOut, {}))
    assert added.response_model == as_described(NoteOut)
    assert listed.response_model is as_described(Page[CaseOut])
    with pytest.raises(UnguardedRoute):
        guarded.add_api_route("/{case_id}", list_cases)


def test_what_is_drawn_is_described_as_what_it_is_and_no_json() -> None:
    guarded = GuardedRouter()
    guarded.get(ALL)(draw)
    guarded.get("/cases")(list_cases)
    drawn, listed = (one for one in guarded.routes if isinstance(one, GuardedRoute))
    door: Any = drawn.endpoint.door  # type: ignore[attr-defined]
    assert door.media == "image/svg+xml"
    content = {"image/svg+xml": {"schema": {"type": "string"}}}
    assert drawn.responses == {**responses("GET", 200, Curve, {}), 200: {"content": content}}
    assert (drawn.response_model, drawn.response_class) == (None, Response)
    assert listed.endpoint.door.media == "application/json"  # type: ignore[attr-defined]
    assert listed.response_class is not Response


# --- on the way -----------------------------------------------------------------------------------


JSON = {"content-type": "application/json"}


class Lanes:
    """Runs what it is given at once, and keeps it; whatever is carried answers with its handler's.

    `refuses`: what the wall says of a call whose body does not fit.
    """

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.made: Any = None
        self.short: Any = None
        self.answer = Answer(b'{"a":1}', 201, {"ETag": "tag"}, decided=True)
        self.refuses: Exception | None = None

    async def run(self, work: Any, *asked: Any) -> Answer:
        self.calls.append((work, *asked[:3]))
        if work is check:
            assert len(asked) == 3
            if self.refuses:
                raise self.refuses
            return Answer(b"", 422)
        handler, self.short = asked[3:]
        self.made = handler("work")
        return self.answer


class Serving:
    """An application of these routes alone."""

    def __init__(self) -> None:
        guarded = GuardedRouter()
        guarded.get(ONE)(read_note)
        guarded.get("/cases/{case_id}")(read_case)
        guarded.get(ALL)(list_notes)
        guarded.get("/cases")(list_cases)
        guarded.get("/cases/{case_id}/curve")(draw)
        guarded.post(ALL)(add_note)
        guarded.post("/cases/{case_id}/close")(close)
        guarded.patch("/cases/{case_id}/close")(close)
        guarded.post("/cases/{case_id}/upload")(upload)
        self.app, self.lanes = FastAPI(), Lanes()
        self.app.include_router(guarded)
        self.app.state.lanes, self.app.state.house = self.lanes, "house"
        self.streamed: list[Any] = []

        async def faulty(_: Any, fault: Any) -> Any:
            errors = [(one["type"], one["loc"]) for one in fault.errors()]
            return Answered(errors)

        self.app.add_exception_handler(RequestValidationError, faulty)

    def send(self, path: str, method: str = "GET", body: bytes = b"", **more: Any) -> Any:
        self.sent: list[Any] = []
        headers = more.get("headers", {})
        self.state: Any = {"request_id": REQUEST, "decisions": []}
        scope = {
            **{"type": "http", "method": method, "path": path, "raw_path": path.encode()},
            **{"root_path": "", "scheme": "http", "http_version": "1.1", "state": self.state},
            "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
            "query_string": more.get("query", b""),
        }

        async def receive() -> Any:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            self.sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        return self.sent[0].get("status")

    @property
    def errors(self) -> list[Any]:
        return [(kind, tuple(loc)) for kind, loc in json.loads(self.sent[1]["body"])]


class Answered:
    """The faults of a request, as they are."""

    def __init__(self, errors: Any) -> None:
        self.errors = errors

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 422, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(self.errors).encode()})


@pytest.fixture
def serving() -> Serving:
    return Serving()


def test_a_request_is_carried_on_a_lane(serving: Serving) -> None:
    path = f"/cases/{FILE}/notes/{NOTE}"
    assert serving.send(path, headers={"authorization": "Bearer token"}) == 201
    ((work, house, mark, asked),) = serving.lanes.calls
    assert (work, house) == (carry, "house")
    assert mark == Mark("note.read", Case, "case_id", "case.read", summary=True, recalls=True)
    assert (asked.route, asked.file_id, asked.body) == (f"GET {ONE}", FILE, b"")
    assert asked.token == digest("Bearer token")
    assert serving.lanes.made == ("note", NOTE, "work")
    start, body = serving.sent
    assert body["body"] == b'{"a":1}'
    assert (b"etag", b"tag") in start["headers"]
    assert (b"content-type", b"application/json") in start["headers"]
    assert serving.state["decisions"] == [True]


def test_what_is_drawn_is_sent_as_what_it_is(serving: Serving) -> None:
    serving.send(f"/cases/{FILE}/curve")
    assert serving.lanes.made == ("drawn", "work")
    assert (b"content-type", b"image/svg+xml") in serving.sent[0]["headers"]


def test_a_handler_is_given_what_it_takes(serving: Serving) -> None:
    serving.send(f"/cases/{FILE}")
    assert serving.lanes.made == ("case", FILE, "work")
    serving.send(f"/cases/{FILE}/notes", query=b"limit=7&kind=x")
    assert serving.lanes.made == ("notes", Paging(7), "x", "work")
    serving.send("/cases")
    assert serving.lanes.made == ("cases", "work")
    body = b'{"text":"a"}'
    serving.send(f"/cases/{FILE}/notes", "POST", body, headers=JSON)
    assert serving.lanes.made == ("added", Body(text="a"), "work")
    assert serving.lanes.calls[-1][3].body == body


def test_only_what_is_on_record_now_is_asked_for_in_short(serving: Serving) -> None:
    then = datetime(2026, 3, 1, 10, tzinfo=UTC)
    past, rights = b"as_of=2026-03-01T10:00:00Z", b"rights_as_of=true"
    asked: Any = {b"": (None, False), b"rights_as_of=false": (None, False), past: (then, False)}
    asked |= {rights: (None, True), past + b"&" + rights: (then, True)}
    for query, told in asked.items():
        assert serving.send(f"/cases/{FILE}", query=query) == 201
        call = serving.lanes.calls.pop()[3]
        assert (call.as_of, call.rights_as_of) == told
        assert serving.lanes.short is (told == (None, False))
    assert serving.send(f"/cases/{FILE}/notes", "POST", b'{"text":"a"}', headers=JSON) == 201
    assert serving.lanes.short is True
    assert serving.lanes.calls.pop()[3].rights_as_of is False


def test_a_query_that_does_not_fit_may_have_asked_of_rights(serving: Serving) -> None:
    """For the event of the refusal; what is no word for yes or no asks nothing."""
    words = {b"true": True, b"1": True, b"false": False, b"0": False, b"what": False}
    for word, told in words.items():
        assert serving.send(f"/cases/{FILE}", query=b"as_of=x&rights_as_of=" + word) == 422
        work, _, _, call = serving.lanes.calls.pop()
        assert (work, call.as_of, call.rights_as_of) == (check, None, told)
    for path, query in ((f"/cases/{FILE}", b"as_of=x"), ("/cases", b"rights_as_of=true")):
        assert serving.send(path, query=query) == 422
        assert serving.lanes.calls.pop()[3].rights_as_of is False


def test_what_goes_on_is_streamed(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    class Recorded(Streamed):
        def __init__(self, *asked: Any) -> None:
            made.append(asked)
            super().__init__(*asked)

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 299, "headers": []})

    monkeypatch.setattr(router, "Streamed", Recorded)
    serving.lanes.answer = answer = Answer(b"", rest=told)
    assert serving.send("/cases") == 299
    assert made == [(answer, serving.app.state)]
    assert serving.state["decisions"] == [False]


def test_an_upload_is_told_apart_by_what_is_in_it(serving: Serving) -> None:
    headers = {"content-type": "multipart/form-data; boundary=abc"}
    serving.send(f"/cases/{FILE}/upload", "POST", b"--abc one --abc--", headers=headers)
    assert serving.lanes.made == ("uploaded", b"--abc one --abc--", "work")
    assert serving.lanes.calls[-1][3].body == b"-- one ----"


def faults(serving: Serving, path: str, method: str = "GET", body: bytes = b"", **more: Any) -> Any:
    """What is wrong with it, said after the wall."""
    assert serving.send(path, method, body, **more) == 422
    work, house, mark, asked = serving.lanes.calls.pop()
    assert (work, house, mark.scope) == (check, "house", Case)
    assert (asked.method, asked.file_id, asked.body) == (method, FILE, b"")
    assert serving.lanes.calls == []
    return serving.errors


def test_a_fault_is_told_after_the_wall(serving: Serving) -> None:
    notes = f"/cases/{FILE}/notes"
    (one,) = faults(serving, notes, query=b"colour=red")
    assert one == ("unknown_parameter", ("query", "colour"))
    (one,) = faults(serving, notes, query=b"limit=0")
    assert one == ("greater_than_equal", ("query", "limit"))
    (one,) = faults(serving, notes, "POST", b'{"text":1}', headers=JSON)
    assert one == ("string_type", ("body", "text"))
    (one,) = faults(serving, notes, "POST", b'{"text":"a","text":"a"}', headers=JSON)
    assert one[0] == "json_invalid"
    serving.lanes.refuses = NotFound()
    with pytest.raises(NotFound):
        serving.send(notes, query=b"colour=red")


def test_an_id_that_is_none_names_nothing(serving: Serving) -> None:
    nobody = UUID(int=0)
    for path, file_id in (
        (f"/cases/{FILE}/notes/none", FILE),
        ("/cases/none", nobody),
        ("/cases/none/notes", nobody),
    ):
        with pytest.raises(NotFound):
            serving.send(path, query=b"limit=0" if path.endswith("notes") else b"")
        work, _, _, asked = serving.lanes.calls.pop()
        assert (work, asked.file_id) == (check, file_id)


def test_what_takes_no_body_is_given_none(serving: Serving) -> None:
    path = f"/cases/{FILE}/close"
    for empty in (b"", b"{}"):
        assert serving.send(path, "POST", empty) == 201
        assert serving.lanes.calls.pop()[3].body == empty
    assert faults(serving, path, "POST", b'{"a":1}') == [("extra_forbidden", ("body", "a"))]
    assert serving.send(path, "PATCH", b'{"a":1}') == 201
    assert serving.send("/cases", "GET", b'{"a":1}') == 201


def said(body: bytes) -> list[Any]:
    with pytest.raises(RequestValidationError) as refused:
        say_nothing(body)
    return [(one["type"], one["loc"]) for one in refused.value.errors()]


def test_where_nothing_is_read_nothing_is_said() -> None:
    say_nothing(b"")
    say_nothing(b" {} ")
    assert said(b"{") == [("json_invalid", ("body",))]
    assert said(b"[]") == said(b"0") == [("model_type", ("body",))]
    forbidden = "extra_forbidden"
    assert said(b'{"a":1,"b":2}') == [(forbidden, ("body", "a")), (forbidden, ("body", "b"))]


@pytest.mark.parametrize(
    ("kind", "body", "left"),
    [
        ("multipart/form-data; boundary=abc", b"--abc x --abc--", b"-- x ----"),
        ('Multipart/mixed; boundary="a b"; charset=x', b"--a b x", b"-- x"),
        ("multipart/form-data; boundary= abc ;x", b"--abc x", b"-- x"),
        ("multipart/form-data; boundary=XaX", b"--XaX x", b"-- x"),
        ("multipart/form-data; boundary=\xe9", b"--\xe9 x", b"-- x"),
        ("multipart/form-data", b"--abc", b"--abc"),
        ("multipart/form-data; boundary=", b"--abc", b"--abc"),
        ("text/plain; boundary=abc", b"--abc", b"--abc"),
        ("", b"--abc", b"--abc"),
        ("multipart/form-data; boundary=boundary=a", b"--boundary=a x", b"-- x"),
    ],
)
def test_an_upload_is_known_without_its_boundary(kind: str, body: bytes, left: bytes) -> None:
    assert without_boundary(kind, body) == left
