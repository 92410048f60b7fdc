"""Where a recipient works: which days are no working days there."""

from dataclasses import dataclass
from datetime import date

SATURDAY_AND_SUNDAY = frozenset({5, 6})


@dataclass(frozen=True)
class LocalCalendar:
    """A weekend and holidays, as they were known when somebody was enrolled."""

    #: The country, with its region where that has holidays of its own: "DE-BY"; "" is nowhere.
    place: str = ""
    #: Monday is 0.
    weekend: frozenset[int] = SATURDAY_AND_SUNDAY
    closed: frozenset[date] = frozenset()

    def works(self, day: date) -> bool:
        """Whether people work there on that day."""
        return day.weekday() not in self.weekend and day not in self.closed
