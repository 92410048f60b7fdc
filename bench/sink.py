"""An SMTP server that takes every mail, counts it and forgets it: a process of its own.

The mail catcher keeps and parses each mail, which would take the processor from what is measured.
Its log is where the counts go when it is told to stop.
"""

import argparse
import asyncio
import json
import re
import signal
from collections import Counter

from aiosmtpd.smtp import SMTP, Envelope, Session

from tenuto.devstack.ports import LOOPBACK
from tenuto.mail.headers import TOKEN_FIELD

_TOKEN = re.compile(rf"^{TOKEN_FIELD}: *(\S+)\r?$".encode(), re.MULTILINE)


class Sink:
    """Counts mails by the token that each send bears."""

    def __init__(self) -> None:
        self._tokens: Counter[bytes] = Counter()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        found = _TOKEN.search(envelope.original_content or b"")
        self._tokens[found[1] if found else b""] += 1
        return "250 2.0.0 OK"

    def summary(self) -> str:
        """JSON: how many mails came, and how many different ones."""
        return json.dumps({"mails": self._tokens.total(), "different": len(self._tokens)})


async def serve(port: int) -> None:
    """Take mail until SIGTERM, then print the summary."""
    loop, stop, sink = asyncio.get_running_loop(), asyncio.Event(), Sink()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(lambda: SMTP(sink, hostname="sink"), LOOPBACK, port)
    await stop.wait()
    server.close()
    print(sink.summary(), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Takes every mail and forgets it.")
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(serve(parser.parse_args().port))
