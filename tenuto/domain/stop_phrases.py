"""Whether a short answer asks for no more mail, in the languages in which people ask."""

import re

from tenuto.domain.phrases import any_of

#: By language: what asks by itself. Where a word before it can turn it into its opposite, `_NOT`
#: looks for that word.
TABLES = {
    "en": r"""
        \bunsubscri
        \b(?:remove|delete) (?:me|us|(?:my|our) (?:e-?mail|address|name|contact|details|data|info))\b
        \b(?:remove|delete|take) .{0,40} (?:from|off) (?:your|this|the) (?:\w{1,12} )?(?:list|database|records|mailing)
        \btake (?:me|us|my \S{1,12}|our \S{1,12}) off
        \bopt(?:ing)?[ -]?(?:me |us )?[ -]?out\b
        \bstop (?:(?:all|sending|the|these|with|your|this|any|more|further) ){0,3}(?:e-?mail|mail|contact|writ|send|messag|spam|bother|reach)
        \b(?:do not|don['’]t|please don['’]t|never|not to) (?:ever )?(?:(?:e-?mail|contact|write|message|spam|bother)(?: to)? (?:me|us|any ?more|again)|send (?:me |us )?(?:any|more|further|e-?mails?|mails?|messages?|this|these|such|spam))\b
        \bno (?:more|further) (?:e-?mails?|mails?|messages?|contact|correspondence)
        \bleave (?:me|us) alone\b
        \bcease (?:and desist|all|contact|communication)
        """,
    "de": r"""
        \babmeld|\baustragen\b|\babbestell|\babbestellen
        \b(?:melde|melden|trage|tragen|bestelle|bestellen) (?:(?!nicht\b)\w{1,12} ){1,4}(?:ab|aus)\b
        \b(?:aus|von) (?:ihrem|eurem|deinem|dem|der|ihrer|eurer) \w{0,12}?(?:verteiler|liste|mailingliste|newsletter)\b
        \b(?:streichen|löschen|entfernen|nehmen) sie (?:mich|uns|meine|unsere)\b
        \bkeine? (?:weiteren? |solchen? )(?:e-?mails?|mails?|nachrichten|werbung|zuschriften|kontaktaufnahme)\b
        \bkeine? (?:e-?mails?|mails?|nachrichten|zuschriften) mehr\b(?! (?:bekommen|erhalten))
        \bkeine werbung\b
        \b(?:schreiben|kontaktieren|mailen) sie (?:mir|mich|uns) (?:bitte )?nicht
        \b(?:hören|hör) (?:sie )?(?:bitte )?auf\b
        """,
    "fr": r"""
        \bd[ée]s(?:abonn|inscri)\w{1,8}
        \b(?:retire[rz]|supprime[rz]|enleve[rz]|enlève[rz]?|raye[rz])(?:[- ]moi|[- ]nous|[- ]mon|.{0,25}\bliste)
        \bme (?:retirer|supprimer|enlever|rayer)
        \bne (?:plus|pas) (?:me|nous) (?:contacter|écrire|envoyer|solliciter)
        \bne (?:m['’]|me |nous )(?:écrivez|contactez|envoyez|sollicitez) plus
        \bne (?:me|nous) contactez pas
        \bne (?:souhaite|veux|désire|souhaitons) (?:plus|pas) (?:\w{1,12} )?recevoir
        \b(?:arrête[rz]|cesse[rz]) (?:de |d['’])
        \bplus (?:de |d['’])(?:e-?mails?|mails?|messages?|courriels?)
        """,
    "es": r"""
        \bdar(?:me|nos)? de baja|\bde baja\b.{0,15}\b(?:lista|por favor)
        \bd[ée]n?(?:me|nos) de baja|\bbaja por favor
        \b(?:elim[ií]n[ae]|b[óo]rr[ae]|qu[ií]t[ae])(?:me|nos|nme|r?me)\b
        \bcancel(?:ar?|en|e) (?:mi |la |esta )?suscripci[óo]n|\bdesuscri
        \bno (?:me|nos) (?:escriba|contacte|molest[ae])n?s?\b
        \bno (?:me |nos )?(?:env[íi]e|mande)n?s? m[áa]s\b
        \bno (?:quiero|deseo) (?:\w{1,10} )?recibir
        \bdej(?:e|en|a|ad) de (?:escribir|enviar|contactar|mandar)
        \bno m[áa]s (?:correos|e-?mails?|mensajes)
        """,
    "it": r"""
        \bdisiscri
        \bcancell(?:ami|atemi|ate(?:ci|mi)|arci|armi|are la (?:mia )?iscrizione|i(?:mi)?)\b
        \b(?:rimuov|tog|toglie)\w{0,6}(?:mi|temi|ci|teci)\b
        \bnon (?:scriv|contatt|invi|mand)\w{1,6}(?:mi|ci)?\b.{0,12}\b(?:più|piu)\b
        \bnon voglio (?:più )?ricevere
        \b(?:smett|finit)\w{1,5} di (?:scriv|contatt|invi|mand)
        \bbasta (?:e-?)?mail|\bniente più (?:e-?)?mail
        """,
    "pt": r"""
        \bdescadastr|\bdesinscrev
        \bcancel(?:ar|e|em) (?:a |minha |a minha )?(?:inscri[çc][ãa]o|subscri[çc][ãa]o|assinatura)
        \b(?:remov|retir|exclu)\w{1,4}[- ]?(?:me|nos)\b
        \b(?:me|nos) (?:remov|retir|exclu|tir)\w{1,4}\b
        \b(?:remova|retire|exclua|tire) (?:o )?meu
        \bn[ãa]o (?:me )?(?:envi|escrev|contat|contact|mand)\w{1,4}(?:-me)?\b.{0,15}\bmais\b
        \bn[ãa]o (?:quero|desejo) (?:mais )?receber
        \b(?:pare|parem|deixe|deixem) de (?:me |nos )?(?:enviar|escrever|contactar|contatar|mandar)
        \bchega de (?:e-?mails?|mensagens)
        """,
    "nl": r"""
        \buitschrijv|\bschrijf (?:me|mij|ons) uit|\bafmeld|\bmeld (?:me|mij|ons) af
        \b(?:verwijder|haal) (?:me|mij|ons|mijn)\b
        \bgeen (?:verdere (?:e-?mails?|mails?|berichten)|(?:e-?mails?|mails?|berichten) meer)\b
        \bstop met (?:mailen|e-?mailen|schrijven|sturen)
        \b(?:mail|schrijf|contacteer|benader) (?:me|mij|ons) niet
        """,
    "pl": r"""
        \bwypis(?:z|ać|uję|anie|cie|ac)\b|\brezygnuj[ęe]
        \b(?:usuń|usunąć|usuncie|usuńcie|prosz[ęe] o usunięcie)\b.{0,30}\b(?:mnie|nas|mój|mojego|adres\w{0,2}|listy|bazy)\b
        \bnie (?:pisz|kontaktuj)\w{0,4}\b
        \bnie (?:wysyłaj|przysyłaj)\w{0,4} (?:mi |do mnie |nam )?(?:już |więcej|maili|wiadomości)
        \bprzesta[ńćc]\w{0,4} (?:pisa|wysyła|przysyła)
        \b(?:żadnych|nie chcę) (?:\w{1,10} )?(?:więcej )?(?:maili|wiadomości|e-maili|otrzymywać)
        """,
    "sv": r"""
        \bavregistrera|\bavprenumerera|\bavsluta (?:min )?prenumeration|\bavanmäl
        \bta bort (?:mig|oss|min)\b|\bstryk (?:mig|oss)\b
        \binga (?:fler|mer) (?:e-?post|mejl|mail)|\bsluta (?:mejla|maila|skicka|skriva|kontakta)
        \b(?:kontakta|mejla|maila) (?:mig|oss) inte
        """,
    "da": r"""
        \bafmeld|\bframeld
        \b(?:fjern|slet) (?:mig|os|min)\b|\btag mig af\b
        \bikke (?:flere|mere) (?:mails?|e-?mails?|beskeder)|\bingen flere (?:mails?|e-?mails?)
        \bstop med at (?:skrive|sende|maile|kontakte)
        \b(?:kontakt|skriv til) (?:mig|os) ikke
        """,
    "no": r"""
        \bavmeld|\bmeld (?:meg|oss) av
        \b(?:fjern|slett|stryk) (?:meg|oss|min)\b|\bta meg (?:av|bort)\b
        \bikke (?:flere|mer) (?:e-?poster|e-?post|meldinger|mail)|\bingen flere (?:e-?poster|mailer)
        \b(?:slutt|stopp) (?:med )?å (?:skrive|sende|kontakte|maile)
        \b(?:kontakt|skriv til) (?:meg|oss) ikke
        \bikke (?:kontakt (?:meg|oss)|send (?:meg |oss )?(?:flere|mer))\b
        """,
    "fi": r"""
        \bperuuta (?:\w{1,12} )?(?:tilau|uutiskirje)|\bperu tilaus
        \bpoista(?:kaa)? (?:minut|meidät|osoitteeni|tietoni)
        \b(?:älä|älkää)(?: \w{1,14}){0,2} enää\b|\b(?:älä|älkää) ota(?:ko)? yhteyt
        \b(?:älä|älkää) lähet\w{0,6} (?:minulle |meille )?(?:sähköposti|viestejä)
        \bei enää (?:sähköposti|viestejä)|\blopeta(?:kaa)? (?:\w{1,12} )?(?:lähettäminen|viestit)
        """,
    "cs": r"""
        \bodhl[áa][sš]\w{1,6}|\bodhlá[sš]
        \b(?:odstraňte|vymažte|smažte|vyřaďte|vyřadit|vyškrtněte) (?:mě|mne|nás|mou|můj|moji|prosím)
        \b(?:nepište|nekontaktujte)\b
        \b(?:neposílejte|nezasílejte) (?:mi |nám )?(?:už|další|žádné|nic|e-?maily|maily|zprávy)
        \b(?:žádné další|už žádné) (?:e-?maily|maily|zprávy)
        \bpřestaňte (?:mi |nám )?(?:psát|posílat|zasílat)
        """,
    "ru": r"""
        \bотпи[сш]\w{1,8}
        \b(?:удалите|уберите|исключите|вычеркните) (?:меня|нас|мой|мою|наш|пожалуйста)
        \bне (?:пишите|беспокойте)\b
        \bне (?:присылайте|шлите|отправляйте) (?:мне |нам )?(?:больше|писем|письма|рассылк)
        \b(?:больше не|прекратите|перестаньте) (?:\w{1,4} )?(?:пис|прис|слать|отправл|рассыл|пиш)\w{0,10}
        \bотказываюсь от рассылки
        """,
    "ja": r"""
        (?:配信|送信|メール|購読).{0,6}(?:停止|解除|中止|不要)
        (?:もう|二度と|今後).{0,20}(?:送らないで|送信しないで|連絡しないで|メールしないで)
        (?:退会|解約)(?:し|希望|を)|リストから(?:削除|外し|除外)
        メールを?(?:送らないで|やめて|止めて)
        """,
    "zh": r"""
        退[订訂]|取消[订訂][阅閱]
        (?:不要|别|別|请勿|請勿|停止|勿)(?:再|给我|給我|向我){1,2}(?:发|發|寄|联系|聯繫|聯絡|打扰|打擾|发送|發送|骚扰)
        (?:删除|刪除|移除|去掉)(?:我|掉我)|(?:把|将|將)我.{0,12}(?:移除|删除|刪除|删掉|去掉)
        """,
}  # fmt: skip

_ASKS = any_of("\n".join(TABLES.values()))
#: "Stop", as a sentence of its own: "stop by on Tuesday" is none.
_STOP = re.compile(
    r"(?:^|[.,;:!\n])\s{0,4}(?:please |pls |and |just )?(?:stop|stopp|停止)(?: (?:please|pls|it|this|now|that|bitte))?\s{0,4}(?=[.,;!\n]|$)",
    re.IGNORECASE,
)

#: Right before what asks: it asks for the opposite, or tells of something else.
_NOT = re.compile(
    r"""(?:
        \b(?:not|never|n['’]t|didn['’]t|don['’]t|won['’]t|can['’]t|without|if|whether|who|people)
            (?:\s\w{1,10}){0,3}
        |\b(?:nicht|nie|niemals|ne|n['’]|pas|no|non|não|nao|niet|nooit|nie|inte|ikke|aldrig|älä|en|не|никогда|falls|si|se)
            (?:\s\w{1,10}){0,2}
        |(?:不要|别|別|没有|沒有|不想|勿|请勿|不)
    )[\s,]{0,3}$""",
    re.IGNORECASE | re.VERBOSE,
)
#: Right after what asks, where a language puts it there.
_NOT_AFTER = re.compile(
    r"[^.!?\n]{0,25}?(?:\bnicht\b(?! mehr)|\bpas\b|\bniet\b|\bikke\b|\binte\b|しないで|ないで|は不要|していません|しません|していない)",
    re.IGNORECASE,
)
#: Those that are negations themselves: nothing after them turns them round.
_BY_ITSELF = re.compile(
    r"\b(?:nicht|ikke|inte|niet|pas|plus|keine?|geen|inga|ingen|no|non|não|nao|не|nie|ne)\b|ないで|不要|别|別|勿",
    re.IGNORECASE,
)
#: A question is a request only for oneself: "How do your customers unsubscribe?"
_MYSELF = any_of(r"""
    \b(?:me|us|my|our)\b
    \b(?:do|can|may|could) (?:i|we) (?:\w{1,8} )?(?:unsubscribe|opt|get off|stop)
    \b(?:mich|uns|mir|meine|unsere|moi|nous|mon|me|mi|nos|mij|mijn|ons|mnie|nas|mig|oss|min|meg|os)\b
    \b(?:minut|mě|mne|nás|mou|меня|нас|мой)\b|désabonner|désinscrire|-me\b
    \b\w{3,12}(?:mi|ci|melo|me)\b
    私|我|していただけ|してもらえ|できますか|して(?:ください|下さい)
""")

#: Beyond so many words or letters somebody says more than that.
_WORDS, _LETTERS = 14, 160


def wants_no_more(text: str) -> bool:
    """Whether a short text asks for no more mail."""
    plain = text.strip()
    if len(plain.split()) > _WORDS or len(plain) > _LETTERS:
        return False
    if re.search(r"[?？]", plain) and not _MYSELF.search(plain):
        return False
    return _STOP.search(plain) is not None or any(
        _meant(plain, found) for found in _ASKS.finditer(plain)
    )


def _meant(text: str, asked: re.Match[str]) -> bool:
    before = text[max(0, asked.start() - 40) : asked.start()]
    if _NOT.search(before):
        return False
    return bool(_BY_ITSELF.search(asked[0])) or not _NOT_AFTER.match(text[asked.end() :])
