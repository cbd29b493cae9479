"""Runs migrations on a connection that `casework migrate` hands over."""

from alembic import context

from app.core.db import Base
from app.main import ROUTERS  # imports every table

assert ROUTERS
connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=False,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
