"""The pictures: sound XML that loads and runs nothing, and all that was planned is in them."""

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from db.preview import Previewed, Schedule
from tenuto.cli.drawing.capacity import Day, bars
from tenuto.cli.drawing.contact_rows import MOST
from tenuto.cli.drawing.schedule import drawn
from tenuto.domain.cadence import Counted, Load, Shift
from tenuto.domain.calendar import Hours, Window
from tenuto.domain.delay import Gap
from tenuto.domain.local_calendar import LocalCalendar
from tenuto.domain.plan import Edge, EmailStep, ExitStep
from tenuto.domain.preview import preview
from tenuto.domain.scene import Scene
from tests.factories import bundle, emails, plan

NOW = datetime(2026, 12, 21, 16, 30, tzinfo=UTC)
DAY = 86_400
OFFICE = Window(days=None, hours=(Hours(start=9 * 60, end=16 * 60),))
SVG = "{http://www.w3.org/2000/svg}"
NASTY = 'a"b<script>&\x00\x1b\ud800@x.example'


def planned(email: str = "pat@firm.example", zone: str = "Europe/Berlin") -> Previewed:
    """Two mails: the first after hours, the second moved by a gap and a holiday."""
    content = bundle(steps=emails([0, DAY]), window=OFFICE, gap=Gap(business_days=2))
    calendar = LocalCalendar("DE", closed=frozenset({date(2026, 12, 24), date(2026, 12, 25)}))
    load = Load(contact=(Counted(NOW - timedelta(days=1)),))
    scene = Scene(NOW, content.rules, (zone,), "pat", calendar=calendar, load=load)
    steps = preview(content, scene, {"email": email})
    made = Schedule(email, "welcome", 1, zone, steps, None, (zone,), "a@b.example")
    return Previewed(made, scene, {"email": email})


def parsed(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314 - we wrote it just now


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in parsed(svg).iter(f"{SVG}text")]


def hints(svg: str, tag: str) -> list[str]:
    shapes = parsed(svg).iter(f"{SVG}{tag}")
    return [hint.text or "" for shape in shapes for hint in shape.findall(f"{SVG}title")]


@pytest.mark.parametrize("number", [1, 3])
def test_every_mail_and_every_shift_is_drawn(number: int) -> None:
    found = [planned(f"p{n}@firm.example") for n in range(number)]
    svg = drawn(found)
    steps = [step for one in found for step in one.schedule.steps if step.kind == "email"]
    moves = [(shift, to) for step in steps for shift, to in step.path]
    assert {shift for shift, _ in moves} == {Shift.SPACING, Shift.WINDOW}
    dots = [
        hint for hint in hints(svg, "circle") if hint.startswith("mail-") and "ready" not in hint
    ]
    assert len(dots) == len(steps)
    strokes = [*hints(svg, "path"), *hints(svg, "line")]
    for shift, _ in moves:
        assert len([hint for hint in strokes if hint.startswith(f"{shift}: ")]) == len(
            [one for one, _ in moves if one is shift]
        )
    words = texts(svg)
    assert {"spacing", "outside hours", "a mail", "weekend", "holiday"} <= set(words)
    assert len([word for word in words if word.startswith("mail-0")]) == number


def test_a_mail_is_where_it_leaves_on_the_recipients_clock() -> None:
    (near, far) = (drawn([planned(zone=zone)]) for zone in ("Europe/Berlin", "Asia/Tokyo"))
    assert "local time, Europe/Berlin" in texts(near)
    assert "mail-0 09:00" in texts(near)
    assert "local time, Asia/Tokyo" in texts(far)


@pytest.mark.parametrize("number", [1, 2])
def test_strangers_words_are_only_words(number: int) -> None:
    svg = drawn([planned(NASTY)] * number)
    root = parsed(svg)
    tags = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert "script" not in tags
    assert any(
        'a"b<script>&@x.example' in word
        for word in [*texts(svg), root.findtext(f"{SVG}title") or ""]
    )


def test_it_loads_nothing_and_has_a_ground_of_its_own() -> None:
    for svg in (drawn([planned()]), drawn([planned()] * 2), bars([DAYS], "a", "b")):
        root = parsed(svg)
        values = [value for element in root.iter() for value in element.attrib.values()]
        assert not [v for v in values if "://" in v or ("url(" in v and not v.startswith("url(#"))]
        (ground, *_) = root.findall(f"{SVG}rect")
        assert (ground.get("width"), ground.get("fill")) == ("100%", "#ffffff")


def test_a_step_may_be_named_anything_and_a_hold_shows_as_words() -> None:
    step = EmailStep(id="<b>&amp;", next=Edge(to=1))
    content = bundle(steps=plan(Edge(to=0), [step, ExitStep(id="end")]))
    scene = Scene(NOW, content.rules, ("UTC",), "x")
    steps = preview(content, scene, {})
    made = Schedule("p@x.example", "welcome", 1, "UTC", steps, None, ("UTC",))
    assert "<b>&amp; 16:30" in texts(drawn([Previewed(made, scene, {})]))


def test_long_waits_are_cut_out_and_long_files_cut_off() -> None:
    content = bundle(steps=emails([0, 200 * DAY]))
    scene = Scene(NOW, content.rules, ("UTC",), "x")
    steps = preview(content, scene, {})
    made = Schedule("p@x.example", "welcome", 1, "UTC", steps, None, ("UTC",))
    root = parsed(drawn([Previewed(made, scene, {})]))
    assert float(root.get("width", "0")) < 1000
    words = texts(drawn([planned()] * (MOST + 5)))
    assert len([word for word in words if word == "pat@firm.example"]) == MOST
    assert f"the first {MOST} are drawn" in " ".join(words)


DAYS = Day("anna@sender.example", date(2026, 12, 21), 3, 2, 10)


def test_the_bars_tell_starts_from_follow_ups_and_show_the_cap() -> None:
    other = Day("bea@sender.example", date(2026, 12, 22), 0, 4, 10)
    svg = bars([DAYS, other], "welcome v1", "two days")
    told = hints(svg, "rect")
    assert "Mon 21 Dec 2026: 3 starts, 2 follow-ups" in told
    assert "bea@sender.example 2026-12-22: at most 10" in told
    assert {"anna@sender.example", "bea@sender.example", "new starts", "cap"} <= set(texts(svg))
