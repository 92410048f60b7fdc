"""What mails bring in against them, and why a guardrail holds."""

from db.migrations import script

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them; the previous release goes on working beside them."""
    script.run(__file__)
