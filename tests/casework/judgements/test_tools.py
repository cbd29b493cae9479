"""The tools that ship: sealed, by numbers alone, and without a word that is somebody's."""

import re
import tomllib
from pathlib import Path
from shutil import copytree

import pytest

from app.casework.judgements.catalogue import RATINGS, TOOLS, Tool, current, read_tools, tools
from app.core.datafile import DataFileError
from app.core.sealed_data import load_sealed, seal_new

COUNTS = {"vera2r": [7, 7, 6, 8, 6, 11], "erg22": [13, 6, 3], "trap18": [8, 10], "other": []}
MODULE = "app.casework.judgements.seal"


def newest(code: str) -> Tool:
    found = current(code)
    assert found is not None
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copytree(TOOLS, tmp_path / "tools")


def test_these_ship_and_each_figure_says_that_it_is_not_confirmed() -> None:
    found = {code: [one.indicators for one in newest(code).domains.values()] for code in tools()}
    assert found == COUNTS
    for code in tools():
        for domain in newest(code).domains.values():
            assert (domain.confirmed, len(domain.source) > 20) == (False, True)
    assert sum(COUNTS["vera2r"][:5]) == 34


def test_a_tool_that_nobody_knows_is_none() -> None:
    assert current("sira") is None


def test_no_indicator_has_words() -> None:
    for path in TOOLS.glob("*/*.toml"):
        data = tomllib.loads(path.read_text())
        assert set(data) <= {"code", "version", "ratings", "named_by_assessor", "domains"}
        for one in data.get("domains", ()):
            assert set(one) == {"number", "indicators", "source", "confirmed"}


@pytest.mark.parametrize("code", COUNTS)
def test_a_code_is_a_number_within_a_domain(code: str) -> None:
    tool = newest(code)
    if code == "other":
        assert tool.has("9.99")
        assert not tool.has("1")
        return
    for number, count in enumerate(COUNTS[code], 1):
        assert [n for n in range(count + 5) if tool.has(f"{number}.{n}")] == [*range(1, count + 1)]
    assert not tool.has(f"{len(COUNTS[code]) + 1}.1")
    for wrong in ("0.1", "1", "1.", "a.1", "1.1.1", "1.01", " 1.1"):
        assert not tool.has(wrong), wrong


def test_what_differs_from_its_seal_is_not_loaded(folder: Path) -> None:
    assert [*read_tools(load_sealed(folder))] == [*tools()]
    path = folder / "trap18" / "v1.toml"
    path.write_text(path.read_text().replace("indicators = 8", "indicators = 9"))
    with pytest.raises(DataFileError, match=r"^trap18/v1\.toml:1: .*differs from its seal"):
        load_sealed(folder)


def test_a_new_version_stands_beside_the_old(folder: Path) -> None:
    text = (folder / "trap18" / "v1.toml").read_text()
    changed = text.replace("version = 1", "version = 2").replace("indicators = 8", "indicators = 9")
    (folder / "trap18" / "v2.toml").write_text(changed)
    assert seal_new(folder, read_tools, MODULE) == ["trap18/v2.toml"]
    old, new = read_tools(load_sealed(folder))["trap18"].values()
    assert (old.has("1.9"), new.has("1.9")) == (False, True)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("number = 2", "number = 3", "domains are numbered in order"),
        ("indicators = 8", "indicators = 0", "indicators must be at least 1"),
        ("confirmed = false", "", "confirmed is missing"),
        ('"present"', '"certain"', "unknown rating: certain"),
        ('code = "trap18"', 'code = "trap18"\nnamed_by_assessor = true', "a tool has domains"),
        ('code = "trap18"', 'code = "trap18"\nwords = "x"', "unknown key: words"),
        ('code = "trap18"', 'code = "trap19"', "code must be that of the folder trap18"),
    ],
)
def test_a_file_that_cannot_be_is_told_by_its_line(
    folder: Path, old: str, new: str, fault: str
) -> None:
    path = folder / "trap18" / "v1.toml"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(DataFileError, match=rf"^trap18/v1\.toml:\d+: {re.escape(fault)}"):
        seal_new(folder, read_tools, MODULE)


def test_ratings_are_words_and_no_numbers() -> None:
    for code in tools():
        assert set(newest(code).ratings) <= set(RATINGS)
        assert not any(any(map(str.isdigit, one)) for one in newest(code).ratings)
