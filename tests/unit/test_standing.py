"""What a workflow learns of a row: nothing that a person typed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tenuto.domain import progress
from tenuto.domain.enrollment import Enrollment, ExitReason, Status

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOBODY = UUID(int=0)


def row(reason: str | None = None) -> Enrollment:
    return Enrollment(
        id=NOBODY,
        contact_id=NOBODY,
        address_id=NOBODY,
        sequence_id="welcome",
        sequence_version_id=NOBODY,
        mailbox_id=NOBODY,
        status=Status.ACTIVE,
        current_step_index=0,
        step_entered_at=NOW,
        step_wait=timedelta(),
        revision=1,
        enrolled_at=NOW,
        reason=reason,
    )


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("held: out of office", "held: out of office"),
        ("held: Jane from Acme rang", "held"),
        ("deferred: spacing", "deferred: spacing"),
        ("due", "due"),
    ],
)
def test_what_a_person_typed_does_not_leave_the_database(reason: str, shown: str) -> None:
    assert row(reason=reason).standing.reason == shown


def test_an_end_is_told_by_its_enumerated_reason() -> None:
    _, ended = progress.end(row(), ExitReason.FAILURE, NOW, "pat@firm.example can't be used")
    assert ended.standing.reason == "failure"
