"""A sample of `make fuzz`, the same each time."""

from pathlib import Path

import pytest

from tests.fuzz.mutation import Mutator
from tests.fuzz.reading import Reading, read
from tests.fuzz.run import Result, fuzz
from tests.fuzz.seeds import HOSTILE

SEED = 20260304


@pytest.mark.slow
def test_no_mutated_mail_fails(tmp_path: Path) -> None:
    done = fuzz(range(1, 1500), SEED, tmp_path)
    assert done.failed == 0, "\n".join(path.read_text() for path in tmp_path.glob("*.txt"))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_no_hostile_mail_fails(number: int, tmp_path: Path) -> None:
    hostile = number * 500
    done = fuzz(range(hostile, hostile + 1), SEED, tmp_path)
    assert done.failed == 0, "\n".join(path.read_text() for path in tmp_path.glob("*.txt"))


def test_a_number_makes_the_same_mail_each_time() -> None:
    assert [Mutator(1).mail(n) for n in range(50)] == [Mutator(1).mail(n) for n in range(50)]
    assert Mutator(1).mail(3) != Mutator(2).mail(3)


def test_what_fails_is_counted_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.run.read", lambda *_: Reading(3, 2**40, "ValueError in x"))
    assert fuzz(range(1), 1, tmp_path) == Result(1, 1, 1, 1, 3)
    assert (tmp_path / "1-0.eml").is_file()
    assert "ValueError" in (tmp_path / "1-0.txt").read_text()


def test_an_exception_inside_the_parser_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenuto.mail.parse.own_words", lambda _: 1 / 0)
    assert "ZeroDivisionError" in read(Mutator(1).mail(1), 1).error


def test_a_reading_that_hangs_is_ended_and_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(_: str) -> str:
        while True:
            pass

    monkeypatch.setattr("tests.fuzz.reading._HANGS_AFTER", 0.3)
    monkeypatch.setattr("tenuto.mail.parse.own_words", hang)
    assert read(Mutator(1).mail(1), 1).seconds > 0.2
