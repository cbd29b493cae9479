"""Each reading is told of once: whoever else looks on, whatever fails, however late it commits."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from time import monotonic, sleep
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import func, insert, select

from app import verify
from app.cli.main import main
from app.core.db import table
from app.core.installation import fact
from app.core.transactions import reading
from app.core.values import new_id, now
from app.main import create_app
from app.registry.notices.models import Notice
from app.registry.readings import watch as watching
from app.registry.readings.addressing import addressed
from app.registry.readings.telling import tell
from app.registry.readings.watch import Watch, watch_of
from app.safeguards.audit.exported import export
from app.safeguards.audit.models import AuditEvent
from app.safeguards.audit.sink import Sink
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.onlooking import COME_TO
from app.safeguards.guard.unasked import SYSTEM
from app.safeguards.identity.caller import Caller
from tests.conftest import World
from tests.looking import transaction
from tests.making import Made, new_case, staff_id
from tests.registry.readings.watching import log_all, look, told, watch


def counts(world: World) -> list[int]:
    rows = table(Notice)
    with transaction(world.house.engine) as db:
        told = select(rows.c["count"]).where(rows.c.topic.like("reading.%"))
        return sorted(db.execute(told).scalars())


def come_to(world: World) -> int:
    with transaction(world.house.engine) as db:
        return int(fact(db, COME_TO) or -1)


def test_what_was_read_before_anybody_looked_on_is_told_of_to_nobody(fresh: World) -> None:
    case = new_case(fresh)
    case.get("coordinator")
    on = watch(fresh)
    assert look(fresh, on) == 0
    assert counts(fresh) == []
    case.get("coordinator")
    assert on.drain() == 0  # it has no place in the log yet
    assert look(fresh, on) == 4


def test_of_two_at_once_one_tells(fresh: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have found the same before either tells of it."""
    case, one = new_case(fresh), watch(fresh)
    for _ in range(2):
        case.get("coordinator")
    log_all(fresh)
    other = Watch(fresh.house, one.places, one.most)
    met = Barrier(2)

    def both(*given: Any) -> Any:
        tellings = addressed(*given)
        met.wait(timeout=30)
        return tellings

    monkeypatch.setattr(f"{watching.__name__}.addressed", both)
    with ThreadPoolExecutor(2) as pool:
        made = [*pool.map(lambda on: on.stretch(), (one, other))]
    assert sorted(made) == [0, 4]
    assert counts(fresh) == [2] * 4
    monkeypatch.undo()
    assert one.drain() == other.drain() == 0


def test_two_take_turns(fresh: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case, one = new_case(fresh), watch(fresh)
    other = Watch(fresh.house, one.places, one.most)
    monkeypatch.setattr(watching, "MOST", 3)
    one.events = other.events = 3
    for _ in range(10):
        case.get("coordinator")
    log_all(fresh)
    turns = [(one, other)[turn % 2].stretch() for turn in range(6)]
    assert turns == [4, 4, 4, 4, None, None]
    assert counts(fresh) == [10] * 4


def test_of_much_at_a_time_a_part_is_told_at_a_time(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who writes meanwhile waits for few notices; and in the end all is told."""
    monkeypatch.setattr(watching, "AT_ONCE", 8)
    cases, on = [new_case(fresh, team=()) for _ in range(5)], watch(fresh)
    for case in cases:
        case.get("coordinator")
    log_all(fresh)
    sizes, begun = list[int](), on.events
    while (made := on.stretch()) is not None:
        sizes.append(made)
    assert sum(sizes) == len(counts(fresh)) == 5 * 4
    assert max(sizes) <= 8
    assert (small := on.events) < begun
    look(fresh, on)  # where there is little it takes more again
    assert small < on.events <= begun


def test_what_fails_in_the_middle_is_done_once_all_the_same(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, on = new_case(fresh), watch(fresh)
    case.get("coordinator")
    log_all(fresh)
    before = come_to(fresh)

    def breaks(work: Any, tellings: Any) -> None:
        tell(work, tellings)
        work._writes.flush()
        raise RuntimeError("the process is gone")

    monkeypatch.setattr(f"{watching.__name__}.tell", breaks)
    with pytest.raises(RuntimeError):
        on.stretch()
    on.once()  # says so in the log, and goes on
    assert (counts(fresh), come_to(fresh)) == ([], before)
    monkeypatch.undo()
    on.once()
    assert counts(fresh) == [1] * 4
    assert come_to(fresh) > before


def test_what_commits_late_is_told_of(fresh: World) -> None:
    """Its id and its moment are before those of events that were judged already."""
    case, on = new_case(fresh), watch(fresh)
    late = event_of_reading(fresh, case, new_id())
    case.get("coordinator")
    look(fresh, on)
    assert counts(fresh) == [1] * 4
    with transaction(fresh.house.engine) as db:
        db.execute(insert(table(AuditEvent)).values(late))
    look(fresh, on)
    assert counts(fresh) == [2] * 4
    (notice,) = told(fresh, "social_worker")
    assert notice["first_at"] < notice["last_at"]


def event_of_reading(
    world: World, case: Made, session: UUID | None, method: str = "GET"
) -> dict[str, Any]:
    """As the guard makes one, of half an hour ago, by whoever coordinates."""
    reader = Caller(UUID(staff_id(world, "coordinator")), "", "coordinator", None, "ra", session)
    at, vouching = now() - timedelta(minutes=30), world.house.vault.vouching
    made = Circumstances(
        reader, "case.read", f"{method} /v1/cases/{{case_id}}", new_id(), at, vouching
    )
    return made.event("read", file_id=UUID(case.id), record="case", record_id=UUID(case.id))


def test_neither_commands_nor_what_is_read_on_the_way_to_a_write_are_told_of(fresh: World) -> None:
    case, on = new_case(fresh), watch(fresh)
    for session, method in ((None, "GET"), (new_id(), "POST")):
        event = event_of_reading(fresh, case, session, method)
        with transaction(fresh.house.engine) as db:
            db.execute(insert(table(AuditEvent)).values(event))
    assert look(fresh, on) == 0
    assert come_to(fresh) > 0


def test_who_told_is_on_record_and_the_log_stays_whole(fresh: World, tmp_path: Path) -> None:
    case, on = new_case(fresh), watch(fresh)
    case.get("coordinator")
    sink = tmp_path / "second.sink"
    object.__setattr__(fresh.house, "sink", Sink(str(sink)))
    look(fresh, on)
    log_all(fresh)
    events, rows = table(AuditEvent), table(Notice)
    with transaction(fresh.house.engine) as db:
        made = db.execute(select(events).where(events.c.action == "notice.tell")).mappings().all()
        notices = select(rows.c.id).where(rows.c.topic.like("reading.%"))
        assert {one["record_id"] for one in made} == {*db.execute(notices).scalars()}
    for one in made:
        told_by = one["actor_id"], one["role"], one["outcome"], one["detail"]["drawn"]
        assert told_by == (SYSTEM.id, "system", "written", True)
        assert f"{one['id']} " in sink.read_text()
        assert one["file_id"] != UUID(case.id)  # it is kept in the file of whoever is told
    with reading(fresh.house.engine) as db:
        export(db, tmp_path / "log")
    keys = (tmp_path / "log" / "keys").read_text().split()
    assert verify.main(["log", str(tmp_path / "log"), *(f"--key={key}" for key in keys)]) == 0


def test_what_nobody_is_told_of_leaves_no_event(fresh: World) -> None:
    """Else to look on would be something to look at, for ever."""
    case, on = new_case(fresh), watch(fresh)
    case.get("psychologist")
    log_all(fresh)
    events = select(func.count()).select_from(table(AuditEvent))
    with transaction(fresh.house.engine) as db:
        before = db.execute(events).scalar_one()
    for _ in range(2):
        assert look(fresh, on) == 0
    with transaction(fresh.house.engine) as db:
        assert db.execute(events).scalar_one() == before


def test_a_running_service_looks_on_by_itself(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Watch, "every", 0.05)
    settings = fresh.house.settings.model_copy(update={"reading_notices": True})
    (on,) = create_app(settings, fresh.house).state.beside
    assert isinstance(on, Watch)
    watch(fresh)
    case = new_case(fresh)
    on.start()
    try:
        case.get("coordinator")
        log_all(fresh)
        limit = monotonic() + 30
        while not told(fresh, "social_worker", topic="reading.out_of_team"):
            assert monotonic() < limit
            sleep(0.05)
    finally:
        on.stop()
    assert on.thread is not None
    assert not on.thread.is_alive()
    quiet = fresh.house.settings
    assert create_app(quiet, fresh.house).state.beside == []


def test_what_is_set_is_what_it_goes_by(fresh: World) -> None:
    given = {"hours_of_work": "09:30-16:00", "bulk_of_readings": 77}
    fresh.house.settings.__dict__.update(given)
    on = watch_of(fresh.house)
    hours = on.places.hours("ra")
    assert (on.most, str(hours.opens), str(hours.closes)) == (77, "09:30:00", "16:00:00")
    assert (str(hours.zone), hours.days) == ("Etc/GMT-5", {1, 2, 3, 4, 5})


def test_an_operator_lets_it_be_told(fresh: World, monkeypatch: pytest.MonkeyPatch) -> None:
    watch(fresh)
    new_case(fresh).get("coordinator")
    log_all(fresh)
    for name, value in fresh.house.settings.model_dump(exclude_none=True).items():
        text = ",".join(value) if isinstance(value, list) else str(value)
        if text:
            monkeypatch.setenv(f"CASEWORK_{name.upper()}", text)
    done = CliRunner().invoke(main, ["notices"])
    assert done.exit_code == 0, done.output
    assert done.output.endswith("notices are new, or tell of more.\n")
    found = {one["topic"] for one in told(fresh, "social_worker")}
    assert found >= {"reading.out_of_team"}
