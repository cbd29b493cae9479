"""A text pack words exactly what its instrument asks; each fault is told by file, line and key."""

from pathlib import Path

import pytest

from app.casework.assessments.scoring.catalogue import catalogue
from app.casework.assessments.text_packs import read_pack
from app.core.datafile import DataFileError, load
from tests.casework.assessments.wording import pack, written


@pytest.mark.parametrize("code", sorted(catalogue().instruments))
def test_the_wording_of_every_instrument_can_be_read(tmp_path: Path, code: str) -> None:
    instrument, found = read_pack(load(written(tmp_path, pack(code))), catalogue())
    assert instrument is catalogue().current(code).instrument
    assert found.items == {number: f"text of item {number}" for number in instrument.items}
    assert found.labels == {
        number: {str(value): f"answer {value}" for value in item.values}
        for number, item in instrument.items.items()
    }
    assert (found.language, found.validation) == ("ru", "translated")
    assert (found.source, found.instructions) == ("made up for a test", "said first")
    assert len(found.digest) == 64


def test_labels_and_instructions_may_be_left_out_and_runs_of_items_share_labels(
    tmp_path: Path,
) -> None:
    plain = pack("gad7", labels=False).replace('instructions = "said first"\n', "")
    _, found = read_pack(load(written(tmp_path, plain)), catalogue())
    assert (found.instructions, found.labels) == (None, {})
    run = '[[answers]]\nitems = ["1-3", "5"]\nlabels = { 0 = "a", 1 = "b", 2 = "c", 3 = "d" }\n'
    _, found = read_pack(load(written(tmp_path, plain + run)), catalogue())
    assert set(found.labels) == {"1", "2", "3", "5"}
    assert found.labels["2"] == {"0": "a", "1": "b", "2": "c", "3": "d"}


ITEM_3 = '3 = "text of item 3"'
OF_7 = '[[answers]]\nitems = ["7"]\nlabels = { 0 = "answer 0", 1 = "answer 1", '
BROKEN = [
    ('code = "gad7"', 'code = "gad8"', 1, "unknown instrument: gad8"),
    ('code = "gad7"\n', "", 1, "code is missing"),
    ("version = 1", "version = 2", 2, "gad7 has no version 2"),
    ("version = 1", 'version = "1"', 2, "version must be a whole number"),
    ('language = "ru"', 'language = "russian"', 3, "not a language: russian"),
    ('validation = "translated"', 'validation = "good"', 4, "unknown validation: good"),
    ('source = "made up for a test"', 'source = " "', 5, "source says nothing"),
    ('instructions = "said first"', 'instructions = ""', 6, "instructions says nothing"),
    (f"{ITEM_3}\n", "", 7, "3 is missing"),
    (ITEM_3, "3 = 3", 10, "3 must be text"),
    (ITEM_3, '3 = "  "', 10, "3 says nothing"),
    (ITEM_3, f'{ITEM_3}\n8 = "one too many"', 11, "unknown key: 8"),
    ('items = ["7"]', 'items = ["9"]', 34, "unknown item: 9"),
    ('items = ["7"]', 'items = ["7-1"]', 34, "not an item or a run of items: 7-1"),
    ('items = ["7"]', "items = [7]", 34, "not an item or a run of items: 7"),
    ('items = ["7"]', "items = []", 34, "items is empty"),
    ('items = ["7"]', 'items = ["6"]', 34, "item 6 has labels twice"),
    (OF_7, OF_7.replace("0 =", "4 ="), 35, "0 is missing"),
    (OF_7, f'{OF_7}4 = "answer 4", ', 35, "unknown key: 4"),
    (OF_7, OF_7.replace('"answer 1"', '""'), 35, "1 says nothing"),
    ('source = "made up', 'author = "x"\nsource = "made up', 5, "unknown key: author"),
]


@pytest.mark.parametrize(("was", "becomes", "line", "fault"), BROKEN)
def test_each_fault_is_told_with_its_line(
    tmp_path: Path, was: str, becomes: str, line: int, fault: str
) -> None:
    good = pack("gad7")
    assert good.count(was) == 1
    file = load(written(tmp_path, good.replace(was, becomes)))
    with pytest.raises(DataFileError) as refused:
        read_pack(file, catalogue())
    assert str(refused.value) == f"pack.toml:{line}: {fault}"
