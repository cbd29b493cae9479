"""What stops the start is told in one line that names the file and the line."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from app.cli import start
from app.core.datafile import DataFileError


def test_a_data_file_that_must_not_be_used_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str) -> None:
        raise DataFileError(Path("policy.toml"), 30, "no role is called 'boss'")

    monkeypatch.setattr(start, "import_module", broken)
    with pytest.raises(SystemExit, match=r"^Error: policy.toml:30: no role is called 'boss'$"):
        start.main()


def test_otherwise_the_command_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    command = SimpleNamespace(main=lambda: ran.append("yes"))
    monkeypatch.setattr(start, "import_module", lambda name: command)
    start.main()
    assert ran == ["yes"]
