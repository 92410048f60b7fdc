"""Who is away, and who only speaks of it."""

import re

import pytest

from tenuto.domain.away_phrases import AWAY, TABLES

AWAYS = {
    "en": [
        "Out of Office: Hello", "Out of the office", "Automatic reply: Hello", "[OOO] Re: Hello",
        "I am on vacation.", "I'm currently travelling with limited access to email.",
        "I am away until Monday", "I will be on annual leave", "I am on maternity leave",
        "I will be away from my desk", "I'm away.", "AUTO: Pat is out of the office",
    ],
    "de": [
        "Automatische Antwort: Hallo", "Abwesenheitsnotiz", "Abwesend: Hallo",
        "Ich bin im Urlaub", "Ich bin derzeit nicht im Büro.",
        "Ich bin bis 5. März nicht erreichbar.", "Ich bin in Elternzeit.",
        "Ich bin noch bis Montag im Sommerurlaub",
    ],
    "fr": [
        "Réponse automatique : Bonjour", "Je suis absent du bureau",
        "Je suis actuellement en congés", "Absence du bureau", "Je suis absente jusqu'au 3 mars",
        "en congé maternité",
    ],
    "es": [
        "Respuesta automática: Hola", "Estoy fuera de la oficina", "Estoy de vacaciones",
        "Estaré ausente hasta el lunes",
    ],
    "it": [
        "Risposta automatica: Ciao", "Sono fuori ufficio", "Sono in ferie",
        "Sono assente fino a lunedì",
    ],
    "pt": [
        "Resposta automática: Olá", "Estou fora do escritório", "Estou de férias",
        "Estarei ausente",
    ],
    "nl": [
        "Automatisch antwoord: Hallo", "Ik ben afwezig", "Ik ben met vakantie",
        "Ik ben niet aanwezig", "Ik ben niet op kantoor",
    ],
    "pl": [
        "Automatyczna odpowiedź: Witam", "Odpowiedź automatyczna", "Jestem poza biurem",
        "Jestem na urlopie", "Jestem nieobecna",
    ],
    "sv": [
        "Autosvar: Hej", "Automatiskt svar: Hej", "Frånvarande", "Jag är inte på kontoret",
        "Jag har semester", "Jag är föräldraledig",
    ],
    "da": [
        "Autosvar: Hej", "Automatisk svar: Hej", "Jeg er ikke på kontoret", "Jeg holder ferie",
        "Jeg er på barsel", "Fraværende",
    ],
    "no": [
        "Autosvar: Hei", "Automatisk svar: Hei", "Jeg er ikke på kontoret", "Jeg har ferie",
        "Jeg har permisjon", "Fravær",
    ],
    "fi": [
        "Automaattinen vastaus: Hei", "Olen poissa toimistosta", "Olen lomalla", "Poissaolo",
    ],
    "cs": [
        "Automatická odpověď: Dobrý den", "Jsem mimo kancelář", "Jsem na dovolené",
        "Nepřítomnost",
    ],
    "ru": [
        "Автоматический ответ: Привет", "Автоответ", "Я в отпуске", "Нахожусь в отпуске",
        "Меня нет на рабочем месте",
    ],
    "ja": [
        "自動応答: こんにちは", "自動返信", "不在通知", "休暇中です",
        "出張のため不在にしております",
    ],
    "zh": [
        "自动答复: 你好", "自動回覆", "不在办公室", "外出开会", "我正在休假", "出差中",
        "自动回复",
    ],
}  # fmt: skip

NOT_AWAY = {
    "en": [
        "Back in the office", "Our office is in Berlin", "The office manager will call",
        "I was on the phone", "Let's leave it", "Out of curiosity", "Call my office",
        "We rent out vacation homes", "I'll be back to you",
    ],
    "de": [
        "Ich bin im Büro", "Zurück im Büro", "Das Haus ist schön",
    ],
    "fr": [
        "Je suis au bureau", "Notre bureau est à Lyon", "De retour au bureau",
    ],
    "es": [
        "Estoy en la oficina", "Nuestra oficina", "De vuelta en la oficina",
    ],
    "it": [
        "Sono in ufficio", "Il nostro ufficio",
    ],
    "pt": [
        "Estou no escritório", "O nosso escritório",
    ],
    "nl": [
        "Ik ben op kantoor", "Ons kantoor",
    ],
    "pl": [
        "Jestem w biurze", "Nasze biuro",
    ],
    "sv": [
        "Jag är på kontoret", "Vårt kontor",
    ],
    "da": [
        "Jeg er på kontoret", "Vores kontor",
    ],
    "no": [
        "Jeg er på kontoret", "Vårt kontor",
    ],
    "fi": [
        "Olen toimistolla", "Toimistomme",
    ],
    "cs": [
        "Jsem v kanceláři", "Naše kancelář",
    ],
    "ru": [
        "Я в офисе", "Наш офис",
    ],
    "ja": [
        "会社にいます", "明日お会いしましょう",
    ],
    "zh": [
        "我在办公室", "明天见",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("language", "text"), [(la, t) for la, ts in AWAYS.items() for t in ts])
def test_a_notice_of_absence_is_seen(language: str, text: str) -> None:
    assert AWAY.search(text), language


@pytest.mark.parametrize(("language", "text"), [(la, t) for la, ts in NOT_AWAY.items() for t in ts])
def test_the_office_alone_is_none(language: str, text: str) -> None:
    assert not AWAY.search(text), language


def test_every_language_is_tried() -> None:
    assert set(TABLES) == set(AWAYS) == set(NOT_AWAY)


@pytest.mark.parametrize("language", TABLES)
def test_no_language_lives_on_the_others(language: str) -> None:
    lines = [line.strip() for line in TABLES[language].splitlines() if line.strip()]
    own = re.compile("|".join(lines), re.IGNORECASE | re.MULTILINE)
    assert all(own.search(text) for text in AWAYS[language])
