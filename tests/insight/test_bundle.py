"""What an auditor takes away of one case: whole, judged offline, and no more than they may read."""

import json
import re
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete

from app import verify
from app.core.db import table
from app.safeguards.audit.log_keys import published_keys
from app.safeguards.audit.models import Revision
from app.safeguards.audit.sequencer import open_sequencer
from app.safeguards.guard import bundling
from tests.conftest import World
from tests.looking import past_insistence
from tests.making import Made
from tests.safeguards.audit.judging import log_of
from tests.safeguards.guard.test_quick import worked_on


@pytest.fixture(scope="module")
def made(world: World) -> Made:
    """A case with notes of several kinds, in the log, that somebody was refused."""
    case = worked_on(world)
    assert world.as_("statistician")("GET", f"/v1/cases/{case.id}").status_code in (403, 404)
    tag = {"If-Match": case.send("supervisor", "GET").headers["ETag"]}
    high = {"need_level": "high", "reason": "sleeps badly"}
    assert case.send("supervisor", "PATCH", json=high, headers=tag).status_code == 200
    grow(world)
    return case


def grow(world: World) -> None:
    house = world.house
    open_sequencer(house.engine, house.vault, house.settings).drain()


def taken(made: Made, role: str = "auditor") -> Any:
    return made.world.as_(role)("GET", f"/v1/cases/{made.id}/audit-bundle")


def run(made: Made, command: str, *given: Any) -> int:
    with made.world.house.engine.connect() as db:
        keys = [f"--key={one}" for one in published_keys(db)]
    return verify.main([command, *map(str, given), *keys])


def test_it_holds_offline(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = taken(made)
    assert answer.status_code == 200, answer.text
    (tmp_path / "bundle").write_bytes(answer.content)
    told = answer.json()
    assert run(made, "case", tmp_path / "bundle", "--file", made.id) == 0, capsys.readouterr().out
    said = capsys.readouterr().out
    assert re.search(rf"holds: {told['events']} events of the file {made.id} in \d+ chains", said)
    assert told["events"] == len(told["items"]) > 20
    assert sum("version" in one for one in told["items"]) > 10
    outcomes = {one["event"]["outcome"] for one in told["items"] if "event" in one}
    assert outcomes == {"written", "read", "refused"}
    assert run(made, "case", tmp_path / "bundle", "--file", made.person_id) == 1


def test_it_is_all_that_an_export_has_of_the_case(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever reads little of it, too: what is withheld has its place."""
    for role in ("auditor", "data_protection_officer"):
        answer = taken(made, role)
        assert answer.status_code == 200, answer.text
        (tmp_path / role).write_bytes(answer.content)
    grow(made.world)
    log_of(made.world.house, tmp_path / "log")
    for role in ("auditor", "data_protection_officer"):
        given = tmp_path / role, "--log", tmp_path / "log"
        assert run(made, "case", *given) == 0, capsys.readouterr().out
        assert "no other is about it" in capsys.readouterr().out


def test_of_a_version_that_somebody_took_away_it_says_so(
    fresh: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So does the history: it is not told without it."""
    case = worked_on(fresh)
    kept = table(Revision)
    with past_insistence(fresh.house) as db:
        found = db.execute(delete(kept).where(kept.c.record_id == UUID(case.id)))
        assert found.rowcount
    grow(fresh)
    (tmp_path / "bundle").write_bytes(taken(case).content)
    assert run(case, "case", tmp_path / "bundle") == 1
    assert "the server has not kept what was written here" in capsys.readouterr().out
    assert case.send("auditor", "GET", "/history").status_code == 500


def test_it_tells_of_versions_what_the_history_tells(made: Made) -> None:
    """The same records and fields, to the same reader; and of what was withheld not one value."""
    for role in ("auditor", "data_protection_officer"):
        told = taken(made, role).json()
        shown = {
            one["event"]["id"]: {field["name"] for field in one["version"]["fields"]}
            for one in told["items"]
            if one.get("version")
        }
        path, history = f"/v1/cases/{made.id}/history?limit=200", list[Any]()
        while path:
            page = made.world.as_(role)("GET", path).json()
            history += page["items"]
            path = page["next"] and f"/v1/cases/{made.id}/history?limit=200&cursor={page['next']}"
        known = {one["event_id"] for one in history}
        assert {event for event, names in shown.items() if names} == known & shown.keys()
        assert known <= shown.keys()
        written = {one["event"]["id"] for one in told["items"] if one.get("redacted") == "class"}
        assert not written & known


def test_parts_are_one_document(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = taken(made).json()
    monkeypatch.setattr(bundling, "PART", 3)
    answer = taken(made)
    parts = answer.json()
    assert parts["items"][: len(whole["items"])] == whole["items"]
    (tmp_path / "bundle").write_bytes(answer.content)
    assert run(made, "case", tmp_path / "bundle") == 0, capsys.readouterr().out


@pytest.mark.parametrize("change", ["value", "event", "left out", "end", "added", "salt"])
def test_whatever_is_altered_is_found(made: Made, tmp_path: Path, change: str) -> None:
    lines = taken(made).content.split(b"\n")
    numbers = [n for n, line in enumerate(lines) if b'"version":{"fields":[{' in line]
    place = numbers[len(numbers) // 2]
    item = json.loads(lines[place].removesuffix(b","))
    match change:
        case "value":
            item["version"]["fields"][0]["value"] = "another"
        case "event":
            item["event"]["role"] = "administrator"
        case "salt":
            item["version"]["fields"][0]["salt"] = "0" * 32
    lines[place] = json.dumps(item).encode() + b","
    if change == "left out":
        del lines[place]
    if change == "added":
        lines.insert(place, lines[place])
    if change == "end":
        lines[1:] = [lines[-1]]
    (tmp_path / "bundle").write_bytes(b"\n".join(lines))
    assert run(made, "case", tmp_path / "bundle") == 1


def test_one_field_at_one_date_and_nothing_else(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = taken(made)
    (tmp_path / "bundle").write_bytes(answer.content)
    versions = [one for one in answer.json()["items"] if one.get("version")]
    item = next(one for one in versions if one["event"]["record"] == "case")
    values = {one["name"]: one["value"] for one in item["version"]["fields"]}
    given = ["--record", item["event"]["record_id"], "--field", "number"]
    given += ["--at", item["event"]["created_at"]]
    out = tmp_path / "shown"
    assert run(made, "disclose", tmp_path / "bundle", out, *given) == 0, capsys.readouterr().out
    assert run(made, "check-disclosure", out) == 0
    assert values["number"] in capsys.readouterr().out
    shown = out.read_text()
    for name, value in values.items():
        if name != "number" and isinstance(value, str) and value not in json.dumps(item["event"]):
            assert value not in shown, name
    out.write_text(shown.replace(values["number"], "another"))
    assert run(made, "check-disclosure", out) == 1
    for moment, code in (
        *(("2026-13-01T00:00:00Z", 2), ("yesterday", 2), ("2020-01-01T00:00:00Z", 2)),
        *((item["event"]["created_at"].replace("Z", ""), 2), ("2999-01-01T00:00:00+05:00", 0)),
    ):
        given[5] = moment
        assert run(made, "disclose", tmp_path / "bundle", out, *given) == code, moment
    given[3] = "no_such_field"
    assert run(made, "disclose", tmp_path / "bundle", out, *given) == 2


def test_no_older_version_stands_in_for_one_that_is_not_told(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    *lines, end = taken(made).content.split(b"\n")
    told = [json.loads(line.removesuffix(b",")) for line in lines[1:] if b'"version":{' in line]
    last = next(one for one in reversed(told) if one["event"]["record_version"] > 1)
    field = last["version"]["fields"][0]["name"]
    given = ["--record", last["event"]["record_id"], "--field", field]
    bundle, out = tmp_path / "bundle", tmp_path / "shown"
    bundle.write_bytes(b"\n".join([*lines, end]))
    assert run(made, "disclose", bundle, out, *given) == 0, capsys.readouterr().out
    (place,) = (
        n for n, line in enumerate(lines) if f'"id":"{last["event"]["id"]}"'.encode() in line
    )
    item = json.loads(lines[place].removesuffix(b","))
    fields = item["version"]["fields"]
    item["version"]["fields"] = [one for one in fields if one["name"] != field]
    item["redacted"] = "fields"
    lines[place] = json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode()
    lines[place] += b"," * (place < len(lines) - 1)
    before = b"".join(line + b"\n" for line in lines)
    end = re.sub(rb"[0-9a-f]{64}", sha256(before).hexdigest().encode(), end)
    bundle.write_bytes(before + end)
    assert run(made, "case", bundle) == 0, capsys.readouterr().out
    assert run(made, "disclose", bundle, out, *given) == 2
    assert "no such field" in capsys.readouterr().out


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags, self.text = list[str](), list[str]()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        assert {name for name, _ in attrs} <= {"lang", "charset", "scope"}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_it_is_a_page_to_print(made: Made, tmp_path: Path) -> None:
    answer = taken(made)
    (tmp_path / "bundle").write_bytes(answer.content)
    assert run(made, "page", tmp_path / "bundle", tmp_path / "page.html") == 0
    page = Page()
    text = (tmp_path / "page.html").read_text()
    page.feed(text)
    assert page.tags.count("tr") == len(answer.json()["items"]) + 1
    assert not {"script", "img", "link", "iframe"} & {*page.tags}
    assert "http" not in text
    assert "staff 1 (" in " ".join(page.text)
    broken = answer.content.replace(b'"role":"social_worker"', b'"role":"administrator"', 1)
    (tmp_path / "bundle").write_bytes(broken)
    assert run(made, "page", tmp_path / "bundle", tmp_path / "other.html") == 1
    assert not [*tmp_path.glob("other.html*")]


def test_who_may_take_it(made: Made) -> None:
    for role in ("supervisor", "coordinator", "social_worker"):
        assert taken(made, role).status_code == 403, role
    for role in ("prosecutor", "partner", "administrator", "educator"):
        assert taken(made, role).status_code in (403, 404), role
    assert (
        made.world.as_("auditor", "south")("GET", f"/v1/cases/{made.id}/audit-bundle").status_code
        == 404
    )
