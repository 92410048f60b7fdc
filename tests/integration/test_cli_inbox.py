"""Mail that somebody must look at: listed, shown, assigned, dismissed."""

import json
from uuid import UUID, uuid4

import pytest

from tenuto.domain.enrollment import Status
from tenuto.domain.errors import ForbiddenError, InputError, NotFoundError
from tests.command import asked, refused, run, without_temporal
from tests.doors import Addresses, Doors, open_doors
from tests.factories import MAILBOX, Stage, bundle, emails
from tests.mails import raw

PAT = "pat@firm.example"


@pytest.fixture(autouse=True)
def _settings(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    without_temporal(database_url, monkeypatch)


async def sequenced(stage: Stage, email: str = PAT) -> list[UUID]:
    """Pat is in two sequences, so that a mail without a token could mean either."""
    made = []
    for slug in ("first", "second"):
        version = await stage.publish(bundle(slug, emails([0, 3600])))
        made.append(await stage.enrolled(version, email))
    return made


async def came(stage: Stage, mail: bytes, sender: str = PAT) -> str:
    """It came by SMTP, and waits; its id."""
    async with open_doors(stage.engine) as doors:
        await doors.deliver(mail, [MAILBOX], sender)
    listed = await asked("inbox", "list")
    return str(listed[0]["id"])


async def statuses(stage: Stage, enrollments: list[UUID]) -> list[Status]:
    return [(await stage.row(one)).status for one in enrollments]


async def test_an_unclear_mail_holds_the_person_and_is_shown(stage: Stage) -> None:
    enrollments = await sequenced(stage)
    mail = await came(stage, raw("About\x1b[2J your mail …"))
    assert await statuses(stage, enrollments) == [Status.PAUSED, Status.PAUSED]
    (listed,) = await asked("inbox", "list")
    assert (listed["from_address"], listed["email"], listed["matched_by"]) == (PAT, PAT, "address")
    assert PAT in (await run("inbox", "list")).stdout
    shown = (await run("inbox", "show", mail)).stdout
    assert "your mail" in shown
    assert "\x1b" not in shown
    assert "not yet" in shown
    assert "Message-ID: <p1@firm.example>" in (await run("inbox", "show", mail, "--raw")).stdout


async def test_a_dismissed_mail_lets_the_person_go_on(stage: Stage) -> None:
    enrollments = await sequenced(stage)
    mail = await came(stage, raw("Hello"))
    said = await asked("inbox", "dismiss", mail)
    assert said == {"mail": mail, "decision": "dismissed", "changed": 2}
    assert await statuses(stage, enrollments) == [Status.ACTIVE, Status.ACTIVE]
    assert await asked("inbox", "list") == []
    assert [one["decision"] for one in await asked("inbox", "list", "--all")] == ["dismissed"]
    assert "decided already" in await refused(ForbiddenError, "inbox", "dismiss", mail)


async def test_the_hold_ends_with_the_last_of_several(stage: Stage) -> None:
    enrollments = await sequenced(stage)
    await came(stage, raw("Hello"))
    await came(stage, raw("Hello again", Message_ID="<p2@firm.example>"))
    first, second = [one["id"] for one in await asked("inbox", "list")]
    await asked("inbox", "dismiss", first)
    assert await statuses(stage, enrollments) == [Status.PAUSED, Status.PAUSED]
    await asked("inbox", "dismiss", second)
    assert await statuses(stage, enrollments) == [Status.ACTIVE, Status.ACTIVE]


async def test_an_assigned_mail_means_what_is_said(stage: Stage) -> None:
    for number, (means, status) in enumerate(
        {
            "reply": Status.REPLIED,
            "unsubscribe": Status.OPTED_OUT,
            "hard_bounce": Status.BOUNCED,
            "complaint": Status.COMPLAINED,
            "left_company": Status.REMOVED,
        }.items()
    ):
        email = f"pat-{number}@firm.example"
        enrollments = await sequenced(stage, email)
        mail = await came(stage, raw(f"Hm, {means}", From=email), email)
        if "bounce" in means:
            # The address of which mail?
            wanted = await refused(InputError, "inbox", "assign", mail, "--as", means)
            assert "--sequence" in wanted
            await asked("inbox", "assign", mail, "--as", means, "--sequence", "first")
        else:
            await asked("inbox", "assign", mail, "--as", means)
        assert await statuses(stage, enrollments) == [status, status], means


async def test_a_strangers_mail_is_assigned_by_address(stage: Stage) -> None:
    first, second = await sequenced(stage)
    mail = await came(stage, raw("Pat asked me to answer", From="sam@else.example"))
    assert "say whose it is" in await refused(InputError, "inbox", "assign", mail)
    assert await statuses(stage, [first, second]) == [Status.ACTIVE, Status.ACTIVE]
    await asked("inbox", "assign", mail, "--to", PAT, "--as", "out_of_office",
                "--sequence", "second")  # fmt: skip
    (decided,) = await asked("inbox", "list", "--all")
    assert (decided["email"], decided["decision"], decided["sequence"]) == (
        PAT, "out_of_office", "second",
    )  # fmt: skip
    row = await stage.row(first)
    assert row.reason == "deferred: held: out of office" or "out of office" in (row.reason or "")


async def test_what_needs_no_decision_or_isnt_there_is_refused(stage: Stage) -> None:
    (enrollment, _) = await sequenced(stage)
    await stage.settle(await stage.claimed(enrollment))
    async with open_doors(stage.engine) as doors:
        await answered(doors, enrollment)
    ((known,),) = await stage.all("SELECT id FROM inbound_messages")
    assert "needs no decision" in await refused(ForbiddenError, "inbox", "dismiss", str(known))
    assert "inbox list" in await refused(NotFoundError, "inbox", "show", str(uuid4()))
    far = await refused(
        InputError, "inbox", "assign", str(known), "--as", "out_of_office", "--until", "2199-01-01"
    )
    assert "isn't within" in far
    assert json.loads((await run("inbox", "list", "--json")).stdout) == []


async def answered(doors: Doors, enrollment: UUID) -> None:
    mail = raw(In_Reply_To=Addresses(enrollment).message_id)
    await doors.deliver(mail, [MAILBOX], PAT)
