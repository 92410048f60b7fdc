"""What a workflow learns of a row: nothing that a person typed."""

from datetime import UTC, datetime

import pytest

from tenuto.domain import progress
from tenuto.domain.enrollment import ExitReason
from tests.factories import enrollment

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


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
    assert enrollment(reason=reason).standing.reason == shown


def test_an_end_is_told_by_its_enumerated_reason() -> None:
    _, ended = progress.end(enrollment(), ExitReason.FAILURE, NOW, "pat@firm.example can't be used")
    assert ended.standing.reason == "failure"
