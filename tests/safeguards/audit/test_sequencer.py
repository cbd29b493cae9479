"""The signed log of a running installation: what has a place in it, and what is kept out."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, select, text, update

from app import verify
from app.core.db import table
from app.core.engine import UnsafeDatabase
from app.core.key_file import UnsafeKey
from app.core.values import new_id, now
from app.main import create_app
from app.safeguards.audit import sequencing
from app.safeguards.audit.chain import LOGGED, log_leaf
from app.safeguards.audit.checkpoint import Checkpoint
from app.safeguards.audit.models import AuditEvent, LogHead, LogLeaf, Unvouched
from app.safeguards.audit.notes import read_note, sign, verified
from app.safeguards.audit.sequencer import Sequencer, examine_log_beside, open_sequencer
from app.safeguards.audit.sequencing import AGAIN, LATE
from app.safeguards.guard.circumstances import Circumstances
from tests.conftest import World
from tests.looking import past_insistence, transaction
from tests.safeguards.audit.judging import log_judged

EVENTS, LEAVES = table(AuditEvent), table(LogLeaf)


def sequencer(world: World) -> Sequencer:
    house = world.house
    return open_sequencer(house.engine, house.vault, house.settings)


def leaves(world: World) -> list[tuple[int, str]]:
    with transaction(world.house.engine) as db:
        ordered = select(LEAVES.c.leaf_index, LEAVES.c.event_id).order_by(LEAVES.c.leaf_index)
        return [(index, str(event)) for index, event in db.execute(ordered)]


def test_every_event_has_its_place(fresh: World) -> None:
    lets_grow = sequencer(fresh)
    lets_grow.once()
    with transaction(fresh.house.engine) as db:
        events = [
            str(one) for one in db.execute(select(EVENTS.c.id).order_by(EVENTS.c.id)).scalars()
        ]
    assert len(events) > 1000
    assert [index for index, _ in leaves(fresh)] == [*range(len(events))]
    assert sorted(event for _, event in leaves(fresh)) == events
    note = read_note(fresh.house.settings.log_checkpoint_file.read_bytes())
    keys = [one.verifier for one in lets_grow.sequencing.keys.signers]
    assert verified(note, keys).keys() == set(keys)
    assert note.text.splitlines()[1] == str(len(events))
    assert fresh.as_("coordinator")("GET", "/v1/cases").status_code == 200
    lets_grow.once()
    assert len(leaves(fresh)) == len(events) + 1


def test_whoever_has_its_keys_can_judge_it_without_us(fresh: World, tmp_path: Path) -> None:
    lets_grow = sequencer(fresh)
    lets_grow.drain()
    assert log_judged(fresh.house, tmp_path / "one") == 0
    assert fresh.as_("coordinator")("GET", "/v1/cases").status_code == 200
    lets_grow.drain()
    assert log_judged(fresh.house, tmp_path / "two") == 0


def raw(world: World, statement: str, **values: object) -> None:
    """As whoever holds the database may, past all that insists."""
    with past_insistence(world.house) as db:
        db.execute(text(statement), values)


def test_an_event_that_was_altered_is_found_by_its_index(
    fresh: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sequencer(fresh).drain()
    index, event = leaves(fresh)[700]
    raw(fresh, "UPDATE audit_events SET role = 'auditor' WHERE id = :id", id=event)
    assert log_judged(fresh.house, tmp_path) == 1
    assert f"first bad index {index}" in capsys.readouterr().out


def test_two_sequencers_make_one_history(fresh: World, tmp_path: Path) -> None:
    first, second = sequencer(fresh), sequencer(fresh)
    ask = fresh.as_("coordinator")
    for turn in range(6):
        ask("GET", "/v1/cases")
        (first, second)[turn % 2].sequencing.batch(most=700)
    first.drain()
    assert [index for index, _ in leaves(fresh)] == [*range(len(leaves(fresh)))]
    assert log_judged(fresh.house, tmp_path) == 0


def test_who_was_slower_adds_nothing(fresh: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between what it found and its turn, another one has put the same events in the log."""
    slow, fast = sequencer(fresh), sequencer(fresh)
    found = sequencing.waiting

    def meanwhile(*given: Any) -> Any:
        rows = found(*given)
        monkeypatch.setattr(sequencing, "waiting", found)
        fast.drain()
        return rows

    monkeypatch.setattr(sequencing, "waiting", meanwhile)
    more, head = slow.sequencing.batch()
    assert (more, head and head.size) == (True, fast.size)
    assert len(leaves(fresh)) == fast.size


def test_of_a_chain_nothing_is_in_the_log_before_what_it_follows(fresh: World) -> None:
    """Whoever waits for a chain has made their id, and comes after who made one later."""
    lets_grow = sequencer(fresh)
    lets_grow.drain()
    with transaction(fresh.house.engine) as db:
        statement = select(EVENTS).where(EVENTS.c.chain.is_not(None)).order_by(EVENTS.c.seq.desc())
        last = dict(db.execute(statement.limit(1)).mappings().one())
        ids = sorted(new_id() for _ in range(4))
        for event_id, seq in zip(ids, (2, 1, 3, None), strict=True):
            chained = {name: last[name] for name in ("file_id", "chain", "hash")}
            chained |= {"seq": last["seq"] + seq} if seq else dict.fromkeys(chained) | {"seq": None}
            made = {**word_of(fresh, now()), "id": event_id, **chained}
            db.execute(insert(EVENTS).values(made))
    lets_grow.sequencing.vouched = lambda _: True
    size = lets_grow.size
    assert lets_grow.sequencing.batch(most=1)[0]  # it would have been the second without the first
    assert [event for _, event in leaves(fresh)][size:] == [str(ids[1]), str(ids[0])]
    lets_grow.drain()
    assert [event for _, event in leaves(fresh)][size:] == [str(ids[n]) for n in (1, 0, 2, 3)]


def test_what_commits_late_is_found(fresh: World) -> None:
    lets_grow = sequencer(fresh)
    lets_grow.drain()
    ago = now() - LATE / 2
    with transaction(fresh.house.engine) as db, patch("time.time_ns", lambda: ns(ago)):
        event = word_of(fresh, ago)
        db.execute(insert(EVENTS).values(event))
    lets_grow.drain()
    assert leaves(fresh)[-1] == (lets_grow.size - 1, str(event["id"]))


def test_what_commits_much_too_late_is_found_within_the_hour(fresh: World) -> None:
    lets_grow = sequencer(fresh)
    lets_grow.drain()
    ago = now() - timedelta(days=30)
    with transaction(fresh.house.engine) as db, patch("time.time_ns", lambda: ns(ago)):
        event = word_of(fresh, ago)
        db.execute(insert(EVENTS).values(event))
    lets_grow.drain()
    assert str(event["id"]) not in {one for _, one in leaves(fresh)}
    lets_grow.sequencing.clock = lambda: now() + AGAIN
    lets_grow.drain()
    assert str(event["id"]) == leaves(fresh)[-1][1]


def test_all_events_are_looked_through_some_at_a_time(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the log is, a look does not take longer: what is too late waits its turn."""
    monkeypatch.setattr(sequencing, "WINDOW", 100)
    lets_grow, found = sequencer(fresh), sequencing.waiting
    lets_grow.drain()
    # As if all this were long ago.
    lately = sequencing.first_id(now())
    monkeypatch.setattr(sequencing.Sequencing, "horizon", lambda *_: lately)
    lets_grow.sequencing.floor = lately
    with transaction(fresh.house.engine) as db:
        known = select(EVENTS.c.id).order_by(EVENTS.c.id).offset(450).limit(1)
        made = db.execute(known).scalar_one().int >> 80  # milliseconds
        ago = datetime.fromtimestamp(made / 1000, UTC)
        with patch("time.time_ns", lambda: ns(ago)):
            event = word_of(fresh, ago)
        db.execute(insert(EVENTS).values(event))
    looked = list[tuple[UUID, UUID]]()

    def watched(db: Any, floor: UUID, most: int, size: int, *until: UUID) -> Any:
        looked.extend((floor, one) for one in until)
        return found(db, floor, most, size, *until)

    monkeypatch.setattr(sequencing, "waiting", watched)
    lets_grow.sequencing.clock = lambda: now() + AGAIN
    turns = 0
    while str(event["id"]) not in {one for _, one in leaves(fresh)}:
        lets_grow.sequencing.batch()
        turns += 1
        assert turns < 10, "nobody looks that far"
    assert turns > 3
    while lets_grow.sequencing.swept != sequencing.BEFORE_ALL:
        lets_grow.sequencing.batch()
    assert looked[0][0] == sequencing.BEFORE_ALL
    assert [end for _, end in looked[:-1]] == [start for start, _ in looked[1:]]
    assert len(looked) == -(-(lets_grow.size + 1) // 100)
    lets_grow.sequencing.batch()  # within the hour nobody looks again
    assert len(looked) == -(-(lets_grow.size + 1) // 100)


def test_a_process_that_begins_looks_near_the_end_first(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sequencer(fresh).drain()
    asked, found = list[UUID](), sequencing.waiting

    def watched(db: Any, floor: UUID, *more: Any) -> Any:
        asked.append(floor)
        return found(db, floor, *more)

    monkeypatch.setattr(sequencing, "waiting", watched)
    assert fresh.as_("coordinator")("GET", "/v1/cases").status_code == 200
    size, another = len(leaves(fresh)), sequencer(fresh)
    another.sequencing.batch()
    last = UUID(leaves(fresh)[size - 1][1])
    assert 0 < (last.int >> 80) - (asked[0].int >> 80) == LATE.total_seconds() * 1000
    assert asked[1] == sequencing.BEFORE_ALL
    assert len(leaves(fresh)) == size + 1


def ns(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000_000)


def word_of(world: World, at: datetime) -> dict[str, Any]:
    key = world.house.vault.vouching
    return Circumstances(None, "case.read", "GET /route", new_id(), at, key).event("refused")


@pytest.mark.parametrize("outcome", ["read", "refused", "signed-in"])
def test_an_event_that_is_not_ours_is_kept_out_and_told(
    fresh: World, outcome: str, caplog: pytest.LogCaptureFixture
) -> None:
    lets_grow = sequencer(fresh)
    made = Circumstances(None, "case.read", "GET /route", new_id(), now(), b"another key")
    with transaction(fresh.house.engine) as db:
        db.execute(insert(EVENTS).values(forged := made.event(outcome)))
        db.execute(insert(EVENTS).values(word_of(fresh, now())))
    lets_grow.once()
    with transaction(fresh.house.engine) as db:
        assert [*db.execute(select(table(Unvouched).c.event_id)).scalars()] == [forged["id"]]
    assert str(forged["id"]) not in {event for _, event in leaves(fresh)}
    assert lets_grow.unvouched == 1
    assert "events that the application did not write" in caplog.text
    lets_grow.once()  # and it is not looked at again


def test_what_was_altered_before_it_is_in_the_log_is_not_ours(fresh: World) -> None:
    lets_grow = sequencer(fresh)
    lets_grow.drain()
    assert fresh.as_("social_worker")("GET", "/v1/cases").status_code == 200
    raw(
        fresh,
        "UPDATE audit_events SET role = 'auditor' WHERE action = 'case.read' AND id NOT IN "
        "(SELECT event_id FROM log_leaves)",
    )
    lets_grow.drain()
    assert lets_grow.unvouched == 1


def forged(world: World, **more: Any) -> dict[str, Any]:
    """An event that nobody of ours has written."""
    return {**word_of(world, now()), "outcome": "read", "mac": None, **more}


def test_nobody_has_us_sign_over_leaves_of_theirs(
    fresh: World, caplog: pytest.LogCaptureFixture
) -> None:
    """An event, its leaf and the size of the log, put there by whoever may write into tables."""
    lets_grow = sequencer(fresh)
    lets_grow.drain()
    size, event = lets_grow.size, forged(fresh)
    kept = fresh.house.settings.log_checkpoint_file.read_text()
    with past_insistence(fresh.house) as db:
        db.execute(insert(EVENTS).values(event))
        leaf = {"leaf_index": size, "event_id": event["id"], "leaf": log_leaf(event)}
        db.execute(insert(LEAVES).values(leaf))
        db.execute(update(table(LogHead)).values(size=size + 1))
    fresh.as_("coordinator")("GET", "/v1/cases")
    for one in (lets_grow, replace(lets_grow, sequencing=replace(lets_grow.sequencing))):
        caplog.clear()
        one.once()
        assert "the log is damaged" in caplog.text
    assert fresh.house.settings.log_checkpoint_file.read_text() == kept
    with pytest.raises(UnsafeDatabase):
        sequencer(fresh)


def test_the_log_is_not_cut_while_it_runs(fresh: World, caplog: pytest.LogCaptureFixture) -> None:
    """Back to what was signed a while ago, leaves and all."""
    lets_grow = sequencer(fresh)
    lets_grow.sequencing.batch(most=700)
    with transaction(fresh.house.engine) as db:
        (before,) = db.execute(select(table(LogHead))).mappings()
    lets_grow.drain()
    kept = fresh.house.settings.log_checkpoint_file.read_text()
    with past_insistence(fresh.house) as db:
        db.execute(text(f"DELETE FROM log_leaves WHERE leaf_index >= {before['size']}"))
        db.execute(update(table(LogHead)).values(dict(before)))
    fresh.as_("coordinator")("GET", "/v1/cases")
    lets_grow.once()
    assert "the log is damaged" in caplog.text
    assert fresh.house.settings.log_checkpoint_file.read_text() == kept


def test_no_event_is_hidden_behind_a_leaf_of_no_log(
    fresh: World, caplog: pytest.LogCaptureFixture
) -> None:
    lets_grow = sequencer(fresh)
    lets_grow.drain()
    fresh.as_("coordinator")("GET", "/v1/cases")
    with transaction(fresh.house.engine) as db:
        (last,) = db.execute(select(EVENTS.c.id).order_by(EVENTS.c.id.desc()).limit(1)).scalars()
        db.execute(insert(LEAVES).values(leaf_index=10**15, event_id=last, leaf=bytes(32)))
    lets_grow.once()
    assert "the log could not grow" in caplog.text


def test_nonsense_that_is_not_ours_does_not_stop_the_log(fresh: World) -> None:
    lets_grow = sequencer(fresh)
    lets_grow.drain()
    file_id = new_id()
    some = [
        forged(fresh, chain="x", seq=None, file_id=file_id),
        forged(fresh, chain="x", seq=None, file_id=file_id),
        forged(fresh, detail={"count": 2**70}),
    ]
    with transaction(fresh.house.engine) as db:
        for one in some:
            db.execute(insert(EVENTS).values(one))
    assert fresh.as_("coordinator")("GET", "/v1/cases").status_code == 200
    size = lets_grow.size
    lets_grow.once()
    assert (lets_grow.size, lets_grow.unvouched) == (size + 1, 3)


def test_a_clock_that_is_behind_makes_no_gap(fresh: World) -> None:
    """What stands before an event in its chain comes with it, wherever its id is."""
    lets_grow = sequencer(fresh)
    lets_grow.drain()
    lets_grow.sequencing.vouched = lambda _: True
    size, ago = lets_grow.size, now() - timedelta(minutes=10)
    with transaction(fresh.house.engine) as db:
        statement = select(EVENTS).where(EVENTS.c.chain.is_not(None)).order_by(EVENTS.c.seq.desc())
        last = dict(db.execute(statement.limit(1)).mappings().one())
        with patch("time.time_ns", lambda: ns(ago)):
            early = [new_id(), new_id()]
        for seq, event_id in enumerate((*early, new_id()), start=1):
            chained = {name: last[name] for name in ("file_id", "chain", "hash")}
            made = {**word_of(fresh, now()), "id": event_id, **chained, "seq": last["seq"] + seq}
            db.execute(insert(EVENTS).values(made))
    lets_grow.drain()
    assert lets_grow.size == size + 3
    assert [event for _, event in leaves(fresh)][size : size + 2] == [*map(str, early)]


def test_an_older_state_is_refused(fresh: World) -> None:
    lets_grow = sequencer(fresh)
    lets_grow.drain()
    raw(fresh, "DELETE FROM log_leaves WHERE leaf_index > 600")
    with pytest.raises(UnsafeDatabase, match="does not give the root that was signed"):
        sequencer(fresh)


def test_a_dump_from_before_is_refused(fresh: World) -> None:
    lets_grow = sequencer(fresh)
    lets_grow.sequencing.batch(most=700)
    with transaction(fresh.house.engine) as db:
        (before,) = db.execute(select(table(LogHead))).mappings()
    first = before["size"]
    lets_grow.drain()
    size = lets_grow.size
    with past_insistence(fresh.house) as db:
        db.execute(text(f"DELETE FROM log_leaves WHERE leaf_index >= {first}"))
        db.execute(update(table(LogHead)).values(dict(before)))
    told = f"has {first} events in its log, and {size} were signed"
    with pytest.raises(UnsafeDatabase, match=told):
        sequencer(fresh)
    # Nor does a server start that lets no log grow, where it finds what another one signed.
    assert not fresh.house.settings.sequencer
    with pytest.raises(UnsafeDatabase, match=told):
        create_app(fresh.house.settings, fresh.house)
    fresh.house.settings.log_checkpoint_file.unlink()
    examine_log_beside(fresh.house.engine, fresh.house.settings)


def test_another_past_is_refused(fresh: World) -> None:
    lets_grow = sequencer(fresh)
    lets_grow.drain()
    file = fresh.house.settings.log_checkpoint_file
    keys = lets_grow.sequencing.keys
    other = Checkpoint(keys.origin, 10, b"x" * 32).written()
    file.write_bytes(sign(other, keys.signers, 1).written())
    with pytest.raises(UnsafeDatabase, match="has another past"):
        sequencer(fresh)
    file.write_bytes(sign(other, keys.signers[:1], 1).written())
    with pytest.raises(UnsafeDatabase, match="is not signed by the log of this database"):
        sequencer(fresh)


def test_its_key_is_neither_lost_nor_changed_unseen(fresh: World) -> None:
    sequencer(fresh)
    file = fresh.house.settings.log_key_file
    key = file.read_text()
    file.write_text("0" * 64)
    with pytest.raises(UnsafeKey, match="is not the key with which the log"):
        sequencer(fresh)
    file.unlink()
    with pytest.raises(UnsafeKey, match="restore the key"):
        sequencer(fresh)
    file.write_text(key)
    file.chmod(0o600)
    sequencer(fresh)
    fresh.house.settings.log_origin = "another/log"
    with pytest.raises(UnsafeKey, match="CASEWORK_LOG_ORIGIN"):
        sequencer(fresh)


@pytest.mark.parametrize("failure", [OSError, RuntimeError])
def test_what_fails_is_tried_again(
    fresh: World, failure: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    lets_grow = sequencer(fresh)
    with patch.object(lets_grow.sequencing, "batch", side_effect=failure):
        lets_grow.once()
    assert "the log could not grow" in caplog.text
    lets_grow.once()
    assert lets_grow.size == len(leaves(fresh)) > 0


def test_it_is_told_that_it_is_late(fresh: World, caplog: pytest.LogCaptureFixture) -> None:
    lets_grow = sequencer(fresh)
    lets_grow.sequencing.clock = lambda: now() + timedelta(seconds=61)
    lets_grow.once()
    assert "the log is late" in caplog.text
    caplog.clear()
    lets_grow.once()
    assert "the log is late" not in caplog.text


def test_it_is_late_also_where_no_look_succeeds(
    fresh: World, caplog: pytest.LogCaptureFixture
) -> None:
    lets_grow = sequencer(fresh)
    for _ in range(2):  # what the world is made of may have waited for long
        lets_grow.once()
    caplog.clear()
    with patch.object(lets_grow.sequencing, "batch", side_effect=RuntimeError):
        lets_grow.once()
        assert "the log is late" not in caplog.text
        lets_grow.looked_at -= 60
        lets_grow.once()
    assert "the log is late" in caplog.text
    caplog.clear()
    lets_grow.once()
    assert "the log is late" not in caplog.text


def test_it_grows_while_the_application_runs(fresh: World, tmp_path: Path) -> None:
    settings = fresh.house.settings.model_copy(update={"sequencer": True})
    with TestClient(create_app(settings, fresh.house)) as client:
        auditor = {"Authorization": f"Bearer {fresh.staff['auditor', 'north'].token}"}
        until = monotonic() + 30
        while not client.get("/v1/audit/checkpoint", headers=auditor).json()["size"]:
            assert monotonic() < until
            sleep(0.05)
    assert log_judged(fresh.house, tmp_path) == 0


def test_an_event_and_its_proof(fresh: World, tmp_path: Path) -> None:
    ask = fresh.as_("auditor")
    lets_grow = sequencer(fresh)
    (first, *_) = ask("GET", "/v1/audit/events?limit=1").json()["items"]
    early = ask("GET", f"/v1/audit/events/{first['id']}/proof")
    assert (early.status_code, early.json()["code"]) == (409, "not-logged-yet")
    lets_grow.drain()
    shown = ask("GET", f"/v1/audit/events/{first['id']}/proof").json()
    known = ask("GET", "/v1/audit/checkpoint").json()
    assert (known["size"], known["keys"]) == (shown["size"], lets_grow.sequencing.keys.vkeys)
    told = set(LOGGED) & set(first)
    assert {name: shown["entry"][name] for name in told} == {name: first[name] for name in told}
    assert set(shown["entry"]) == set(LOGGED)
    (tmp_path / "proof").write_text(shown["proof"])
    (tmp_path / "entry").write_text(json.dumps(shown["entry"]))
    given = ["proof", str(tmp_path / "proof"), "--entry", str(tmp_path / "entry")]
    assert verify.main([*given, *(f"--key={key}" for key in known["keys"])]) == 0
    (tmp_path / "entry").write_text(json.dumps({**shown["entry"], "role": "auditor"}))
    assert verify.main([*given, *(f"--key={key}" for key in known["keys"])]) == 1


def test_who_may_not_read_an_event_gets_no_proof(fresh: World) -> None:
    sequencer(fresh).drain()
    ask = fresh.as_("auditor")
    (first, *_) = ask("GET", "/v1/audit/events?limit=1").json()["items"]
    path, none = f"/v1/audit/events/{first['id']}/proof", f"/v1/audit/events/{new_id()}/proof"
    other = fresh.as_("auditor", "south")
    theirs, absent = other("GET", path), other("GET", none)
    assert theirs.status_code == 404
    assert {**theirs.json(), "request_id": ""} == {**absent.json(), "request_id": ""}
    for role in ("supervisor", "coordinator", "administrator", "educator"):
        assert fresh.as_(role)("GET", path).status_code in (403, 404)
    # How long the log is tells of every case: of those, too, that somebody may not know of.
    for role in ("supervisor", "social_worker", "administrator", "partner"):
        assert fresh.as_(role)("GET", "/v1/audit/checkpoint").status_code == 403
    own = fresh.as_("psychologist")("GET", "/v1/audit/events?limit=1").json()["items"][0]["id"]
    assert fresh.as_("psychologist")("GET", f"/v1/audit/events/{own}/proof").status_code == 403
