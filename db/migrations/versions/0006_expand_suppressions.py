"""Suppressions that were taken back, and some that end by themselves."""

from db.migrations import script

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; the previous release goes on working beside them."""
    script.run(__file__)
