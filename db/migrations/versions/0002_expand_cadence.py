"""Calendars by country, limits of the installation, paced mailboxes, and booked slots."""

from db.migrations import script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; the previous release goes on working beside them."""
    script.run(__file__)
