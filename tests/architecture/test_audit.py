"""The audit page is as the code is, and what it counts is real."""

from enum import StrEnum

import pytest

from tenuto.cli import audit, schema
from tenuto.domain.enrollment import ExitReason, SendState, Status, Trigger
from tenuto.domain.guard import Feedback
from tenuto.domain.holds import HoldScope
from tenuto.domain.mail_provider import Provider
from tenuto.domain.transition import Event


def test_the_page_is_not_stale() -> None:
    assert audit.PAGE.read_text() == audit.page(), "python -m tenuto.cli.audit"


def test_every_file_and_every_test_that_it_names_is_there() -> None:
    assert list(audit.missing(audit.checks())) == []


def test_it_knows_a_test_that_is_not_there() -> None:
    check = audit.Check(
        id="x",
        severity="low",
        where=["tenuto/nowhere.py"],
        tests=["tests/architecture/test_audit.py::test_nothing", "tests/nowhere.py::test_it"],
    )
    assert len(list(audit.missing([check]))) == 3


def test_every_check_is_listed_once_and_says_what_it_lacks() -> None:
    found = audit.checks()
    assert len({check.id for check in found}) == len(found) == 21
    assert [check.id for check in found if not check.tests and not check.later] == []


@pytest.mark.parametrize(
    ("name", "enum"),
    [
        ("enrollment_status", Status),
        ("exit_reason", ExitReason),
        ("enrollment_event", Event),
        ("entry_trigger", Trigger),
        ("send_state", SendState),
        ("hold_scope", HoldScope),
        ("mail_provider", Provider),
        ("feedback_kind", Feedback),
    ],
)
def test_the_databases_enums_are_ours(name: str, enum: type[StrEnum]) -> None:
    assert schema.enums(audit.ROOT)[name] == [member.value for member in enum]


def test_the_row_holds_all_that_decides_what_happens_next() -> None:
    columns = set(schema.tables(audit.ROOT)["enrollments"])
    asked = {"status", "current_step_index", "next_scheduled_at", "sequence_version_id"}
    kept = {"remaining_wait", "reason", "tries", "branch_deadline", "revision", "step_wait"}
    assert columns >= asked | kept


def test_the_row_the_log_and_the_ledger_are_written_before_a_mail() -> None:
    first = schema.writes(audit.ROOT / "db/enrollments.py", "_INSERT")
    assert first == ["insert into enrollments", "insert into transition_log", "insert into sends"]
    assert schema.writes(audit.ROOT / "db/claims.py", "_CLAIM") == [
        "update sends",
        "update mailboxes",
    ]
