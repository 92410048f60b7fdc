"""`tenuto rebuild` and `tenuto reconcile`: rows whose workflows are gone, late, or ignorant."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated

import typer
from temporalio.service import RPCError

from tenuto.cli.app import app, errors
from tenuto.cli.output import show_json
from tenuto.cli.session import run, session
from tenuto.domain.errors import DependencyError
from tenuto.runtime import temporal
from tenuto.runtime.reconciler import Reconciler, Report
from tenuto.runtime.steering import Steering

Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


@app.command()
def rebuild(json: Json = False) -> None:
    """Start the workflow of every live enrollment that has none: Temporal may have lost all."""
    done = run(_healed(Reconciler.rebuild, "Starting what doesn't run …"))
    if json:
        show_json(done)
    else:
        typer.echo(f"started {done.started}")


@app.command()
def reconcile(json: Json = False) -> None:
    """Look once for rows that are late or whose workflow may not know; exit code 1 if stuck."""
    done = run(_healed(Reconciler.scan, "Looking for rows that are late …"))
    if json:
        show_json(done)
    else:
        typer.echo(f"started {done.started}, told {done.told}, stuck {len(done.stuck)}")
        for enrollment_id in done.stuck:
            typer.echo(f"stuck: {enrollment_id}; look at workflow enrollment:{enrollment_id}")
    if done.stuck:
        raise typer.Exit(1)


async def _healed(work: Callable[[Reconciler], Awaitable[Report]], saying: str) -> Report:
    async with session() as opened:
        settings = opened.settings
        client = await temporal.connect(settings)
        try:
            # One that was wiped has no search attributes, and starts name them.
            await temporal.prepare(client, timedelta(seconds=settings.reconcile_every))
            grace = timedelta(seconds=settings.reconcile_grace)
            steering = Steering(client, opened.engine, mail_workers=settings.mail_workers)
            with errors.status(saying):
                return await work(Reconciler(opened.engine, steering, grace))
        except RPCError as error:
            msg = f"Temporal refused or dropped the work ({error.status.name}); run it again"
            raise DependencyError(msg) from error
