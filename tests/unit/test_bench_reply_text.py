"""The figures of `bench.reply_text`, on bodies of our own."""

import json
from pathlib import Path

import pytest

from bench import reply_text
from bench.reply_text import Body, Score, bodies, main, score

QUOTED = "Yes.\r\n\r\nOn 03/03/2026 10:00, Anna wrote:\r\n> Hello\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "expected").mkdir()
    for name, text, expected in (("one", QUOTED, "Yes."), ("two", "Yes\nNo", "Yes")):
        (tmp_path / name).write_bytes(text.encode())
        (tmp_path / "expected" / name).write_text(expected)
    (tmp_path / "labels.tsv").write_text("one\treply\n")
    return tmp_path


def run(folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> int:
    monkeypatch.setattr("sys.argv", ["bench.reply_text", str(folder), *options])
    return main()


def test_only_files_with_an_answer_are_bodies(folder: Path) -> None:
    assert [body.name for body in bodies(folder)] == ["one", "two"]


def test_lines_are_counted_over_all_bodies() -> None:
    asked = [Body("one", "a\nb\n\nc", "a\nb"), Body("two", "d", "d\ne")]
    given = score(asked, lambda text: text)
    assert (given.right, given.line_precision, given.line_recall) == (frozenset(), 0.75, 0.75)


def test_an_error_is_an_empty_answer() -> None:
    def fails(_: str) -> str:
        raise RecursionError

    given = score([Body("one", "a", "a"), Body("two", "", "")], fails)
    assert given == Score(frozenset({"two"}), 0, 0, 2)


def test_the_last_line_is_the_result_and_names_what_is_missing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def absent(_: str) -> str:
        raise ModuleNotFoundError

    monkeypatch.setattr(reply_text, "LIBRARIES", {"same": lambda text: text, "absent": absent})
    assert run(folder, monkeypatch, "--misses") == 0
    shown = capsys.readouterr().out
    result = json.loads(shown.splitlines()[-1])
    assert (result["files"], result["ours"]["exact"], result["best_combined"]) == (2, 1, 0)
    assert result["libraries"]["same"]["line_recall"] == 1
    assert result["missing"] == ["absent"]
    assert "=== two" in shown
    assert "not installed" in shown


def test_a_folder_without_answers_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(tmp_path, monkeypatch)
    assert "has no folder `expected`" in capsys.readouterr().err
