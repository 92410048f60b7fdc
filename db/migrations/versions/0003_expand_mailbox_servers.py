"""Mailboxes with servers of their own."""

from db.migrations import script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; the previous release goes on sending by the installation's server."""
    script.run(__file__)
