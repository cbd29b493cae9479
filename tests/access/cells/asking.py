"""Sends a cell's request and holds what came back against what must: answer, rows and event."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.db import table
from app.core.values import new_id
from app.safeguards.audit.models import AuditEvent
from tests.access.cells.addresses import address
from tests.access.cells.expecting import SHORT, Cell, Expected, Judge, empty, fields
from tests.access.cells.people import Who
from tests.access.cells.scene import File, Row, Scene
from tests.access.cells.shapes import ENTRIES
from tests.access.cells.telling import drawn, named, spelled
from tests.access.cells.trail import Trail
from tests.access.cells.writes import Write
from tests.looking import transaction

CODES = {403: "forbidden", 404: "not-found", 422: "invalid"}
UNFIT = {"of_no_schema": 1}  # a body that no write takes, and whoever is let in is told so
PAGE = 50
OF_EVENTS = ("events", "looks")
PAGES = ("all", "arrivals", "timeline", "history", *OF_EVENTS)
KEPT_AS = {"client": "user"}  # among all who sign in
WITHIN = {
    "case": ("tracks", "track"),
    "person": ("names", "name"),
    "household": ("members", "household_member"),
}
AT_ONCE = 500  # requests whose events are looked up together


def from_now_on() -> UUID:
    """Lower than the ids that are made from this moment on."""
    return UUID(int=new_id().int >> 80 << 80)


class Asking:
    """Collects every mismatch of a run; nothing stops at the first."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.judge = scene, Judge(scene)
        self.trail = Trail(self.judge)
        self.asked: list[tuple[Cell, Expected, str, Any]] = []
        self.mismatches: list[str] = []
        self.count, self.since = 0, from_now_on()

    def ask(self, cells: Iterable[Cell]) -> None:
        for cell in cells:
            self.count += 1
            expected = self.judge.expects(cell)
            path, more = address(cell, self.scene), {}
            if cell.operation.writes:
                more["json"] = UNFIT
            elif len(expected.rows) > PAGE or cell.operation.answer == "history":
                path += "?limit=200"
            if cell.operation.answer in OF_EVENTS:
                self.trail.catch_up()
            answer = cell.who.send(cell.operation.method, path, **more)
            self.mismatches += [f"{cell}: {one}" for one in self.faults(cell, expected, answer)]
            self.asked.append((cell, expected, answer.headers["X-Request-Id"], answer.status_code))
            if len(self.asked) >= AT_ONCE:
                self.look_up()
        self.look_up()

    def write(self, wanted: Iterable[tuple[Write, Who, File]]) -> None:
        """With bodies that fit: made, or in a state that does not take it, is let in."""
        for write, who, file in wanted:
            self.count += 1
            cell = Cell(write.operation, who, file)
            path, self.since = address(cell, self.scene), from_now_on()
            answer = who.send("POST", path, json=write.body(self.scene, file))
            expected = self.judge.expects(cell).status
            made = write.made_in(self.judge, who, file) if expected == 422 else None
            allowed = (201, 409) if made else (403 if expected == 422 else expected,)
            fault = ""
            if answer.status_code not in allowed:
                fault = f"{answer.status_code} {answer.text[:200]}, not {allowed[0]}"
            elif not made or answer.is_error:
                fault = self.kept(answer, who, "refused", None, None)
            else:
                fault = self.kept(answer, who, "written", write.operation.record, made)
            if fault:
                self.mismatches.append(f"{write} of the {file.name} as {who}: {fault}")

    def kept(
        self, answer: Any, who: Who, outcome: str, record: str | None, name: str | None
    ) -> str:
        """What is wrong with the events of a write; what follows from it is of records beside."""
        (found,) = self.events([answer.headers["X-Request-Id"]])
        if {(str(one.actor_id), one.outcome) for one in found} != {(who.id, outcome)}:
            return f"events {[(one.outcome, one.record) for one in found]}"
        own = [one for one in found if one.record == record]
        if [one.record_class for one in own] != [name]:
            return f"events of {[(one.record, one.record_class) for one in found]}, not of {name}"
        return ""

    # --- the answer ---------------------------------------------------------------------------

    def faults(self, cell: Cell, expected: Expected, answer: Any) -> Iterator[str]:
        if answer.status_code != expected.status:
            code = answer.json().get("code") if answer.is_error else ""
            yield f"{answer.status_code} {code}, not {expected.status}"
            return
        if answer.status_code != 200:
            return
        kind = cell.operation.answer
        if kind == "drawn":
            yield from drawn(answer)
            return
        told = answer.json()
        if kind in PAGES and told.keys() != {"items", "next"}:
            yield f"a page of {sorted(told)}"
        elif kind in ("all", "arrivals", "one", "myself"):
            rows = told["items"] if kind in PAGES else [told]
            yield from self.told_of(expected, [one["id"] for one in rows])
            for one in rows:
                yield from self.shown(cell, expected, one)
        elif kind in ("timeline", "history"):
            yield from self.past(expected, told, kind)
        elif kind in OF_EVENTS:
            yield from self.trail.faults(cell, told)
        else:
            yield from spelled(kind, told)
            yield from named(kind, told, cell.who, self.scene)
            if kind == "trend":
                yield from self.told_of(expected, [one["id"] for one in told["points"]])

    @staticmethod
    def told_of(expected: Expected, ids: list[str]) -> Iterator[str]:
        """Exactly the rows that are theirs to see, each once."""
        known = {one.id: one for one in expected.rows}
        if len(ids) != len(set(ids)):
            yield "lists a row twice"
        for one in sorted(expected.forms.keys() ^ set(ids)):
            row = known.get(one)
            of = f"{row.record} of {row.record_class}" if row else "row of another list"
            yield f"lists a {of}" if one in ids else f"does not list a {of}"

    def shown(self, cell: Cell, expected: Expected, told: dict[str, Any]) -> Iterator[str]:
        row = next((one for one in expected.rows if one.id == told["id"]), None)
        if row is None or row.id not in expected.forms:
            return
        wanted = fields(row, expected.forms[row.id], cell.who)
        if told.keys() != wanted:
            yield f"{row.record} of {row.record_class} shows {sorted(told.keys() ^ wanted)}"
            return
        if expected.forms[row.id] != SHORT:
            for name in empty(row, cell.who):
                if told[name] is not None:
                    yield f"{row.record} tells {name}"
        yield from self.within(cell, row, told)

    def within(self, cell: Cell, row: Row, told: dict[str, Any]) -> Iterator[str]:
        """Rows that stand in a row are filtered as they are elsewhere."""
        name, record = WITHIN.get(row.record, ("", ""))
        if name in told:
            rows = [one for one in self.judge.rows(record) if one.file_id == row.id]
            forms = {one.id: self.judge.sees(cell.who, one) for one in rows}
            seen = {one: form for one, form in forms.items() if form}
            below = Expected(200, None, seen, rows)
            yield from self.told_of(below, [one["id"] for one in told[name]])
            for one in told[name]:
                yield from self.shown(cell, below, one)
        if "guardian_contacts" in told and len(told["guardian_contacts"]) != 1:
            yield f"tells {len(told['guardian_contacts'])} contacts, not the guardian's"

    @staticmethod
    def past(expected: Expected, told: dict[str, Any], kind: str) -> Iterator[str]:
        entries = told["items"]
        found = {one["record_id"] for one in entries}
        known = {one.id: one for one in expected.rows}
        lacking = set() if told.get("next") else expected.forms.keys() - found
        for one in sorted((found - expected.forms.keys()) | lacking):
            row = known.get(one)
            of = f"{row.record} of {row.record_class}" if row else "row of another file"
            yield f"{'tells' if one in found else 'does not tell'} the past of a {of}"
        for one in entries:
            if one.keys() != ENTRIES[kind]:
                yield f"fields {sorted(one.keys() ^ ENTRIES[kind])}"
                return
            nameless = one["actor_id"] is None
            if nameless is not (expected.forms.get(one["record_id"]) == SHORT):
                yield f"who wrote a {one['record']} of {one['record_class']} is {one['actor_id']}"

    # --- the event ----------------------------------------------------------------------------

    def look_up(self) -> None:
        """Each request has one event, that says who was let do what, or was not."""
        asked, self.asked = self.asked, []
        found = self.events([request for _, _, request, _ in asked])
        self.since = from_now_on()
        for (cell, expected, _, status), told in zip(asked, found, strict=True):
            if len(told) != 1:
                self.mismatches.append(f"{cell}: {len(told)} events")
                continue
            if status == expected.status:
                self.mismatches += [
                    f"{cell}: the event says {name} {was}, not {must}"
                    for name, was, must in self.wrong(cell, expected, told[0])
                    if was != must
                ]

    def events(self, requests: list[str]) -> list[list[Any]]:
        """Of each request. The trail has no index by them, so only its end is looked at."""
        events, found = table(AuditEvent), defaultdict[str, list[Any]](list)
        wanted = events.c.request_id.in_([UUID(one) for one in requests])
        with transaction(self.scene.world.house.engine) as db:
            for row in db.execute(select(events).where(events.c.id >= self.since, wanted)):
                found[str(row.request_id)].append(row)
        return [found[one] for one in requests]

    def wrong(self, cell: Cell, expected: Expected, event: Any) -> Iterator[tuple[str, Any, Any]]:
        operation, file, status = cell.operation, cell.file, expected.status
        yield "actor", str(event.actor_id), cell.who.id
        yield "role", event.role, cell.who.role
        yield "action", event.action, operation.action
        yield "route", event.route, f"{operation.method} {operation.path.removeprefix('/v1')}"
        yield "outcome", event.outcome, "read" if status == 200 else "refused"
        yield "code", event.code, expected.code or CODES.get(status)
        yield "class", event.record_class, None
        home = self.scene.rows["household"][0].id
        ids = {**self.scene.ids, "case_id": file.case_id, "person_id": file.person_id}
        of = {**ids, "household_id": home}[operation.names[0]] if operation.scope else None
        if of:
            shown, asked = (of, None) if status == 200 else (None, of)
            yield "file", event.file_id and str(event.file_id), shown
            yield "asked", event.asked_id and str(event.asked_id), asked
        if status != 200:
            yield "status", event.detail.get("status"), status
        elif operation.answer in ("one", "myself"):
            (row,) = expected.rows
            found = (event.record, str(event.record_id))
            yield "record", found, (KEPT_AS.get(row.record, row.record), row.id)
        elif operation.answer == "all":
            record = KEPT_AS.get(operation.record, operation.record)
            yield "record", event.record, record if expected.forms else event.record
