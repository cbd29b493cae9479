"""Whose ordinary work is told of to nobody is data, and what is wrong with it stops the start."""

from pathlib import Path

import pytest

from app.core.datafile import DataFileError, load
from app.registry.readings.told import FILE, read, told
from app.safeguards.access.policy import Reach

GOOD = FILE.read_text()


def test_what_ships_is_read() -> None:
    assert told().ordinary["supervisor"] == {Reach.UNIT, Reach.LINE}
    assert "coordinator" not in told().ordinary
    assert told().exempt["same_surname"] == frozenset()
    assert "auditor" in told().exempt["in_bulk"]


@pytest.mark.parametrize(
    ("good", "bad", "fault"),
    [
        ("[same_surname]", "[same_name]", "no rule is called 'same_name'"),
        ("[same_surname]\nexempt = []", "", "same_surname says exempt, and nothing else"),
        ("[same_surname]", "[same_surname]\nmost = 3", "same_surname says exempt"),
        ('exempt = ["health_worker"', 'exempt = ["doctor"', "no role is called 'doctor'"),
        ('exempt = ["health_worker", "centre_manager"]', 'exempt = "auditor"', "not a list of rol"),
        ('supervisor = ["unit"', 'foreman = ["unit"', "no role is called 'foreman'"),
        ('auditor = ["jurisdiction"]', 'auditor = ["team"]', "no case is opened to auditor by"),
        ('auditor = ["jurisdiction"]', "auditor = []", "auditor: not a list of relationships"),
        ('auditor = ["jurisdiction"]', "auditor = 1", "auditor: not a list of relationships"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(tmp_path: Path, good: str, bad: str, fault: str) -> None:
    assert good in GOOD
    file = tmp_path / "told.toml"
    file.write_text(GOOD.replace(good, bad))
    with pytest.raises(DataFileError, match=rf"^told\.toml:\d+: .*{fault}"):
        read(load(file))


def test_out_of_team_is_said_by_role(tmp_path: Path) -> None:
    file = tmp_path / "told.toml"
    head, _, rest = GOOD.partition("[out_of_team.ordinary]")
    file.write_text(
        f"{head}[out_of_team]\nordinary = 1\n[same_surname]{rest.split('[same_surname]')[1]}"
    )
    with pytest.raises(DataFileError, match="not roles"):
        read(load(file))
