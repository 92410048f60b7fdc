"""The send: claim, hand over, settle. The one activity of an email step."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.enrollment import Tell
from activities.heartbeat import heartbeating
from activities.mail_servers import MailServers, Way, hold_refused
from activities.requests import DispatchRequest
from activities.writing import Pen, write
from db import claims, settle
from db.claims import Claim
from db.settle import Mail, Settled
from tenuto.domain.delivery import LOGIN_REFUSED, Broken, Fate, NotSent
from tenuto.domain.enrollment import Standing
from tenuto.domain.errors import InputError
from tenuto.mail import safety, smtp
from tenuto.mail.connections import Connections
from tenuto.mail.letter import Letter
from tenuto.mail.safety import Blocked, SafeMode

#: Seconds. What is left of the workflow's two minutes is enough for a conversation and both
#: transactions: an attempt that is cut off after its claim makes its mail `unknown`.
_WAIT_FOR_SLOT = 45.0
#: How many sends may be under way in a worker, and of those how many may wait for one mailbox:
#: its other activities, among them the stops that services signal, must find room however slow
#: the mail servers are.
ROOM = 500
_QUEUE = 50
_BUSY, _BUSY_MAX = timedelta(seconds=5), timedelta(minutes=5)

log = structlog.get_logger()


@dataclass(frozen=True)
class MailTools:
    """What a send needs beside Postgres."""

    pen: Pen
    servers: MailServers
    connections: Connections
    safe_mode: SafeMode
    #: Bounds one SMTP conversation.
    time_to_send: timedelta
    #: Conversations at once per mailbox: a busy one holds up nobody else's.
    sends_per_mailbox: int


class DispatchActivities:
    """Given Postgres, the mail tools, and a way to tell other workflows."""

    def __init__(self, engine: AsyncEngine, tools: MailTools, tell: Tell) -> None:
        self._engine = engine
        self._tools = tools
        self._tell = tell
        self._slots: dict[UUID, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(tools.sends_per_mailbox)
        )
        self._waiting = Counter[UUID]()
        self._under_way = 0

    @activity.defn(name="dispatch_step")
    async def dispatch_step(self, request: DispatchRequest) -> Standing:
        """Send the step's mail if it may leave now; answers where the row stands."""
        with heartbeating(), self._room():
            async with self._slot(request.mailbox_id):
                settled = await self._dispatch(request)
        await self._tell(settled.told)
        return settled.standing

    @contextmanager
    def _room(self) -> Iterator[None]:
        if self._under_way >= ROOM:
            raise _busy()
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    @asynccontextmanager
    async def _slot(self, mailbox_id: UUID) -> AsyncIterator[None]:
        """One of the mailbox's conversations; gives up while there is time to send after it."""
        slots = self._slots[mailbox_id]
        if self._waiting[mailbox_id] >= _QUEUE:
            raise _busy()
        self._waiting[mailbox_id] += 1
        try:
            async with asyncio.timeout(_WAIT_FOR_SLOT):
                await slots.acquire()
        except TimeoutError:
            raise _busy() from None
        finally:
            self._waiting[mailbox_id] -= 1
        try:
            yield
        finally:
            slots.release()

    async def _dispatch(self, request: DispatchRequest) -> Settled:
        # Before the claim: a failed read of it costs nothing then.
        way = await self._tools.servers.of(self._engine, request.mailbox_id)
        time_to_send, began = self._tools.time_to_send, monotonic()
        claim = await claims.claim(
            self._engine, request.enrollment_id, request.step, request.successor, time_to_send
        )
        if not isinstance(claim, Claim):
            return Settled(claim)
        if claim.facts.mailbox.id != request.mailbox_id:
            way = await self._tools.servers.of(self._engine, claim.facts.mailbox.id)
        # The deadline in the claim is Postgres's: the conversation must be over before it.
        mail, fate = await self._send(claim, way, time_to_send.total_seconds() + began)
        return await settle.settle(self._engine, claim, mail, fate)

    async def _send(self, claim: Claim, way: Way, deadline: float) -> tuple[Mail, Fate]:
        tools = self._tools
        try:
            letter = write(claim, tools.pen)
        except InputError as error:
            return Mail(), Broken(str(error)[:200])
        except Exception as error:
            log.exception("letter_not_made", enrollment=str(claim.facts.enrollment.id))
            return Mail(), Broken(type(error).__name__)
        fate = await self._hand_over(letter, way, deadline)
        return Mail(letter.message_id, letter.subject), fate

    async def _hand_over(self, letter: Letter, way: Way, deadline: float) -> Fate:
        tools = self._tools
        route = safety.route(letter.envelope_to, tools.safe_mode, way.server)
        if isinstance(route, Blocked):
            return NotSent("safe_mode", final=True)
        letter = replace(letter, envelope_to=route.envelope_to)
        left = max(deadline - monotonic(), 0)
        fate = await smtp.deliver(letter, route.server, left, tools.connections)
        refused = isinstance(fate, NotSent) and fate.reason == LOGIN_REFUSED
        if refused and route.server is way.server and way.own is not None:
            await hold_refused(self._engine, way.own)
        return fate


def _busy() -> ApplicationError:
    """Come back, the later the oftener it was in vain: a crowd mustn't become a storm."""
    later = min(_BUSY * activity.info().attempt, _BUSY_MAX)
    return ApplicationError("too many sends", type="MailboxBusy", next_retry_delay=later)
