"""The picture in docs/states.md shows the table, no more and no less."""

import re
from pathlib import Path

from tenuto.domain.enrollment import LIVE, Status
from tenuto.domain.transition import TABLE, Event

PAGE = Path(__file__).parents[2] / "docs" / "states.md"
ARROW = re.compile(r"^\s*(\S+) --> (\S+)(?: : (\S+))?$", re.MULTILINE)


def arrows() -> list[tuple[str, str, str]]:
    picture = PAGE.read_text().split("```mermaid\n")[1].split("```")[0]
    return ARROW.findall(picture)


def test_every_arrow_is_an_edge_and_every_edge_an_arrow() -> None:
    drawn = [
        ((Status(status), Event(event)), Status(to))
        for begin, to, event in arrows()
        if "[*]" not in (begin, to)
        for status in (sorted(LIVE) if begin == "live" else [begin])
    ]
    assert len(drawn) == len(dict(drawn)), "an arrow is drawn twice"
    assert dict(drawn) == TABLE


def test_every_life_begins_live_and_every_end_is_one() -> None:
    begins = {(to, event) for begin, to, event in arrows() if begin == "[*]"}
    assert begins == {(status.value, Event.ENROLLED.value) for status in LIVE}
    assert {begin for begin, to, _ in arrows() if to == "[*]"} == {*Status} - LIVE
