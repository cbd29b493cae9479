"""Groups through HTTP on both engines: tried, mended, loaded; or refused, and nothing is left."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.access.test_sealing import sealed
from tests.conftest import World
from tests.making import Made
from tests.registry.acting import Send, operation, person, registered, rows, signed_in, subjects_of

EXAMPLE = Path(__file__).parents[3] / "docs/examples/manifest.csv"
HEADING = "group,name cyrillic,name latin,sex,birth date,relationship,document number,remarks"


def manifest(*lines: str) -> bytes:
    return "\n".join([HEADING, *lines]).encode()


def upload(send: Send, place: str, data: bytes, name: str = "m.csv", **form: Any) -> Any:
    headers = form.pop("headers", {})
    path = f"/v1/operations/{place}/arrivals"
    return send("POST", path, files={"file": (name, data)}, data=form, headers=headers)


def codes(answer: Any) -> list[tuple[int, str | None, str]]:
    return [(p["line"], p["column"], p["code"]) for p in answer.json()["problems"]]


def test_the_example_is_tried_then_loaded(world: World) -> None:
    worker, place = world.as_("social_worker"), operation(world)
    before = rows(world)
    tried = upload(worker, place, EXAMPLE.read_bytes())
    assert tried.status_code == 200, tried.text
    told = tried.json()
    assert (told["dry_run"], told["loadable"], told["lines"]) == (True, True, 12)
    assert told["would_create"] == {"people": 12, "cases": 12, "households": 3}
    assert {"lines": [7, 8, 9], "people": 3, "children": 2} in told["groups"]
    assert {
        (4, "birth", "birth-placeholder"),
        (8, "name_latin", "name-missing"),
        (12, "group", "unaccompanied"),
        (14, "relationship", "relationship-unknown"),
    } <= set(codes(tried))
    assert rows(world) == before
    made = upload(worker, place, EXAMPLE.read_bytes(), dry_run="false")
    assert made.status_code == 201, made.text
    cases = made.json()["items"]
    assert len({case["number"] for case in cases}) == 12
    assert made.json()["problems"] == told["problems"]
    after = rows(world)
    assert {name: after[name] - before[name] for name in before} == {
        **{"persons": 12, "person_names": 23, "cases": 12, "arrivals": 12, "households": 3},
        **{"relationships": 6, "files": 27},
    }
    assert worker("GET", f"/v1/operations/{place}").json()["status"] == "received"
    check_arrivals(world, place, cases)
    check_family(world, cases)


def check_arrivals(world: World, place: str, cases: list[dict[str, Any]]) -> None:
    """Nothing of the list is lost, and who reads it is on record with every case shown."""
    path = f"/v1/operations/{place}/arrivals?limit=200"
    listed = world.as_("social_worker")("GET", path)
    items = listed.json()["items"]
    assert [one["line"] for one in items] == list(range(3, 15))
    assert subjects_of(world, listed.headers["X-Request-Id"]) == {case["id"] for case in cases}
    by_line = {one["line"]: one for one in items}
    assert by_line[4]["remarks"] == "дата рождения со слов матери"
    assert by_line[4]["relationship"] == "son"
    assert by_line[14]["as_written"] == [{"column": "relationship", "text": "соседка"}]
    seen = world.as_("coordinator")("GET", path).json()["items"]
    assert [one["line"] for one in seen] == list(range(3, 15))
    assert {one["remarks"] for one in seen} == {None}  # family is none of a coordinator's classes
    assert world.as_("psychologist")("GET", path).status_code == 404
    assert world.as_("supervisor")("GET", path).json()["items"] == items


def check_family(world: World, cases: list[dict[str, Any]]) -> None:
    worker = world.as_("social_worker")
    mother, son = (case["person_id"] for case in cases[:2])
    shown = worker("GET", f"/v1/people/{mother}").json()
    assert {(n["type"], n["script"], n["full"]) for n in shown["names"]} == {
        ("legal", "Cyrl", "Синтетова Айгуль"),
        ("transliterated", "Latn", "Sintetova Aigul"),
    }
    assert shown["birth"]["original"] == "12.04.1991"
    assert shown["child"] is False
    hijri = worker("GET", f"/v1/people/{cases[3]['person_id']}").json()
    assert hijri["birth"]["calendar"] == "hijri"
    assert hijri["child"] is True
    number = worker("GET", f"/v1/people/{mother}/identifiers").json()["items"]
    assert [(one["system"], one["value"]) for one in number] == [("passport", "ZZ 0000001")]
    related = worker("GET", f"/v1/people/{son}/relationships").json()["items"]
    assert [(r["type"], r["inverse"], r["other_id"]) for r in related] == [
        ("child", "parent", mother)
    ]
    homes = worker("GET", "/v1/households?limit=200").json()["items"]
    (home,) = [one for one in homes if mother in {m["person_id"] for m in one["members"]}]
    assert sorted(m["part"] for m in home["members"]) == ["child", "child", "child", "head"]
    assert home["label"] == "1"


def test_one_bad_line_of_forty_and_nothing_is_written(world: World) -> None:
    worker, place = world.as_("social_worker"), operation(world)
    good = [f"{n // 4},Синтетова Имя{n},Synthetova Imya{n},f,{1980 + n}-02-03,," for n in range(39)]
    bad = "9,Фиктивова Канарейка,Fiktivova Kanareika,f,31.02.2015 CANARY,,"
    before = rows(world)
    refused = upload(worker, place, manifest(*good, bad), dry_run="false")
    assert refused.status_code == 422, refused.text
    answer = refused.json()
    assert answer["code"] == "not-loadable"
    assert [(e["pointer"], e["code"]) for e in answer["errors"]] == [
        ("/lines/41/birth", "birth-not-understood")
    ]
    assert (41, "birth", "birth-not-understood") in codes(refused)
    assert "CANARY" not in refused.text
    assert "Канарейка" not in refused.text
    assert rows(world) == before
    assert worker("GET", f"/v1/operations/{place}").json()["status"] == "planned"
    mended = bad.replace("31.02.2015 CANARY", "28.02.2015")
    made = upload(worker, place, manifest(*good, mended), dry_run="false")
    assert made.status_code == 201, made.text
    assert len(made.json()["items"]) == 40


def test_no_problem_repeats_a_cell(world: World) -> None:
    """Every column holds a canary and something wrong; no answer sings."""
    worker, place = world.as_("social_worker"), operation(world)
    cells = ["CANARY1", "CANARY2\u202e", "CANARY3", "CANARY4", "CANARY5", "CANARY6", "CANARY7"]
    heading = HEADING + ",nationality,unaccompanied,CANARY-HEADING"
    line = ",".join([*cells, "CANARY8", "CANARY9", "CANARY10", "CANARY11"])
    for dry_run in ("true", "false"):
        answer = upload(worker, place, f"{heading}\n{line}".encode(), "CANARY.csv", dry_run=dry_run)
        assert answer.status_code in (200, 422)
        assert {"bidi-control", "unknown-column", "sex-unknown"} <= {c[2] for c in codes(answer)}
        assert "CANARY" not in answer.text


def test_the_same_people_twice_takes_a_word(world: World) -> None:
    worker, place = world.as_("social_worker"), operation(world)
    first = manifest("1,Синтетова Дина,Sintetova Dina,f,1990-05-06,,")
    assert upload(worker, place, first, dry_run="false").status_code == 201
    before = rows(world)
    again = upload(worker, place, first, dry_run="false")
    assert (again.status_code, again.json()["code"]) == (409, "possible-duplicates")
    assert {c for _, _, c in codes(again)} >= {"file-loaded-already", "arrived-already"}
    # Another file, the other order of the name and another spelling of it.
    other = manifest("4,,Dina Syntetova,f,06.05.1990,,")
    tried = upload(worker, place, other)
    assert tried.status_code == 200
    assert tried.json()["loadable"] is False
    assert (2, None, "arrived-already") in codes(tried)
    assert upload(worker, place, other, dry_run="false").status_code == 409
    assert rows(world) == before
    made = upload(worker, place, other, dry_run="false", confirm_duplicates="true")
    assert made.status_code == 201, made.text
    sister = manifest("1,Синтетова Гульнора,Sintetova Gulnora,f,1990-05-06,,")
    assert upload(worker, place, sister, dry_run="false").status_code == 201


def test_whom_the_caller_may_not_see_is_not_compared(world: World) -> None:
    place = operation(world)
    known = manifest("1,Синтетова Ольга,Sintetova Olga,f,1991-05-06,,")
    assert upload(world.as_("centre_manager"), place, known, dry_run="false").status_code == 201
    other = manifest("1,Синтетова Ольга,,f,1991-05-06,,")
    tried = upload(world.as_("social_worker"), place, other)  # on no team of that case
    assert tried.json()["loadable"] is True
    assert "arrived-already" not in tried.text


def test_a_file_whose_cases_are_all_sealed_was_never_loaded(world: World) -> None:
    worker, place = world.as_("social_worker"), operation(world)
    data = manifest(",Проба Одна,Proba Odna,f,1990-01-01,,,", ",Проба Вторая,Proba Vtoraya,f,,,,")
    unknown = codes(upload(worker, place, data))
    made = upload(worker, place, data, dry_run="false")
    assert made.status_code == 201, made.text
    first, second = (Made(world, one["id"], one["person_id"]) for one in made.json()["items"])
    sealed(first)
    again = upload(worker, place, data)
    assert (1, None, "file-loaded-already") in codes(again)
    sealed(second)
    assert codes(upload(worker, place, data)) == unknown


def test_who_may_receive(world: World) -> None:
    place, line = operation(world), "1,Синтетова Имя,,f,1990,,"
    for number, role in enumerate(("social_worker", "coordinator", "centre_manager")):
        data = manifest(line.replace("Имя", f"Имя{'абв'[number] * 6}"))
        made = upload(world.as_(role), place, data, dry_run="false", confirm_duplicates="true")
        assert made.status_code == 201, (role, made.text)
    for role, status in (
        *(("prosecutor", 404), ("educator", 404), ("administrator", 404), ("partner", 404)),
        *(("supervisor", 403), ("auditor", 403)),
    ):
        for dry_run in ("true", "false"):
            refused = upload(world.as_(role), place, manifest(line), dry_run=dry_run)
            assert refused.status_code == status, role
    assert world.as_("prosecutor")("GET", "/v1/operations").status_code == 403
    stranger = world.client.post(f"/v1/operations/{place}/arrivals", files={"file": b"x"})
    assert stranger.status_code == 401


def test_another_jurisdictions_operation_does_not_exist(world: World) -> None:
    place, south = operation(world), signed_in(world, "demo-social-worker-south")
    missing = "00000000-0000-7000-8000-000000000000"
    data = manifest("1,Синтетова Имя,,f,1990,,")
    answers = [upload(south, one, data, dry_run="false") for one in (place, missing)]
    assert [one.status_code for one in answers] == [404, 404]
    bodies = [{**one.json(), "request_id": ""} for one in answers]
    assert bodies[0] == bodies[1]
    assert south("GET", f"/v1/operations/{place}/arrivals").status_code == 404
    body = {"code": "x-south", "name": "South", "programme": "alder", "arrives_on": "2025-11-01"}
    planned = signed_in(world, "demo-coordinator-south")("POST", "/v1/operations", json=body)
    assert planned.status_code == 422  # alder is a programme of the other republic
    assert planned.json()["errors"][0]["pointer"] == "/programme"


def test_one_key_loads_once_whatever_the_boundary(world: World) -> None:
    worker, place = world.as_("social_worker"), operation(world)
    data, key = manifest("1,Синтетова Ева,,f,1994,,"), {"Idempotency-Key": "load-1"}
    first = upload(worker, place, data, dry_run="false", headers=key)
    assert first.status_code == 201, first.text
    before = rows(world)
    again = upload(worker, place, data, dry_run="false", headers=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert rows(world) == before
    other = upload(worker, place, manifest("1,Иная,,f,1994,,"), dry_run="false", headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


def test_a_bare_file_is_taken_too(world: World) -> None:
    worker, place = world.as_("social_worker"), operation(world)
    path, csv = f"/v1/operations/{place}/arrivals", {"Content-Type": "text/csv"}
    data = manifest("1,Синтетова Нана,,f,1994,,")
    tried = worker("POST", path, content=data, headers=csv)
    assert (tried.status_code, tried.json()["dry_run"]) == (200, True)
    made = worker("POST", f"{path}?dry_run=false", content=data, headers=csv)
    assert made.status_code == 201, made.text
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    broken = worker("POST", path, content=data, headers={"Content-Type": sheet})
    assert "damaged" in {c for _, _, c in codes(broken)}
    other = worker("POST", path, content=data, headers={"Content-Type": "text/plain"})
    assert other.status_code == 415


def test_a_dry_run_asked_for_in_the_wrong_place_loads_nobody(world: World) -> None:
    worker, before = world.as_("social_worker"), rows(world)
    path = f"/v1/operations/{operation(world)}/arrivals?dry_run=true"
    members = {"members": [person("Синтетова Роза", "1990")]}
    for more in ({"json": members}, {"files": {"file": b"x"}, "data": {"dry_run": "false"}}):
        refused = worker("POST", path, **more)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "query.dry_run"
    assert rows(world)["persons"] == before["persons"]


def test_the_ways_in_are_described(world: World) -> None:
    told = world.client.get("/openapi.json").json()
    post = told["paths"]["/v1/operations/{operation_id}/arrivals"]["post"]
    assert post["x-action"] == "operation.receive"
    assert {"200", "201"} <= post["responses"].keys()
    bodies = post["requestBody"]["content"]
    assert len(bodies) == 4
    assert bodies["multipart/form-data"]["schema"]["required"] == ["file"]
    member = bodies["application/json"]["schema"]["properties"]["members"]["items"]
    assert "relationship" in member["properties"]
    parts = told["components"]["schemas"].keys()
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(told)))
    assert named <= parts


@pytest.mark.parametrize(
    ("form", "files", "pointer"),
    [
        ({}, {"other": b"x"}, "/file"),
        ({"file": "text"}, {"x": b"x"}, "/file"),
        ({"dry_run": "perhaps"}, {"file": b"x"}, "/dry_run"),
        ({"wish": "1"}, {"file": b"x"}, "/wish"),
        ({"lead_worker_id": "CANARY"}, {"file": b"x"}, "/lead_worker_id"),
    ],
)
def test_a_form_that_does_not_fit(world: World, form: Any, files: Any, pointer: str) -> None:
    place = operation(world)
    path = f"/v1/operations/{place}/arrivals"
    answer = world.as_("social_worker")("POST", path, data=form, files=files)
    assert answer.status_code == 422, answer.text
    assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]
    assert "CANARY" not in answer.text
    # A stranger's bad form is a stranger's.
    assert world.as_("prosecutor")("POST", path, data=form, files=files).status_code == 404


def test_a_form_that_ends_too_soon(world: World) -> None:
    path = f"/v1/operations/{operation(world)}/arrivals"
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    for body in (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--", b"nothing"):
        answer = world.as_("social_worker")("POST", path, content=body, headers=kind)
        assert answer.status_code == 422, answer.text
    bare = {"Content-Type": "multipart/form-data"}
    answer = world.as_("social_worker")("POST", path, content=b"x", headers=bare)
    assert answer.status_code == 422, answer.text


def test_members_as_json(world: World) -> None:
    worker, place = world.as_("social_worker"), operation(world)
    path = f"/v1/operations/{place}/arrivals"
    family: list[dict[str, Any]] = [
        person("Синтетова Роза", "1990", group="7", relationship="head", sex=2),
        person("Синтетов Руслан", "2014-02", group="7", relationship="son", sex=1, remarks="noted"),
    ]
    before = rows(world)
    tried = worker("POST", path, json={"members": family, "dry_run": True})
    assert (tried.status_code, tried.json()["loadable"]) == (200, True)
    assert tried.json()["would_create"] == {"people": 2, "cases": 2, "households": 1}
    broken = [family[0], {**family[1], "birth": {"value": "2014-02-30"}}]
    for dry_run in (True, False):
        answer = worker("POST", path, json={"members": broken, "dry_run": dry_run})
        assert answer.status_code == (200 if dry_run else 422), answer.text
        assert codes(answer) == [(2, "birth", "no-such-day")]
    assert answer.json()["errors"][0]["pointer"] == "/members/1/birth"
    assert rows(world) == before
    lead = worker("GET", "/v1/me").json()["id"]
    made = worker("POST", path, json={"members": family, "lead_worker_id": lead})
    assert made.status_code == 201, made.text
    assert rows(world)["relationships"] == before["relationships"] + 1
    unknown = {"members": family, "lead_worker_id": "00000000-0000-7000-8000-000000000000"}
    nobody = worker("POST", path, json={**unknown, "dry_run": True})
    assert nobody.json()["errors"][0]["pointer"] == "/lead_worker_id"
    bodies: list[Any] = [{}, {"members": []}, {"members": family, "wish": 1}, [], {"members": [{}]}]
    for body in bodies:
        assert worker("POST", path, json=body).status_code == 422
    kind = {"Content-Type": "application/json"}
    for broken_text in (b"{", b"\xff", b""):
        bad = worker("POST", path, content=broken_text, headers=kind)
        assert (bad.status_code, bad.json()["errors"][0]["code"]) == (422, "json-invalid")


def test_a_clash_at_the_last_member_undoes_all_before(world: World) -> None:
    worker, place = world.as_("social_worker"), operation(world)
    path = f"/v1/operations/{place}/arrivals"
    taken = registered(worker, "Фиктивова Занята", "1980")
    members = [person(f"Синтетова Имя{'абвгдежз'[n] * 5}", str(1960 + n)) for n in range(8)]
    before = rows(world)
    refused = worker("POST", path, json={"members": [*members, {**members[0], "id": taken}]})
    assert (refused.status_code, refused.json()["code"]) == (409, "id-taken")
    assert rows(world) == before
    assert worker("GET", f"/v1/operations/{place}").json()["status"] == "planned"


def test_what_cannot_be_a_family_is_told_and_not_recorded(world: World) -> None:
    worker, place = world.as_("social_worker"), operation(world)
    before = rows(world)
    data = manifest(
        "1,Синтетова Старшая,,f,1990,head,",
        "1,Синтетова Мать,,f,1999,мать,",  # a mother younger than her daughter
        "2,Фиктивова Ада,,f,1990,head,",
        "2,Фиктивова Инна,,f,1991,head,",
        "2,Фиктивов Олег,,m,2011,сын,",
        "3,Образцов Будущий,,m,2999,,",
    )
    tried = upload(worker, place, data)
    assert (3, "relationship", "relationship-impossible") in codes(tried)
    assert (4, "relationship", "head-unclear") in codes(tried)
    assert (7, "birth", "year-out-of-range") in codes(tried)
    data = data.replace(b"2999", b"2149")
    assert (7, "birth", "future") in codes(upload(worker, place, data))
    data = data.replace(b"2149", b"1999")
    made = upload(worker, place, data, dry_run="false")
    assert made.status_code == 201, made.text
    assert rows(world)["relationships"] == before["relationships"]
    listed = worker("GET", f"/v1/operations/{place}/arrivals").json()["items"]
    assert listed[1]["relationship"] == "mother"


def test_nobody_is_received_before_they_arrive(world: World) -> None:
    worker, place = world.as_("social_worker"), operation(world, arrives_on="2149-01-01")
    data, before = manifest("1,Синтетова Имя,,f,1990,,"), rows(world)
    assert upload(worker, place, data).status_code == 200
    early = upload(worker, place, data, dry_run="false")
    assert (early.status_code, early.json()["code"]) == (409, "not-arrived")
    assert rows(world) == before


def test_operations_are_planned_changed_and_closed(world: World) -> None:
    boss, worker = world.as_("coordinator"), world.as_("social_worker")
    place = operation(world, kind="self_return", origin="SYR")
    path = f"/v1/operations/{place}"
    shown = boss("GET", path)
    assert (shown.json()["status"], shown.json()["origin"]) == ("planned", "SYR")
    tag = {"If-Match": shown.headers["ETag"]}
    assert boss("PATCH", path, json={"name": "Else"}).status_code == 428
    assert worker("PATCH", path, json={"name": "Else"}, headers=tag).status_code == 403
    assert boss("PATCH", path, json={"origin": "QQQ"}, headers=tag).status_code == 422
    moved = boss("PATCH", path, json={"status": "in_transit"}, headers=tag)
    assert (moved.status_code, moved.json()["status"]) == (200, "in_transit")
    closing = {"If-Match": moved.headers["ETag"]}
    closed = boss("PATCH", path, json={"status": "closed"}, headers=closing)
    assert closed.json()["status"] == "closed"
    last = {"If-Match": closed.headers["ETag"]}
    again = boss("PATCH", path, json={"name": "Else"}, headers=last)
    assert (again.status_code, again.json()["code"]) == (409, "wrong-state")
    late = upload(worker, place, manifest("1,Синтетова Имя,,f,1990,,"))
    assert (late.status_code, late.json()["current"]) == (409, "closed")
    code = shown.json()["code"]
    found = boss("GET", f"/v1/operations?code={code}&status=closed").json()["items"]
    assert [one["id"] for one in found] == [place]
