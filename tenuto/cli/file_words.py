"""How files are spoken of: columns by name, and rows by their lines."""

import re
from collections.abc import Iterable

from tenuto.domain.errors import InputError


def pairs(option: str, written: list[str] | None) -> dict[str, str]:
    """`a=x,b=y z` as a mapping; a comma divides only before another name."""
    found: dict[str, str] = {}
    for part in (p for one in written or () for p in re.split(r",(?=\s*[A-Za-z_]\w*=)", one)):
        name, equals, value = part.partition("=")
        if not equals or not name.strip():
            msg = f'{option} "{part}": write name=value'
            raise InputError(msg)
        found[name.strip()] = value.strip()
    return found


def lines_of(numbers: Iterable[int]) -> str:
    """` (lines 2–9, 12)`, or nothing."""
    runs: list[list[int]] = []
    for number in filter(None, numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], number]
        else:
            runs.append([number])
    return f" (lines {', '.join('–'.join(map(str, run)) for run in runs)})" if runs else ""
