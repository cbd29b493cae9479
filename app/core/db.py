"""One base class, and the column types whose values are the same on both engines."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, ClassVar, cast
from uuid import UUID

from sqlalchemy import (
    JSON,
    Date,
    DateTime,
    Dialect,
    FromClause,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeEngine

from app.core.values import moment, new_id, now

NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


def spelled(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def identified(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)


def on_the_dot(value: datetime | None) -> str | None:
    return None if value is None else moment(value)  # refuses a moment without a zone


def zoned(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return value


def read_moment(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).astimezone(UTC)


def in_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


class Identifier(TypeDecorator[UUID]):
    """A UUID; on SQLite the text that JSON shows."""

    impl = Uuid
    cache_ok = True
    python_type = UUID

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(36) if dialect.name == "sqlite" else Uuid())

    # Processors given whole: through the decorator's hooks each value would take two more calls.
    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return spelled if dialect.name == "sqlite" else None

    def result_processor(self, dialect: Dialect, _: object) -> Callable[[Any], Any] | None:
        return identified if dialect.name == "sqlite" else None


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; on SQLite, which forgets time zones, the text that JSON shows."""

    impl = DateTime(timezone=True)
    cache_ok = True
    python_type = datetime

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else self.impl)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return on_the_dot if dialect.name == "sqlite" else zoned

    def result_processor(self, dialect: Dialect, _: object) -> Callable[[Any], Any] | None:
        return read_moment if dialect.name == "sqlite" else in_utc


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar = {
        datetime: UtcDateTime,
        date: Date,
        UUID: Identifier,
        str: Text,
        bytes: LargeBinary,
        dict[str, Any]: JSON,
        list[str]: JSON,
        list[dict[str, Any]]: JSON,
    }


class Row(Base):
    """What every table has: an id that sorts by age and a time of creation."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(default=now)


def table(model: type[Base]) -> Table:
    """The Core table that a model declares."""
    return cast(Table, model.__table__)


@cache
def other(model: type[Base], name: str) -> FromClause:
    """The table under another name, for a look into it from inside a clause about its rows.

    The same each time: to make it anew, column by column, takes longer than the clause does.
    """
    return table(model).alias(name)
