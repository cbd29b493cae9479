"""What SQLite knows of how much there is, from which it plans.

Without samples: where a table of them exists (ANALYZE makes it, if it is not limited), SQLite
plans a statement anew each time its values change, which costs more than the statement.
"""

from sqlalchemy import Connection, inspect, text

ROWS = 1_000  # of each index that are looked at
WORTH_IT = 10_000  # events; with fewer, a guess does


def take_stock(db: Connection) -> None:
    """Within a transaction; milliseconds, however much there is."""
    if db.dialect.name != "sqlite":
        return  # PostgreSQL does so by itself
    if inspect(db).has_table("audit_events") and db.execute(BEYOND, {"few": WORTH_IT}).first():
        db.exec_driver_sql(f"PRAGMA analysis_limit = {ROWS}")
        db.exec_driver_sql("ANALYZE")
    if db.execute(SAMPLED).first():
        db.exec_driver_sql("DROP TABLE sqlite_stat4")


BEYOND = text("SELECT 1 FROM audit_events LIMIT 1 OFFSET :few")
SAMPLED = text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat4'")
