"""Somebody who works there no longer: who says so, and what follows."""

import pytest

from tenuto.domain.enrollment import ExitReason, Status
from tests.doors import Addresses, open_doors
from tests.factories import Stage, bundle, emails
from tests.mails import raw

GONE = "Pat is no longer with the company. Please write to sam@firm.example."


@pytest.mark.parametrize(
    ("proven", "sign", "status", "notices"),
    [
        (True, "auto-replied", Status.REMOVED, ["left_company"]),
        (True, "", Status.REPLIED, ["reply"]),
        # By the address alone, which anybody can write: somebody looks at it.
        (False, "auto-replied", Status.PAUSED, ["review"]),
    ],
)
async def test_an_automatic_answer_ends_it_and_a_persons_is_a_reply(
    stage: Stage, *, proven: bool, sign: str, status: Status, notices: list[str]
) -> None:
    enrollment = await stage.enrolled(await stage.publish(bundle(steps=emails([0, 3600]))))
    await stage.settle(await stage.claimed(enrollment))
    about = Addresses(enrollment).message_id if proven else ""
    mail = raw(GONE, In_Reply_To=about, Auto_Submitted=sign)
    async with open_doors(stage.engine) as doors:
        await doors.deliver(mail, ["anna@sender.example"], "pat@firm.example")
    row = await stage.row(enrollment)
    assert row.status is status
    assert (row.exit_reason is ExitReason.LEFT_COMPANY) is (status is Status.REMOVED)
    found = await stage.all("SELECT kind::text FROM owner_notices")
    assert [kind for (kind,) in found] == notices
