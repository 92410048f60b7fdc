"""Words by which mails are told apart.

No repetition stands inside another, and each is bounded: hostile text can't make one slow.
"""

import re


def any_of(table: str) -> re.Pattern[str]:
    """One pattern of a table with a pattern on each line, whatever the case."""
    lines = filter(None, map(str.strip, table.splitlines()))
    return re.compile("|".join(lines), re.IGNORECASE | re.MULTILINE)


#: In a subject, or at the start of a text.
AWAY = any_of(r"""
    out[ -]of[ -](?:the )?office
    \booo\b
    \bon (?:\w{1,12} )?(?:leave|vacation|holidays?)\b
    auto(?:matic)?[ -]?repl(?:y|ies)
    autoresponse
    auto[ -]?respon[ds]
    \bvacation\b
    away from (?:my|the) (?:mail|e-mail|email|desk|office)
    \bi am away\b
    \bi'm away\b
    currently (?:away|out|unavailable)
    limited access to (?:my )?e?-?mail
    abwesend
    abwesenheit
    nicht im (?:büro|haus|hause)
    automatische antwort
    im urlaub\b
    absen(?:ce|t)\b.{0,20}\b(?:bureau|office|cong)
    réponse automatique
    \ben cong[ée]s?\b
    absence du bureau
    fuera de (?:la )?oficina
    respuesta automática
    \bde vacaciones\b
    fuori (?:ufficio|sede)
    risposta automatica
    \bin ferie\b
    fora do escritório
    resposta automática
    \bde férias\b
    afwezig
    automatisch antwoord
    niet aanwezig
    poza biurem
    automatyczna odpowiedź
    \bautosvar\b
    frånvaro
    fravær
    ikke til stede
    poissa toimistosta
    automaattinen vastaus
    mimo kancelář
    automatická odpověď
    автоматический ответ
    автоответ
    в отпуске
    自動(?:応答|返信)
    不在
    自动(?:回复|答复)
    不在办公室
    外出
""")

#: In the subject of a bounce.
BOUNCED = any_of(r"""
    undeliver
    non[ -]?deliver
    not (?:yet )?(?:been |be )?delivered
    warning: message
    deliver(?:y|ing)[^\n]{0,30}fail
    fail(?:ure|ed)[^\n]{0,20}(?:notice|deliver|mail|send)
    fail(?:ure|ed) notice
    return(?:ed|ing) (?:mail|to sender|message)
    delivery (?:status|report|error|problem|notif)
    mail (?:delivery|system|status|error|failed)
    message (?:status|delivery|rejected|could)
    \bbounced?\b
    user unknown
    unknown (?:user|address|recipient)
    \brejected\b
    problem delivering
    nicht zustellbar
    unzustellbar
    zustellung
    warning: could not send
    non remis
    échec de (?:la )?remise
    no se puede entregar
    nondeliverable
    mancato recapito
    undelivered
    does not exist
    address (?:error|not found)
    \bndn\b
    não (?:foi )?entregue
    配信
    退信
    не доставлено
""")

#: A bounce that only says "later".
DELAYED = any_of(r"""
    still (?:trying|being)
    will (?:keep|continue) (?:trying|to be)
    (?:this is|only) a warning
    do not need to re-?send
    delivery (?:has been )?(?:delayed|deferred)
    delay(?:ed)? (?:mail|delivery|notif)
    delivery[^\n]{0,12}delay
    warning: (?:could not send|message delayed)
    no action is required
    not yet been delivered
    message \S{1,60} delayed
    attempts will continue
    continue to (?:attempt|try)
    will be retried
""")

#: Somebody answers or hands on a mail that tells of a bounce.
ANSWERS = re.compile(r"\s*(?:re|fwd?|aw|wg|sv|vs|antw|tr|rv|odp)\s?:", re.IGNORECASE)

_STOPS = any_of(r"""
    \bunsubscribe
    \bremove me
    \btake me off
    \bopt[ -]?(?:me )?out\b
    ^\W{0,3}(?:please )?stop(?: please| it| this)?\W{0,3}$
    stop (?:e-?mailing|contacting|writing|sending|messaging)
    do(?:n't|n’t| not) (?:e-?mail|contact|write|message)(?: to)? me
    no more (?:e-?)?mails?
    leave me alone
    abmelden|austragen|abbestellen
    keine (?:weiteren )?(?:e-?)?mails? mehr
    désabonn\w{1,6}
    désinscri\w{1,6}
    darme de baja
    dar de baja
    cancelar (?:la )?suscripción
    disiscriv\w{1,6}
    cancellami
    cancelar (?:a )?(?:inscrição|subscrição)
    descadastrar
    uitschrijven
    wypisz
    rezygnuję
    avregistrera
    avmeld\w{0,3}
    afmeld\w{0,3}
    peruuta tilaus
    odhlásit
    отпис\w{1,8}
    配信停止
    退订
    取消订阅
""")
_NEGATED = any_of(r"""
    \b(?:never|don['’]t|do not|didn['’]t|won['’]t|can['’]t) (?:stop|unsubscribe)
""")
#: "How do your customers unsubscribe?": beyond so many words somebody says more than that.
_SHORT = 12

#: What a challenge-response system asks of a sender.
CHALLENGE = any_of(r"""
    confirm (?:that )?(?:you|your) (?:are|e-?mail|message|address)
    verify (?:that )?you are (?:a )?(?:human|real)
    challenge[ -]response
    awaiting (?:your )?verification
    must (?:first )?(?:confirm|verify)
    (?:click|follow)[^\n]{0,40}link[^\n]{0,60}(?:deliver|release|approve|confirm|verif)
    approved? senders?
    boxbe
    spamarrest
    one[- ]time (?:verification|confirmation)
""")


def wants_no_more(text: str) -> bool:
    """Whether a short text asks for no more mail."""
    asks = _STOPS.search(text) is not None and _NEGATED.search(text) is None
    return asks and len(text.split()) <= _SHORT
