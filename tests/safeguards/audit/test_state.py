"""Whether the rows of the database are as their last events say; each edit past us is found."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.conftest import World
from tests.looking import past_insistence
from tests.safeguards.audit.judging import state_judged


def test_what_nobody_has_touched_is_as_its_events_say(
    fresh: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert state_judged(fresh.house, tmp_path) == 0, capsys.readouterr().out
    assert int(re.findall(r"holds: (\d+) rows", capsys.readouterr().out)[0]) > 500


Edit = Callable[[Connection], Any]


def sql(*statements: str) -> Edit:
    def edit(db: Connection) -> None:
        for one in statements:
            assert db.execute(text(one)).rowcount > 0, one

    return edit


ONE_CASE = "(SELECT id FROM cases ORDER BY id LIMIT 1)"
ONE_NOTE = "(SELECT id FROM notes ORDER BY id LIMIT 1)"
EDITS = {
    "a value": sql(f"UPDATE cases SET status = 'of old' WHERE id = {ONE_CASE}"),
    "a sealed value moved to another row": sql(
        f"UPDATE notes SET text = (SELECT text FROM notes WHERE id > {ONE_NOTE} LIMIT 1) "
        f"WHERE id = {ONE_NOTE}"
    ),
    "a kind": sql(f"UPDATE notes SET kind = 'counselling' WHERE id = {ONE_NOTE}"),
    "a moment": sql(
        f"UPDATE notes SET created_at = updated_at, occurred_on = '2020-01-01' "
        f"WHERE id = {ONE_NOTE}"
    ),
    "an author": sql(
        "UPDATE notes SET author_id = (SELECT id FROM users WHERE id <> author_id LIMIT 1) "
        f"WHERE id = {ONE_NOTE}"
    ),
    "a revision": sql(
        f"UPDATE revisions SET snapshot = (SELECT snapshot FROM revisions WHERE "
        f"record_id = {ONE_CASE} LIMIT 1) WHERE record_id = {ONE_NOTE}"
    ),
    "a version of its own": sql(f"UPDATE notes SET version = 7 WHERE id = {ONE_NOTE}"),
    "a row removed": sql(f"DELETE FROM notes WHERE id = {ONE_NOTE}"),
    "a key destroyed": sql(
        "UPDATE files SET wrapped_key = NULL WHERE id = "
        f"(SELECT case_id FROM notes WHERE id = {ONE_NOTE})"
    ),
    "another's event": sql(
        f"UPDATE notes SET last_event_id = (SELECT last_event_id FROM cases "
        f"WHERE id = {ONE_CASE}) WHERE id = {ONE_NOTE}"
    ),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_each_edit_is_found(
    fresh: World, tmp_path: Path, edit: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    with past_insistence(fresh.house, keys=False) as db:
        edit(db)
    assert state_judged(fresh.house, tmp_path) == 1
    assert re.search(r"first bad index \d+|of no event", capsys.readouterr().out)
