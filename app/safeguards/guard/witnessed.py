"""The event of a reading, beside the statement that reads or in it."""

from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    FromClause,
    Integer,
    LargeBinary,
    Select,
    Text,
    case,
    cast,
    func,
    insert,
    literal,
    select,
)

from app.core.db import Identifier, UtcDateTime, table
from app.core.statements import bind
from app.safeguards.access.offices import why
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.models import AuditEvent, AuditSubject
from app.safeguards.guard.questions import Question, lists_files
from app.safeguards.guard.summaries import WHOLE, schema_of


def version_told(question: Question, hit: FromClause) -> ColumnElement[Any]:
    """Null of a row in summary: it would tell of changes to what that leaves out."""
    schema = schema_of(question.out, question.role)
    if schema is None:
        return case((hit.c[WHOLE], hit.c.version))
    told: ColumnElement[Any] = hit.c.version if schema is question.out else literal(None, Integer())
    return told


def event_values(question: Question, role: str) -> dict[str, Any]:
    """The row of Circumstances.event for what is read; what no read has stays null."""
    events, mark = table(AuditEvent), question.mark
    reason = why(role, mark.action, mark.summary)
    values: dict[str, Any] = {
        "id": bind("event", Identifier()),
        "created_at": bind("at", UtcDateTime()),
        "actor_id": bind("caller", Identifier()),
        "role": literal(role),
        "session_id": bind("session", Identifier()),
        "action": literal(mark.action),
        "route": bind("route", Text()),
        "outcome": literal("read"),
        "request_id": bind("request", Identifier()),
        "policy": literal(POLICY.digest[:16]),
        **{name: literal(one, Text()) for name, one in reason.items() if one is not None},
        "file_id": bind("file", Identifier()),
        "record": literal(question.out.of.record),
        "record_id": bind("shown_record", Identifier()),
        "record_version": bind("shown_version", Integer()),
        "detail": bind("detail", JSON()),
        "mac": bind("mac", LargeBinary()),
    }
    assert values.keys() <= set(events.c.keys())
    return values


def with_evidence(
    question: Question, shown: Select[Any], hit: FromClause, live: FromClause
) -> Select[Any]:
    """PostgreSQL writes the event in the same statement, so it is durable when this returns."""
    values = event_values(question, question.role)
    events, subjects = table(AuditEvent), table(AuditSubject)
    if question.one:
        values |= {"record_id": hit.c.id, "record_version": version_told(question, hit)}
        values["detail"] = cast(literal('{"shown": 1}'), JSON)
        source: Any = hit
    else:
        order = [hit.c[name] for name in question.out.order]
        seen = select(hit.c.id).order_by(*order).limit(bind("limit", Integer())).cte("seen")
        counted = select(func.count()).select_from(seen).scalar_subquery()
        said = literal('{"shown": ').concat(cast(counted, Text)).concat(literal("}"))
        values["detail"] = cast(said, JSON)
        values |= {
            "record_id": literal(None, Identifier()),
            "record_version": literal(None, Integer()),
        }
        source = live
    made = insert(events).from_select(list(values), select(*values.values()).select_from(source))
    statement = shown.add_cte(made.cte("made"))
    if lists_files(question):
        named = insert(subjects).from_select(
            ["event_id", "file_id"], select(bind("event", Identifier()), seen.c.id)
        )
        statement = statement.add_cte(named.cte("named"))
    return statement
