"""The days that an out-of-office notice names as the sender's return."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import islice

import dateparser

from tenuto.mail.return_phrases import BEHIND, FOLLOWS, WEEKDAYS

_Reader = Callable[[re.Match[str], str, date], list[date]]

#: A notice is short, and says it at the start.
_READ_MAX = 4000
_TRIES = 6
_DAYS_MAX = 120
_WEEK = 7
#: How far behind a phrase a day may begin: its weekday may stand there.
_NEAR = 24
_SENTENCE_ENDS = re.compile(r"\n|[!?;]|(?<!\d)\.\s(?=\D)")

_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?[./年-]\s?(\d{1,2})\s?[./月-]\s?(\d{1,2})(?!\d)")
_MONTH_FIRST = re.compile(r"(?<!\d)(\d{1,2})(?:月|/(?=\d{1,2}日))(\d{1,2})(?!\d)")
_NUMBERS = re.compile(
    r"(?<![\d:.])(\d{1,2})([./-])\s?(\d{1,2})(?:[./-]\s?(\d{4}|\d{2}))?(?!\d|:|\s?%)"
)
#: "3rd of March 2025", "March 3, 2025", "3. März", "24 de diciembre de 2026".
_WORDS = re.compile(
    r"""\d{1,2}(?:st|nd|rd|th|\.|º|°|er|:[ae])?\s(?:of\s|de\s)?[^\W\d_]{3,12}
            (?:\.?,?\s(?:de\s)?\d{4})?
        |[^\W\d_]{3,12}\.?\s\d{1,2}(?:st|nd|rd|th)?(?!\d|:|\.\d)(?:,?\s\d{4})?""",
    re.IGNORECASE | re.VERBOSE,
)
_ORDINAL = re.compile(r"(?<=\d)(?:º|°|:[ae])")


def returns(text: str, received_at: datetime) -> tuple[date, ...]:
    """Days after receipt and within 120 days, both readings of one that is ambiguous."""
    start, first = text[:_READ_MAX], received_at.date()
    found = {
        day
        for patterns in (FOLLOWS, BEHIND)
        for language, pattern in patterns.items()
        for match in islice(pattern.finditer(start), _TRIES)
        for day in _days(match[1], language, first)
    }
    return tuple(sorted(day for day in found if 0 <= (day - first).days <= _DAYS_MAX))


def _days(phrase: str, language: str, first: date) -> list[date]:
    """The day that comes first in what follows a phrase; a weekday only where no date does."""
    sentence = _SENTENCE_ENDS.split(phrase, maxsplit=1)[0]
    found = [
        (match.start(), days)
        for pattern, read in _READERS
        if (match := pattern.search(sentence)) and match.start() < _NEAR
        if (days := read(match, language, first))
    ]
    return min(found)[1] if found else _weekday(sentence[:_NEAR], first)


def _year_first(match: re.Match[str], _language: str, first: date) -> list[date]:
    return _legal(match[1], match[2], match[3], first)


def _month_first(match: re.Match[str], _language: str, first: date) -> list[date]:
    return _legal(None, match[1], match[2], first)


def _numbers(match: re.Match[str], language: str, first: date) -> list[date]:
    """In English the day may stand behind the month, in Japanese it does."""
    one, mark, two, year = match.groups()
    if language in {"ja", "zh"}:
        return _legal(year, one, two, first)
    days = _legal(year, two, one, first)
    return days + (_legal(year, one, two, first) if language == "en" and mark != "." else [])


def _in_words(match: re.Match[str], language: str, first: date) -> list[date]:
    settings = {
        "DATE_ORDER": "DMY",
        "PREFER_DATES_FROM": "future",
        "RELATIVE_BASE": datetime(first.year, first.month, first.day),  # noqa: DTZ001 - it wants one without a zone
    }
    try:
        written = _ORDINAL.sub("", match[0])
        parsed = dateparser.parse(written, languages=[language], settings=settings)
    except (ValueError, OverflowError, TypeError):
        return []
    return [parsed.date()] if parsed else []


_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_YEAR_FIRST, _year_first),
    (_MONTH_FIRST, _month_first),
    (_NUMBERS, _numbers),
    (_WORDS, _in_words),
)


def _legal(year: str | None, month: str, day: str, first: date) -> list[date]:
    """A date that exists; without a year the next such day."""
    years = [int(year) % 100 + 2000] if year else [first.year, first.year + 1]
    for candidate in years:
        try:
            found = date(candidate, int(month), int(day))
        except ValueError:
            continue
        if year or found >= first:
            return [found]
    return []


def _weekday(words: str, first: date) -> list[date]:
    """The next such day, not today."""
    for number, pattern in enumerate(WEEKDAYS):
        if pattern.search(words):
            return [first + timedelta(days=(number - first.weekday() - 1) % _WEEK + 1)]
    return []
