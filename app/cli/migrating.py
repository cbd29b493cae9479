"""Brings a database to the current shape, and gives the application's role its few rights."""

from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, Engine, make_url, text

from app.core.engine import open_engine
from app.core.planning import take_stock
from app.core.settings import Settings, UnsafeSettings
from app.core.transactions import transaction
from app.safeguards.guard.insisted import insist, stand_down
from app.safeguards.guard.kinds import examine_kinds
from app.safeguards.guard.row_security import build, raze
from app.safeguards.guard.second_wall import BEYOND

SCRIPTS = Path(__file__).parents[2] / "migrations"  # beside `app`, in a checkout and in a wheel
APPEND_ONLY = ("audit_events", "audit_subjects", "revisions", "log_leaves", "unvouched_events")
MAY_DELETE = ("answers_given", "recovery_codes", "file_bars")


def migrate(settings: Settings, target: str = "head") -> None:
    url = make_url(settings.database_url)
    sqlite = url.get_backend_name() == "sqlite"
    if not sqlite and not settings.migration_url:
        raise UnsafeSettings("CASEWORK_MIGRATION_URL: name the owner of the tables")
    engine = open_engine(
        settings.migration_url or settings.database_url, settings.database_key_file, owner=True
    )
    try:
        upgrade(engine, target, None if sqlite else str(url.username))
        if not sqlite and target != "base":
            grant(engine, str(url.username))
        with engine.begin() as db:
            take_stock(db)
    finally:
        engine.dispose()


def upgrade(engine: Engine, target: str, role: str | None = None) -> None:
    """What the database insists on binds the owner, too: it stands down meanwhile.

    `role`: the application's, on PostgreSQL, where so does the second wall, which holds on to the
    columns that its policies name.
    """
    with transaction(engine, BEYOND) as connection:
        config = configured(connection)
        if target != "head" or waiting(config, connection):
            stand_down(connection)
            if role:
                raze(connection)
        if target == "base":
            command.downgrade(config, target)
        else:
            command.upgrade(config, target)
        if not waiting(config, connection):  # at the head, however that was named
            examine_kinds()  # all are declared by now: none is left without
            insist(connection)
            if role:
                build(connection, engine.dialect.identifier_preparer.quote(role))


def draft(message: str) -> Path:
    """Write the next migration: what the models have and the migrations before it do not.

    For developers, who look at it before they commit it.
    """
    with TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/draft.db", Path(folder) / "key", owner=True)
        try:
            upgrade(engine, "head")
            with engine.begin() as connection:
                made = command.revision(configured(connection), message, autogenerate=True)
        finally:
            engine.dispose()
    if not isinstance(made, Script):
        raise RuntimeError("one message makes one migration")
    return Path(made.path)


def configured(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def waiting(config: Config, connection: Connection) -> bool:
    """Whether there are migrations that this database has not had."""
    heads = ScriptDirectory.from_config(config).get_heads()
    return set(heads) != set(MigrationContext.configure(connection).get_current_heads())


def grant(engine: Engine, role: str) -> None:
    """The application may add evidence, and neither change nor remove it."""
    quoted = engine.dialect.identifier_preparer.quote(role)
    every = "ALL TABLES IN SCHEMA public"
    with engine.begin() as db:
        # A table or function of one's own could stand before ours in one's session.
        here = engine.dialect.identifier_preparer.quote(str(engine.url.database))
        db.execute(text(f"REVOKE TEMPORARY ON DATABASE {here} FROM PUBLIC, {quoted}"))
        db.execute(text(f"GRANT USAGE ON SCHEMA public TO {quoted}"))
        db.execute(text(f"REVOKE ALL ON {every} FROM {quoted}"))  # what an earlier version gave
        db.execute(text(f"GRANT SELECT, INSERT, UPDATE ON {every} TO {quoted}"))
        for name in APPEND_ONLY:
            db.execute(text(f"REVOKE UPDATE ON {name} FROM {quoted}"))
        for name in MAY_DELETE:
            db.execute(text(f"GRANT DELETE ON {name} TO {quoted}"))
        db.execute(text(f"REVOKE INSERT, UPDATE ON alembic_version FROM {quoted}"))
