"""The bench of inbound mail: its figures, and what it says of a folder that isn't one."""

import json
import sys
from pathlib import Path

import pytest

from bench import inbound, labelled_mail
from tests.mails import OURS, dsn, raw

MAILS = {
    "hard.eml": ("bounce_hard", b"Return-Path: <>\r\n" + dsn()),
    "full.eml": ("bounce_soft", dsn("5.2.2", "smtp; 552 mailbox full")),
    # Its label says that it is soft, ours that it is hard.
    "wrong-kind.eml": ("bounce_soft", dsn("5.1.1", "smtp; 550 user unknown")),
    "missed.eml": ("bounce_hard", raw("Hello", Subject="Hi")),
    "any.eml": ("bounce", dsn()),
    "later.eml": ("delayed", dsn("4.4.1", action="delayed")),
    "yes.eml": ("reply", raw("Yes", In_Reply_To=OURS)),
    "unsure.eml": ("reply", raw("I am out of the office.", In_Reply_To=OURS)),
    # Without a reference: kept, but not to be found.
    "anew.eml": ("reply", raw("Yes")),
    "lost.eml": ("reply", raw("We got it.", Auto_Submitted="auto-replied", In_Reply_To=OURS)),
    "away.eml": ("ooo", raw("x", Subject="Out of office: Hello", Precedence="bulk")),
    "other.eml": ("other", raw("Hello")),
}


def folder(path: Path, rows: str) -> Path:
    for name, (_, mail) in MAILS.items():
        (path / name).write_bytes(mail)
    (path / "labels.tsv").write_text(f"file\tlabel\tsubtype\tnote\n{rows}")
    return path


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    rows = (f"{name}\t{label}\t\ta note\n" for name, (label, _) in MAILS.items())
    return folder(tmp_path, "".join(rows) + "body.txt\treply\tbody-text-only\tno mail at all\n")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["bench.inbound", *arguments])
    return inbound.main()


def test_the_last_line_is_the_result(
    labelled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, str(labelled)) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    classes = result["classes"]
    assert result["messages"] == len(MAILS)
    assert classes["bounce"] == {"recall": 0.8, "precision": 1.0, "labelled": 5, "called": 4}
    assert classes["delayed"]["recall"] == classes["ooo"]["recall"] == 1.0
    # One of the three that answer is unsure, one is called auto.
    assert classes["reply"] == {"recall": 0.3333, "precision": 1.0, "labelled": 3, "called": 1}
    assert classes["complaint"]["recall"] is None
    assert result["replies_kept"] == 0.75
    # The missed one and the one of the wrong kind.
    assert (result["hard_soft_accuracy"], result["hard_soft_judged"]) == (0.5, 4)
    assert result["confusion"]["reply"] == {"reply": 1, "unsure": 1, "other": 1, "auto": 1}
    assert result["messages_per_s"] > 0


def test_each_miss_is_listed_with_its_rule(
    labelled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, str(labelled), "--misses")
    *misses, _ = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[0].rpartition("/")[2] for line in misses] == [
        "wrong-kind.eml", "missed.eml", "unsure.eml", "anew.eml", "lost.eml",
    ]  # fmt: skip
    assert misses[0].endswith("bounce_soft, called bounce hard by the rule 'delivery status'")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("hard.eml\tbouncy\t\t\n", "line 2: the columns file and label want a file and one of "),
        ("\tbounce\t\t\n", "line 2: the columns file and label want a file and one of "),
        ("none.eml\tbounce\t\t\n", "line 2: none.eml can't be read"),
    ],
)
def test_a_wrong_line_is_left_out_and_named(
    rows: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert run(monkeypatch, str(folder(tmp_path, f"{rows}any.eml\tbounce\t\t\n"))) == 3
    printed = capsys.readouterr()
    assert told in printed.err
    result = json.loads(printed.out)
    assert (result["messages"], result["left_out"]) == (1, 1)


def test_a_folder_of_folders_is_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        folder(tmp_path / name, "any.eml\tbounce\t\t\n")
    (tmp_path / "README.md").write_text("beside them, as in `corpora/*`")
    (tmp_path / "labelless").mkdir()
    readme = str(tmp_path / "README.md")
    assert run(monkeypatch, str(tmp_path), str(tmp_path / "one"), readme) == 0
    assert json.loads(capsys.readouterr().out)["messages"] == 3


def test_a_folder_without_labels_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, str(tmp_path))
    assert ended.value.code == 2
    assert f"{tmp_path}/labels.tsv can't be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("head", "sender"),
    [
        (b"Return-Path: <>\r\n", ""),
        (b"Return-path: <Bounces@firm.example>\r\n", "bounces@firm.example"),
        (b"From MAILER-DAEMON Mon Feb  9 22:23:44 2009\r\n", ""),
        (b"From VM Mon Feb  9 22:23:44 2009\r\n", "pat@firm.example"),
        (b"", "pat@firm.example"),
    ],
)
def test_the_envelopes_sender_is_what_the_last_server_wrote(head: bytes, sender: str) -> None:
    found = labelled_mail.envelope(head + raw("Yes", Date="Wed, 04 Mar 2026 09:30:00 +0100"))
    assert found.sender == sender
    assert found.recipients == ("anna@sender.example",)
    assert found.received_at.hour == 8
