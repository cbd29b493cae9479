"""Brings a database to the current shape, and gives the application's role its few rights."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, make_url, text

from app.core.engine import open_engine
from app.core.settings import Settings, UnsafeSettings

ROOT = Path(__file__).parents[2]
APPEND_ONLY = ("audit_events", "audit_subjects", "revisions")
MAY_DELETE = ("answers_given", "recovery_codes")


def migrate(settings: Settings, target: str = "head") -> None:
    url = make_url(settings.database_url)
    sqlite = url.get_backend_name() == "sqlite"
    if not sqlite and not settings.migration_url:
        raise UnsafeSettings("CASEWORK_MIGRATION_URL: name the owner of the tables")
    engine = open_engine(
        settings.migration_url or settings.database_url, settings.database_key_file, owner=True
    )
    try:
        upgrade(engine, target)
        if not sqlite and target != "base":
            grant(engine, str(url.username))
    finally:
        engine.dispose()


def upgrade(engine: Engine, target: str) -> None:
    config = Config(str(ROOT / "alembic.ini"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        if target == "base":
            command.downgrade(config, target)
        else:
            command.upgrade(config, target)


def grant(engine: Engine, role: str) -> None:
    """The application may add evidence, and neither change nor remove it."""
    quoted = engine.dialect.identifier_preparer.quote(role)
    with engine.begin() as db:
        db.execute(text(f"GRANT USAGE ON SCHEMA public TO {quoted}"))
        rights = "SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public"
        db.execute(text(f"GRANT {rights} TO {quoted}"))
        for name in APPEND_ONLY:
            db.execute(text(f"REVOKE UPDATE ON {name} FROM {quoted}"))
        for name in MAY_DELETE:
            db.execute(text(f"GRANT DELETE ON {name} TO {quoted}"))
