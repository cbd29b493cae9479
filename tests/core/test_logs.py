"""Lines of log hold fields of a fixed list; whatever else a record carries stays inside."""

import asyncio
import io
import json
import logging
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from app.core import logs, request_line
from app.core.values import new_id
from tests.serving import CASEWORK, plain_environment, serving

CANARY = "Canary Kestrelova"
HOOKS = ("excepthook", "unraisablehook")


@pytest.fixture
def lines() -> Iterator[Any]:
    """What goes out, parsed; afterwards, logging is as it was."""
    root, stream = logging.getLogger(), io.StringIO()
    names = ["", "uvicorn.error", "casework", "sqlalchemy.engine", "third.party", "asyncio"]
    kept = [(one, one.level, list(one.handlers)) for one in map(logging.getLogger, names)]
    hooks = {name: getattr(sys, name) for name in HOOKS}
    shown, thread, raised = warnings.showwarning, threading.excepthook, logging.raiseExceptions
    logs.configure("DEBUG", stream)

    def read() -> list[dict[str, Any]]:
        text = stream.getvalue()
        assert CANARY not in text
        assert CANARY.split()[1] not in text
        return [json.loads(line) for line in text.splitlines()]

    yield read
    warnings.showwarning, threading.excepthook, logging.raiseExceptions = shown, thread, raised
    for name, hook in hooks.items():
        setattr(sys, name, hook)
    for one, level, handlers in kept:
        one.setLevel(level)
        one.handlers[:] = handlers
    assert root.handlers


def test_an_event_of_ours_and_its_fields(lines: Any) -> None:
    request_id = new_id()
    fields = {"request_id": request_id, "method": "GET", "route": "/v1/cases/{case_id}"}
    logs.log.info("request", extra={**fields, "status": 200, "duration_ms": 1.5})
    (line,) = lines()
    assert line.pop("time").endswith("+00:00")
    assert line == {
        **fields,
        **{"request_id": str(request_id), "status": 200, "duration_ms": 1.5},
        **{"level": "INFO", "logger": "casework", "event": "request", "worker": os.getpid()},
    }


@pytest.mark.parametrize(
    "extra",
    [
        {"route": f"/v1/people/{CANARY}"},
        {"route": "/v1/cases?name=x"},
        {"request_id": CANARY},
        {"method": CANARY},
        {"status": CANARY},
        {"failure": CANARY},
        {"place": CANARY},
        {"peer": "192.0.2.7"},
        {"name_of_child": CANARY},
        {"detail": CANARY},
    ],
)
def test_a_field_of_another_form_is_left_out(lines: Any, extra: dict[str, str]) -> None:
    logs.log.info("request", extra=extra)
    (line,) = lines()
    assert set(line) == {"time", "level", "logger", "event", "worker"}


def test_an_event_that_is_no_constant_is_not_told(lines: Any) -> None:
    logs.log.info(f"opened the file of {CANARY}")
    logs.log.info("opened %s", CANARY)
    logs.log.info("opened", CANARY)
    assert {line["event"] for line in lines()} == {"other"}


def test_of_a_failure_its_class_and_place_alone(lines: Any) -> None:
    try:
        raise ValueError(CANARY) from KeyError(CANARY)
    except ValueError:
        logs.log.exception("defect")
        logging.getLogger("third.party").exception("%s went wrong", CANARY)
    for line in lines():
        assert line["failure"] == "ValueError"
        assert line["place"].partition(":")[0].endswith("tests/core/test_logs.py")


def test_the_text_of_others_is_unknown_and_stays_inside(lines: Any) -> None:
    for name in ("third.party", "sqlalchemy.engine.Engine", "alembic.runtime", "uvicorn.error"):
        logging.getLogger(name).error(f"SELECT '{CANARY}'", extra={"route": CANARY})
        logging.getLogger(name).error("SELECT %s", CANARY)
    found = lines()
    assert len(found) == 8
    assert all(set(one) == {"time", "level", "logger", "event", "worker"} for one in found)
    assert {one["event"] for one in found} == {"other"}


def test_of_others_only_warnings_and_worse(lines: Any) -> None:
    logging.getLogger("sqlalchemy.engine.Engine").info("SELECT")
    logging.getLogger("third.party").info("chatter")
    assert lines() == []


def test_a_port_that_is_taken_is_told(lines: Any) -> None:
    logging.getLogger("uvicorn.error").error(OSError(98, CANARY))
    (line,) = lines()
    assert (line["failure"], line["errno"]) == ("OSError", "EADDRINUSE")


def test_warnings_go_the_same_way(lines: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = logs.on_warning
        warnings.warn(CANARY, RuntimeWarning, stacklevel=1)
    (line,) = lines()
    assert (line["event"], line["failure"]) == ("python warning", "RuntimeWarning")
    assert "test_logs.py:" in line["place"]


def test_what_nobody_caught(lines: Any, capsys: pytest.CaptureFixture[str]) -> None:
    def fall() -> None:
        raise ValueError(CANARY)

    async def forgotten() -> None:
        task = asyncio.get_running_loop().create_task(asyncio.sleep(0))
        context = {"message": CANARY, "exception": ValueError(CANARY), "task": task}
        asyncio.get_running_loop().call_exception_handler(context)
        await task

    # The hook as Python calls it: the test runner has put one of its own around threads.
    one = threading.ExceptHookArgs((ValueError, ValueError(CANARY), None, None))
    threading.excepthook(one)
    threading.excepthook(threading.ExceptHookArgs((ValueError, None, None, None)))
    try:
        fall()
    except ValueError as failure:
        sys.excepthook(ValueError, failure, None)
    asyncio.run(forgotten())
    assert [line["failure"] for line in lines()] == ["ValueError"] * 4
    assert CANARY not in "".join(capsys.readouterr())


def test_the_level_is_a_setting(lines: Any) -> None:
    stream = io.StringIO()
    logs.configure("ERROR", stream)
    logs.log.warning("request")
    logging.getLogger("uvicorn.error").info("Shutting down")
    logging.getLogger("third.party").warning("x")
    assert stream.getvalue() == ""


def test_a_server_says_nothing_else(tmp_path: Path) -> None:
    """From start to stop, with a path, a query and a method of somebody's choice."""
    with serving(tmp_path, (*CASEWORK, "run", "--no-demo")) as served:
        for path in (f"/v1/people/{CANARY.split()[1]}", "/v1/users?name=Kestrelova", "/docs"):
            try:
                urlopen(f"{served.url}{path}").close()
            except HTTPError as refusal:
                refusal.close()
    text = served.log.read_text()
    assert "Kestrelova" not in text
    told = [json.loads(line) for line in text.splitlines() if not line.startswith("API docs: ")]
    events = [one["event"] for one in told]
    assert events[-1] == "server process ended"
    for event in ("server process started", "listening", "request", "application stopped"):
        assert event in events
    assert "other" not in events
    asked = [(one["route"], one["status"]) for one in told if one["event"] == "request"]
    assert asked[-3:] == [("/v1/people/{person_id}", 401), ("/v1/users", 401), ("/docs", 200)]
    assert {one["worker"] for one in told} == {told[0]["worker"]}


def test_a_port_in_use_ends_in_lines_of_ours(tmp_path: Path) -> None:
    with serving(tmp_path, (*CASEWORK, "run", "--no-demo")) as served:
        other = tmp_path / "other"
        other.mkdir()
        found = subprocess.run(
            [*CASEWORK, "run", "--no-demo", "--port", str(served.port)],
            cwd=other,
            env={**plain_environment(), "PYTHONPATH": str(Path(logs.__file__).parents[2])},
            capture_output=True,
            text=True,
            check=False,
        )
    assert found.returncode != 0
    assert "EADDRINUSE" in [json.loads(one).get("errno") for one in found.stderr.splitlines()]


def test_the_line_of_a_request_is_as_any_other(lines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    given = (new_id(), "GET", "/v1/cases/{case_id}", 200, 0.01234)
    request_line.tell(*given)
    listener = logging.NullHandler()
    monkeypatch.setattr(logging.getLogger(), "handlers", [*logging.getLogger().handlers, listener])
    request_line.tell(*given)
    first, second = lines()
    assert [*first] == [*second]
    for line in (first, second):
        assert len(line.pop("time")) == 29
    assert first == second
    assert (first["duration_ms"], first["worker"]) == (12.3, os.getpid())


def test_what_has_not_its_form_is_left_out_of_it(lines: Any) -> None:
    request_line.tell(CANARY, "GET", "/v1/cases", 200, 0.001)
    request_line.tell(new_id(), CANARY, "/v1/cases", 200, 0.001)
    request_line.tell(new_id(), "GET", f"/v1/cases/{CANARY}", 200, 0.001)
    missing = [{"request_id", "method", "route"} - set(line) for line in lines()]
    assert missing == [{"request_id"}, {"method"}, {"route"}]
