"""What each kind of question is to the database: one statement, compiled once and kept.

Made for each (schema, action, role, filters) from the very predicates that `protected` gives every
other read, with the caller's particulars left open.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    case,
    exists,
    false,
    func,
    insert,
    literal,
    select,
    true,
    tuple_,
)

from app.core.db import Identifier, table
from app.core.statements import Statement, bind
from app.safeguards.access.policy import POLICY
from app.safeguards.audit.models import AuditEvent, AuditSubject
from app.safeguards.guard.columns import scoped
from app.safeguards.guard.door import NOW, good_token, somebody
from app.safeguards.guard.following import Owner, beneath
from app.safeguards.guard.mark import Mark
from app.safeguards.guard.merging import Narrow, first_by_each
from app.safeguards.guard.pointed import pointed
from app.safeguards.guard.protected import Protected, has_something_rare, within
from app.safeguards.guard.questions import AtLength, Question, lists_files
from app.safeguards.guard.shown import Out, Representation
from app.safeguards.guard.spelling import Piece, Rows, Seen, bytes_of, pieces
from app.safeguards.guard.summaries import (
    WHOLE,
    forms_of,
    in_sight,
    schema_of,
    summary_of,
    told_whole,
)
from app.safeguards.guard.witnessed import event_values, version_told, with_evidence
from app.safeguards.identity.caller import Caller
from app.safeguards.vault.models import File

LED = "led_on"  # beside the columns of a row: whether what hangs on it follows from it


@dataclass(frozen=True)
class Plan:
    statement: Statement
    sealed: tuple[Column[Any] | None, ...]  # by cell of the text: None, or the column to open
    mixed: bool  # the first cell is a row's summary, or null where the row is shown whole
    event: Statement | None = None  # SQLite writes its event in a second step
    subjects: Statement | None = None


@lru_cache(maxsize=2000)
def plan_of(question: Question) -> Plan:
    """Made once for each question; raises AtLength where the long way has to find out."""
    out, mark, role, engine = question.out, question.mark, question.role, question.engine
    kind, rows = out.of, table(out.of)
    caller = somebody(role)
    if mark.past_seals:
        raise AtLength("a file that may be sealed")
    if mark.scope is None and (question.one or kind.file != "id"):
        raise AtLength("a record outside of the file of the path")
    schema = schema_of(out, role)
    owner = Owner(kind, in_sight(out, role))
    # Without a row here, an empty page would look like a token that is no longer good.
    good = (good_token(caller), ~has_something_rare(caller, NOW))
    open_to_them = wall(mark, kind, caller, usual=True)
    live = select(literal(1).label("open")).where(*good, *open_to_them).cte("live")
    narrow = narrowed(question, rows, live)
    first = first_by_each(owner, rows, caller, NOW, narrow) if lists_files(question) else None
    if first is not None:
        statement = narrow(select(rows).join(first, first.c.id == rows.c.id))
        led: ColumnElement[bool] = first.c.leads == 1
    else:
        reached = within(kind, rows, caller, owner.found_by, NOW, usual=True)
        statement = narrow(select(rows)).where(pointed(reached) if question.one else reached)
        led = pointed(within(kind, rows, caller, owner.leading, NOW, usual=True))
    if owner.mixed:
        statement = statement.add_columns(led.label(LED))
    if schema is None:
        whole = told_whole(kind, rows, caller, NOW, usual=True)
        statement = statement.add_columns(whole.label(WHOLE))
    hit = statement.cte("hit")

    def seen(child: type[Representation], below: FromClause) -> Seen:
        found = replace(owner, led=hit.c[LED] if owner.mixed else None)
        shown = beneath(child.of, below, caller, in_sight(child, role), NOW, found)
        whole = told_whole(child.of, below, caller, NOW, usual=True)
        return Seen(select(below).where(pointed(shown)), forms_of(child, role), whole)

    parts = pieces(schema or out, hit, POLICY.in_columns(role), engine, seen)
    brief = None if schema else in_brief(out, role, hit, engine, seen)
    shown = shown_by(question, hit, parts, live, brief)
    sealed = tuple(piece.sealed for piece in parts)
    if engine != "postgresql":
        event = insert(table(AuditEvent)).values(event_values(question, role))
        seen_files = func.json_each(bind("files", JSON())).table_valued("value")
        subject = insert(table(AuditSubject)).from_select(
            ["event_id", "file_id"], select(bind("event", Identifier()), seen_files.c.value)
        )
        steps = (Statement(event, engine), Statement(subject, engine))
        return Plan(Statement(shown, engine), sealed, schema is None, *steps)
    whole_of_it = with_evidence(question, shown, hit, live)
    return Plan(Statement(whole_of_it, engine), sealed, schema is None)


def narrowed(question: Question, rows: FromClause, live: FromClause) -> Narrow:
    """What is asked of rows besides that they be in sight; of a page, their order and number too.

    And that the door is `live`: else the token is no longer good, or the wall does not open.
    """

    def narrow(statement: Select[Any]) -> Select[Any]:
        statement = statement.where(exists(select(live.c.open)))
        kind, out = question.out.of, question.out
        if question.mark.scope is not None and kind.file != "id":
            statement = statement.where(rows.c[kind.file] == bind("file", Identifier()))
        if question.one:
            return statement.where(rows.c.id == bind("wanted", Identifier()))
        order = [rows.c[name] for name in out.order]
        statement = statement.where(
            *(rows.c[name] == bind(f"is_{name}", rows.c[name].type) for name in question.filters)
        )
        if question.after:
            place = (bind(f"after_{n}", one.type) for n, one in enumerate(order))
            statement = statement.where(tuple_(*order) > tuple_(*place))
        return statement.order_by(*order).limit(bind("more", Integer()))

    return narrow


def in_brief(
    out: type[Out], role: str, hit: FromClause, engine: str, seen: Rows
) -> ColumnElement[Any]:
    """The summary of each row that is not shown whole; such a summary holds nothing sealed."""
    summary = summary_of(out, role)
    assert summary is not None, "else all rows would have one schema"
    text, *more = pieces(summary, hit, POLICY.in_columns(role), engine, seen)
    if more or text.text is None:
        raise AtLength("a summary with something sealed, beside the whole")
    return case((hit.c[WHOLE].is_(false()), text.text))


def wall(
    mark: Mark, kind: type[Protected] | None, caller: Caller, *, usual: bool = False
) -> list[ColumnElement[bool]]:
    """As `Ground._open` has it: the role may do this, and the file of the path is within reach."""
    grants = POLICY.opens(caller.role, mark.action, mark.summary)
    if not grants:
        raise AtLength("refused")
    if mark.scope is None:
        return []
    if kind is not None and mark.scope is kind and mark.action == f"{kind.record}.read":
        return []  # the filter of the rows asks the same
    rows = table(mark.scope).alias()
    reached = within(mark.scope, rows, caller, scoped(mark.scope, grants), NOW, usual=usual)
    here = (rows.c.id == bind("file", Identifier()), pointed(reached))
    return [exists(select(literal(1)).select_from(rows).where(*here))]


def shown_by(
    question: Question,
    hit: FromClause,
    parts: list[Piece],
    live: FromClause,
    brief: ColumnElement[Any] | None,
) -> Select[Any]:
    """One row for each record; of a page, one at least if the token is good."""
    cells: list[ColumnElement[Any]] = [
        bytes_of(one.text) if one.text is not None else hit.c[one.sealed.name]  # type: ignore[union-attr]
        for one in parts
    ]
    if brief is not None:
        cells.insert(0, bytes_of(brief))
    source = hit
    if len(parts) > 1:
        files, owner = table(File), hit.c[question.out.of.file]
        source = hit.outerjoin(files, files.c.id == owner)
        cells += [owner, files.c.wrapped_key]
    if question.one:
        return select(hit.c.id, version_told(question, hit), *cells).select_from(source)
    order = [hit.c[name] for name in question.out.order]
    if question.mark.scope is question.out.of:
        raise AtLength("a page of the file itself")
    return (
        select(hit.c.id, *order, *cells)
        .select_from(live.outerjoin(source, true()))
        .order_by(*order)
    )
