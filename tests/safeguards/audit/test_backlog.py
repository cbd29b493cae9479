"""A hundred thousand events that wait, two who let the log grow, and both cut off now and then."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import func, select

from app.core.db import table
from app.core.many import insert_all
from app.core.transactions import reading
from app.core.values import new_id, now
from app.safeguards.audit.models import AuditEvent, LogLeaf
from app.safeguards.audit.sequencer import Sequencer, open_sequencer
from app.safeguards.audit.stored_log import grow
from app.safeguards.guard.calls import House
from app.safeguards.guard.circumstances import Circumstances
from tests.conftest import World
from tests.looking import transaction
from tests.safeguards.audit.judging import log_judged

EVENTS, LEAVES = table(AuditEvent), table(LogLeaf)
BACKLOG, CUT_OFF = 100_000, 0.1  # events; of all batches, so many end before their commit


class CutOff(Exception):
    """As a process that is killed: nothing after it, and nothing of it committed."""


def refusals(house: House, count: int) -> list[dict[str, Any]]:
    made = Circumstances(None, "case.read", "GET /route", new_id(), now(), house.vault.vouching)
    return [made.event("refused", code="not-found", asked_id=new_id()) for _ in range(count)]


def sequencer(house: House) -> Sequencer:
    return open_sequencer(house.engine, house.vault, house.settings)


def waiting(house: House) -> int:
    with reading(house.engine) as db:
        counts = (select(func.count()).select_from(one) for one in (EVENTS, LEAVES))
        events, leaves = (db.execute(one).scalar_one() for one in counts)
    return int(events - leaves)


@pytest.mark.prove
@pytest.mark.timeout(0)
def test_two_make_one_history_of_a_backlog(fresh: World, tmp_path: Path) -> None:
    house, chance = fresh.house, Random(7)
    sequencer(house).drain()
    for _ in range(BACKLOG // 10_000):
        with transaction(house.engine) as db:
            insert_all(db, EVENTS, refusals(house, 10_000))

    def cut_off(*given: Any) -> Any:
        head = grow(*given)
        if chance.random() < CUT_OFF:
            raise CutOff
        return head

    def drain(_: int) -> int:
        cuts = 0
        while waiting(house):
            try:
                sequencer(house).drain()
            except CutOff:
                cuts += 1
        return cuts

    with patch("app.safeguards.audit.sequencing.grow", cut_off), ThreadPoolExecutor(2) as pool:
        cuts = sum(pool.map(drain, range(2)))
    assert cuts
    begun = perf_counter()
    with transaction(house.engine) as db:
        insert_all(db, EVENTS, refusals(house, 20_000))
    inserted = perf_counter()
    sequencer(house).drain()
    rate = 20_000 / (perf_counter() - inserted)
    print(f"{rate:.0f} leaves a second; {cuts} cuts; inserted in {inserted - begun:.1f} s")  # noqa: T201
    assert log_judged(house, tmp_path / "log") == 0
    assert len((tmp_path / "log" / "entries").read_bytes().splitlines()) > BACKLOG + 20_000
