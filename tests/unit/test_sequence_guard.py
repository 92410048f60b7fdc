"""The `guard` of a sequence file: what it sets, what is wrong with it, and how it is shown."""

from pathlib import Path

import pytest

from starter.sequence_file import load
from starter.sequence_text import rule_lines
from tenuto.domain.guard import Guard, Threshold
from tenuto.domain.problem import SequenceError
from tenuto.domain.sequence import Bundle, SequenceRules
from tests.factories import rules

HEAD = "sequence: hello\nfrom: anna@example.com\n"
STEPS = "steps:\n  - email: a.md\n"
RATES = "such as bounces: 3% of 100"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.md").write_text("Subject: Hello\n\nHi\n")
    return tmp_path


def read(folder: Path, guard: str) -> Bundle:
    path = folder / "s.yaml"
    path.write_text(f"{HEAD}{guard}{STEPS}")
    return load(path)


@pytest.mark.parametrize(
    ("written", "bounces", "complaints"),
    [
        ("{bounces: 3% of 100, complaints: 0.1% of 1000}", (30_000, 100), (1000, 1000)),
        ("{bounces: 100 % of 1}", (1_000_000, 1), (1000, 1000)),
        ("{complaints: 0.025%of 4000}", (50_000, 100), (250, 4000)),
    ],
)
def test_what_isnt_set_is_as_usual(
    folder: Path, written: str, bounces: tuple[int, int], complaints: tuple[int, int]
) -> None:
    found = read(folder, f"guard: {written}\n").rules.guard
    expected = [Threshold(ppm=ppm, sends=sends) for ppm, sends in (bounces, complaints)]
    assert found == Guard(bounces=expected[0], complaints=expected[1])


@pytest.mark.parametrize(
    ("written", "what", "instead"),
    [
        ("3%", "must be a mapping", "{bounces: 3% of 100, complaints: 0.1% of 1000}"),
        ("{bounce: 3% of 100}", 'unknown key "bounce"', 'write "bounces"'),
        ("{bounces: 3%}", '"bounces" can\'t be "3%"', RATES),
        ("{bounces: }", '"bounces" is empty', RATES),
        ("{bounces: -3% of 100}", '"bounces" can\'t be "-3% of 100"', RATES),
        ("{complaints: 0.0001% of 9}", "can't be", "such as complaints: 0.1% of 1000"),
        ("{complaints: 0% of 1000}", "more than 0%", "such as complaints: 0.1% of 1000"),
        ("{complaints: 0.1% of 0}", "of 1 mail or more", "complaints: 0.1% of 1000"),
        ("{bounces: 100.001% of 9}", "at most 100%", RATES),
    ],
)
def test_a_guard_that_is_wrong(folder: Path, written: str, what: str, instead: str) -> None:
    with pytest.raises(SequenceError) as caught:
        read(folder, f"guard: {written}\n")
    (problem,) = caught.value.problems
    assert problem.line == 3
    assert what in problem.what
    assert instead in problem.instead


def test_it_is_shown_as_it_is_written(folder: Path) -> None:
    written = "guard: {bounces: 2.5% of 200, complaints: 0.05% of 4000}\n"
    shown = "guard: bounces 2.5% of 200, complaints 0.05% of 4000"
    assert shown in rule_lines(read(folder, written).rules)
    assert "guard: as usual" in rule_lines(read(folder, "").rules)


def test_a_version_from_before_there_were_guards_is_read() -> None:
    stored = rules().model_dump(mode="json")
    del stored["guard"]
    assert SequenceRules.model_validate(stored).guard is None
