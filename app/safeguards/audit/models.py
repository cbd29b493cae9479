"""The audit trail: who did what and was shown whom, and every version of every record."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    column,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Row, table

WRITTEN = column("outcome") == "written"
CHAINED, ASKED = column("chain").is_not(None), column("asked_id").is_not(None)
ERASED = "erased"  # in the detail of an event: the last version of a row, which says nothing
DRAWN = "drawn"  # in the detail of an event: a rule wrote this from what the actor did


class AuditEvent(Row):
    """One act by one actor: read, written, refused or signed in. Names of fields, never values."""

    __tablename__ = "audit_events"
    __table_args__ = (
        CheckConstraint(
            "outcome <> 'written' OR (chain IS NOT NULL AND seq IS NOT NULL AND hash IS NOT NULL)",
            "chained",
        ),
        # What is in no chain, as each reading, has no place in this index.
        Index(
            "ix_audit_events_chain",
            *("file_id", "chain", "seq"),
            unique=True,
            postgresql_where=CHAINED,
            sqlite_where=CHAINED,
        ),
        Index(
            "ix_audit_events_asked_id",
            "asked_id",
            postgresql_where=ASKED,
            sqlite_where=ASKED,
        ),
        # A file's events in their order; and what each version of a row is made by.
        Index(
            "ix_audit_events_version",
            *("file_id", "id", "record_id", "made_version"),
            unique=True,
        ),
        Index(
            "ix_audit_events_past",
            *("file_id", "created_at", "record_class", "seq"),
            postgresql_where=WRITTEN,
            sqlite_where=WRITTEN,
        ),
    )

    actor_id: Mapped[UUID | None] = mapped_column(index=True)
    role: Mapped[str | None]
    session_id: Mapped[UUID | None]
    action: Mapped[str]
    route: Mapped[str]  # the template, never the URL
    outcome: Mapped[str]
    code: Mapped[str | None]  # of the problem that was answered
    file_id: Mapped[UUID | None]
    asked_id: Mapped[UUID | None]  # refused; there may be no such file
    record_class: Mapped[str | None]
    record: Mapped[str | None]
    record_id: Mapped[UUID | None]
    record_version: Mapped[int | None]
    request_id: Mapped[UUID]
    policy: Mapped[str]  # digest of the policy that judged
    purpose: Mapped[str | None]  # of the actor's office, and what in law lets it
    basis: Mapped[str | None]
    relation: Mapped[str | None]  # by which the policy opens the action, the widest first
    detail: Mapped[dict[str, Any]]  # names, commitments and grants, never values
    chain: Mapped[str | None]  # the record class whose chain of this file the event continues
    seq: Mapped[int | None]
    hash: Mapped[bytes | None]
    mac: Mapped[bytes | None]  # the word of the application for it: see `vouching`
    # No event of reading, which names the version that it showed, makes a version.
    made_version: Mapped[int | None] = mapped_column(
        Computed(
            "CASE WHEN (outcome = 'written') THEN record_version ELSE NULL END", persisted=True
        )
    )


SAID = tuple(one for one in table(AuditEvent).c if one.computed is None)  # else it follows


def made_by(event: str, file: str, row: str, version: str) -> ForeignKeyConstraint:
    """Of columns: this version of this row is there by an event of this file that wrote it."""
    theirs = [f"audit_events.{name}" for name in ("id", "file_id", "record_id", "made_version")]
    return ForeignKeyConstraint(
        [event, file, row, version], theirs, deferrable=True, initially="DEFERRED"
    )


class AuditSubject(Base):
    """A file that an answer showed."""

    __tablename__ = "audit_subjects"

    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("audit_events.id"), primary_key=True)


class Revision(Base):
    """One version of one record, whole, encrypted with the key of its file."""

    __tablename__ = "revisions"
    __table_args__ = (made_by("event_id", "file_id", "record_id", "version"),)

    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    record: Mapped[str]
    record_class: Mapped[str]
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"), index=True)
    event_id: Mapped[UUID]
    created_at: Mapped[datetime]
    snapshot: Mapped[bytes]


class ChainHead(Base):
    """The last link of one record class of one file."""

    __tablename__ = "chain_heads"

    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"), primary_key=True)
    chain: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int]
    hash: Mapped[bytes]


class LogLeaf(Base):
    """The place of an event in the signed log; hashes of leaves above these are `LogTile`s."""

    __tablename__ = "log_leaves"
    __table_args__ = (Index("ix_log_leaves_about", "about_id", "leaf_index"),)

    leaf_index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("audit_events.id"), unique=True)
    leaf: Mapped[bytes]
    about_id: Mapped[UUID | None]  # the file of the event, or that which was asked for


class LogTile(Base):
    """Up to 256 hashes of one level above the leaves, side by side."""

    __tablename__ = "log_tiles"

    level: Mapped[int] = mapped_column(primary_key=True)
    n: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    hashes: Mapped[bytes]


class LogHead(Base):
    """The log as it was signed last; whoever holds this row lets it grow."""

    __tablename__ = "log_heads"

    origin: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[bytes]
    note: Mapped[str]  # the signed checkpoint
    signed_at: Mapped[datetime]
    witnessed: Mapped[str | None]  # the last note that witnesses signed, too


class Unvouched(Base):
    """An event that the application did not write: it is kept out of the log, and told."""

    __tablename__ = "unvouched_events"

    event_id: Mapped[UUID] = mapped_column(ForeignKey("audit_events.id"), primary_key=True)
    found_at: Mapped[datetime]
