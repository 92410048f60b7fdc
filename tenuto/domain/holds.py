"""Holds: time in which no mail may leave, and which uses up no wait."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class HoldScope(StrEnum):
    """What a hold keeps back."""

    ENROLLMENT = "enrollment"
    CONTACT = "contact"
    COMPANY = "company"
    SEQUENCE = "sequence"
    MAILBOX = "mailbox"
    EVERYTHING = "everything"


#: The reason of the pause that a person asks for on the preference page: only they end it.
ASKED_TO_PAUSE = "asked to pause"


@dataclass(frozen=True)
class Hold:
    """One stretch of held time; `until` None: nobody knows its end."""

    scope: HoldScope
    reason: str
    since: datetime
    until: datetime | None = None


def due_after(entered: datetime, wait: timedelta, holds: Iterable[Hold]) -> datetime | None:
    """The instant at which `wait` has passed outside all holds; None when a hold is open-ended.

    A hold that begins exactly when the wait ends still moves it: mail may not leave under it.
    """
    at, left = entered, wait
    for since, until in _merged(holds):
        if until is not None and until <= at:
            continue
        free = max(since - at, timedelta())
        if free < left or (free == left and since <= at + left):
            if until is None:
                return None
            left -= min(free, left)
            at = until
    return at + left


def remaining(
    entered: datetime, wait: timedelta, holds: Iterable[Hold], now: datetime
) -> timedelta:
    """What is left of the wait at `now`."""
    free, at = timedelta(), entered
    for since, until in _merged(holds):
        if since >= now:
            break
        free += max(since - at, timedelta())
        at = max(at, now if until is None else min(until, now))
    free += max(now - at, timedelta())
    return max(wait - free, timedelta())


def blocking(holds: Iterable[Hold], now: datetime) -> Hold | None:
    """The hold in force at `now` that ends last, an open-ended one before all others."""
    current = [h for h in holds if h.since <= now and (h.until is None or h.until > now)]
    return max(current, key=lambda h: (h.until is None, h.until or now), default=None)


def _merged(holds: Iterable[Hold]) -> list[tuple[datetime, datetime | None]]:
    merged: list[tuple[datetime, datetime | None]] = []
    for hold in sorted(holds, key=lambda h: h.since):
        if merged and (merged[-1][1] is None or hold.since <= merged[-1][1]):
            last = merged[-1][1]
            end = None if last is None or hold.until is None else max(last, hold.until)
            merged[-1] = (merged[-1][0], end)
        else:
            merged.append((hold.since, hold.until))
    return merged
