"""What a company's server adds to every mail: warnings above it, and legal text below."""

import re
from collections.abc import Sequence

_PARAGRAPH_MAX = 4000
#: Two of these make a paragraph legal text; one alone may be somebody's own remark.
_LEGAL = re.compile(
    r"""\bconfidential|intended\ (?:recipient|only|solely)|(?:solely|only)\ for\ the\ (?:use|person|addressee|individual|named)
    |privileged|(?:received|sent\ to\ you)\ (?:this|it|the)?.{0,40}\b(?:in\ error|by\ mistake)|unauthori[sz]ed
    |strictly\ (?:prohibited|forbidden)|delete\ (?:it|this|the)|notify\ (?:the\ sender|us)|disclos(?:e|ure)
    |e-?mail\ (?:and\ any|message|transmission)|(?:any|all)\ attach|legally\ binding|virus(?:es)?\b|do\ not\ necessarily
    |vertraulich|adressat|unbefugt|irrtümlich|rechtlich\ geschützt|informieren\ sie\ (?:bitte\ )?(?:sofort|umgehend|den)
    |vernichten\ sie|nicht\ gestattet|bestimmungsgemäß|confidentiel|destinataire|par\ erreur|le\ détruire|non\ autorisée
    |confidencial|destinatario|por\ error|prohibid[ao]|destinatário|por\ engano|proibid[ao]|riservat[eoai]|per\ errore
    |vietat[ao]|esclusivamente|vertrouwelijk|geadresseerde|ten\ onrechte|bestemd|poufn|adresat|omyłkowo|pomyłk
    |konfidentiell|avsedd|mottagare|av\ misstag|fortrolig|modtager|mottaker|ved\ en\ feil(?:tagelse)?|fejltagelse
    |luottamukselli|vastaanottaja|erehdyksess|důvěrn|adresát|omylem|конфиденциальн|получател|по\ ошибке|адресат
    |機密|受信者|誤って|保密|收件人|误收|誤收""",
    re.IGNORECASE | re.VERBOSE,
)
_ENOUGH = 2
#: Enough alone, in a short paragraph.
_FOOTNOTE = re.compile(
    r"""(?:please\ )?(?:consider|think\ (?:of|about))\ (?:the|our)\ environment\ before\ printing
    |denken\ sie\ (?:bitte\ )?an\ die\ umwelt|bitte\ prüfen\ sie.{0,40}(?:umwelt|ausdruck|ausgedruckt|drucken)
    |pensez\ à\ l['’]environnement|antes\ de\ imprimir|prima\ di\ stampare|denk\ aan\ het\ milieu
    |(?:registered\ (?:in|office)|company\ (?:number|registration)|amtsgericht\ \w|handelsregister|registergericht)
    |(?:you\ received\ this\ message|you\ are\ receiving\ this)\ because|to\ unsubscribe\ from\ this\ (?:group|list)""",
    re.IGNORECASE | re.VERBOSE,
)
_FOOTNOTE_MAX = 400
_WARNING = re.compile(
    r"""\W{0,6}(?:\[?external\b|\[?caution\b|\[?warning\b|\[?attention\b|\[?achtung\b|\[?vorsicht\b|\[?externe?\b|you\ don['’]t\ often\ get
    |this\ (?:e-?mail|message)\ (?:originated|came|was\ sent)\ from)""",
    re.IGNORECASE | re.VERBOSE,
)
_OUTSIDE = re.compile(
    r"""outside|external|unknown\ sender|do\ not\ click|don['’]t\ often\ get|extern|außerhalb|expéditeur
    |exterieur|extérieur|fuera\ de|esterno|buiten""",
    re.IGNORECASE | re.VERBOSE,
)
_WARNING_MAX = 600


def without_disclaimers(lines: Sequence[str]) -> list[str]:
    """The lines up to the legal text at their end, and from behind a warning at their start."""
    start, end = 0, len(lines)
    while (first := _paragraph_at_end(lines, start, end)) is not None and first > start:
        if not _is_disclaimer(lines[first:end]):
            break
        end = first
        while end > start and not lines[end - 1].strip():
            end -= 1
    below = _warned(lines[:end])
    return list(lines[below:end])


def _paragraph_at_end(lines: Sequence[str], start: int, end: int) -> int | None:
    """Where the last paragraph begins; None when there is none."""
    while end > start and not lines[end - 1].strip():
        end -= 1
    if end == start:
        return None
    while end > start and lines[end - 1].strip():
        end -= 1
    return end


def _is_disclaimer(paragraph: Sequence[str]) -> bool:
    text = " ".join(map(str.strip, paragraph)).strip()
    if len(text) > _PARAGRAPH_MAX:
        return False
    if len(text) <= _FOOTNOTE_MAX and _FOOTNOTE.search(text):
        return True
    return len({match[0].lower() for match in _LEGAL.finditer(text)}) >= _ENOUGH


def _warned(lines: Sequence[str]) -> int:
    """The line behind a warning against mail from outside; 0 when there is none."""
    start = next((n for n, line in enumerate(lines) if line.strip()), 0)
    end = next((n for n in range(start, len(lines)) if not lines[n].strip()), len(lines))
    text = " ".join(lines[start:end])
    if end == len(lines) or len(text) > _WARNING_MAX:
        return 0
    return end if _WARNING.match(text) and _OUTSIDE.search(text) else 0
