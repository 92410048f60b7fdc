"""Which day somebody says that he is back."""

from datetime import UTC, date, datetime

import pytest

from tenuto.mail.return_date import returns

#: A Wednesday.
RECEIVED = datetime(2026, 12, 2, 9, 30, tzinfo=UTC)
CHRISTMAS_EVE, MONDAY, MONDAY_AFTER = date(2026, 12, 24), date(2026, 12, 7), date(2026, 12, 14)

BY_LANGUAGE: dict[str, list[tuple[str, date]]] = {
    "en": [
        ("I am out until 24/12.", CHRISTMAS_EVE),
        ("I am out of the office until Monday, December 14th.", MONDAY_AFTER),
        ("I am out of the office until Monday. Call Sam on 12.03.", MONDAY),
        ("I will be back on 14 December 2026.", MONDAY_AFTER),
        ("Returning to the office on Dec. 14, 2026", MONDAY_AFTER),
        ("AUTO: Pat is out of the office (returning 05/01/2027)", date(2027, 1, 5)),
        ("on leave from 3 December to 14 December", MONDAY_AFTER),
        ("Back on 2026-12-14", MONDAY_AFTER),
        ("I am away until January 4", date(2027, 1, 4)),
    ],
    "de": [
        ("Ich bin bis einschließlich 24.12. nicht im Büro", CHRISTMAS_EVE),
        ("Ich bin bis zum 14. Dezember im Urlaub.", MONDAY_AFTER),
        ("Ab Montag, den 14.12.2026 bin ich wieder da", MONDAY_AFTER),
        ("Ab dem 14. Dezember bin ich wieder erreichbar", MONDAY_AFTER),
        ("vom 03.12. bis 14.12.2026", MONDAY_AFTER),
        ("bis Montag", MONDAY),
    ],
    "fr": [
        ("jusqu'au 24 décembre inclus", CHRISTMAS_EVE),
        ("jusqu’au lundi 14 décembre", MONDAY_AFTER),
        ("Je serai de retour le 14/12/2026", MONDAY_AFTER),
        ("absent du 3 au 14 décembre", MONDAY_AFTER),
    ],
    "es": [
        ("hasta el 24 de diciembre", CHRISTMAS_EVE),
        ("Regresaré el lunes 14 de diciembre", MONDAY_AFTER),
        ("hasta el próximo lunes", MONDAY),
    ],
    "it": [
        ("fino al 24 dicembre", CHRISTMAS_EVE),
        ("rientrerò il 14/12", MONDAY_AFTER),
        ("Sarò di ritorno lunedì 14 dicembre", MONDAY_AFTER),
    ],
    "pt": [
        ("até 24 de dezembro", CHRISTMAS_EVE),
        ("até ao dia 24/12/2026", CHRISTMAS_EVE),
        ("regresso no dia 14 de dezembro", MONDAY_AFTER),
    ],
    "nl": [
        ("tot en met 24 december", CHRISTMAS_EVE),
        ("Ik ben weer aanwezig op maandag 14 december", MONDAY_AFTER),
        ("t/m 24-12-2026", CHRISTMAS_EVE),
    ],
    "pl": [("do dnia 24 grudnia", CHRISTMAS_EVE), ("Wracam do biura 14 grudnia.", MONDAY_AFTER)],
    "sv": [
        ("till och med den 24 december", CHRISTMAS_EVE),
        ("tillbaka måndagen den 14 december", MONDAY_AFTER),
    ],
    "da": [
        ("til og med 24. december", CHRISTMAS_EVE),
        ("Jeg er tilbage mandag d. 14. december", MONDAY_AFTER),
    ],
    "no": [
        ("til og med 24. desember", CHRISTMAS_EVE),
        ("tilbake på kontoret mandag 14. desember", MONDAY_AFTER),
    ],
    "fi": [
        ("24.12. asti", CHRISTMAS_EVE),
        ("24. joulukuuta saakka", CHRISTMAS_EVE),
        ("Palaan toimistolle 14.12.2026", MONDAY_AFTER),
        ("maanantaihin asti", MONDAY),
    ],
    "cs": [("do 24. prosince", CHRISTMAS_EVE), ("vrátím se 14. prosince 2026", MONDAY_AFTER)],
    "ru": [
        ("до 24 декабря", CHRISTMAS_EVE),
        ("Вернусь 14.12.2026", MONDAY_AFTER),
        ("буду на месте с 14 декабря", MONDAY_AFTER),
        ("до понедельника", MONDAY),
    ],
    "ja": [
        ("12月24日まで不在にしております", CHRISTMAS_EVE),
        ("12/24(木)まで休暇をいただいております", CHRISTMAS_EVE),
        ("12月14日より出社いたします", MONDAY_AFTER),
        ("月曜日まで", MONDAY),
    ],
    "zh": [
        ("我将于12月24日返回", CHRISTMAS_EVE),
        ("休假至2026年12月24日", CHRISTMAS_EVE),
        ("到12月24日为止", CHRISTMAS_EVE),
        ("下周一回来", MONDAY),
    ],
}
CASES = [(text, day) for cases in BY_LANGUAGE.values() for text, day in cases]


@pytest.mark.parametrize(("text", "day"), CASES)
def test_the_day_of_the_return_is_read(text: str, day: date) -> None:
    assert max(returns(text, RECEIVED)) == day


def test_an_ambiguous_day_has_both_readings() -> None:
    found = returns("I return on 03/04/2026", datetime(2026, 3, 1, tzinfo=UTC))
    assert found == (date(2026, 3, 4), date(2026, 4, 3))


@pytest.mark.parametrize(
    "text",
    [
        # A start, a past day, one too far away, no phrase, no day, no such day, an hour.
        "From December 14, 2026 I work in Rome.",
        "I was away until November 2, 2026.",
        "I am away until June 24, 2027.",
        "Our fair is on December 14, 2026.",
        "I am away until further notice. Call 0151 12.12.",
        "until 31/31",
        "until 5pm",
        "through our portal at 12:30",
        "back in the office",
    ],
)
def test_no_other_day_is_taken_for_one(text: str) -> None:
    assert returns(text, RECEIVED) == ()


def test_what_stands_deep_in_a_text_is_not_read() -> None:
    assert returns("x" * 5000 + " until 14 December", RECEIVED) == ()
