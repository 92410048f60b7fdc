"""People's answers to our mails, handed to the SMTP door as a mail server does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from uuid import uuid4

from tenuto.devstack.ports import LOOPBACK
from tenuto.domain.errors import DependencyError
from tenuto.domain.ids import SendRef, TokenSigner

_ANSWER = """\
From: Pat <{person}>
To: {to}
Subject: Re: A question, Pat
In-Reply-To: {parent}
Message-ID: <{id}@firm.example>

Thank you, let's talk next week.

Pat
"""


@dataclass(frozen=True)
class Server:
    """Its connection to the door."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    signer: TokenSigner

    async def answer(self, ref: SendRef, domain: str) -> float:
        """Answer a mail; the instant of the final dot, by `perf_counter`.

        :raises DependencyError: the door didn't take it.
        """
        to = f"{self.signer.reply_local_part(ref, 'anna')}@{domain}"
        person = f"{ref.enrollment}@firm.example"
        parent = self.signer.message_id(ref, domain)
        mail = _ANSWER.format(person=person, to=to, parent=parent, id=uuid4())
        await self.say(f"MAIL FROM:<{person}>", 250)
        await self.say(f"RCPT TO:<{to}>", 250)
        await self.say("DATA", 354)
        dot = perf_counter()
        await self.say(mail.replace("\n", "\r\n") + ".", 250)
        return dot

    async def say(self, words: str, expected: int) -> None:
        """A command, or a whole mail: nothing of ours needs its dots doubled."""
        self.writer.write(f"{words}\r\n".encode())
        await self.listen(expected)

    async def listen(self, expected: int) -> None:
        """One answer, of one line."""
        said = (await self.reader.readline()).decode().strip()
        if not said.startswith(str(expected)):
            msg = f"the door said: {said}"
            raise DependencyError(msg)


@asynccontextmanager
async def connected(port: int, signer: TokenSigner) -> AsyncIterator[Server]:
    """Greeted inside the block."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        server = Server(reader, writer, signer)
        await server.listen(220)
        await server.say("HELO firm.example", 250)
        yield server
    finally:
        writer.close()
