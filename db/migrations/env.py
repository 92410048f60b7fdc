"""Runs migrations on the connection that `db.migrate` hands over."""

from alembic import context
from sqlalchemy import text

connection = context.config.attributes["connection"]
# Two starting workers: the second waits here, then finds nothing to do.
connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('tenuto.migrate'))"))
context.configure(connection=connection, transactional_ddl=True)
context.run_migrations()
