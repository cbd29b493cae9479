"""What this database is: a few facts about the installation itself."""

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, table

DATA_CLASS = "data_class"
SYNTHETIC = "synthetic"
# The id of the master key that wraps now; beside it, until all is wrapped anew, the one before.
MASTER_KEY = "master_key"
ROOT = "root"  # wrapped: what cursors, blind indexes and the like are derived from


class Fact(Base):
    __tablename__ = "installation"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


def fact(db: Connection, name: str, *, held: bool = False) -> str | None:
    """`held`: nobody moves it before this transaction is over, and it is what was moved last."""
    facts = table(Fact)
    found = select(facts.c.value).where(facts.c.name == name)
    value: str | None = db.execute(found.with_for_update() if held else found).scalar()
    return value


def state(db: Connection, name: str, value: str) -> None:
    db.execute(insert(table(Fact)).values(name=name, value=value))


def move(db: Connection, name: str, before: str, after: str) -> bool:
    """Whether the fact was still the one, and is the other now: of several who try, one does."""
    facts = table(Fact)
    here = facts.c.name == name, facts.c.value == before
    return bool(db.execute(update(facts).where(*here).values(value=after)).rowcount)
