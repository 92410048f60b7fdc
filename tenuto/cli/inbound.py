"""`tenuto inbound`: the doors by which mail and unsubscribes come back."""

import asyncio
import signal

from tenuto.cli.app import app
from tenuto.cli.session import run, session
from tenuto.domain.ids import TokenSigner


@app.command("inbound")
def command() -> None:
    """Open the inbound doors, until SIGTERM or Ctrl-C."""
    run(_until_signal())


async def _until_signal() -> None:
    # The web door costs a second to import, which no other command should wait for.
    from tenuto.inbound.process import serve

    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with session() as at:
        signer = TokenSigner(at.settings.keys)
        await serve(at.settings, at.engine, await at.steering(), signer, stop)
