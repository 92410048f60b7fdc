"""The tables of one enrollment's whole life."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them; the SQL beside this file is the schema as it was then."""
    script = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    # A prepared statement holds one command only; the driver's own execute takes a script.
    connection = op.get_bind().connection.dbapi_connection
    connection.run_async(lambda driver: driver.execute(script))  # type: ignore[union-attr]
