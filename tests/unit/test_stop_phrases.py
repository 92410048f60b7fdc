"""Who asks for no more mail, and who only speaks of it."""

import re

import pytest

from tenuto.domain.stop_phrases import TABLES, wants_no_more

ASKS = {
    "en": [
        "unsubscribe", "STOP", "Stop.", "Please stop", "Not interested. Please stop.",
        "Please unsubscribe me from this list", "remove me", "Please remove me from your list.",
        "Take me off your mailing list!", "opt out", "I'd like to opt out please",
        "Stop emailing me.", "Please don't contact me again", "Do not email me anymore",
        "No more emails please", "Leave me alone", "Delete my email address from your database",
        "Could you please remove me from your mailing list?", "How do I unsubscribe?",
        "Please don't send me any more emails",
    ],
    "de": [
        "abmelden", "Bitte melden Sie mich ab.", "Bitte keine weiteren Mails!",
        "Bitte keine E-Mails mehr", "Nehmen Sie mich bitte aus Ihrem Verteiler",
        "Streichen Sie mich von Ihrer Liste", "Bitte austragen", "Newsletter abbestellen",
        "Schreiben Sie mir bitte nicht mehr", "Bitte löschen Sie meine Daten",
        "Können Sie mich bitte aus dem Verteiler nehmen?",
    ],
    "fr": [
        "désabonner", "Merci de me désinscrire", "Veuillez me retirer de votre liste",
        "Retirez-moi de votre liste", "Ne me contactez plus",
        "Je ne souhaite plus recevoir vos mails", "Arrêtez de m'écrire",
        "Pouvez-vous me désinscrire ?", "Merci de ne plus me contacter",
    ],
    "es": [
        "Quiero darme de baja", "Por favor, denme de baja", "Elimíneme de su lista",
        "No me escriban más", "cancelar suscripción", "Dejen de enviar correos",
        "No quiero recibir más correos", "No más correos por favor",
    ],
    "it": [
        "disiscrivetemi", "Cancellami dalla lista", "Rimuovetemi dalla vostra lista",
        "Non scrivetemi più", "Non voglio più ricevere le vostre mail", "Smettetela di scrivermi",
        "Basta mail",
    ],
    "pt": [
        "descadastrar", "Por favor, remova-me da lista", "Cancelar inscrição",
        "Remova meu e-mail", "Não quero mais receber e-mails", "Parem de me enviar e-mails",
        "Não me escreva mais",
    ],
    "nl": [
        "uitschrijven", "Graag afmelden", "Schrijf me uit", "Verwijder mij van uw lijst",
        "Geen mails meer", "Stop met mailen", "Haal me van de lijst aub", "Mail me niet meer",
    ],
    "pl": [
        "Proszę mnie wypisać", "Rezygnuję", "Proszę usunąć mnie z listy",
        "Proszę o usunięcie z bazy", "Nie piszcie do mnie więcej", "Proszę przestać wysyłać",
        "Nie chcę więcej maili",
    ],
    "sv": [
        "Avregistrera mig", "Ta bort mig från listan", "Inga fler mejl tack", "Sluta mejla mig",
        "Kontakta mig inte igen",
    ],
    "da": [
        "Afmeld mig", "Fjern mig fra listen", "Ikke flere mails, tak",
        "Stop med at skrive til mig", "Kontakt mig ikke igen",
    ],
    "no": [
        "Meld meg av", "Fjern meg fra listen", "Ikke flere e-poster, takk",
        "Slutt å sende meg e-post", "Avmeld",
    ],
    "fi": [
        "Peruuta tilaus", "Poista minut listalta", "Älkää lähettäkö minulle enää viestejä",
        "Älä ota enää yhteyttä",
    ],
    "cs": [
        "Odhlásit", "Prosím odhlaste mě", "Odstraňte mě ze seznamu", "Nepište mi",
        "Žádné další maily", "Přestaňte mi psát",
    ],
    "ru": [
        "Отпишите меня", "отписаться", "Удалите меня из рассылки", "Больше не пишите мне",
        "Не пишите мне", "Прекратите рассылку",
    ],
    "ja": [
        "配信停止", "配信を停止してください", "メール不要です", "もう送らないでください",
        "リストから削除してください", "配信停止していただけますか？",
    ],
    "zh": [
        "退订", "取消订阅", "請不要再發郵件給我", "不要再给我发邮件了", "请把我从名单中删除",
        "退訂",
    ],
}  # fmt: skip

DOES_NOT = {
    "en": [
        "Don't unsubscribe me!", "Please do not remove me from the list", "I never asked to stop",
        "I didn't unsubscribe", "not interested", "No thanks", "Stop by on Tuesday?",
        "How do people unsubscribe from your tool?", "Does it handle unsubscribes?",
        "Can your customers opt out?", "Drop me a line", "Can you stop by tomorrow?",
        "Don't send me the contract yet", "We can't stop talking about it", "Please don't stop",
        "We want our users to unsubscribe from our newsletter with one click, can you do that for us",
    ],
    "de": [
        "Bitte nicht abmelden!", "Melden Sie mich bitte nicht ab", "Kein Interesse",
        "Wie können sich Empfänger abmelden?", "Ich habe keine Mail bekommen",
        "Schreiben Sie mir gern",
    ],
    "fr": [
        "Ne me désinscrivez pas", "Pas intéressé", "Comment les gens se désabonnent-ils ?",
        "N'envoyez pas encore le contrat",
    ],
    "es": [
        "No me den de baja", "No me interesa", "Estoy de baja hasta el lunes",
        "No me envíe el contrato todavía",
    ],
    "it": [
        "Non cancellarmi dalla lista", "Non mi interessa", "Non scrivo spesso",
    ],
    "pt": [
        "Não remova meu e-mail", "Não tenho interesse", "Como as pessoas cancelam?",
    ],
    "nl": [
        "Niet uitschrijven aub", "Geen interesse", "Ik heb geen mail ontvangen",
    ],
    "pl": [
        "Nie wypisuję się", "Nie jestem zainteresowany", "Nie wysyłaj jeszcze umowy",
    ],
    "sv": [
        "Ta inte bort mig", "Inte intresserad",
    ],
    "da": [
        "Fjern mig ikke", "Ikke interesseret",
    ],
    "no": [
        "Ikke meld meg av", "Ikke interessert", "Ikke send kontrakten ennå",
    ],
    "fi": [
        "Älä poista minua", "Ei kiinnosta", "Älä lähetä sopimusta vielä",
    ],
    "cs": [
        "Neodhlašujte mě", "Nemám zájem", "Neposílejte zatím smlouvu",
    ],
    "ru": [
        "Не отписывайте меня", "Не интересно", "Не отправляйте пока договор",
    ],
    "ja": [
        "配信停止しないでください", "興味ありません", "来週お話ししましょう",
    ],
    "zh": [
        "不要退订", "没兴趣", "不要发合同", "下周聊",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("language", "text"), [(la, t) for la, ts in ASKS.items() for t in ts])
def test_who_asks_for_no_more_mail_is_heard(language: str, text: str) -> None:
    assert wants_no_more(text), language


@pytest.mark.parametrize(("language", "text"), [(la, t) for la, ts in DOES_NOT.items() for t in ts])
def test_who_says_the_opposite_or_asks_of_others_is_not(language: str, text: str) -> None:
    assert not wants_no_more(text), language


def test_every_language_is_tried() -> None:
    assert set(TABLES) == set(ASKS) == set(DOES_NOT)


@pytest.mark.parametrize("language", TABLES)
def test_no_language_lives_on_the_others(language: str) -> None:
    lines = [line.strip() for line in TABLES[language].splitlines() if line.strip()]
    own = re.compile("|".join(lines), re.IGNORECASE)
    assert any(own.search(text) for text in ASKS[language])


def test_in_a_long_text_it_is_one_thought_among_others() -> None:
    assert not wants_no_more("unsubscribe " + "and then " * 20)
