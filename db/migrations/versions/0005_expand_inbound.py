"""How far folders are read, mail that has to be looked at, and what owners are to be told."""

from db.migrations import script

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; the previous release goes on working beside them."""
    script.run(__file__)
