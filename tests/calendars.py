"""Calendar files as tests write them, and what is read from them."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from starter.calendar_file import closed_days
from tenuto.domain.problem import Place, Problem

YEARS = range(2026, 2029)
ASKED = Place("founders.yaml", 7, 3)


def calendar(events: Iterable[str]) -> str:
    """Each event by its lines but the first and the last."""
    each = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{each}END:VCALENDAR\n"


def read(content: str | bytes, problems: list[Problem]) -> frozenset[date]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "team.ics"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        found = closed_days(path, ASKED, problems, YEARS)
    problems[:] = [problem._replace(file=Path(problem.file).name) for problem in problems]
    return found


def days(*events: str) -> list[str]:
    problems: list[Problem] = []
    found = read(calendar(events), problems)
    assert problems == []
    return [day.isoformat() for day in sorted(found)]


def noted(content: str | bytes) -> list[str]:
    problems: list[Problem] = []
    read(content, problems)
    return list(map(str, problems))
