"""Two people erase a person: what is left says nothing, breaks nothing, and is proven."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from app.core.db import table
from app.core.engine import UnsafeDatabase
from app.core.settings import Settings
from app.core.values import new_id, now
from app.main import open_house
from app.registry.cases.models import Case
from app.registry.people.models import PersonName
from app.safeguards.access.policy import ROLES
from app.safeguards.guard import writing
from app.safeguards.guard.erasing import columns_emptied
from app.safeguards.guard.protected import protected_kinds
from app.safeguards.vault.emptying import empty
from app.safeguards.vault.ledger import Ledger
from app.safeguards.vault.models import File
from app.safeguards.vault.sealed import is_sealed
from tests.access.test_sealing import UNSEAL, sealed
from tests.conftest import World
from tests.looking import past_insistence, transaction
from tests.making import Made, new_case
from tests.registry.erasures.erased import WHY, closed_case, erased, proposal, proposed, told
from tests.safeguards.audit.judging import state_judged
from tests.worlds import Worlds, opened


def keys(made: Made) -> list[bytes | None]:
    files = table(File)
    ids = (UUID(made.id), UUID(made.person_id))
    with transaction(made.world.house.engine) as db:
        found = select(files.c.wrapped_key).where(files.c.id.in_(ids))
        return list(db.execute(found).scalars())


def rows_of(made: Made) -> list[tuple[str, Any]]:
    """Every protected row of the files of this person."""
    ids, found = (UUID(made.id), UUID(made.person_id)), []
    with transaction(made.world.house.engine) as db:
        for kind in protected_kinds():
            rows = table(kind)
            here = select(rows).where(rows.c[kind.file].in_(ids))
            found += [(kind.record, dict(one)) for one in db.execute(here).mappings()]
    return found


def test_nothing_of_them_is_left_and_nobody_finds_them(fresh: World, tmp_path: Path) -> None:
    made = closed_case(fresh)
    before = {(record, one["id"]): one for record, one in rows_of(made)}
    erased(made)
    assert keys(made) == [None, None]
    after = {(record, one["id"]): one for record, one in rows_of(made)}
    assert after.keys() == before.keys(), "the skeleton stays"
    kinds = {kind.record: kind for kind in protected_kinds()}
    for (record, row_id), one in after.items():
        old = before[record, row_id]
        assert one["version"] == old["version"] + 1
        for column in columns_emptied(kinds[record]):
            if not is_sealed(column):
                assert one[column.name] == empty(column, row_id), (record, column.name)
            elif old[column.name] is not None:
                assert one[column.name] != old[column.name]
    assert state_judged(fresh.house, tmp_path) == 0
    for role in ROLES:
        for path in (made.path, f"/v1/people/{made.person_id}"):
            assert fresh.as_(role)("GET", path).status_code in (403, 404), (role, path)


def test_every_route_of_an_erased_file_answers_as_of_none(fresh: World) -> None:
    made = closed_case(fresh)
    erased(made)
    ids = {"case_id": made.id, "person_id": made.person_id}
    asked = 0
    for path, verbs in fresh.client.get("/openapi.json").json()["paths"].items():
        if "get" not in verbs or not any(f"{{{name}}}" in path for name in ids):
            continue
        for name, value in ids.items():
            path = path.replace(f"{{{name}}}", value)
        while "{" in path:
            start, end = path.index("{"), path.index("}")
            path = path[:start] + str(uuid4()) + path[end + 1 :]
        for role in ("social_worker", "coordinator", "data_protection_officer", "auditor"):
            for more in ("", "?as_of=2026-11-01T00:00:00Z"):
                answer = fresh.as_(role)("GET", path + more)
                assert answer.status_code in (403, 404, 422), (role, path, answer.text)
                asked += 1
    assert asked > 100
    for role in ("social_worker", "coordinator", "auditor"):
        send = fresh.as_(role)
        for path in ("/v1/cases?limit=200&count=true", "/v1/people?limit=200", "/v1/audit/events"):
            listed = send("GET", path)
            assert listed.status_code in (200, 403), (role, path, listed.text)
            assert made.person_id not in listed.text
        found = send("POST", "/v1/search", json={"name": "Синтетова Проба"})
        assert found.status_code in (200, 403, 404, 405), found.text
    again = new_case(fresh)  # of the same name
    twins = again.as_("social_worker")("GET", f"/v1/people/{again.person_id}/possible-duplicates")
    assert twins.status_code == 200
    assert made.person_id not in twins.text
    about = {"person_id": made.person_id, "programme": "alder"}
    assert fresh.as_("social_worker")("POST", "/v1/cases", json=about).status_code == 404


def test_it_shows_as_erased_in_the_list_of_decisions(fresh: World) -> None:
    made = closed_case(fresh)
    decision = erased(made)
    for role in ("coordinator", "data_protection_officer", "auditor"):
        path = f"/v1/erasures?count=true&person_id={made.person_id}"
        listed = told(fresh.as_(role)("GET", path))
        assert listed["total"] == 1
        (one,) = listed["items"]
        assert (one["id"], one["status"], one["cases"]) == (decision, "done", 1)
    for role in ("social_worker", "supervisor", "administrator"):
        assert fresh.as_(role)("GET", f"/v1/erasures/{decision}").status_code in (403, 404)
    again = fresh.as_("data_protection_officer")("POST", "/v1/erasures", json=proposal(made))
    assert again.status_code == 409


def test_a_sealed_case_is_erased_and_nobody_unseals_it(fresh: World, tmp_path: Path) -> None:
    made = closed_case(fresh)
    sealed(made)
    erased(made)
    assert keys(made) == [None, None]
    for role in ("coordinator", "data_protection_officer"):
        assert made.post(role, "/unseal", UNSEAL).status_code == 404
        assert made.send(role, "GET", f"/unseal/{uuid4()}").status_code == 404
    assert state_judged(fresh.house, tmp_path) == 0


def test_a_decision_that_an_old_copy_left_open_is_done_once_more(fresh: World) -> None:
    """The files were erased again as the copy was opened; the decision is not said twice."""
    made = closed_case(fresh)
    decision = proposed(made)
    fresh.house.vault.ledger.add([UUID(made.person_id), UUID(made.id)], now())
    open_house(fresh.house.settings).engine.dispose()
    versions = [one["version"] for _, one in rows_of(made)]
    path = f"/v1/erasures/{decision}/approve"
    assert told(fresh.as_("coordinator")("POST", path, json=WHY))["status"] == "done"
    assert [one["version"] for _, one in rows_of(made)] == versions


def test_it_takes_two(fresh: World) -> None:
    made = closed_case(fresh)
    decision = proposed(made)
    officer, path = fresh.as_("data_protection_officer"), f"/v1/erasures/{decision}"
    own = officer("POST", f"{path}/approve", json=WHY)
    assert (own.status_code, own.json()["code"]) == (403, "own-proposal")
    assert None not in keys(made)
    assert made.get("social_worker")["id"] == made.id
    waits = fresh.as_("coordinator")("POST", "/v1/erasures", json=proposal(made))
    assert (waits.status_code, waits.json()["current"]) == (409, "proposed")
    assert told(fresh.as_("coordinator")("POST", f"{path}/decline", json=WHY))["cases"] is None
    late = fresh.as_("coordinator")("POST", f"{path}/approve", json=WHY)
    assert (late.status_code, late.json()["current"]) == (409, "declined")
    assert None not in keys(made)
    assert fresh.house.vault.ledger.read() == set()


def test_of_one_line_they_are_one_voice(fresh: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = closed_case(fresh)
    decision = proposed(made)
    monkeypatch.setattr("app.registry.erasures.service.same_line", lambda *_: True)
    path = f"/v1/erasures/{decision}/approve"
    refused = fresh.as_("coordinator")("POST", path, json=WHY)
    assert (refused.status_code, refused.json()["code"]) == (403, "same-line")
    assert None not in keys(made)


def test_what_keeps_a_person(fresh: World) -> None:
    officer, made = fresh.as_("data_protection_officer"), closed_case(fresh)

    def refused() -> set[str]:
        answer = officer("POST", "/v1/erasures", json=proposal(made))
        assert (answer.status_code, answer.json()["code"]) == (409, "erasure-refused"), answer.text
        return {one["code"] for one in answer.json()["unmet"]}

    cases = table(Case)
    here = cases.c.id == UUID(made.id)

    def made_so(**values: Any) -> None:
        with past_insistence(fresh.house) as db:
            db.execute(update(cases).where(here).values(**values))

    made_so(retention_class="legal_hold")
    assert refused() == {"legal-hold"}
    made_so(retention_class="adult", status="open")
    assert refused() == {"open-case"}
    made_so(status="closed")
    decision = proposed(made)
    made_so(status="open")  # since it was proposed
    late = fresh.as_("coordinator")("POST", f"/v1/erasures/{decision}/approve", json=WHY)
    assert (late.status_code, late.json()["code"]) == (409, "erasure-refused")
    assert None not in keys(made)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"person_id": str(uuid4())}, 404),
        ({"ground": "tidiness"}, 422),
        ({"dated_on": "2190-01-01"}, 422),
    ],
)
def test_a_proposal_that_does_not_fit(world: World, more: Any, status: int) -> None:
    made = new_case(world)
    answer = world.as_("coordinator")("POST", "/v1/erasures", json=proposal(made, **more))
    assert answer.status_code == status, answer.text


def test_a_person_of_elsewhere_is_nobody_here(world: World) -> None:
    made = new_case(world)
    there = world.as_("coordinator", "south")("POST", "/v1/erasures", json=proposal(made))
    assert there.status_code == 404, there.text


def test_what_is_put_into_an_erased_row_is_found(
    fresh: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = closed_case(fresh)
    erased(made)
    names = table(PersonName)
    with past_insistence(fresh.house, keys=False) as db:
        mine = names.c.person_id == UUID(made.person_id)
        db.execute(update(names).where(mine).values(full="back again"))
    assert state_judged(fresh.house, tmp_path) == 1
    assert "a name was erased, and says something" in capsys.readouterr().out


# --- an old copy ----------------------------------------------------------------------------------


def test_an_old_copy_is_erased_again_before_it_is_served(worlds: Worlds, tmp_path: Path) -> None:
    folder = tmp_path / "world"
    with worlds.database(folder, "demo") as settings:
        with opened(settings, folder) as world:
            made = closed_case(world)
        with copied(worlds, settings, tmp_path) as old:
            with opened(settings, folder) as world:
                erased(replace(made, world=world))
            house = open_house(old)  # the list is where it was
            house.engine.dispose()
            with opened(old, folder) as world:
                there = replace(made, world=world)
                assert keys(there) == [None, None]
                assert there.send("social_worker", "GET").status_code == 404
                assert state_judged(world.house, tmp_path) == 0
                said = [one for _, one in rows_of(there)]
                assert "Kanarisk" not in str(said)
                assert "Синтетова" not in str(said)
            open_house(old).engine.dispose()  # nothing is left to be done
            with opened(old, folder) as world:
                again = [one for _, one in rows_of(replace(made, world=world))]
                assert [one["version"] for one in again] == [one["version"] for one in said]


@contextmanager
def copied(worlds: Worlds, settings: Settings, folder: Path) -> Iterator[Settings]:
    """The database as it is now, beside it; with the same keys and the same list."""
    if worlds.server is None:
        path = Path(settings.database_url.removeprefix("sqlite:///"))
        shutil.copy(path, folder / "old.db")
        yield settings.model_copy(update={"database_url": f"sqlite:///{folder}/old.db"})
        return
    name = new_id().hex[-16:]
    here = settings.database_url.rpartition("/")[2]
    worlds.server.create(name, here.removeprefix(worlds.server.database("")))
    given = {
        "database_url": worlds.server.address(worlds.server.app, name),
        "migration_url": worlds.server.address(worlds.server.owner, name),
    }
    try:
        yield settings.model_copy(update=given)
    finally:
        worlds.server.drop(name)


def test_the_list_is_written_before_the_answer(fresh: World) -> None:
    made = closed_case(fresh)
    erased(made)
    assert fresh.house.vault.ledger.read() == {UUID(made.person_id), UUID(made.id)}
    text = fresh.house.settings.erasure_list_file.read_text()
    assert len(text.splitlines()) == 2
    assert fresh.house.settings.erasure_list_file.stat().st_mode & 0o777 == 0o600


def test_nothing_is_erased_where_the_list_cannot_be_written(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = closed_case(fresh)
    decision = proposed(made)

    def full(*_: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Ledger, "add", full)
    path = f"/v1/erasures/{decision}/approve"
    assert fresh.as_("coordinator")("POST", path, json=WHY).status_code == 500
    assert None not in keys(made)
    assert made.get("social_worker")["id"] == made.id


def test_nobody_is_listed_whose_erasure_has_no_evidence(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next start would erase them, though what two people agreed to was undone."""
    made = closed_case(fresh)
    path = f"/v1/erasures/{proposed(made)}/approve"

    def fails(*_: Any) -> None:
        raise OSError("a chain that cannot be locked")

    with monkeypatch.context() as broken:
        broken.setattr(writing, "chain", fails)
        assert fresh.as_("coordinator")("POST", path, json=WHY).status_code == 500
    assert None not in keys(made)
    assert fresh.house.vault.ledger.read() == set()
    assert fresh.as_("coordinator")("POST", path, json=WHY).status_code == 200
    assert keys(made) == [None, None]


def test_a_list_that_was_lost_is_made_anew(fresh: World) -> None:
    made = closed_case(fresh)
    erased(made)
    listed = fresh.house.settings.erasure_list_file
    listed.unlink()
    open_house(fresh.house.settings).engine.dispose()
    assert fresh.house.vault.ledger.read() == {UUID(made.person_id), UUID(made.id)}


def test_a_key_that_is_gone_for_no_reason_is_no_erasure(fresh: World, tmp_path: Path) -> None:
    """Else the list would destroy the file in every copy of the database, with our own word."""
    made, other = closed_case(fresh), closed_case(fresh)
    erased(other)
    fresh.house.settings.erasure_list_file.unlink()
    files = table(File)
    with transaction(fresh.house.engine) as db:
        lost = files.c.id.in_((UUID(made.id), UUID(made.person_id)))
        db.execute(update(files).where(lost).values(wrapped_key=None))
    with pytest.raises(
        UnsafeDatabase, match=", ".join(sorted((made.id, made.person_id)))
    ) as refused:
        open_house(fresh.house.settings)
    assert other.id not in str(refused.value)
    assert fresh.house.vault.ledger.read() == set()


def test_a_list_as_it_may_be_found(tmp_path: Path) -> None:
    ledger, first, second = Ledger(tmp_path / "new" / "list"), uuid4(), uuid4()
    assert ledger.read() == set()
    ledger.add([first], now())
    with ledger.path.open("a") as file:
        file.write("2026-11-30T03:4")  # cut off
    ledger.add([second], now())
    assert ledger.read() == {first, second}
    with ledger.path.open("a") as file:
        file.write("x" * 64 + "\n")
    with pytest.raises(UnsafeDatabase, match="line 4 names no erased file"):
        ledger.read()
