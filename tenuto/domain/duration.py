"""Elapsed time as people write it: `90s`, `36h`, `3d`, `1h 30m`."""

import re

from tenuto.domain.errors import InputError

_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
#: Ten years: whatever is longer is a slip, and would leave the calendar behind.
_LONGEST = 3_650 * _UNITS["d"]

# Each unit at most once, from the largest down. Nine digits are more than enough.
_WRITTEN = re.compile(
    r"""(?:([0-9]{1,9})\s*(?:w|weeks?))?\s*
        (?:([0-9]{1,9})\s*(?:d|days?))?\s*
        (?:([0-9]{1,9})\s*(?:h|hours?))?\s*
        (?:([0-9]{1,9})\s*(?:m|min|minutes?))?\s*
        (?:([0-9]{1,9})\s*(?:s|sec|seconds?))?""",
    re.VERBOSE | re.IGNORECASE,
)


class DurationError(InputError):
    """A text is no duration: `what` is wrong with it, and what to write `instead`."""

    def __init__(self, what: str, instead: str) -> None:
        super().__init__(f"{what}; {instead}")
        self.what = what
        self.instead = instead


def parse_duration(text: str) -> int:
    """Read a length of elapsed time, in seconds. Raises DurationError."""
    text = text.strip()
    if text == "0":
        return 0
    if (match := _WRITTEN.fullmatch(text)) and text:
        counts = (int(count or 0) for count in match.groups())
        seconds = sum(n * unit for n, unit in zip(counts, _UNITS.values(), strict=True))
        if seconds > _LONGEST:
            raise DurationError(f'"{text}" is too long', "write at most 3650d")
        return seconds
    raise _refusal(text)


def _refusal(text: str) -> DurationError:
    shown = text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004 - fits on a line
    if "business" in text.lower():
        return DurationError(
            f'"{shown}" is elapsed time here', "write it like 3d; business days can't be meant"
        )
    if text.startswith(("-", "\N{MINUS SIGN}")):
        return DurationError(f'"{shown}" is negative', "write how long it takes, such as 3d")
    if re.fullmatch(r"[0-9]{1,9}", text):
        return DurationError(f'"{text}" has no unit', f"write {text}s, {text}m, {text}h or {text}d")
    return DurationError(
        f'"{shown}" is not a duration', "write it like 90s, 5m, 36h, 3d, 2w or 1h 30m"
    )


def describe(seconds: int) -> str:
    """Write a duration so that `parse_duration` reads it back: `3d`, `1h 30m`, `0s`."""
    parts = []
    for unit in "dhms":
        count, seconds = divmod(seconds, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"
