"""Instants as operators write and read them."""

from datetime import UTC, datetime

from tenuto.domain.errors import InputError

#: Whatever lies outside is a slip; clocks end at the year 9999.
_YEARS = range(2000, 2201)


def instant(text: str) -> datetime:
    """Read ISO 8601 with an offset, as UTC.

    :raises InputError: when it names no instant.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        msg = f'"{text}" names no instant; write it like 2026-03-02T09:00:00+01:00'
        raise InputError(msg)
    if at.year not in _YEARS:
        msg = f'"{text}" is out of reach; write a year from {_YEARS[0]} to {_YEARS[-1]}'
        raise InputError(msg)
    return at.astimezone(UTC)


def clock(at: datetime | None) -> str:
    """`Mon 2026-03-02 09:07:31`, on the clock that the instant carries."""
    return "" if at is None else f"{at:%a %Y-%m-%d %H:%M:%S}"


def minute(at: datetime) -> str:
    """`Mon 2 Mar 09:07`, on the clock that the instant carries."""
    return f"{at:%a} {at.day} {at:%b %H:%M}"
