"""`tenuto guard`: how near each sequence and mailbox is to pausing itself, and which have."""

from collections.abc import Sequence
from typing import Annotated

import typer

from db import guard as guarding
from db.engine import connected
from db.guard import Guarded
from tenuto.cli.app import app
from tenuto.cli.instants import clock
from tenuto.cli.output import show_json, show_table
from tenuto.cli.session import run, session
from tenuto.domain.guard import FEW_COMPLAINTS, Threshold, percent
from tenuto.domain.holds import HoldScope

_PPM = 1_000_000


@app.command()
def guard(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False
) -> None:
    """Show what came back and who complained, and what has paused itself for it."""
    found = run(_overview())
    if as_json:
        show_json([_described(one) for one in found])
        return
    columns = ("", "name", "state", "since (UTC)", "sends", "bounces", "complaints", "pauses at")
    show_table(columns, (_cells(one) for one in found))
    for one in found:
        if one.paused_at is not None:
            typer.echo(f"{one.name} is paused: {one.why}. When that is mended: {_resume(one)}")


async def _overview() -> list[Guarded]:
    async with session() as its, connected(its.engine) as connection:
        return await guarding.overview(connection)


def _described(one: Guarded) -> dict[str, object]:
    sends, bounces, complaints = one.counts.sends, one.counts.bounces, one.counts.complaints
    return {
        "scope": one.scope,
        "name": one.name,
        "state": one.state,
        "why": one.why,
        "since": one.since,
        "sends": sends,
        "bounces": bounces,
        "bounce_rate": bounces / sends if sends else None,
        "complaints": complaints,
        "complaint_rate": complaints / sends if sends else None,
        "pauses_at": {
            "bounces": _threshold(one.guard.bounces),
            "complaints": _threshold(one.guard.complaints),
        },
        "paused_at": one.paused_at,
        "resume": None if one.paused_at is None else _resume(one),
    }


def _threshold(threshold: Threshold) -> dict[str, float]:
    return {"rate": threshold.ppm / _PPM, "from_sends": threshold.sends}


def _cells(one: Guarded) -> Sequence[object]:
    sends, own = one.counts.sends, one.guard
    bounces = f"bounces {percent(own.bounces.ppm, _PPM)} of {own.bounces.sends}"
    rate = percent(own.complaints.ppm, _PPM)
    complaints = f"complaints {rate} of {own.complaints.sends}, below that {FEW_COMPLAINTS}"
    return (
        one.scope.value,
        one.name,
        one.state,
        clock(one.since),
        sends,
        _seen(one.counts.bounces, sends),
        _seen(one.counts.complaints, sends),
        f"{bounces}; {complaints}",
    )


def _seen(events: int, sends: int) -> str:
    return f"{events} ({percent(events, sends)})" if sends and events else str(events)


def _resume(one: Guarded) -> str:
    option = "--mailbox" if one.scope is HoldScope.MAILBOX else "--sequence"
    return f"tenuto resume {option} {one.name}"
