"""A published instrument is never edited: what differs from its seal is not loaded."""

from pathlib import Path

import pytest

from app.casework.assessments.scoring.catalogue import INSTRUMENTS, load_catalogue, read_catalogue
from app.core.datafile import DataFileError
from app.core.sealed_data import SEALS, seal, seal_new

MODULE = "app.casework.assessments.scoring.seal"


def test_what_ships_is_sealed(folder: Path) -> None:
    assert load_catalogue(folder).instruments
    assert seal_new(folder, read_catalogue, MODULE) == []
    assert (folder / SEALS).read_text() == (INSTRUMENTS / SEALS).read_text()


def test_an_edited_file_is_refused(folder: Path) -> None:
    path = folder / "phq9" / "v1.toml"
    path.write_text(path.read_text().replace("total >= 10", "total >= 11"))
    told = r"^phq9/v1\.toml:1: phq9/v1\.toml differs from its seal"
    with pytest.raises(DataFileError, match=told):
        load_catalogue(folder)
    with pytest.raises(DataFileError, match=told):
        seal_new(folder, read_catalogue, MODULE)


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "phq9" / "v1.toml").unlink()
    for loading in (load_catalogue, lambda at: seal_new(at, read_catalogue, MODULE)):
        with pytest.raises(DataFileError, match=r"phq9/v1\.toml is sealed but missing"):
            loading(folder)


def test_without_seals_nothing_is_loaded(folder: Path) -> None:
    (folder / SEALS).unlink()
    with pytest.raises(DataFileError, match="no file is sealed"):
        load_catalogue(folder)


def test_a_new_version_is_loaded_once_it_is_sealed_and_stands_beside_the_old(folder: Path) -> None:
    text = (folder / "gad7" / "v1.toml").read_text()
    (folder / "gad7" / "v2.toml").write_text(
        text.replace("\nversion = 1", "\nversion = 2").replace("total >= 10", "total >= 8")
    )
    with pytest.raises(DataFileError, match=r"gad7/v2\.toml is not sealed"):
        load_catalogue(folder)
    assert seal_new(folder, read_catalogue, MODULE) == ["gad7/v2.toml"]
    loaded = load_catalogue(folder)
    eight = {"1": 3, "2": 3, "3": 2, "4": 0, "5": 0, "6": 0, "7": 0}
    old, new = (loaded.instruments["gad7"][version] for version in (1, 2))
    assert old.score(eight, "self", {})["cutoffs"] == {"positive": False}
    assert new.score(eight, "self", {})["cutoffs"] == {"positive": True}
    assert loaded.current("gad7") is new
    assert old.instrument.digest != new.instrument.digest


def test_nothing_is_sealed_that_does_not_hold_together(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / SEALS).read_text()
    text = (folder / "gad7" / "v1.toml").read_text()
    (folder / "gad7" / "v2.toml").write_text(text)
    assert seal(folder, read_catalogue, MODULE) == 1
    assert capsys.readouterr().err.startswith("gad7/v2.toml:5: version must be 2")
    assert (folder / SEALS).read_text() == before


def test_the_first_seal_says_how_it_was_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / SEALS).unlink()
    assert seal(folder, read_catalogue, MODULE) == 0
    assert (folder / SEALS).read_text() == (INSTRUMENTS / SEALS).read_text()
    assert "sealed phq9/v1.toml\n" in capsys.readouterr().out
