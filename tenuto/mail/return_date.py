"""The days that an out-of-office notice names as the sender's return."""

import re
from datetime import date, datetime

import dateparser

#: Only a date behind one of these is a return; any other may be the start, or a phone number.
_PHRASES = {
    "en": r"until|till|through|back(?: in the office| at work)?(?: on| by)?"
    r"|return(?:ing)?(?: to the office| to work)?(?: on)?"
    r"|(?:in the office|available) again(?: on)?",
    "de": r"bis(?: einschließlich)?(?: zum)?|wieder (?:ab|am)(?: dem)?|ab dem|zurück(?: am| ab)?",
    "fr": r"jusqu['’]au|de retour(?: le)?|à partir du",
    "es": r"hasta el|regres(?:o|aré) el|vuelvo el|a partir del",
    "it": r"fino al|rientr(?:o|erò) il|di ritorno il",
    "pt": r"até(?: o dia| ao dia| a)?|regresso a|retorno (?:em|no dia)",
    "nl": r"tot(?: en met)?|terug op|vanaf",
}
#: What follows is looked at, not taken: the next phrase may stand in it.
_FOLLOWS = {
    language: re.compile(rf"\b(?:{words})\b[:,]?\s(?=(.{{4,48}}))", re.IGNORECASE)
    for language, words in _PHRASES.items()
}
_NUMBERS = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}|\d{1,2}[./]\d{1,2}\.?")
#: "Monday, 3rd of March 2025", "March 3, 2025", "3. März", "next Monday".
_WORDS = re.compile(
    r"""(?:[^\W\d_]{2,12}\.?,?\s){0,2}?\d{1,2}(?:st|nd|rd|th|\.|º|er)?\s(?:of\s|de\s)?[^\W\d_]{3,12}
            (?:\.?,?\s(?:de\s)?\d{4})?
        |[^\W\d_]{3,12}\.?\s\d{1,2}(?:st|nd|rd|th)?(?:,?\s\d{4})?
        |(?:next\s)?(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow""",
    re.IGNORECASE | re.VERBOSE,
)
_DAYS_MAX = 120
_TRIES = 6


def returns(text: str, received_at: datetime) -> tuple[date, ...]:
    """Days after receipt and within 120 days, both readings of one that is ambiguous."""
    first = received_at.date()
    found = {
        day
        for language, pattern in _FOLLOWS.items()
        for match in list(pattern.finditer(text))[:_TRIES]
        for day in _days(match[1], language, received_at)
    }
    return tuple(sorted(day for day in found if 0 <= (day - first).days <= _DAYS_MAX))


def _days(phrase: str, language: str, received_at: datetime) -> list[date]:
    number = _NUMBERS.search(phrase)
    if number and number.start() < _TRIES * 3:
        orders = ["DMY", "MDY"] if language == "en" else ["DMY"]
        return _parsed(number[0], language, received_at, orders)
    words = _WORDS.search(phrase)
    return _parsed(words[0], language, received_at, ["DMY"]) if words else []


def _parsed(written: str, language: str, received_at: datetime, orders: list[str]) -> list[date]:
    if re.match(r"\d{4}", written):
        orders = ["YMD"]
    days = []
    for order in orders:
        settings = {
            "DATE_ORDER": order,
            "PREFER_DATES_FROM": "future",
            "RELATIVE_BASE": received_at.replace(tzinfo=None),
        }
        try:
            parsed = dateparser.parse(written, languages=[language], settings=settings)
        except (ValueError, OverflowError, TypeError):
            continue
        if parsed is not None:
            days.append(parsed.date())
    return days
