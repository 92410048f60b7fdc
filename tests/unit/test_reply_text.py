"""A person's own words, whatever their mail program quoted and added."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.mail.reply_text import own_words, reply

ATTRIBUTIONS = [
    "On Tue, 3 Mar 2026 at 10:00, Anna Berg <anna@sender.example> wrote:",
    "On Mar 3, 2026, at 10:00 AM, Anna Berg <anna@sender.example> wrote:",
    "On 03/03/2026 10:00, Anna Berg wrote:",
    "At 3/3/2026 10:00 AM, you wrote:",
    "In message <m1@sender.example>, Anna writes:",
    "---- On Tue, 03 Mar 2026 10:00:00 +0100 Anna &lt;anna@sender.example&gt; wrote ----",
    "Anna Berg <anna@sender.example> wrote on Tue, 3 Mar 2026 at 10:00:",
    "2026-03-03 10:00 GMT+01:00 Anna Berg <anna@sender.example>:",
    "2026-03-03 10:00 GMT+01:00 Anna Berg",
    "Am 03.03.2026 um 10:00 schrieb Anna Berg <anna@sender.example>:",
    "Am Di., 3. März 2026 um 10:00 Uhr schrieb Anna Berg <anna@sender.example>:",
    "Anna Berg <anna@sender.example> schrieb am Di., 3. März 2026, 10:00:",
    "Am 3. März 2026 10:00 haben Sie geschrieben:",
    "Le mar. 3 mars 2026 à 10:00, Anna Berg <anna@sender.example> a écrit :",
    "Le 03/03/2026 à 10:00, Anna Berg a écrit\u00a0:",
    "El mar, 3 mar 2026 a las 10:00, Anna Berg (<anna@sender.example>) escribió:",
    "Il giorno mar 3 mar 2026 alle ore 10:00 Anna Berg <anna@sender.example> ha scritto:",
    "Em ter., 3 de mar. de 2026 às 10:00, Anna Berg <anna@sender.example> escreveu:",
    "Op di 3 mrt 2026 om 10:00 schreef Anna Berg <anna@sender.example>:",
    "Op 3 mrt. 2026 om 10:00 heeft Anna Berg het volgende geschreven:",
    "wt., 3 mar 2026 o 10:00 Anna Berg <anna@sender.example> napisał(a):",
    "W dniu 3.03.2026 o 10:00, Anna Berg pisze:",
    "Den tis 3 mars 2026 kl 10:00 skrev Anna Berg <anna@sender.example>:",
    "3 mars 2026 kl. 10:00 skrev Anna Berg <anna@sender.example>:",
    "Den tir. 3. mar. 2026 kl. 10.00 skrev Anna Berg <anna@sender.example>:",
    "tir. 3. mar. 2026 kl. 10:00 skrev Anna Berg <anna@sender.example>:",
    "ti 3. maalisk. 2026 klo 10.00 Anna Berg (anna@sender.example) kirjoitti:",
    "út 3. 3. 2026 v 10:00 odesílatel Anna Berg <anna@sender.example> napsal:",
    "Dne 3. 3. 2026 v 10:00 Anna Berg napsal(a):",
    "ut 3. 3. 2026 o 10:00 Anna Berg <anna@sender.example> napísal(a):",
    "вт, 3 мар. 2026 г. в 10:00, Anna Berg <anna@sender.example>:",
    "3 марта 2026 г. 10:00 пользователь Anna Berg написал:",
    "03.03.2026 10:00, Anna Berg пишет:",
    "вт, 3 бер. 2026 р. о 10:00 Anna Berg <anna@sender.example> пише:",
    "Anna Berg <anna@sender.example> ezt írta (időpont: 2026. márc. 3., K, 10:00):",
    "Anna Berg <anna@sender.example>, 3 Mar 2026 Sal, 10:00 tarihinde şunu yazdı:",
    "mar., 3 mar. 2026 la 10:00, Anna Berg <anna@sender.example> a scris:",
    "Στις Τρί 3 Μαρ 2026 στις 10:00 π.μ., ο χρήστης Anna <anna@sender.example> έγραψε:",
    "2026年3月3日(火) 10:00 Anna Berg <anna@sender.example>:",
    "2026/03/03 10:00、Anna Berg <anna@sender.example>のメール:",
    "在 2026年3月3日，上午10:00，Anna Berg <anna@sender.example> 写道：",
    "Anna Berg <anna@sender.example> 於 2026年3月3日 週二 上午10:00寫道：",
    "2026년 3월 3일 (화) 오전 10:00, Anna Berg <anna@sender.example>님이 작성:",
    "\u202bבתאריך יום ג׳, 3 במרץ 2026 ב-10:00 מאת \u202aAnna <\u202aanna@sender.example\u202c>:",
    "Vào Th 3, 3 thg 3, 2026 vào lúc 10:00 Anna <anna@sender.example> đã viết:",
    "El dt., 3 de març 2026, 10:00, Anna Berg <anna@sender.example> va escriure:",
]

HEADERS = [
    "From: Anna Berg <anna@sender.example>\nSent: Tuesday, March 3, 2026\nTo: Pat\nSubject: Hello",
    "*From:* Anna Berg\n*Sent:* 2026-03-03\n*To:* Pat\n*Subject:* Hello",
    "**From:** Anna Berg\n**Date:** 2026-03-03\n**To:** Pat\n**Subject:** Hello",
    "From: Anna Berg\n\nSent: 2026-03-03\n\nTo: Pat\n\nSubject: Hello",
    "Von: Anna Berg\nGesendet: Dienstag, 3. März 2026 10:00\nAn: Pat\nBetreff: Hallo",
    "De : Anna Berg\nEnvoyé : mardi 3 mars 2026 10:00\nÀ : Pat\nObjet : Bonjour",
    "De: Anna Berg\nEnviado: martes, 3 de marzo de 2026\nPara: Pat\nAsunto: Hola",
    "De: Anna Berg\nEnviada em: terça-feira, 3 de março de 2026\nPara: Pat\nAssunto: Olá",
    "Da: Anna Berg\nInviato: martedì 3 marzo 2026\nA: Pat\nOggetto: Ciao",
    "Van: Anna Berg\nVerzonden: dinsdag 3 maart 2026\nAan: Pat\nOnderwerp: Hallo",
    "Fra: Anna Berg\nSendt: tirsdag 3. marts 2026\nTil: Pat\nEmne: Hej",
    "Från: Anna Berg\nSkickat: den 3 mars 2026\nTill: Pat\nÄmne: Hej",
    "Lähettäjä: Anna Berg\nLähetetty: tiistai 3. maaliskuuta 2026\nVastaanottaja: Pat\nAihe: Hei",
    "Od: Anna Berg\nWysłano: wtorek, 3 marca 2026\nDo: Pat\nTemat: Hej",
    "Od: Anna Berg\nOdesláno: úterý 3. března 2026\nKomu: Pat\nPředmět: Ahoj",
    "От: Anna Berg\nОтправлено: вторник, 3 марта 2026\nКому: Pat\nТема: Привет",
    "差出人: Anna Berg\n送信日時: 2026年3月3日\n宛先: Pat\n件名: こんにちは",
    "发件人： Anna Berg\n发送时间： 2026年3月3日\n收件人： Pat\n主题： 你好",
    "Kimden: Anna Berg\nGönderildi: 3 Mart 2026\nKime: Pat\nKonu: Merhaba",
    "Feladó: Anna Berg\nElküldve: 2026. március 3.\nCímzett: Pat\nTárgy: Szia",
    "보낸 사람: Anna Berg\n보낸 날짜: 2026년 3월 3일\n받는 사람: Pat\n제목: 안녕",
]

ANNOUNCEMENTS = [
    "-----Original Message-----",
    "*-------- Original Message --------*",
    "-------- Forwarded Message --------",
    "---------- Forwarded message ---------",
    "-----Ursprüngliche Nachricht-----",
    "-----Message d'origine-----",
    "-----Mensaje original-----",
    "-----Mensagem original-----",
    "-----Messaggio originale-----",
    "-----Oorspronkelijk bericht-----",
    "-----Oprindelig meddelelse-----",
    "-----Opprinnelig melding-----",
    "-----Ursprungligt meddelande-----",
    "-----Alkuperäinen viesti-----",
    "-----Wiadomość oryginalna-----",
    "-----Původní zpráva-----",
    "-----Исходное сообщение-----",
    "------------------ 原始邮件 ------------------",
    "-----元のメッセージ-----",
    "Begin forwarded message:",
    "Début du message transféré :",
    "Anfang der weitergeleiteten Nachricht:",
    "##- Please type your reply above this line -##",
    "-- Reply ABOVE THIS LINE --",
]

DEVICES = [
    "Sent from my iPhone",
    "Sent from my phone, please excuse typos.",
    "Sent via the Samsung Galaxy S21, an AT&T 5G smartphone",
    "Sent from Yahoo Mail on Android",
    "Sent from Mail for Windows",
    "Sent with Proton Mail secure email.",
    "Get Outlook for iOS<https://aka.example/o0ukef>",
    "Outlook für Android beziehen",
    "Télécharger Outlook pour iOS",
    "Von meinem iPhone gesendet",
    "Gesendet von Outlook für iOS",
    "Diese Nachricht wurde von meinem Android-Mobiltelefon mit K-9 Mail gesendet.",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Inviato da iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Wysłane z iPhone'a",
    "Skickat från min iPhone",
    "Sendt fra min iPhone",
    "Lähetetty iPhonesta",
    "Odesláno z iPhonu",
    "Отправлено с iPhone",
    "iPhoneから送信",
    "发自我的 iPhone",
    "iPhone'umdan gönderildi",
]

DISCLAIMERS = [
    "This mail is confidential and only for its addressee. If received in error,\ndelete it.",
    "Diese Mail ist vertraulich. Wenn Sie nicht der Adressat sind,\nvernichten Sie diese Mail.",
    "Ce message est confidentiel. Si vous n'êtes pas le destinataire, merci de le détruire.",
    "Este mensaje es confidencial y para su destinatario; si lo recibe por error, bórrelo.",
    "Please consider the environment before printing this e-mail.",
]


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
