"""The demo's fourth act: sixty-four people, two sequences, one killed worker."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

from rich.live import Live

from db import views
from db.engine import connected
from db.views import Listed
from tenuto.devstack import demo_guard, demo_table
from tenuto.devstack.demo_people import FOUNDERS, WELCOME, Person
from tenuto.devstack.demo_prospects import Prospects
from tenuto.devstack.demo_world import World
from tenuto.domain.enrollment import Trigger

_AT_ONCE = 8
_ROWS = 500
#: After the kill; the waits of the sequences decide how long it is, this only bounds it.
_LONGEST_S = 120
_UNTIL_NEW_VERSION_S = 12
#: About as long as the wait before the second mail: many are on their way then.
_UNTIL_KILL_S = 6.5
_REDRAW_S = 0.5
_LINE_S = 5


async def run(world: World, people: Sequence[Person]) -> None:
    """Let them all come in, and watch until nobody has anything coming."""
    over = asyncio.Event()
    watch = _draw if world.console.is_terminal else _write_lines
    watching = asyncio.create_task(watch(world, over))
    story = asyncio.create_task(_story(world, people))
    try:
        await asyncio.wait({watching, story}, return_when=asyncio.FIRST_COMPLETED)
        over.set()
        await asyncio.gather(story, watching)
    finally:
        story.cancel()
        watching.cancel()
        await asyncio.gather(story, watching, return_exceptions=True)


async def _story(world: World, people: Sequence[Person]) -> None:
    prospects = Prospects(people, world.stack.catcher, world.stack.doors)
    early = [person for person in people if not person.late]
    _say(world, f"{len(early)} people come in, {_in_two(people)} of them into two sequences.")
    await _enroll(world, early, FOUNDERS)
    await _enroll(world, early, WELCOME)
    reading = asyncio.create_task(prospects.live())
    acts = asyncio.create_task(_change(world, [person for person in people if person.late]))
    tasks = {reading, acts, asyncio.create_task(demo_guard.watch(world))}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*done)  # raises what went wrong
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _change(world: World, late: Sequence[Person]) -> None:
    """What happens to them, beside what they do themselves."""
    await asyncio.sleep(_UNTIL_NEW_VERSION_S)
    await world.publish("demo/founders_v2.yaml")
    _say(world, f"Version 2 of {FOUNDERS} is published. Whoever is in version 1 stays in it;")
    _say(world, f"{len(late)} more people come in, and get version 2.")
    await _enroll(world, late, FOUNDERS)
    await asyncio.sleep(_UNTIL_KILL_S)
    await _next_mail(world)
    await world.stack.kill_worker()
    _say(world, "The worker was killed (SIGKILL) while mails were leaving. What it had begun is")
    _say(world, "never sent a second time; where nobody can tell whether it left, it is “unknown”.")
    await world.stack.start_worker()
    _say(world, "Another worker is up, and goes on where the rows and Temporal say.")
    until = monotonic() + _LONGEST_S
    while monotonic() < until and not demo_table.quiet(await _rows(world)):  # noqa: ASYNC110 - rows
        await asyncio.sleep(_REDRAW_S)


async def _enroll(world: World, people: Sequence[Person], sequence: str) -> None:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(person: Person) -> None:
        async with slots:
            await world.starter.enroll(sequence, person.contact, by="demo", trigger=Trigger.IMPORT)

    await asyncio.gather(*(one(person) for person in people if sequence in person.sequences))


async def _next_mail(world: World) -> None:
    catcher = world.stack.catcher
    with suppress(TimeoutError):
        await catcher.wait_for(len(catcher.mails) + 1, _LINE_S)


def _in_two(people: Sequence[Person]) -> int:
    return sum(len(person.sequences) > 1 for person in people)


def _say(world: World, text: str) -> None:
    world.console.print(text, style="bold")


async def _draw(world: World, over: asyncio.Event) -> None:
    console = world.console
    with Live(console=console, auto_refresh=False, vertical_overflow="crop") as live:
        last = False
        while not last:
            last = over.is_set()
            rows, mails = await _rows(world), len(world.stack.catcher.mails)
            live.update(demo_table.table(rows, mails, console), refresh=True)
            await _pause(over, _REDRAW_S)


async def _write_lines(world: World, over: asyncio.Event) -> None:
    began, last = monotonic(), False
    while not last:
        last = over.is_set()
        totals = demo_table.totals(await _rows(world), len(world.stack.catcher.mails))
        world.console.print(f"{monotonic() - began:4.0f} s  {totals}", soft_wrap=True)
        await _pause(over, _LINE_S)


async def _pause(over: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(over.wait(), seconds)


async def _rows(world: World) -> list[Listed]:
    async with connected(world.engine) as connection:
        return await views.enrollments(connection, None, None, _ROWS)
