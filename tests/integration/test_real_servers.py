"""Our mail goes out by Exim, and Exim, Dovecot and Pigeonhole answer as they do in the world."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from temporalio.testing import ActivityEnvironment

from activities.dispatch import DispatchActivities
from activities.requests import DispatchRequest
from db.occasion import Told
from tenuto.devstack.ports import choose_port
from tenuto.domain.enrollment import Status
from tenuto.domain.holds import Hold, HoldScope
from tenuto.domain.plan import EmailStep
from tenuto.runtime.mailing import mail_tools
from tests.doors import KEY, open_doors
from tests.dovecot import Addressee, Dovecot, Lmtp, dovecot
from tests.exim import FULL, GONE, Exim, exim
from tests.factories import Stage, bundle, emails
from tests.house import settings
from tests.oauth_server import OAuthServer

AWAY, FULL_OFFICE, GONE_OFFICE = "away@office.example", "full@office.example", "gone@office.example"
SATURDAY = 5
SOON = datetime.now(UTC).date() + timedelta(days=10)
VACATION = f"""\
require ["vacation"];
vacation :days 1 "Thank you. I am away until {SOON:%B} {SOON.day}, {SOON.year}.";
"""


@dataclass
class Post:
    """Exim is our relay; it delivers to Dovecot, and to our doors."""

    stage: Stage
    activities: DispatchActivities
    exim: Exim
    dovecot: Dovecot

    async def enrolled(self, email: str) -> UUID:
        """One-to-one outreach without List-Unsubscribe, to which Pigeonhole doesn't answer."""
        content = bundle(
            steps=emails([0, 3600, 3600]),
            list_unsubscribe=False,
            opt_out_line="Answer “stop” and I won’t write again.",
        )
        return await self.stage.enrolled(await self.stage.publish(content), email)

    async def send(self, enrollment: UUID) -> None:
        """The current step's mail, as a workflow has it sent."""
        seen = await self.stage.facts(enrollment)
        index = seen.enrollment.current_step_index
        step = seen.version.bundle.plan.steps[index]
        assert isinstance(step, EmailStep)
        request = DispatchRequest(
            enrollment_id=enrollment,
            step=index,
            successor=step.next,
            mailbox_id=seen.mailbox.id,
        )
        await ActivityEnvironment().run(self.activities.dispatch_step, request)
        assert (await self.stage.ledger(enrollment))[index] == (index, "sent", None)

    async def came_in(self, count: int) -> list[tuple[str, str, str]]:
        """Class, effect and match of what came in, once there is so much."""
        query = "SELECT class, effect, matched_by FROM inbound_messages ORDER BY received_at"
        try:
            async with asyncio.timeout(30):
                while len(found := await self.stage.all(query)) < count:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{self.exim.log}\n{self.dovecot.log}") from None
        return [tuple(row) for row in found]

    async def hold(self) -> Hold:
        """The only one."""
        query = "SELECT scope, reason, held_from, held_until FROM holds"
        (found,) = await self.stage.all(query)
        return Hold(HoldScope(found[0]), *found[1:])

    async def suppressed(self) -> list[str]:
        return [row.reason for row in await self.stage.all("SELECT reason FROM suppressions")]


@pytest.fixture
def offers_dsn(request: pytest.FixtureRequest) -> bool:
    """Whether Exim knows RFC 3461."""
    return bool(getattr(request, "param", True))


@pytest.fixture
async def post(
    stage: Stage,
    database_url: str,
    require: Callable[[str, str], str],
    oauth_server: OAuthServer,
    *,
    offers_dsn: bool,
) -> AsyncIterator[Post]:
    programs = require("exim4", "exim4-daemon-light"), require("dovecot", "dovecot-core")
    require("/usr/lib/dovecot/lmtp", "dovecot-lmtpd")
    require("sievec", "dovecot-sieve")

    async def tell(_told: Sequence[Told]) -> None:
        return

    office = choose_port(None, "lmtp")
    async with (
        open_doors(stage.engine) as doors,
        exim(programs[0], us=doors.smtp_port, office=office, dsn=offers_dsn) as relay,
        dovecot(
            programs[1],
            oauth_server,
            Lmtp(
                office,
                relay.port,
                [Addressee(AWAY, VACATION), Addressee(FULL_OFFICE, quota="*:storage=1B")],
            ),
        ) as store,
        mail_tools(settings(database_url, "x:1", relay.port, TENUTO_TOKEN_KEYS=KEY)) as tools,
    ):
        yield Post(stage, DispatchActivities(stage.engine, tools, tell), relay, store)


EITHER = pytest.mark.parametrize(
    "offers_dsn", [True, False], ids=["DSN offered", "DSN not offered"], indirect=True
)


@EITHER
@pytest.mark.parametrize("email", [GONE, GONE_OFFICE, "pat@nowhere.example"])
async def test_an_unknown_user_is_a_hard_bounce(post: Post, email: str) -> None:
    enrollment = await post.enrolled(email)
    await post.send(enrollment)
    assert await post.came_in(1) == [("bounce_hard", "bounced", "envelope recipient")]
    assert (await post.stage.row(enrollment)).status is Status.BOUNCED
    assert await post.suppressed() == ["hard_bounce"]


@EITHER
@pytest.mark.parametrize("email", [FULL, FULL_OFFICE])
async def test_a_full_mailbox_is_a_soft_bounce_and_the_second_one_ends(
    post: Post, email: str
) -> None:
    enrollment = await post.enrolled(email)
    await post.send(enrollment)
    soft = ("bounce_soft", "bounced", "envelope recipient")
    assert await post.came_in(1) == [soft]
    assert (await post.stage.row(enrollment)).status is Status.ACTIVE
    hold = await post.hold()
    assert (hold.scope, hold.reason) == (HoldScope.ENROLLMENT, "soft bounce")
    assert hold.until is not None
    # Three business days: a weekend may lie between.
    assert 3 <= round((hold.until - hold.since) / timedelta(days=1)) <= 5
    await post.stage.pass_time(enrollment, timedelta(days=6))
    await post.send(enrollment)
    assert await post.came_in(2) == [soft, soft]
    assert (await post.stage.row(enrollment)).status is Status.BOUNCED
    assert await post.suppressed() == ["soft_bounces"]


async def test_a_vacation_reply_holds_the_person_until_a_business_day_after_the_return(
    post: Post,
) -> None:
    enrollment = await post.enrolled(AWAY)
    await post.send(enrollment)
    assert await post.came_in(1) == [("out_of_office", "out_of_office", "envelope recipient")]
    assert (await post.stage.row(enrollment)).status is Status.ACTIVE
    hold = await post.hold()
    assert (hold.scope, hold.reason) == (HoldScope.CONTACT, "out of office")
    assert hold.until is not None
    after = (SOON + timedelta(days=n) for n in (1, 2, 3))
    assert hold.until.date() == next(day for day in after if day.weekday() < SATURDAY)
    assert await post.suppressed() == []
