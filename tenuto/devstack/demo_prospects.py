"""The demo's only fakes: prospects. They read real mail and answer over real SMTP and HTTP."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from tenuto.devstack.catcher import MailCatcher
from tenuto.devstack.demo_people import Habit, Person
from tenuto.devstack.doors import Doors
from tenuto.devstack.mail_log import CaughtMail
from tenuto.devstack.prospects import (
    Answer,
    Original,
    bounce,
    complaint,
    one_click_url,
    out_of_office,
    reply,
)
from tenuto.domain.errors import DependencyError

_PATIENCE_S = 3600
_AWAY = timedelta(days=9)
#: Seconds between a mail and what follows from it: people read, servers queue.
_SLOWEST_S = 2.0
_REPLY = "Yes, that is us. When could you call?"


def policy(people: Sequence[Person]) -> Mapping[str, str]:
    """How prospects' servers answer RCPT TO for addresses that they don't have."""
    refused = [person.email for person in people if person.habit is Habit.IS_REFUSED]
    return dict.fromkeys(refused, "550 5.1.1 No such user")


class Prospects:
    """Given where their mail arrives, and how answers reach us."""

    def __init__(self, people: Sequence[Person], catcher: MailCatcher, doors: Doors) -> None:
        self._people = {person.email: person for person in people}
        self._catcher = catcher
        self._doors = doors
        self._seen = len(catcher.mails)
        self._read = Counter[str]()
        self._acted = set[str]()

    async def live(self) -> None:
        """Read every mail that came since they were made, until cancelled.

        :raises DependencyError: when the doors stay closed.
        """
        try:
            async with asyncio.TaskGroup() as reading:
                while True:
                    mails = await self._catcher.wait_for(self._seen + 1, _PATIENCE_S)
                    for mail in mails[self._seen :]:
                        reading.create_task(self._receive(mail))
                    self._seen = len(mails)
        except* DependencyError as errors:
            raise errors.exceptions[0] from None

    async def _receive(self, mail: CaughtMail) -> None:
        person = self._people.get(mail.recipients[0])
        if person is None or person.email in self._acted:
            return
        self._read[person.email] += 1
        raw = self._catcher.log.raw(mail)
        if not _acts(person.habit, self._read[person.email], raw):
            return
        self._acted.add(person.email)
        await asyncio.sleep(_SLOWEST_S * (mail.number % 10 + 1) / 10)
        if person.habit is Habit.UNSUBSCRIBES:
            await self._doors.unsubscribe(raw)
            return
        original = Original(mail.envelope_from, mail.recipients[0], raw)
        answer = _answer(person.habit, original, datetime.now(UTC))
        if answer is not None:
            await self._doors.deliver(answer)


def _acts(habit: Habit, nth_mail: int, raw: bytes) -> bool:
    match habit:
        case Habit.STAYS_SILENT | Habit.IS_REFUSED:
            return False
        case Habit.REPLIES_LATER:
            return nth_mail > 1
        case Habit.UNSUBSCRIBES:
            # Outreach has no button, but a line that says how to get no more.
            return one_click_url(raw) is not None
        case _:
            return True


def _answer(habit: Habit, original: Original, now: datetime) -> Answer | None:
    match habit:
        case Habit.REPLIES | Habit.REPLIES_LATER:
            return reply(original, now, _REPLY)
        case Habit.SENDS_VACATION_NOTICE:
            return out_of_office(original, now, (now + _AWAY).date())
        case Habit.BOUNCES:
            return bounce(original, now)
        case Habit.COMPLAINS:
            return complaint(original, now)
        case _:
            return None
