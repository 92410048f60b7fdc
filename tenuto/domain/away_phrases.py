"""Words of absence, in the languages in which people and their mail programs write them."""

import re

from tenuto.domain.phrases import any_of

#: By language; what a mail program puts before the subject, and what stands in the text. No single
#: word that people use of anything else, such as "office" or "back".
TABLES = {
    "en": r"""
        \bout[ -]of[ -](?:the[ -]|my[ -]|our[ -])?office\b
        \booo\b
        \b(?:automatic|automated) (?:reply|response)
        \bout (?:sick|on leave)\b
        \b(?:on|taking) (?:my |an? )?(?:\w{1,12} )?(?:leave|vacation|holidays?)\b(?! (?:rental|home|season))
        \bvacation (?:reply|response|message|notice|auto)
        \baway from (?:my|the) (?:mail|e-mail|email|desk|office|computer)
        \b(?:am|'m|’m|be|is|are) (?:currently |now |presently )?away (?:from|until|till|on|for|and|with)\b
        \b(?:am|'m|’m|be|is|are) (?:currently |now |presently )?away\s{0,3}(?:[.,;!]|$)
        \bcurrently (?:away|out of|travell?ing|unavailable)
        \b(?:limited|no|intermittent|sporadic|infrequent) access to (?:my )?e?-?mails?
        \bnot (?:be )?(?:in the office|checking (?:my )?e?-?mails?)
        \b(?:maternity|paternity|parental|sick|annual) leave
        """,
    "de": r"""
        \babwesend\b
        \babwesenheit
        \bnicht (?:im|in meinem|in unserem) (?:büro|buero|haus|hause|dienst)\b
        \bautomatische (?:antwort|e-?mail-antwort|rückantwort)
        \b(?:bin|sind|ist)\b[^.\n]{0,60}\bim \w{0,12}urlaub\b
        \burlaubs(?:bedingt|vertretung|notiz)
        ^(?:\W{0,3}im )?urlaub\b
        \baußer haus\b
        \bnicht erreichbar\b
        \bin (?:elternzeit|mutterschutz)\b
        """,
    "fr": r"""
        \babsen(?:ce|te?)s?\b[^.\n]{0,40}\b(?:bureau|congés?|jusqu|du \d|au \d)
        \b(?:suis|serai|sommes) (?:actuellement |momentanément |en ce moment )?absente?s?\b
        \br[ée]ponse automatique
        \bmessage d['’]absence|\bnotification d['’]absence|\bavis d['’]absence
        \ben (?:cong[ée]s?|vacances)\b
        \bhors du bureau\b
        \bcong[ée] (?:de )?(?:maternité|parental|maladie)
        """,
    "es": r"""
        \bfuera de (?:la |mi )?oficina
        \brespuesta autom[áa]tica
        \bde vacaciones\b
        \b(?:estoy|estaré|me encuentro|se encuentra) (?:\w{1,14} )?(?:ausente|fuera)\b
        \bausencia de la oficina|\baviso de ausencia
        \bbaja (?:por )?(?:maternidad|paternidad|médica)
        """,
    "it": r"""
        \bfuori (?:ufficio|sede|dall['’]ufficio)
        \brisposta automatica
        \bin (?:ferie|vacanza|maternità)\b
        \b(?:sono|sarò|sar[àa]) (?:\w{1,14} )?assente\b
        \bassente dall['’]ufficio|\bassenza dall['’]ufficio
        """,
    "pt": r"""
        \bfora d[oe] (?:meu )?escrit[óo]rio
        \bresposta autom[áa]tica
        \b(?:de|em|estou de) f[ée]rias\b
        \b(?:estou|estarei|encontro-me) (?:\w{1,14} )?(?:ausente|fora)\b
        \baus[êe]ncia (?:do|de) escrit[óo]rio|\baviso de ausência
        \blicen[çc]a (?:de )?(?:maternidade|paternidade)
        """,
    "nl": r"""
        \bafwezig
        \bautomatisch (?:antwoord|bericht)
        \b(?:niet|uit) (?:op|van)? ?kantoor
        \bniet aanwezig\b
        \b(?:met|op) (?:vakantie|verlof|zwangerschapsverlof)\b
        \bbuiten (?:het )?kantoor\b
        """,
    "pl": r"""
        \bpoza biurem
        \bautomatyczna odpowied[źz]|\bodpowied[źz] automatyczna
        \bnieobecn(?:a|y|o[śs][ćc])\b
        \bna urlopie\b|\bprzebywam na\b
        """,
    "sv": r"""
        \bautosvar\b|\bautomatiskt svar
        \bfrånvaro|\bfrånvarande\b
        \b(?:inte|ej) på (?:kontoret|plats)
        \b(?:har|på|på) semester\b
        \bföräldraledig|\btjänstledig
        \bborta från kontoret
        """,
    "da": r"""
        \bautosvar\b|\bautomatisk svar
        \bfravær|\bfraværende\b
        \bikke (?:på|til stede på) kontoret|\bikke til stede\b
        \bpå (?:ferie|barsel|orlov)\b|\bholder ferie\b
        \bikke på kontoret
        """,
    "no": r"""
        \bautosvar\b|\bautomatisk svar
        \bfravær|\bfraværende\b
        \bikke (?:på|til stede på) kontoret|\bikke til stede\b
        \b(?:på|har) (?:ferie|permisjon)\b|\bavspaserer\b
        \butenfor kontoret|\bute av kontoret
        """,
    "fi": r"""
        \bpoissa (?:toimistosta|toimistolta|töistä)|\bolen poissa\b
        \bautomaattinen (?:vastaus|poissaoloilmoitus)
        \bpoissaolo
        \b(?:olen|vuosi|kesä|talvi)\s?lomalla\b
        """,
    "cs": r"""
        \bmimo kancelář
        \bautomatická odpověď|\bautomatick[áa] odpov[eě]d
        \bnepřítom(?:en|na|nost)
        \b(?:na|čerpám) (?:dovolen(?:é|ou)|mateřské)\b
        """,
    "ru": r"""
        автоматический ответ
        автоответ
        \b(?:в|нахожусь в) (?:\w{1,15} )?отпуске?\b
        \bвне офиса|\bотсутствую\b|\bотсутствие на рабочем месте
        \bнет на рабочем месте|\bв командировке\b
        """,
    "ja": r"""
        自動(?:応答|返信|回答)
        不在(?:です|の|に|通知|のため|いた|となり|$|\s|[:：])
        (?:休暇|夏季休業|出張|休業)(?:中|の(?:ため|為)|をいただ|を頂)
        外出(?:中|して)
        """,
    "zh": r"""
        自[动動][回答]?[复復覆]
        自動回[覆复復]
        不在(?:办公室|辦公室)
        外出(?:开会|期间|不在|通知|办公|公干|$)
        (?:休假|度假|出差|年假|请假|請假|產假|产假)(?:中|期间|期間|至|到)?
        """,
}  # fmt: skip

AWAY = any_of("\n".join(TABLES.values()))

#: A machine's words that may stand before a notice of absence, or before any other.
AUTOMATIC = any_of(r"""
    \bauto[ -]?(?:matic|mated)?[ -]?(?:repl|respon|answer|notification|message)
    \bauto(?:mat\w{0,6})?:
    \bvacation\b
    \brobot(?:ic)? reply
    \bantwort-?automatik|\bautomatische nachricht
    \bautor[eé]ponse|\br[ée]pondeur
    \bautorespuesta|\bautorisposta|\bautoresponder
""")

#: How a mail program begins the subject of a notice of absence; a person's is seldom like it.
PROGRAM = re.compile(
    r"""\W{0,3}(?:auto:|out\ of\ (?:the\ )?office(?:\ auto-?reply)?\s?[:(-]|autosvar:|автоответ:
        |(?:automatic\ reply|automatische\ antwort|abwesenheitsnotiz|réponse\ automatique
            |respuesta\ automática|risposta\ automatica|resposta\ automática
            |automatisch\ antwoord|automatyczna\ odpowiedź|automatiskt?\ svar
            |automaattinen\ vastaus|automatická\ odpověď|автоматический\ ответ
            |自動応答|自動返信|自动答复|自动回复|自動回覆)\s?[:：\]])""",
    re.IGNORECASE | re.VERBOSE,
)

#: What a ticket system or an office's mailbox writes: it is there, and somebody will read the mail.
ACKNOWLEDGES = any_of(r"""
    \b(?:thanks?|thank you)\b[^.\n]{0,20} for (?:contacting|your|writing|getting in touch|reaching|e-?mailing|submitting)
    \b(?:we|i) have received your
    \b(?:e-?mail|message|request|enquiry|inquiry) (?:has been|was) received
    \b(?:ticket|case|request|reference) (?:number|id|no\b|#)|\bticket has been
    \bnew (?:ticket|support request)
    \bgracias por (?:contactar|escribir|tu|su)|\bhemos recibido
    \b(?:danke|dank) für ihre? (?:anfrage|nachricht|e-?mail|mail)
    \bihre (?:anfrage|nachricht|e-?mail) (?:ist|wurde)
    \bmerci (?:de|pour) (?:votre|nous)|\bnous avons bien reçu|\baccusé de réception
    \bgrazie per (?:averci|aver|la)|\babbiamo ricevuto
    \bobrigad[oa] (?:por|pelo)|\brecebemos
    \bbedankt voor (?:uw|je)|\bdziękujemy za|\btack för (?:ditt|ert)|\btak for din|\btakk for din
    \bspasibo za|спасибо за (?:ваше|обращение)|お問い合わせ(?:いただき|ありがとう)
    感谢您的(?:来信|邮件)
""")

#: Somebody tells of an absence that is over.
OVER = any_of(r"""
    \b(?:was|were|been|had) (?:\w{1,12} ){0,3}(?:away|out|on|travell?ing)\b
    \b(?:just|now|i am|i'm|i’m) (?:\w{1,8} )?back (?:from|in|at)\b
    \bback from (?:my |a |the )?(?:\w{1,12} )?(?:leave|vacation|holidays?)
    \b(?:war|waren|hatte) (?:\w{1,12} ){0,4}(?:im \w{0,12}urlaub|abwesend|nicht im)
    \baus dem urlaub zurück
    \b(?:étais|j['’]étais|rentrée? de|de retour de)\b
    \b(?:estuve|estaba|volví)\b|\b(?:ero|sono stat[oa]|tornat[oa])\b|\b(?:estive|estava|voltei)\b
    \bwas (?:ik )?(?:\w{1,12} ){0,3}(?:afwezig|op vakantie|niet aanwezig)\b
    \bbył[ae]?m\b|\bvar (?:borta|på semester|på ferie)\b|\bolin\b|\bbyl[a]? jsem\b
    \b(?:был|была|вернулся|вернулась)\b
""")

_QUOTED = re.compile(
    r"\b(?:re|aw|antw|sv|vs|odp|rif|ref|res|回复|答复|返信)\s?[:：]", re.IGNORECASE
)


def said_in_subject(subject: str, ours: str) -> str:
    """A subject without what it repeats of ours, or of whatever else it answers."""
    own = subject.lower()
    if ours:
        own = own.replace(ours.lower(), " ")
    mark = _QUOTED.search(own)
    return own[: mark.start()] if mark else own
