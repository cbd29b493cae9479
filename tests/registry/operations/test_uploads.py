"""Files through HTTP that are more than a small CSV, and where their bytes may be."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from starlette.datastructures import Headers, UploadFile

from app.registry.operations.sheet import MOST_BYTES
from app.registry.operations.uploads import InMemory
from tests.conftest import World
from tests.registry.acting import operation, rows
from tests.registry.operations.files import HEADING, workbook

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS = [
    ("Список пассажиров",),
    HEADING,
    ("Синтетова Айгуль", "ж", date(1991, 4, 12), 1),
    ("Синтетов Тимур", "м", date(2015, 1, 1), 1),
]


def test_a_workbook_as_a_form_and_bare(world: World) -> None:
    worker, place = world.as_("social_worker"), operation(world)
    path, data = f"/v1/operations/{place}/arrivals", workbook(ROWS)
    tried = worker("POST", path, files={"file": ("list.xlsx", data, SHEET)})
    assert (tried.status_code, tried.json()["loadable"]) == (200, True), tried.text
    assert [found["code"] for found in tried.json()["problems"]] == [
        *("text-above-heading", "birth-placeholder"),
    ]
    url = f"{path}?dry_run=false"
    made = worker("POST", url, content=data, headers={"Content-Type": SHEET})
    assert made.status_code == 201, made.text
    (mother, son) = made.json()["items"]
    shown = worker("GET", f"/v1/people/{mother['person_id']}").json()
    assert shown["birth"]["value"] == "1991-04-12"
    child = worker("GET", f"/v1/people/{son['person_id']}").json()
    assert (child["child"], child["birth"]["placeholder"]) == (True, True)
    household = worker("GET", f"/v1/households?operation_id={place}").json()["items"]
    assert len(household) == 1


def test_two_who_load_the_same_file_at_once(world: World) -> None:
    """One waits for the other, and then learns that it was done."""
    place = operation(world)
    path, data = f"/v1/operations/{place}/arrivals?dry_run=false", workbook(ROWS)
    first = world.as_("social_worker")("POST", path, content=data, headers={"Content-Type": SHEET})
    assert first.status_code == 201  # so that the operation itself changes no more
    more = workbook([HEADING, *[(f"Синтетова Имя{n}", "ж", 1950 + n, 1) for n in range(20)]])
    before = rows(world)

    def send(role: str) -> int:
        kind = {"Content-Type": SHEET}
        status: int = world.as_(role)("POST", path, content=more, headers=kind).status_code
        return status

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(send, ["social_worker"] * 4))
    assert statuses == [201, 409, 409, 409]
    assert rows(world)["persons"] == before["persons"] + 20


def test_more_than_the_edge_takes(world: World) -> None:
    path, before = f"/v1/operations/{operation(world)}/arrivals", rows(world)
    big = b"x" * (world.house.settings.max_upload_bytes + 1)
    answer = world.as_("social_worker")("POST", path, files={"file": big})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert rows(world) == before


def test_a_file_is_never_spooled_to_disk() -> None:
    """Two megabytes would be, by the framework's own measure."""
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="m.csv"\r\n\r\n'
    body += b"x" * 2_000_000 + b"\r\n--b--\r\n"

    async def whole() -> Any:
        async def stream() -> Any:
            yield body

        headers = Headers({"content-type": "multipart/form-data; boundary=b"})
        return await InMemory(headers, stream()).parse()

    form = asyncio.run(whole())
    file = form["file"]
    assert isinstance(file, UploadFile)
    assert file.size == 2_000_000
    assert not getattr(file.file, "_rolled", True)
    file.file.close()
    assert InMemory.spool_max_size > MOST_BYTES
