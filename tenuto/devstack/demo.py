"""`tenuto demo`: real sequences on real parts, from end to end; only the prospects are fakes."""

import asyncio
import json as jsonlib
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from time import monotonic

from rich import box
from rich.console import Console
from rich.table import Table

from db.engine import connected
from tenuto.devstack import demo_live, demo_opening, demo_prospects, demo_result, demo_zones
from tenuto.devstack.demo_people import cast
from tenuto.devstack.demo_result import Result
from tenuto.devstack.demo_world import World, world
from tenuto.devstack.mail_log import MailLog
from tenuto.domain.ids import TokenSigner
from tenuto.runtime.settings import STACK_FILE

_WIDTH = 100
#: Each of these must be nought, or the demo fails.
_PROMISES = {
    "duplicates": "a mail arrived twice",
    "sends_after_stop": "a mail was begun after its enrollment had been stopped",
    "unbalanced": "the books don't agree",
}
_MEANINGS = {
    "enrolled": "enrollments, each one contact in one sequence",
    "sent": "mails that left",
    "replied": "ended by a reply",
    "opted_out": "ended by an unsubscribe",
    "bounced": "ended by a bounce, in the SMTP conversation or by mail",
    "complained": "ended by a spam report",
    "out_of_office": "vacation notices: they wait until the person is back",
    "completed": "went through to the end",
    "pending": "go on later: the twelve zones, and who is on vacation",
    "deferred": "times that spacing, a cap or a window moved a mail",
    "unknown": "mails cut off by the kill: perhaps they left, so they aren't sent again",
    "duplicates": "mails that arrived twice, by the SMTP server's own log",
    "sends_after_stop": "mails that were begun after a stop, by the same log",
    "unbalanced": "places where rows, ledger and that log disagree",
    "versions": "published versions of the sequences",
}


async def play(folder: Path, *, json: bool, keep: bool) -> int:
    """The whole show; returns the exit code: 1 when a promise was broken."""
    console = Console(stderr=json, highlight=False)
    if not console.is_terminal:
        console = Console(stderr=json, highlight=False, width=_WIDTH)
    refusals = demo_prospects.policy(cast())
    data = folder / STACK_FILE.parent / "demo"
    async with world(data, console, _progress, refusals.get) as its:
        _introduce(its)
        began = monotonic()
        differing = await _acts(its)
        result = await _count(its)
        _title(its, "6  What happened")
        console.print(_table(result))
        console.print(f"It took {monotonic() - began:.0f} s. The mails stay in {data / 'mail'}.")
        failures = _failures(result, differing)
        for failure in failures:
            console.print(f"FAILED: {failure}", style="bold red", markup=False)
        if json:
            Console(soft_wrap=True).out(jsonlib.dumps(asdict(result)), highlight=False)
        if keep:
            await _keep(its)
        else:
            console.print("It ends here, and its servers stop; this leaves them up:")
            console.print(f"  {sys.argv[0]} demo --keep", style="green", soft_wrap=True)
    return 1 if failures else 0


def _failures(result: Result, differing: Sequence[demo_zones.Booking]) -> list[str]:
    broken = [f"{what} ({name})" for name, what in _PROMISES.items() if getattr(result, name)]
    return broken + [f"{one.contact.email} isn't booked as previewed" for one in differing]


def _progress(text: str) -> None:
    Console(stderr=True, highlight=False).print(f"… {text}", style="dim", markup=False)


async def _acts(its: World) -> Sequence[demo_zones.Booking]:
    """The show, act by act; returns the bookings that weren't as previewed."""
    await its.publish("outreach.yaml", "demo/founders.yaml", "demo/welcome.yaml")
    _title(its, "1  A real sequence, in days and business hours: Mika’s schedule")
    schedule = await demo_opening.schedule(its)
    _title(its, "2  The mails, as Mika would get them")
    await demo_opening.mails(its, schedule)
    _title(its, "3  A reply comes in, and the next step is gone")
    await demo_opening.stopped_by_reply(its)
    _title(its, "4  Sixty-four prospects answer, bounce, are away, unsubscribe or stay silent")
    await demo_live.run(its, cast())
    _title(its, "5  Twelve zones enter the real sequence")
    return await demo_zones.run(its)


def _title(its: World, text: str) -> None:
    its.console.print(f"\n{text}\n", style="bold cyan")


def _introduce(its: World) -> None:
    say = its.console.print
    say("PostgreSQL, Temporal, a mail server, the worker and the inbound doors are up. No clock is")
    say("faked: the demo’s own sequences wait for seconds, not days. Look in while it runs:")
    _show_where(its)


def _show_where(its: World) -> None:
    its.console.print(f"  workflows  {its.stack.environment['TEMPORAL_UI_URL']}", style="green")
    its.console.print(f"  mails      {its.stack.pages_url}", style="green")


async def _count(its: World) -> Result:
    # Nothing may move between two counts; whoever is waiting goes on when a worker is up again.
    await its.stack.stop_worker()
    # Read again from the disk: what the SMTP server wrote down when it took each mail.
    log = MailLog(its.stack.folder / "mail")
    signer = TokenSigner(its.stack.settings.keys)
    async with connected(its.engine) as connection:
        return await demo_result.count(connection, log.mails, signer)


def _table(result: Result) -> Table:
    table = Table(box=box.SIMPLE, show_header=False)
    for name, count in asdict(result).items():
        style = ("red" if count else "green") if name in _PROMISES else ""
        table.add_row(f"[{style}]{count}[/]" if style else str(count), name, _MEANINGS[name])
    return table


async def _keep(its: World) -> None:
    await its.stack.start_worker()
    its.console.print("All of it stays up until Ctrl-C:")
    _show_where(its)
    command = f"env $(cat {its.stack.folder / STACK_FILE.name}) {sys.argv[0]} list"
    its.console.print(f"  commands   {command}", style="green", soft_wrap=True, markup=False)
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
