"""The `guard` of a sequence file: at which rates the whole sequence pauses itself."""

import re

from starter.sequence_fields import Fields, quoted
from starter.sequence_yaml import Section
from tenuto.domain.guard import Guard, Threshold

_HINT = "{bounces: 3% of 100, complaints: 0.1% of 1000}"
_KEYS = ("bounces", "complaints")
#: With three decimals at most, so that it is a whole number in a million.
_WRITTEN = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,3}))?\s*%\s*of\s+([0-9]{1,6})")
_MOST = 1_000_000


def guard(file: Fields) -> Guard | None:
    """Read the section; None when there is none, and what isn't in it is as usual."""
    node = file.node("guard")
    if node is None:
        return None
    fields = file.section("guard", _HINT)
    fields.knows(*_KEYS)
    given = {key: _threshold(fields, key) for key in _KEYS if key in fields}
    if not fields.finish() and isinstance(node, Section) and not given:
        fields.note(fields.at, '"guard" sets nothing', f"write it like {_HINT}, or remove it")
    return Guard(**{key: threshold for key, threshold in given.items() if threshold})


def _threshold(fields: Fields, key: str) -> Threshold | None:
    instead = f"write a percentage and from how many mails on, such as {key}: {_example(key)}"
    value = fields.text(key, instead)
    if value is None:
        return None
    match = _WRITTEN.fullmatch(value.text.strip())
    if match is None:
        fields.note(value.at, f'"{key}" can\'t be {quoted(value.text)}', instead)
        return None
    ppm = int(match[1]) * 10_000 + int((match[2] or "").ljust(3, "0")) * 10
    sends = int(match[3])
    if 0 < ppm <= _MOST and sends:
        return Threshold(ppm=ppm, sends=sends)
    what = f'"{key}" must be more than 0% and at most 100%, of 1 mail or more'
    fields.note(value.at, what, instead)
    return None


def _example(key: str) -> str:
    return {"bounces": "3% of 100", "complaints": "0.1% of 1000"}[key]
