"""Signs that nobody sees: refused where they deceive, and kept where a language needs them."""

from typing import Any

import pytest

from tests.conftest import World
from tests.hostile.files import CELLS
from tests.making import new_case, today
from tests.registry.acting import operation, rows

REVERSING = [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))]
CONTROLS = ["\x00", "\x07", "\x1b", "\x7f", "\x9b"]
FULL = "Синтетова Проба"


def named(full: str, **more: str) -> dict[str, Any]:
    return {"names": [{"full": full, "source": "test", **more}]}


@pytest.mark.turns
@pytest.mark.parametrize("sign", [*REVERSING, *CONTROLS], ids=ascii)
def test_no_text_holds_what_shows_another_text(world: World, sign: str) -> None:
    worker, made = world.as_("social_worker"), new_case(world, team=())
    bad = f"пробный{sign}текст"
    note = {"kind": "social_work", "occurred_on": today().isoformat(), "text": bad}
    task = {"title": bad, "discipline": "social_worker", "due_on": "2030-01-01"}
    contact = {"type": "address", "text": bad, "source": "test"}
    plan = {"code": "bad-text", "name": bad, "programme": "alder", "arrives_on": "2025-11-01"}
    place = f"/v1/operations/{operation(world)}/arrivals?dry_run=false"
    before = rows(world)
    for path, body in (
        ("/v1/people", named(bad)),
        ("/v1/people", named(FULL, given=bad)),
        ("/v1/people", named(FULL, source=bad)),
        ("/v1/people", {**named(FULL), "birth": {"original": bad}}),
        (f"/v1/people/{made.person_id}/contacts", contact),
        (f"{made.path}/notes", note),
        (f"{made.path}/tasks", task),
        (f"{made.path}/close", {"reason": "goals_met", "outcome": bad}),
    ):
        answer = worker("POST", path, json=body)
        assert answer.status_code == 422, f"{path}: {answer.text}"
        assert "текст" not in answer.text
    assert world.as_("coordinator")("POST", "/v1/operations", json=plan).status_code == 422
    for column in ("ФИО", "Примечание"):
        table = f"ФИО,Пол,{column if column != 'ФИО' else 'Группа'}\n"
        table += f"{bad},ж,1\n" if column == "ФИО" else f"{FULL},ж,{bad}\n"
        kind = {"Content-Type": "text/csv"}
        answer = worker("POST", place, content=table.encode(), headers=kind)
        assert answer.status_code == 422, f"{column}: {answer.text}"
    assert rows(world) == before


@pytest.mark.parametrize(
    "name",
    [
        "می\u200cخواهم احمد",  # Persian: without the non-joiner another word
        "क\u200dष राम",  # Devanagari: the joiner shapes the letter
        "ދި\u07aeވެހި ޓެސްޓް",  # Thaana: vowels are marks
        "مُحَمَّد",  # Arabic with its vowels
        "Ŋ\u0331guyễn Thử",  # a mark that has no composed form
        "O’Neill-Смирнов Ё. Й.",
        "ʻAbd al-Ḥamīd",
        "𐐀𐐨 Deseret",  # beyond the first 65,536
        "ไทย ทดสอบ",
    ],
)
def test_a_name_is_kept_byte_for_byte(world: World, name: str) -> None:
    worker = world.as_("social_worker")
    made = worker("POST", "/v1/people", json=named(name))
    assert made.status_code == 201, made.text
    shown = worker("GET", made.headers["Location"]).json()["names"][0]["full"]
    assert shown.encode() == name.encode()


def test_prose_keeps_its_marks_and_lines(world: World) -> None:
    made = new_case(world, team=())
    text = "строка\n\tстрока\r\nמחיר 5\u200f € 🙂 e\u0301 \u061c"
    note = {"kind": "social_work", "occurred_on": today().isoformat(), "text": text + "."}
    answer = made.post("social_worker", "/notes", note)
    assert answer.status_code == 201, answer.text
    assert answer.json()["text"] == text + "."


def test_a_cell_that_a_spreadsheet_would_run_is_text_to_us(world: World) -> None:
    """No formula is computed, no name starts with one, and what is told repeats none of it."""
    worker = world.as_("social_worker")
    place = f"/v1/operations/{operation(world)}/arrivals"
    for cell in CELLS:
        table = f'ФИО,Пол,Примечание\n{FULL},ж,"{cell}"\n'
        kind = {"Content-Type": "text/csv"}
        answer = worker("POST", place, content=table.encode(), headers=kind)
        assert answer.status_code == 200, answer.text
        assert answer.json()["loadable"], answer.text
        assert cell not in answer.text
