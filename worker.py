"""The composition root: settings → tools → workers. Run it: `python worker.py --role all`."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.dispatch import ROOM, DispatchActivities, MailTools
from activities.enrollment import EnrollmentActivities
from activities.reconcile import ReconcileActivities
from activities.requests import ENROLLMENT_QUEUE, MAIL_QUEUE
from db import migrate
from db.engine import connect, disposed
from tenuto.domain.errors import TenutoError
from tenuto.runtime import temporal
from tenuto.runtime.logs import processors
from tenuto.runtime.mailing import mail_tools
from tenuto.runtime.reconciler import Reconciler
from tenuto.runtime.sandbox import sandbox
from tenuto.runtime.scrub import ScrubInterceptor
from tenuto.runtime.settings import Settings, load_settings
from tenuto.runtime.steering import Steering
from tenuto.runtime.sweeper import Sweeper
from workflows.enrollment import EnrollmentWorkflow
from workflows.reconcile import ReconcileWorkflow

#: A send that has begun is let finish; the SDK's default of 0 would cut it in half.
_GRACE = timedelta(seconds=60)
#: They mostly wait: for a mail server, for Postgres. Sends leave half of it to the others.
_ACTIVITIES = 2 * ROOM
ROLES = ("all", "enrollment", "mail-send")

log = structlog.get_logger()


def workers(
    client: Client, engine: AsyncEngine, settings: Settings, tools: MailTools, role: str
) -> list[Worker]:
    """The workers of a role, each on its own queue."""
    steering = Steering(client, engine, mail_workers=settings.mail_workers)
    dispatch = DispatchActivities(engine, tools, steering.tell)
    enrollment = EnrollmentActivities(engine, steering.tell)
    sweeper = Sweeper(engine, steering)
    scan = _reconciler(settings, engine, steering).scan
    reconcile = ReconcileActivities(scan, sweeper.sweep_at_times)
    # Whoever was enrolled while there were no mail workers sends here, whatever is set now.
    activities = [
        dispatch.dispatch_step,
        enrollment.advance,
        enrollment.record,
        reconcile.reconcile,
    ]
    workflows = [EnrollmentWorkflow, ReconcileWorkflow]
    made = []
    if role in {"all", "enrollment"}:
        made.append(_worker(client, settings, ENROLLMENT_QUEUE, activities, workflows))
    if role in {"all", "mail-send"}:
        made.append(_worker(client, settings, MAIL_QUEUE, [dispatch.dispatch_step]))
    return made


def _reconciler(settings: Settings, engine: AsyncEngine, steering: Steering) -> Reconciler:
    return Reconciler(engine, steering, timedelta(seconds=settings.reconcile_grace))


def _worker(
    client: Client,
    settings: Settings,
    queue: str,
    activities: Sequence[object],
    workflows: Sequence[type] = (),
) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        activities=activities,  # type: ignore[arg-type]  # the SDK's own alias is Callable
        workflows=workflows,
        workflow_runner=sandbox(),
        interceptors=[ScrubInterceptor()],
        max_cached_workflows=settings.cached_workflows,
        max_concurrent_activities=_ACTIVITIES,
        graceful_shutdown_timeout=_GRACE,
        # Left out, the SDK hashes every loaded module to make one: 2.5 s at each start.
        build_id=None if settings.build_id else "unversioned",
        deployment_config=_deployment(settings),
    )


def _deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    # Only with a build id: a versioned workflow on an unversioned worker hangs for good.
    if settings.build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion("tenuto", settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


async def serve(settings: Settings, role: str, stop: asyncio.Event) -> None:
    """Prepare Postgres and Temporal, then work until `stop`."""
    url = settings.database_url.get_secret_value()
    await migrate.upgrade(url)
    client = await temporal.connect(settings)
    async with disposed(connect(url, pool_size=20)) as engine, AsyncExitStack() as running:
        tools = await running.enter_async_context(mail_tools(settings))
        steering = Steering(client, engine, mail_workers=settings.mail_workers)
        reconciler = _reconciler(settings, engine, steering)

        async def fill() -> None:
            # A new Temporal, perhaps under an old database: nobody in flight is forgotten.
            report = await reconciler.rebuild()
            log.info("temporal_was_empty", started=report.started)

        every = timedelta(seconds=settings.reconcile_every)
        await temporal.prepare(client, every, fill=fill)
        for worker in workers(client, engine, settings, tools, role):
            await running.enter_async_context(worker)
        log.info("worker_ready", role=role)
        await stop.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or Ctrl-C; returns the exit code."""
    parser = argparse.ArgumentParser(description="Runs Tenuto's workflows and activities.")
    parser.add_argument("--role", choices=ROLES, default="all")
    role = parser.parse_args(arguments).role
    structlog.configure(
        processors=processors(),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    try:
        asyncio.run(_until_signal(role))
    except TenutoError as error:
        log.error("worker_cannot_start", why=str(error))  # noqa: TRY400 - a sentence, no trace
        return 1
    return 0


async def _until_signal(role: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(load_settings(), role, stop)


if __name__ == "__main__":
    sys.exit(main())
