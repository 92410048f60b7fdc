"""Workflows changed as a careless edit would change them: the replay must refuse each."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from tenuto.domain.enrollment import Standing
    from tenuto.domain.plan import EmailStep

from tenuto.domain.run import Ended, Start
from workflows.enrollment import EnrollmentWorkflow


@workflow.defn(name="Enrollment")
class SleepsFirst(EnrollmentWorkflow):
    """A timer more, at the start."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: Start) -> Ended:
        await workflow.sleep(timedelta(seconds=1))
        return await super().run(start)


@workflow.defn(name="Enrollment")
class LooksTwice(EnrollmentWorkflow):
    """An activity more, before each mail."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: Start) -> Ended:
        return await super().run(start)

    async def _send(self, index: int, step: EmailStep) -> Standing:
        await workflow.execute_activity("check", start_to_close_timeout=timedelta(seconds=5))
        return await super()._send(index, step)


@workflow.defn(name="Enrollment")
class ForgetsTheStatus(EnrollmentWorkflow):
    """The closing search attribute is lost."""

    @workflow.init
    def __init__(self, start: Start) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: Start) -> Ended:
        return await super().run(start)

    def _show_status(self) -> None:
        return
