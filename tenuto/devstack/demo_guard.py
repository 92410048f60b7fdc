"""The person whom a guardrail waits for: in the demo it is the demo.

Four of sixty-four complain within a minute: real sequences and mailboxes pause themselves for
less, and so do these.
"""

import asyncio

from sqlalchemy import text

from db import switches
from db.connection import Row
from db.engine import connected, transaction
from tenuto.devstack.demo_world import World, open_mailboxes
from tenuto.domain.holds import HoldScope

_LOOK_S = 0.5
_PAUSED = text("""
    SELECT h.scope::text AS scope, h.target, h.detail, coalesce(m.address, h.target) AS name
    FROM holds h LEFT JOIN mailboxes m ON h.scope = 'mailbox' AND m.id::text = h.target
    WHERE h.reason = 'guardrail' AND h.held_until IS NULL
""")


async def watch(world: World) -> None:
    """Resume what pauses itself, and say so the first time, until cancelled."""
    named = set[str]()
    while True:
        async with connected(world.engine) as connection:
            paused = list(await connection.execute(_PAUSED))
        for one in paused:
            if one.name not in named:
                named.add(one.name)
                said = f"A guardrail paused {one.name}: {one.detail}."
                world.console.print(f"{said} The demo looks, and resumes it.", style="bold")
            await _resume(world, one)
        await asyncio.sleep(_LOOK_S)


async def _resume(world: World, paused: Row) -> None:
    # A mailbox that paused itself begins its ramp anew: a day's five mails would be the end here.
    await transaction(world.engine, open_mailboxes)
    scope = HoldScope(paused.scope)
    async for told in switches.switch_on(world.engine, scope, paused.target, source="demo"):
        await world.starter.tell(told)
