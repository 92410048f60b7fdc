"""The calendar picture of a schedule: of one contact in full, of several in a row each."""

from collections.abc import Sequence

from db.preview import Previewed
from tenuto.cli.drawing.contact_rows import contact_rows
from tenuto.cli.drawing.one_contact import one_contact


def drawn(found: Sequence[Previewed]) -> str:
    """An SVG document; there is at least one schedule."""
    return one_contact(found[0]) if len(found) == 1 else contact_rows(found)
