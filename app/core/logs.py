"""JSON lines that hold a fixed list of fields, each of a fixed form, and no word of anybody's.

An event of ours is a constant (tests/architecture/test_logs.py); what it is about stands in fields.
Of other libraries' records the text is unknown and may hold values, so only level and logger are
kept, and the event where it is one of the few lines about starting and stopping. Of a failure we
tell its class and where it was raised: the message of an exception may hold what people said.
"""

import errno
import json
import logging
import re
import sys
import threading
import warnings
from contextlib import nullcontext
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO

OURS = "casework"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
WORDS = re.compile(r"[a-z][a-z -]{0,60}")
CODE = re.compile(r"[A-Za-z_][\w.]{0,80}")
# Beside time, level, logger, event and worker. A value of another form is left out.
FIELDS = {
    "request_id": re.compile(r"[0-9a-f-]{36}"),
    "method": re.compile(r"[A-Z]{1,7}"),
    "route": re.compile(r"none|/[a-z0-9/{}._-]{0,120}"),  # the template, never the path
    "status": re.compile(r"\d{3}"),
    "duration_ms": re.compile(r"\d{1,8}(\.\d)?"),
    "failure": CODE,
    "place": re.compile(r"nowhere|[^\s:]{1,200}:\d{1,6}"),
    "errno": CODE,
    "limit": WORDS,
    "count": re.compile(r"\d{1,9}"),
    "seconds": re.compile(r"\d{1,9}"),
    "peer": re.compile(r"[0-9a-f]{8}"),  # the same for one address until the next start
    "setting": CODE,
}
# How uvicorn says that it starts and stops; without the arguments.
LIFECYCLE = {
    "Started server process [%d]": "server process started",
    "Waiting for application startup.": "application starts",
    "Application startup complete.": "application started",
    "Application startup failed. Exiting.": "application did not start",
    "Uvicorn running on %s://%s:%d (Press CTRL+C to quit)": "listening",
    "Uvicorn running on %s://[%s]:%d (Press CTRL+C to quit)": "listening",
    "Shutting down": "server stops",
    "Waiting for connections to close. (CTRL+C to force quit)": "waiting for connections to close",
    "Waiting for application shutdown.": "application stops",
    "Application shutdown complete.": "application stopped",
    "Finished server process [%d]": "server process ended",
}
log = logging.getLogger(OURS)


def place(failure: BaseException) -> str:
    """File and line of the innermost frame; no source, no values."""
    frame = failure.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    if frame is None:
        return "nowhere"
    return shortened(frame.tb_frame.f_code.co_filename, frame.tb_lineno)


def shortened(file: str, line: int) -> str:
    """As it stands in the package, on whatever machine."""
    return f"{re.split(r'/(?:site-packages|lib/python3[.][0-9]+|(?=app/))', file)[-1]}:{line}"


def told(failure: BaseException) -> dict[str, str]:
    """The fields of a failure."""
    fields = {"failure": type(failure).__name__, "place": place(failure)}
    if isinstance(failure, OSError) and failure.errno:
        fields["errno"] = errno.errorcode.get(failure.errno, "unknown")
    return fields


class Allowed(logging.Formatter):
    """One record, one line of JSON; `getMessage` is never called."""

    def format(self, record: logging.LogRecord) -> str:
        ours = record.name == OURS or record.name.startswith(f"{OURS}.")
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname if record.levelname in LEVELS else "OTHER",
            "logger": record.name if CODE.fullmatch(record.name) else "unnamed",
            "event": self.event(record, ours),
            "worker": record.process,
        }
        failure = record.exc_info[1] if record.exc_info else record.msg
        if isinstance(failure, BaseException):
            line |= told(failure)
        if ours:
            line |= {
                name: value if isinstance(value, int | float) else str(value)
                for name, form in FIELDS.items()
                if (value := getattr(record, name, None)) is not None and form.fullmatch(str(value))
            }
        return json.dumps(line)

    def event(self, record: logging.LogRecord, ours: bool) -> str:
        text = record.msg if isinstance(record.msg, str) else ""
        if ours and not record.args and WORDS.fullmatch(text):
            return text
        if record.name.startswith("uvicorn"):
            return LIFECYCLE.get(text, "other")
        return "other"


class Outlet(logging.StreamHandler[TextIO]):
    """Where all lines go; `say` is for one that is made already, and needs no record."""

    def say(self, line: str) -> None:
        try:
            with self.lock or nullcontext():
                self.stream.write(line)
                self.stream.flush()
        except (OSError, ValueError):  # the disk is full, the stream is closed
            pass  # as of any other line that cannot be written


def sole_outlet() -> Outlet | None:
    """None where others listen as well: they are owed a record."""
    (*handlers,) = logging.getLogger().handlers
    if len(handlers) == 1 and isinstance(handlers[0], Outlet):
        return handlers[0]
    return None


def configure(level: str, stream: TextIO | None = None) -> None:
    """Everything that this process logs goes out through `Allowed`, and through nothing else."""
    handler = Outlet(stream or sys.stderr)
    handler.setFormatter(Allowed())
    root, number = logging.getLogger(), logging.getLevelNamesMapping()[level]
    root.handlers[:] = [handler]
    root.setLevel(max(number, logging.WARNING))  # others' chatter tells nothing without its text
    for name in list(root.manager.loggerDict):
        other = logging.getLogger(name)
        other.handlers[:] = []
        other.propagate = True
    log.setLevel(number)
    # Of this very logger, for uvicorn asks for its own level to decide whether to trace.
    logging.getLogger("uvicorn.error").setLevel(max(number, logging.INFO))
    logging.raiseExceptions = False  # it would print the record that could not be written
    warnings.showwarning = on_warning
    sys.excepthook = on_failure
    threading.excepthook = on_thread
    sys.unraisablehook = on_unraisable


def on_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    fields = {"failure": category.__name__, "place": shortened(filename, lineno)}
    log.warning("python warning", extra=fields)


def on_failure(
    kind: type[BaseException], failure: BaseException, trace: TracebackType | None
) -> None:
    log.critical("ended by a failure", extra=told(failure))


def on_thread(failed: threading.ExceptHookArgs) -> None:
    log.error("thread ended by a failure", extra=of(failed.exc_type, failed.exc_value))


def on_unraisable(failed: "sys.UnraisableHookArgs") -> None:
    log.error("failure that nobody could catch", extra=of(failed.exc_type, failed.exc_value))


def of(kind: type[BaseException], failure: BaseException | None) -> dict[str, str]:
    return told(failure) if failure else {"failure": kind.__name__}
