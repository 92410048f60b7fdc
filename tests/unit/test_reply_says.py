"""Wrong person, write to X; left the company."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenuto.domain.reply_says import Says, says

LEFT = [
    "Pat has left the company.",
    "Pat left the company? No: he left the company in March.",
    "I have left the company to pursue other things.",
    "I am no longer with Firm Ltd. Please write to maria@firm.example.",
    "Pat Miller is no longer with the company.",
    "She no longer works here.",
    "Pat no longer works at Firm.",
    "He doesn't work here anymore.",
    "As of March 1st I will no longer be employed at Firm.",
    "Thank you for your mail. I've retired.",
    "I have now left Firm Ltd.",
    "I have left my position at Firm.",
    "My employment with Firm has ended.",
    "Ich bin nicht mehr für die Firma GmbH tätig.",
    "Herr Miller ist aus der Firma GmbH ausgeschieden.",
    "Je ne suis plus chez Firma.",
    "Herr Miller ist nicht mehr bei uns tätig.",
    "Frau Berg hat das Unternehmen verlassen.",
    "Ich arbeite nicht mehr bei Firma GmbH.",
    "Pat ne fait plus partie de notre société.",
    "J'ai quitté l'entreprise.",
    "Pat ya no trabaja en la empresa.",
    "Pat non lavora più con noi.",
    "O Pat já não trabalha na empresa.",
    "O Pat não faz mais parte da empresa.",
    "Pat is niet meer bij ons werkzaam.",
    "Pat werkt hier niet meer.",
    "Pat już u nas nie pracuje.",
    "Pat jobbar inte längre hos oss.",
    "Pat har slutat på företaget.",
    "Pat arbejder ikke længere her.",
    "Pat jobber ikke lenger hos oss.",
    "Pat ei ole enää yrityksemme palveluksessa, hän ei työskentele enää täällä.",
    "Pat již u nás nepracuje.",
    "Пэт больше не работает в компании.",
    "ミラーは退職いたしました。",
    "他已离职。",
]
NOT_LEFT = [
    "I left the company car at home.",
    "He left the company party early.",
    "I left the company a message.",
    "Has Pat left the company?",
    "If Pat has left the company, tell me.",
    "Pat has not left the company.",
    "The link no longer works.",
    "We are no longer with our old provider.",
    "We no longer work with this supplier.",
    "I am no longer at my desk today.",
    "I have left London for a week.",
    "I left my position paper in the office.",
    "Wir sind nicht mehr bei diesem Anbieter.",
    "Das Angebot ist nicht mehr verfügbar.",
    "Das Produkt gibt es nicht mehr bei uns.",
    "Il a quitté la réunion.",
    "Ya no trabajamos con ese proveedor.",
    "Сайт больше не работает.",
    "我不在办公室。",
    "",
]
WRONG = [
    "You have the wrong person.",
    "I'm afraid you've got the wrong person, sorry.",
    "I am not the right person for this, please write to maria@firm.example.",
    "I'm the wrong person to ask about this.",
    "I don't handle this.",
    "You have the wrong email address.",
    "Maria is responsible for this: maria@firm.example",
    "I'm not responsible for purchasing.",
    "Maria Rossi (maria@firm.example) is the right person to talk to.",
    "Please write to maria@firm.example instead.",
    "Ich bin leider der falsche Ansprechpartner.",
    "Ich bin dafür nicht zuständig.",
    "Je ne suis pas la bonne personne.",
    "No soy la persona indicada.",
    "Non sono la persona giusta.",
    "Não sou a pessoa certa.",
    "Ik ben niet de juiste persoon.",
    "Nie jestem właściwą osobą.",
    "Du har nått fel person.",
    "Du har fat i den forkerte person.",
    "Jeg er feil person.",
    "En ole oikea henkilö.",
    "Nejsem správná osoba.",
    "Вы ошиблись адресатом.",
    "私は担当ではありません。",
    "你找错人了。",
]
NOT_WRONG = [
    "I'm the wrong person to ask about lunch.",
    "Am I the wrong person for this?",
    "If I'm not the right person, tell me.",
    "You are the right person to talk to me about it, aren't you?",
    "Please contact me at pat@firm.example.",
    "In urgent cases write to maria@firm.example.",
    "What is wrong, person by person?",
    "He went the wrong way.",
    "Bitte wenden Sie sich in dringenden Fällen an Maria.",
    "Let's talk on Monday.",
    "Who is responsible for this?",
    "We are responsible for this region.",
    "Ich bin für den Einkauf zuständig.",
]


@pytest.mark.parametrize("text", LEFT)
def test_somebody_has_left(text: str) -> None:
    assert says(text).left_company


@pytest.mark.parametrize("text", [*NOT_LEFT, *WRONG, *NOT_WRONG])
def test_nobody_has_left(text: str) -> None:
    assert not says(text).left_company


@pytest.mark.parametrize("text", WRONG)
def test_somebody_else_is_meant(text: str) -> None:
    assert says(text).wrong_person


@pytest.mark.parametrize("text", [*NOT_WRONG, *LEFT, *NOT_LEFT])
def test_nobody_else_is_meant(text: str) -> None:
    assert not says(text).wrong_person


def test_the_addresses_named_are_who_to_write_to() -> None:
    text = "Pat has left the company. Write to Maria@Firm.example, a+b@firm.example; not x@y."
    assert says(text).refers_to == ("maria@firm.example", "a+b@firm.example")


def test_known_addresses_are_no_referral() -> None:
    text = "I am not the right person for this: maria@firm.example is.\n\nPat, pat@firm.example"
    assert says(text, {"pat@firm.example"}) == Says(
        wrong_person=True, refers_to=("maria@firm.example",)
    )


def test_three_addresses_are_enough() -> None:
    text = "Wrong address: you have the wrong person. " + " ".join(
        f"p{n}@x.example" for n in range(9)
    )
    assert says(text).refers_to == ("p0@x.example", "p1@x.example", "p2@x.example")


def test_addresses_in_an_ordinary_answer_refer_to_nobody() -> None:
    assert says("Yes, send it to pat@firm.example.") == Says()


@given(st.text(max_size=400))
def test_without_a_letter_nothing_is_said(text: str) -> None:
    assert says("".join(c for c in text if not c.isalpha())) == Says()
