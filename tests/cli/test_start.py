"""What stops the start is told in one line that names the file and the line."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn

from app.cli import start
from app.cli.serving import serve
from app.core.datafile import DataFileError
from app.core.settings import Settings


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


def test_no_other_protocol_is_spoken_whatever_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a library for WebSockets at hand, the server would take upgrades past wire and edge."""
    given: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda app, **more: given.update(more, app=app))
    monkeypatch.setattr("uvicorn.protocols.websockets.auto.AutoWebSocketsProtocol", object)
    serve(lambda: None, Settings())
    config = uvicorn.Config(**given)
    config.load()
    assert config.ws_protocol_class is None
