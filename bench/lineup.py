"""Who races, drawn from a seed: limits, mailboxes, sequences and people in one another's way."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bench import people
from db.mailboxes import MailboxSettings
from tenuto.domain.calendar import Hours, Window
from tenuto.domain.delay import Gap, Weekday
from tenuto.domain.limits import Cap, Limits
from tenuto.domain.plan import Edge, EmailStep, ExitStep, Plan
from tenuto.domain.sequence import Bundle

HOUR, DAY = 3_600, 86_400
MAILBOXES, POOL = 6, "sales"
#: None of them puts its clock forward or back: a referee can tell their time by an offset.
ZONES = ("UTC", "Asia/Tokyo", "America/Bogota")
_WORKDAYS = frozenset(range(5))
_LARGE_COMPANIES, _PEOPLE_IN_A_SMALL_ONE = 4, 3
#: That a person is in.
_SEQUENCES = (1, 1, 2, 3)


@dataclass(frozen=True)
class Person:
    """A contact, and the sequences that they are enrolled in, by number."""

    email: str
    zone: str
    sequences: tuple[int, ...]


@dataclass(frozen=True)
class Lineup:
    """All that a seed decides before the race."""

    limits: Limits
    mailboxes: Sequence[MailboxSettings]
    bundles: Sequence[Bundle]
    people: Sequence[Person]


def draw(seed: int, sequences: int, contacts: int) -> Lineup:
    """The same lineup for the same numbers."""
    lot = Lot(seed)
    return Lineup(
        limits=lot.limits(),
        mailboxes=[lot.mailbox(number) for number in range(MAILBOXES)],
        bundles=[lot.bundle(number) for number in range(sequences)],
        people=[lot.person(number, contacts, sequences) for number in range(contacts)],
    )


class Lot:
    """Draws one thing after the other. Each has a gap: two mails of a person have an order."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a seed, so that a race comes again

    def limits(self) -> Limits:
        return Limits(
            gap=self._gap(),
            caps=self._caps(),
            domain_caps=self._domain_caps(),
            company_gap=self._company_gap(),
        )

    def mailbox(self, number: int) -> MailboxSettings:
        some = self._random
        hour = self._one_in(4)
        return MailboxSettings(
            _address(number),
            "Anna",
            "Street 1, Town",
            Cap(count=some.randint(5, 9) if hour else some.randint(20, 60),
                seconds=HOUR if hour else DAY),
            pools=(POOL,) if some.random() < 1 / 2 else (),
            gap=some.choice((0, 15, 300, 600)),
            new_per_day=some.choice((None, some.randint(6, 25))),
            ramp=self._one_in(3),
            zone=some.choice(ZONES),
            window=self._hours(6, 21) if self._one_in(3) else None,
        )  # fmt: skip

    def bundle(self, number: int) -> Bundle:
        some, plan = self._random, self._plan()
        rules = people.rules(_address(some.randrange(MAILBOXES))).model_copy(update={
            "default_zone": some.choice(ZONES),
            "window": self._window(plan),
            "jitter": some.choice((0, HOUR // 2)),
            "gap": self._gap(),
            "caps": self._caps(),
            "domain_caps": self._domain_caps(),
            "company_gap": self._company_gap(),
            "priority": some.choice((0, 30, 50, 80, 100)),
            "new_per_day": some.randint(4, 12) if self._one_in(3) else None,
        })  # fmt: skip
        if self._one_in(3):
            rules = rules.model_copy(update={"mailbox": "", "pool": POOL})
        return people.bundle(f"race-{number}", plan, rules)

    def person(self, number: int, contacts: int, sequences: int) -> Person:
        some = self._random
        small = max(contacts // 2 // _PEOPLE_IN_A_SMALL_ONE, 1)
        company = (
            f"large-{some.randrange(_LARGE_COMPANIES)}.example"
            if some.random() < 1 / 2
            else f"small-{some.randrange(small)}.example"
        )
        entered = some.sample(range(sequences), min(sequences, some.choice(_SEQUENCES)))
        return Person(f"p{number}@{company}", some.choice(ZONES), tuple(entered))

    def _gap(self) -> Gap:
        some = self._random
        if some.random() < 1 / 2:
            return Gap(business_days=some.randint(1, 3))
        return Gap(seconds=some.randint(1, 48) * HOUR)

    def _company_gap(self) -> Gap | None:
        return Gap(seconds=self._random.randint(5, 90) * 60) if self._one_in(2) else None

    def _caps(self) -> tuple[Cap, ...]:
        some = self._random
        drawn = (
            Cap(count=some.randint(1, 2), seconds=DAY),
            Cap(count=some.randint(2, 4), seconds=7 * DAY),
            Cap(count=some.randint(4, 9), seconds=30 * DAY),
        )
        return tuple(cap for cap in drawn if self._one_in(2))

    def _domain_caps(self) -> tuple[Cap, ...]:
        some = self._random
        drawn = (
            Cap(count=some.randint(6, 20), seconds=DAY),
            Cap(count=some.randint(30, 80), seconds=7 * DAY),
        )
        return tuple(cap for cap in drawn if self._one_in(3))

    def _plan(self) -> Plan:
        number = self._random.randint(2, 4)
        at = self._random.randint(9, 16) * 60 if self._one_in(5) else None
        steps = [
            EmailStep(id=f"mail-{i}", next=self._wait(i + 1), at=at if i else None)
            for i in range(number - 1)
        ]
        last = EmailStep(id=f"mail-{number - 1}", next=Edge(to=number))
        return Plan(
            start=Edge(to=0, wait=self._random.choice((0, 0, DAY))),
            steps=(*steps, last, ExitStep(id="end")),
            on_unknown="hold" if self._one_in(3) else "continue",
        )

    def _wait(self, to: int) -> Edge:
        some = self._random
        match some.randrange(4):
            case 0:
                return Edge(to=to, business_days=some.randint(1, 3))
            case 1:
                return Edge(to=to, on=Weekday(day=some.randrange(5)))
            case _:
                return Edge(to=to, wait=some.randint(0, 6 * 24) * HOUR)

    def _window(self, plan: Plan) -> Window:
        timed = any(isinstance(step, EmailStep) and step.at for step in plan.steps)
        return self._hours(8, 18) if timed or self._one_in(2) else Window()

    def _hours(self, start: int, end: int) -> Window:
        days = self._random.choice((_WORKDAYS, None))
        return Window(days=days, hours=(Hours(start=start * 60, end=end * 60),))

    def _one_in(self, number: int) -> bool:
        return self._random.randrange(number) == 0


def _address(number: int) -> str:
    return f"anna@sender-{number}.example"
