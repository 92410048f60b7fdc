"""Runs the SQL file that lies beside a migration."""

from pathlib import Path

from alembic import op


def run(migration: str) -> None:
    """Execute the script of the migration whose `__file__` this is: the schema as it was then."""
    script = Path(migration).with_suffix(".sql").read_text(encoding="utf-8")
    # A prepared statement holds one command only; the driver's own execute takes a script.
    connection = op.get_bind().connection.dbapi_connection
    connection.run_async(lambda driver: driver.execute(script))  # type: ignore[union-attr]
