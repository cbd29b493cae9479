"""What nobody asked for: past all walls, and in the trail the system's, if anything was written."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from app.safeguards.guard import unasked as guard
from app.safeguards.guard.calls import Call
from app.safeguards.guard.mark import Permit
from app.safeguards.guard.second_wall import BEYOND
from app.safeguards.guard.unasked import unasked
from app.safeguards.identity.caller import Caller

AT = datetime(2026, 3, 1, tzinfo=UTC)
MARK = Permit("alert.escalate")
HOUSE: Any = SimpleNamespace(engine="engine")


class Steps:
    """Stands for the transaction and the unit of work in it, and keeps what was done in order."""

    def __init__(self) -> None:
        self.done: list[Any] = []
        self.work = SimpleNamespace(
            _writes=SimpleNamespace(written=0),
            _circumstances="circumstances",
            _settle=lambda answer: self.done.append(("settle", answer)),
        )

    @contextmanager
    def transaction(self, *asked: Any) -> Iterator[str]:
        self.done.append(("begin", *asked))
        yield "db"
        self.done.append(("commit",))

    def unit(self, *asked: Any) -> Any:
        self.done.append(("unit", *asked))
        return self.work


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    made = Steps()
    monkeypatch.setattr(guard, "transaction", made.transaction)
    monkeypatch.setattr(guard, "unit", made.unit)
    monkeypatch.setattr(guard, "now", lambda: AT)
    monkeypatch.setattr(guard, "on_record", lambda *of: made.done.append(("on record", *of)))
    return made


@pytest.mark.parametrize("written", [0, 2])
def test_what_is_written_is_settled_within_and_on_record_once_it_is_committed(
    steps: Steps, written: int
) -> None:
    with unasked(HOUSE, MARK) as work:
        assert work is steps.work  # type: ignore[comparison-overlap]
        steps.work._writes.written = written
        steps.done.append(("handle",))
    begin, (_, *unit), *rest = steps.done
    assert begin == ("begin", "engine", BEYOND)
    call = unit.pop(3)
    system = Caller(UUID(int=2), "system", "system", None, None)  # of no role and of no place
    assert unit == [HOUSE, "db", MARK, system, AT]
    assert call == Call(b"", "SYSTEM", "", "system alert.escalate", call.request_id)
    assert isinstance(call.request_id, UUID)
    settled = [("settle", None)] if written else []
    recorded = ("on record", HOUSE, "circumstances")
    assert rest == [("handle",), *settled, ("commit",), recorded]
