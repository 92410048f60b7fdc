"""Suppressions that were taken back, and why."""

from db.migrations import script

revision = "0007"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; the previous release goes on working beside them."""
    script.run(__file__)
