"""The story of one contact in one sequence.

The row in Postgres is the truth, and this is its cache: it sleeps until the row's
`next_scheduled_at`, has an activity act, and follows what the row says then. Others may stop,
hold or re-time the row at any moment; they commit first, and signal the new standing.
"""

import asyncio
from collections import deque
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey

with workflow.unsafe.imports_passed_through():
    from activities.requests import (
        AdvanceRequest,
        DispatchRequest,
        RecordRequest,
    )
    from tenuto.domain.enrollment import Standing, Status
    from tenuto.domain.notice import (
        Bounced,
        Engaged,
        Held,
        Notice,
        OutOfOffice,
        Rescheduled,
        SendResolved,
        Signal,
        Unsubscribed,
    )
    from tenuto.domain.plan import EmailStep, ExitStep
    from tenuto.domain.run import Ended, Start, Unrecorded

STATUS = SearchAttributeKey.for_keyword("EnrollmentStatus")

_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))
#: Longer than any SMTP conversation may take, with both transactions.
_SEND_TIME = timedelta(minutes=2)
_ROW_TIME = timedelta(seconds=30)
#: A killed worker is noticed at once, instead of after `_SEND_TIME`.
_HEARTBEAT_TIMEOUT = timedelta(seconds=20)
#: Only met when the clocks of Temporal and Postgres disagree: ask again, but not at once.
_CLOCK_LAG = timedelta(seconds=1)


@workflow.defn(name="Enrollment")
class EnrollmentWorkflow:
    """Sleeps for weeks, wakes for a moment."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        self._id = start.enrollment_id
        self._mailbox_id = start.mailbox_id
        self._mail_queue = start.mail_queue
        self._plan = start.plan
        self._standing = start.standing
        self._unrecorded = deque(start.unrecorded)
        #: Counts what arrived, so that a wait knows that something did.
        self._heard = 0
        #: What the search attribute says; the starter set it.
        self._shown = start.standing.status

    @workflow.run
    async def run(self, start: Start) -> Ended:
        """Go on until the row is ended and everything heard is committed."""
        try:
            await self._until_ended(start)
        except asyncio.CancelledError:
            # An exit is state, never a cancellation; but one from the Web UI must not leave
            # a live row behind.
            while self._unrecorded:
                await self._commit_first()
            await self._commit(Unrecorded(signal=Signal.REMOVED))
            self._show_status()
            raise
        return Ended(status=self._standing.status, reason=self._standing.reason)

    async def _until_ended(self, start: Start) -> None:
        while self._standing.status.live or self._unrecorded:
            self._show_status()
            self._tell_story()
            if self._unrecorded:
                await self._commit_first()
            elif (wait := self._wait()) is None or wait > timedelta():
                await self._sleep(wait)
            else:
                await self._act()
                await self._maybe_start_afresh(start)
        self._show_status()
        self._tell_story()
        await workflow.wait_condition(workflow.all_handlers_finished)

    def _wait(self) -> timedelta | None:
        due = self._standing.due
        return None if due is None else due - workflow.now()

    async def _sleep(self, wait: timedelta | None) -> None:
        """Until the time has come or something is heard; the loop looks again either way."""
        heard = self._heard
        try:
            await workflow.wait_condition(
                lambda: self._heard != heard, timeout=wait, timeout_summary=self._summary()
            )
        except TimeoutError:
            # The time is one reason to look again among others, not a decision.
            return

    async def _act(self) -> None:
        before = self._standing
        step = asyncio.create_task(self._do_step())
        while not step.done():
            await workflow.wait_condition(lambda: step.done() or bool(self._unrecorded))
            if self._unrecorded:
                # A stop that is heard meanwhile is committed at once: a claim that hasn't begun
                # yet must find it.
                await self._commit_first()
        self._follow(await step)
        unchanged = self._standing.revision == before.revision
        if unchanged and not self._unrecorded and self._standing.status is Status.ACTIVE:
            await self._sleep(max(self._wait() or timedelta(), _CLOCK_LAG))

    async def _do_step(self) -> Standing:
        index = self._standing.step
        step = self._plan.steps[index]
        if isinstance(step, EmailStep):
            return await self._send(index, step)
        standing: Standing = await workflow.execute_activity(
            "advance",
            AdvanceRequest(enrollment_id=self._id, step=index),
            result_type=Standing,
            start_to_close_timeout=_ROW_TIME,
            retry_policy=_RETRY,
            summary=f"{step.kind} {step.id}",
        )
        return standing

    async def _send(self, index: int, step: EmailStep) -> Standing:
        request = DispatchRequest(
            enrollment_id=self._id, step=index, successor=step.next, mailbox_id=self._mailbox_id
        )
        standing: Standing = await workflow.execute_activity(
            "dispatch_step",
            request,
            result_type=Standing,
            # None: its own queue, whose worker takes it at once, without a round trip.
            task_queue=self._mail_queue,
            start_to_close_timeout=_SEND_TIME,
            heartbeat_timeout=_HEARTBEAT_TIMEOUT,
            retry_policy=_RETRY,
            # A send that has begun is never cut in half.
            cancellation_type=workflow.ActivityCancellationType.ABANDON,
            summary=f"send {step.id}",
        )
        return standing

    async def _commit_first(self) -> None:
        # It leaves the queue when it is committed: a cancellation in between must not lose it.
        await self._commit(self._unrecorded[0])
        self._unrecorded.popleft()

    async def _commit(self, heard: Unrecorded) -> None:
        """Have the row changed by what another service told us, before going on."""
        standing = await workflow.execute_activity(
            "record",
            RecordRequest(enrollment_id=self._id, signal=heard.signal, notice=heard.notice),
            result_type=Standing,
            start_to_close_timeout=_ROW_TIME,
            retry_policy=_RETRY,
            summary=f"record {heard.signal.value}",
        )
        self._follow(standing)

    def _follow(self, standing: Standing) -> None:
        if standing.revision > self._standing.revision:
            self._standing = standing

    async def _maybe_start_afresh(self, start: Start) -> None:
        if not (self._standing.status.live and workflow.info().is_continue_as_new_suggested()):
            return
        await workflow.wait_condition(workflow.all_handlers_finished)
        again = {"standing": self._standing, "unrecorded": tuple(self._unrecorded)}
        workflow.continue_as_new(start.model_copy(update=again))

    # What an operator reads in the Web UI.

    def _show_status(self) -> None:
        if self._standing.status is not self._shown:
            self._shown = self._standing.status
            workflow.upsert_search_attributes([STATUS.value_set(self._shown.value)])

    def _summary(self) -> str:
        at = self._standing
        due = f"due {at.due:%Y-%m-%d %H:%M:%S}Z" if at.due else "when resumed"
        return f"{self._place()}, {due}, {at.reason}"

    def _place(self) -> str:
        index, steps = self._standing.step, self._plan.steps
        step = steps[index]
        if isinstance(step, ExitStep):
            return f"the end ({step.id})"
        # Exits come last in a plan; they are no work that an operator counts.
        total = sum(not isinstance(other, ExitStep) for other in steps)
        return f"step {index + 1} of {total} ({step.id})"

    def _tell_story(self) -> None:
        status = self._standing.status
        story = self._summary() if status.live else f"{self._place()}, {self._standing.reason}"
        workflow.set_current_details(f"{status.value}: {story}")

    # What happened: keep it, count it, return. The loop does the rest.

    def _hear(self, signal: Signal, notice: Notice) -> None:
        self._heard += 1
        if notice.standing is not None:
            self._follow(notice.standing)
            return
        values = notice.model_dump(mode="json", exclude_unset=True)
        self._unrecorded.append(Unrecorded(signal=signal, notice=values))

    @workflow.signal(name=Signal.REPLY_RECEIVED)
    def reply_received(self, notice: Notice | None = None) -> None:
        """A person answered."""
        self._hear(Signal.REPLY_RECEIVED, notice or Notice())

    @workflow.signal(name=Signal.OUT_OF_OFFICE)
    def out_of_office(self, notice: OutOfOffice | None = None) -> None:
        """An auto-reply says that the person is away."""
        self._hear(Signal.OUT_OF_OFFICE, notice or OutOfOffice())

    @workflow.signal(name=Signal.UNSUBSCRIBED)
    def unsubscribed(self, notice: Unsubscribed | None = None) -> None:
        """The person wants no more mail."""
        self._hear(Signal.UNSUBSCRIBED, notice or Unsubscribed())

    @workflow.signal(name=Signal.BOUNCED)
    def bounced(self, notice: Bounced | None = None) -> None:
        """A mail came back."""
        self._hear(Signal.BOUNCED, notice or Bounced())

    @workflow.signal(name=Signal.COMPLAINED)
    def complained(self, notice: Notice | None = None) -> None:
        """The person reported the mail as spam."""
        self._hear(Signal.COMPLAINED, notice or Notice())

    @workflow.signal(name=Signal.REMOVED)
    def removed(self, notice: Notice | None = None) -> None:
        """Somebody took the contact out."""
        self._hear(Signal.REMOVED, notice or Notice())

    @workflow.signal(name=Signal.HELD)
    def held(self, notice: Held | None = None) -> None:
        """Wait until an instant, or until resumed."""
        self._hear(Signal.HELD, notice or Held())

    @workflow.signal(name=Signal.RESUMED)
    def resumed(self, notice: Notice | None = None) -> None:
        """Go on with the wait that was left."""
        self._hear(Signal.RESUMED, notice or Notice())

    @workflow.signal(name=Signal.RESCHEDULED)
    def rescheduled(self, notice: Rescheduled | None = None) -> None:
        """The current step is due at another instant."""
        self._hear(Signal.RESCHEDULED, notice or Rescheduled())

    @workflow.signal(name=Signal.ENGAGED)
    def engaged(self, notice: Engaged | None = None) -> None:
        """Something happened that a branch or a goal looks at."""
        self._hear(Signal.ENGAGED, notice or Engaged())

    @workflow.signal(name=Signal.SEND_RESOLVED)
    def send_resolved(self, notice: SendResolved | None = None) -> None:
        """The fate of a mail became known."""
        self._hear(Signal.SEND_RESOLVED, notice or SendResolved())
