"""Reads in one statement: token, wall, rows, JSON and event; whatever is unusual is left alone.

The statement is made once for each kind of question (schema, action, role, filters), from the very
predicates that `protected` gives every other read, with the caller's particulars left open. Whose
token it is, this process remembers from the last time it asked; the memory chooses the statement
and fills it in, and the statement itself finds token, session, person and role once more. If
anything has changed since, it finds nothing, writes nothing, and the request is done at length.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel
from sqlalchemy import Connection

from app.core.db import table
from app.core.errors import Invalid
from app.core.paging import Paging, scope, seal, unseal
from app.core.statements import Cells
from app.core.values import new_id, plain
from app.safeguards.access.offices import why
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.chain import LOGGED
from app.safeguards.audit.vouching import READ, word
from app.safeguards.guard.circumstances import Circumstances
from app.safeguards.guard.columns import typed
from app.safeguards.guard.door import ordinary, particulars
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.plans import Plan, plan_of
from app.safeguards.guard.questions import AtLength, Question, can_spell_for, lists_files
from app.safeguards.guard.second_wall import wall_of
from app.safeguards.guard.shown import Out, Page, Shown
from app.safeguards.guard.summaries import lacking_in_summary
from app.safeguards.guard.timeline import Span, telling
from app.safeguards.vault.keys import Vault
from app.safeguards.vault.sealed import open_value


class Quick:
    """The unit of work of a request that only reads, as far as its handler asks for one answer."""

    def __init__(
        self,
        db: Connection,
        vault: Vault,
        mark: Mark,
        file_id: UUID | None,
        token: bytes,
        circumstances: Circumstances,
    ) -> None:
        self._db, self._vault, self._mark, self._file_id = db, vault, mark, file_id
        self._token, self._circumstances = token, circumstances
        caller = circumstances.caller
        assert caller is not None, "nobody is remembered under no token"
        self._caller = caller
        self.asked = False  # whether the one statement ran: wall, rows and evidence

    def __getattr__(self, verb: str) -> Any:
        self._once()
        raise AtLength(verb)

    def _once(self) -> None:
        """What was asked may be on record by now: to begin anew would say it twice."""
        if self.asked:
            raise RuntimeError("a handler that reads asks for one answer")

    def read(
        self, out: type[Out], record_id: UUID | None = None, where: object = None
    ) -> Shown[Any]:
        """As `Reading.read`, or AtLength: then nothing is written, and nothing told."""
        if where is not None:
            raise AtLength("not by the file of the path")
        asked = record_id or self._file_id
        question = self._question(out, one=True)
        rows = self._run(question, {"wanted": asked})
        if not rows:
            raise AtLength("whatever the reason")
        record, _version, *cells = rows[0]
        body = self._text(plan_of(question), record, cells)
        return Shown(body, record, etag=True)

    def page(
        self, out: type[Out], paging: Paging, where: object = None, **more: Any
    ) -> Shown[Page[Any]]:
        """As `Reading.page`, or AtLength."""
        if where is not None or paging.count or more.pop("anywhere", False):
            raise AtLength("not by equality alone")
        chosen = {name: value for name, value in more.items() if value is not None}
        if lacking_in_summary(out, self._caller.role, chosen):
            raise AtLength("a filter that a summary has not")
        here = scope(self._mark.action, self._file_id, self._caller.id, chosen=chosen)
        question = self._question(out, one=False, filters=tuple(sorted(chosen)))
        values: dict[str, Any] = {"limit": paging.limit, "more": paging.limit + 1}
        values |= {f"is_{name}": simple(value) for name, value in chosen.items()}
        if paging.cursor:
            question = replace(question, after=True)
            columns = [table(out.of).c[name] for name in out.order]
            place = typed(self._place(here, paging.cursor), columns)
            values |= {f"after_{n}": one.value for n, one in enumerate(place)}
        rows = self._run(question, values)
        if not rows:
            raise AtLength("whatever the reason")
        plan, width = plan_of(question), len(out.order)
        found = [row for row in rows if row[0] is not None]
        items = [self._text(plan, row[0], row[1 + width :]) for row in found[: paging.limit]]
        following = None
        if len(found) > paging.limit:
            last = found[paging.limit - 1][1 : 1 + width]
            following = seal(self._vault.cursors, here, [plain(value) for value in last])
        tail = b'],"next":' + orjson.dumps(following) + b"}"
        return Shown(b'{"items":[' + b",".join(items) + tail)

    def timeline(self, out: type[BaseModel], span: Span, **filters: Any) -> Shown[Any]:
        made, caller, mark = self._circumstances, self._caller, self._mark
        if caller.limited or mark.scope is None or self._file_id is None:
            raise AtLength("an unusual caller")
        asked = telling(
            *(out, span, filters),
            mark=mark,
            file_id=self._file_id,
            caller=caller,
            token=self._token,
            engine=self._db.dialect.name,
            cursors=self._vault.cursors,
        )
        self._once()
        self.asked = True
        told = asked.part(self._db, made.at, made)
        if told is None:
            raise AtLength("whatever the reason")
        return told[0]

    def _place(self, here: str, cursor: str) -> list[Any]:
        try:
            return unseal(self._vault.cursors, here, cursor)
        except Invalid:
            raise AtLength("the wall speaks first") from None

    def _question(self, out: type[Out], **more: Any) -> Question:
        mark, caller = self._mark, self._caller
        plain = ordinary(caller) and not caller.limited and mark.action != "self"
        if not plain or not can_spell_for(out, caller.role):
            raise AtLength("an unusual caller, or a schema that computes something")
        return Question(out, mark, caller.role, self._db.dialect.name, **more)

    def _run(self, question: Question, values: dict[str, Any]) -> list[Cells]:
        self._once()
        self.asked = True
        caller, made = self._caller, self._circumstances
        values |= {
            "token": self._token,
            **particulars(caller, made.at),
            "session": caller.session_id,
            "file": self._file_id,
            "event": new_id(),
            "route": made.route,
            "request": made.request_id,
        }
        event = self._event(question, values["event"])
        values["mac"] = word(made.vouching, event, READ)
        plan = plan_of(question)
        rows = plan.statement.run(self._db, values, wall_of(caller).first)
        if rows:
            shown = [row for row in rows if row[0] is not None]
            if question.one:
                event |= {"record_id": shown[0][0], "record_version": shown[0][1]}
            else:
                shown = shown[: values["limit"]]
            event["detail"] = {"shown": len(shown)}
            made.made.append(event)
            if plan.event is not None:
                self._witness(question, plan, {**values, **asked_of(event)}, shown)
        return rows

    def _event(self, question: Question, event_id: UUID) -> dict[str, Any]:
        """That the statement is about to write; what it shows is not known yet."""
        made, caller, mark = self._circumstances, self._caller, question.mark
        return {
            **dict.fromkeys(LOGGED),
            "id": event_id,
            "created_at": made.at,
            "actor_id": caller.id,
            "role": question.role,
            "session_id": caller.session_id,
            "action": mark.action,
            "route": made.route,
            "outcome": "read",
            "file_id": self._file_id,
            "request_id": made.request_id,
            "policy": POLICY.digest[:16],
            **why(question.role, mark.action, mark.summary),
            "record": question.out.of.record,
        }

    def _witness(
        self, question: Question, plan: Plan, values: dict[str, Any], shown: list[Cells]
    ) -> None:
        """On SQLite, within the same transaction: the event, and the files that it shows."""
        assert plan.event is not None
        assert plan.subjects is not None
        plan.event.run(self._db, values)
        if lists_files(question):
            files = [str(row[0]) for row in shown]
            plan.subjects.run(self._db, {"event": values["event"], "files": files})

    def _text(self, plan: Plan, record: UUID, cells: Sequence[Any]) -> bytes:
        if plan.mixed:
            brief, *cells = cells
            if brief is not None:
                known: bytes = brief
                return known
        if len(plan.sealed) == 1:
            text: bytes = cells[0]
            return text
        *shown, file_id, wrapped = cells
        if wrapped is None:
            raise AtLength("the file is erased")
        key = self._vault.open_file_key(str(file_id), wrapped)
        return b"".join(
            cell if column is None else orjson.dumps(open_value(key, column, record, cell))
            for cell, column in zip(shown, plan.sealed, strict=True)
        )


def asked_of(event: dict[str, Any]) -> dict[str, Any]:
    """What the second step takes of an event, by the names of its statement."""
    names = {"shown_record": "record_id", "shown_version": "record_version", "detail": "detail"}
    return {name: event[column] for name, column in names.items()}


def simple(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value
