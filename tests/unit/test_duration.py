from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.domain.duration import DurationError, describe, parse_duration

LONGEST = 3650 * 86_400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("3s", 3),
        ("90s", 90),
        ("5m", 300),
        ("36h", 129_600),
        ("3d", 259_200),
        ("2w", 1_209_600),
        ("1h 30m", 5_400),
        ("1h30m", 5_400),
        ("3 days", 259_200),
        ("1 Week 1 day", 691_200),
    ],
)
def test_it_reads_what_people_write(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "what", "instead"),
    [
        ("3 business days", "is elapsed time here", "like 3d"),
        ("-3d", "is negative", "such as 3d"),
        ("3", "has no unit", "3s, 3m, 3h or 3d"),
        ("", "is not a duration", "90s, 5m, 36h"),
        ("1.5h", "is not a duration", "1h 30m"),
        ("30m 1h", "is not a duration", "1h 30m"),
        ("1h 1h", "is not a duration", "1h 30m"),
        ("soon", "is not a duration", "90s"),
        ("\u0663d", "is not a duration", "90s"),
        ("4000d", "is too long", "at most 3650d"),
        ("9" * 5000 + "d", "is not a duration", "90s"),
    ],
)
def test_it_says_what_to_write_instead(text: str, what: str, instead: str) -> None:
    with pytest.raises(DurationError) as caught:
        parse_duration(text)
    assert what in caught.value.what
    assert instead in caught.value.instead


@given(st.integers(min_value=0, max_value=LONGEST))
def test_what_it_describes_reads_back(seconds: int) -> None:
    assert parse_duration(describe(seconds)) == seconds


@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    with suppress(DurationError):
        assert 0 <= parse_duration(text) <= LONGEST
