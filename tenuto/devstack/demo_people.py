"""Who takes part in the demo, and what each of them does with our mail."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import cycle, islice

from starter.contact import Contact

FOUNDERS, WELCOME = "founders", "welcome"
_BOTH = (FOUNDERS, WELCOME)


class Habit(Enum):
    """What a prospect, or their mail server, does."""

    STAYS_SILENT = "."
    REPLIES = "r"
    #: Silent about the first mail.
    REPLIES_LATER = "l"
    SENDS_VACATION_NOTICE = "v"
    #: Their server refuses the address in the SMTP conversation, at RCPT TO.
    IS_REFUSED = "x"
    #: Their server takes the mail, and sends it back later (a DSN, RFC 3464).
    BOUNCES = "b"
    #: By the one-click button that mail programs show (RFC 8058).
    UNSUBSCRIBES = "u"
    #: By the spam button; their provider tells us (a feedback report, RFC 5965).
    COMPLAINS = "c"


@dataclass(frozen=True)
class Person:
    """One contact of the demo."""

    first_name: str
    company: str
    habit: Habit
    sequences: tuple[str, ...]
    #: Comes in after the new version was published.
    late: bool

    @property
    def email(self) -> str:
        return f"{self.first_name}@{self.company}.example".lower()

    @property
    def contact(self) -> Contact:
        return Contact(
            email=self.email,
            attributes={"first_name": self.first_name, "company": self.company},
            zone="Europe/Berlin",
        )


#: (sequences, comes in late, a habit for each person)
_GROUPS = (
    (_BOTH, False, ". r . v . l . u . r . c . b . r . v . u"),
    ((FOUNDERS,), False, "r . v . l . b x . r . c . . v ."),
    ((WELCOME,), False, ". u r . b . . v x . c ."),
    ((FOUNDERS,), True, ". r . . l v . . x . r . b . . ."),
)
_FIRST_NAMES = """
    Ada Alan Amina Anita Barbara Bjarne Brian Carol Chen Claude Dana Dennis Donald Edith Edsger
    Elena Emeka Eva Fatima Fei Frances Gerald Grace Guido Hana Hedy Henrik Ida Ines Ivan Jean John
    Joy Karen Katya Ken Kofi Lars Leslie Lin Liskov Lotfi Mae Maria Marie Marvin Mira Nadia Niklaus
    Noor Olga Omar Petra Priya Radia Robin Rosa Sami Shafi Sofia Tim Tony Vera Yuki
"""
_COMPANIES = "Abacus Babbage Cobalt Delta Ember Fjord Granite Harbor Iris Juniper Krill"


def cast() -> tuple[Person, ...]:
    """All 64: 20 of them in two sequences, 16 who come in late."""
    companies = cycle(_COMPANIES.split())
    names = iter(_FIRST_NAMES.split())
    return tuple(
        Person(first_name, next(companies), Habit(mark), sequences, late)
        for sequences, late, marks in _GROUPS
        for first_name, mark in _named(names, marks.split())
    )


def _named(names: Iterator[str], marks: list[str]) -> list[tuple[str, str]]:
    return list(zip(islice(names, len(marks)), marks, strict=True))
