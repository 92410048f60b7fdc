"""Waits and gaps as people write them: `36h`, `2 business days`, `next tuesday morning`."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

from tenuto.domain.delay import Gap, Part, Weekday
from tenuto.domain.duration import DurationError, describe, parse_duration

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PARTS = ("morning", "afternoon")
_BUSINESS = re.compile(r"(-?[0-9]{1,9})\s*business\s+days?", re.IGNORECASE)
_NEXT = re.compile(r"next\s+(\S+)(?:\s+(\S+))?", re.IGNORECASE)
#: A year of them: whatever is longer is a slip.
_MOST = 250
_NEXT_HINT = "write it like next tuesday, or next tuesday morning"


@dataclass(frozen=True)
class Wait:
    """What must pass before a step is due, in this order."""

    business_days: int = 0
    seconds: int = 0
    on: Weekday | None = None

    def __bool__(self) -> bool:
        return bool(self.business_days or self.seconds or self.on)

    def then(self, other: "Wait") -> "Wait":
        """Both, one behind the other; only the last may name a weekday."""
        days = self.business_days + other.business_days
        return Wait(days, self.seconds + other.seconds, other.on or self.on)


def parse_wait(text: str) -> Wait:
    """Read what a step waits for. Raises DurationError."""
    text = text.strip()
    if (days := _business_days(text)) is not None:
        return Wait(business_days=days)
    if match := _NEXT.fullmatch(text):
        return Wait(on=_weekday(match[1].lower(), (match[2] or "").lower()))
    return Wait(seconds=parse_duration(text))


def parse_gap(text: str) -> Gap:
    """Read the least time between two mails. Raises DurationError."""
    text = text.strip()
    days = _business_days(text)
    return Gap(seconds=parse_duration(text)) if days is None else Gap(business_days=days)


def describe_gap(gap: Gap) -> str:
    """As `parse_gap` reads it."""
    return _described(gap.business_days, gap.seconds, None)


def describe_wait(wait: Wait) -> str:
    """As people write it; several parts with "then" between them."""
    return _described(wait.business_days, wait.seconds, wait.on)


def _described(business_days: int, seconds: int, on: Weekday | None) -> str:
    parts = []
    if business_days:
        parts.append(f"{business_days} business day{'s' if business_days > 1 else ''}")
    if seconds or not (business_days or on):
        parts.append(describe(seconds))
    if on is not None:
        parts.append(f"next {_DAYS[on.day]} {on.part}".strip())
    return ", then ".join(parts)


def _business_days(text: str) -> int | None:
    match = _BUSINESS.fullmatch(text)
    if match is None:
        return None
    days = int(match[1])
    if days < 0:
        raise DurationError(f'"{text}" is negative', "write how many, such as 2 business days")
    if days > _MOST:
        raise DurationError(f'"{text}" is too long', f"write at most {_MOST} business days")
    return days


def _weekday(day: str, part: str) -> Weekday:
    names = [name for name in _DAYS if len(day) >= 3 and name.startswith(day)]  # noqa: PLR2004 - tue is enough
    if len(names) != 1:
        near = get_close_matches(day, _DAYS, n=1)
        instead = f"write next {near[0]}" if near else _NEXT_HINT
        raise DurationError(f'"{day}" is no day of the week', instead)
    if part and part not in _PARTS:
        raise DurationError(f'"{part}" is no part of the day', "write morning or afternoon")
    return Weekday(day=_DAYS.index(names[0]), part=cast("Part", part))
