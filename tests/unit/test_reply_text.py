"""A person's own words, whatever their mail program quoted and added."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.mail.quotation import is_quoted
from tenuto.mail.reply_text import own_words, reply
from tests.quotations import ANNOUNCEMENTS, ATTRIBUTIONS, DEVICES, DISCLAIMERS, HEADERS


@pytest.mark.parametrize("line", ATTRIBUTIONS)
@pytest.mark.parametrize(
    "quoted", ["> Hello Pat\n> shall we talk?", "\nHello Pat\n\nshall we talk?"]
)
def test_an_attribution_ends_what_was_written_above_it(line: str, quoted: str) -> None:
    assert reply(f"Yes, gladly.\n\nPat\n\n{line}\n{quoted}\n") == "Yes, gladly.\n\nPat"


@pytest.mark.parametrize("line", [line for line in ATTRIBUTIONS if "<anna" in line])
def test_an_attribution_may_be_wrapped_at_the_address(line: str) -> None:
    before, _, rest = line.partition("<anna")
    assert reply(f"Yes.\n\n{before}\n<anna{rest}\n\n> Hello") == "Yes."
    assert reply(f"Yes.\n{before}<\nanna{rest}\n\n> Hello") == "Yes."


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_what_stands_below_a_quotation_is_kept(line: str) -> None:
    assert reply(f"{line}\n> Shall we talk?\n\nYes, gladly.") == "Yes, gladly."


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("above", ["", "________________________________\n", "-----\n"])
def test_a_header_ends_what_was_written_above_it(header: str, above: str) -> None:
    assert reply(f"Yes, gladly.\n\n{above}{header}\n\nHello Pat") == "Yes, gladly."


@pytest.mark.parametrize("line", ANNOUNCEMENTS)
def test_an_announced_mail_is_not_the_senders(line: str) -> None:
    assert reply(f"Yes, gladly.\n\n{line}\nFrom: Anna\nTo: Pat\n\nHello Pat") == "Yes, gladly."


@pytest.mark.parametrize("line", DEVICES)
def test_what_a_device_adds_is_left_out(line: str) -> None:
    assert reply(f"Yes, gladly.\n\n{line}") == "Yes, gladly."


@pytest.mark.parametrize("legal", DISCLAIMERS)
def test_legal_text_is_left_out(legal: str) -> None:
    assert reply(f"Yes, gladly.\nPat\n\n{legal}\n") == "Yes, gladly.\nPat"


def test_a_warning_of_the_own_server_is_left_out() -> None:
    warning = "CAUTION: This email originated from outside of the organization. Do not click links."
    assert reply(f"{warning}\n\nYes, gladly.") == "Yes, gladly."


def test_answers_between_quotations_are_shown_with_them() -> None:
    answers = "> Monday?\n\nNo.\n\n> Tuesday?\n\nYes."
    text = f"Hi Anna,\n\nOn 03/03/2026 10:00, Anna wrote:\n{answers}\n\n> Anna\n"
    assert reply(text) == f"Hi Anna,\n\n{answers}"


def test_the_rules_judge_the_senders_words_without_quotations() -> None:
    text = "Hi,\n\nOn 03/03/2026 10:00, Anna wrote:\n> To unsubscribe, answer STOP\n\nLet's talk.\n"
    assert own_words(text) == "Hi,\n\n\nLet's talk."


def test_no_language_needs_to_be_known_above_marked_lines() -> None:
    line = "Ar 3 Maw 2026 am 10:00, ysgrifennodd Anna Berg <anna@sender.example> fel hyn:"
    assert reply(f"Iawn.\n\n{line}\n> Helo") == "Iawn."


def test_a_signature_above_a_quotation_is_left_out() -> None:
    text = "Yes.\n\n-- \nPat Miller\nHead of Things\n\nOn 03/03/2026 10:00, Anna wrote:\n> Hello"
    assert reply(text) == "Yes."


def test_only_the_first_of_several_mails_below_one_another_is_the_senders() -> None:
    older = "On 02/03/2026 10:00, Pat wrote:\n\nNo."
    assert reply(f"Yes.\n\nOn 03/03/2026 10:00, Anna wrote:\n\nReally?\n\n{older}") == "Yes."


@pytest.mark.parametrize(
    "text",
    [
        "Sent from the warehouse yesterday, it should be with you soon.",
        "Enviado ayer, llega mañana.",
        "I wrote to you on Monday:\nplease read it again.",
        "On Monday I'm free.\nOn Tuesday at 10:00 as well.\nSo he wrote it down.",
        "As I wrote on 3 March 2026:\nwe need ten of them.",
        "Wie ich am 3.3.2026 geschrieben habe:\nwir brauchen zehn.",
        "In your mail of 3 March 2026 you wrote:\nten of them. We need twelve.",
        "As Anna wrote on 03/03/2026:\nten of them.",
        "In 2015 we paid 3.50, and Anna said:\nnever again.",
        "To: be clear\nSubject: to change",
        "From: Monday on.\n\nI can do it.",
        "The price list:\n\n| item | price |\n|---|---|\n| one | 10:00 |\n\nPlease confirm.",
        "First\n-----\nis this,\n\nSecond\n------\nis that.",
        "Is this confidential?\n\nPat",
        "Please treat the prices as confidential.\n\nPat",
        "--\nAll of it stands below a line.",
        "Best regards,\nPat Miller\nHead of Things",
        "See https://firm.example/a<b>c and 5 > 3, a->b, C>\nx",
        "Is the outlook for iOS good? We sell apps, and I would like to know more about it.",
        "```\nOn 03/03/2026 10:00, Anna wrote:\n> code\n```\nThat is what the log says.",
        "> Only quoted.",
        "",
    ],
)
def test_a_persons_words_are_kept(text: str) -> None:
    assert reply(text) == text


def test_pieces_of_wrapped_quoted_lines_are_quoted() -> None:
    long = "> " + "would you have a quarter of an hour next week to look at what we could " + "save"
    text = f"On 03/03/2026 10:00, Anna wrote:\n{long}\nyou\n> Anna\n\nYes."
    assert reply(text) == "Yes."


@given(st.text(st.sampled_from("abc \n>|-_:<@.") | st.characters(), max_size=300))
def test_no_line_is_invented(text: str) -> None:
    lines = {line.strip().strip("> ") for line in text.replace("\r", "\n").split("\n")}
    assert {line.strip().strip("> ") for line in reply(text).split("\n")} <= lines | {""}


@given(
    st.lists(st.from_regex(r"[a-zà-ü]{2,9}( [a-zà-ü]{2,9}){0,5}[.?!]", fullmatch=True), min_size=1)
)
def test_plain_words_are_kept_above_any_quotation(lines: list[str]) -> None:
    words = "\n".join(lines)
    assert own_words(f"{words}\n\nOn 03/03/2026 10:00, Anna <a@b.example> wrote:\n> x") == words


HOSTILE = {
    "attributions": "On 3/3/2026 10:00 <a@b.c> wrote x\n",
    "labels": "From: x\n",
    "parted labels": "From: x\n\n\n",
    "colons": "a:\n",
    "addresses": "< a@b\n",
    "lines": "\n",
    "returns": "\r\r\r\r\r\r\r\r\r\rx",
    "quotes": "> ",
    "rules": "- ",
    "signatures": "--\n",
    "legal": "confidential privileged ",
    "legal paragraphs": "confidential privileged\n\n",
    "devices": "sent from my \n",
    "fences": "```\n",
    "links": "](http://",
    "unseen": "\u200b",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_four_times_the_text_takes_no_sixteen_times_as_long(piece: str) -> None:
    def took(length: int) -> float:
        text = (piece * (length // len(piece) + 1))[:length]
        best = []
        for _ in range(3):
            began = time.process_time()
            reply(text)
            best.append(time.process_time() - began)
        return min(best)

    assert took(64 * 1024) < 12 * max(took(16 * 1024), 0.01)


def test_a_text_of_nothing_but_marks_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    def counted(line: str) -> bool:
        nonlocal asked
        asked += 1
        return is_quoted(line)

    monkeypatch.setattr("tenuto.mail.reply_text.is_quoted", counted)
    steps = []
    for marks in (500, 1000):
        asked = 0
        own_words("Hello\n" + "--\nx\n" * marks)
        steps.append(asked)
    # Twice the text, twice the steps: its square would be four times as many.
    assert steps[1] < 3 * steps[0]
