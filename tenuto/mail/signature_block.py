"""What a mail program puts under a text: the signature behind its mark, and what sent it."""

import re

from tenuto.mail.quotation import visible

_LINE_MAX = 160
_WORDS_MAX = 14

#: RFC 3676 section 4.3, with and without its space; some programs write a dash.
_MARK = re.compile(r"(?:--|__|—|––)\s{0,3}$")
_RULE = re.compile(r"[\s>]{0,20}[-_=+#*~ᐧ—–]{1,400}(?:\s[-_=+#*~—–]{1,200}){0,20}\s{0,20}$")
_UNDERSCORES = re.compile(r"_{5,200}$")

#: "Sent", at the start of the line or at its end, in the languages of mail programs.
_SENT = re.compile(
    r"""^(?:sent|from\ my|gesendet|von\ meine[mr]|envoyée?|enviado|inviato|inviata|verzonden|verstuurd
        |sendt|skickat|skickades|lähetetty|wysłan[eoay]|odesláno|odoslané|отправлено|надіслано|trimis
        |изпратено|στάλθηκε|elküldve|enviat|poslano|poslato|išsiųsta|saadetud|sūtīts|אנחלה|נשלח|أرسلت
        |تم\ الإرسال|diese\ (?:nachricht|e-?mail|mail)\ wurde)\b
    |^(?:發自|发自|從我|从我|來自我|来自我|由我)
    |(?:gesendet|geschickt|gönderildi|küldve|wurde|から送信|傳送|发送|發送|보냄|보냈습니다|에서\ 보냄)[.)>\s]{0,5}$""",
    re.IGNORECASE | re.VERBOSE,
)
#: A device or a program, or an address to get it from.
_DEVICE = re.compile(
    r"""i-?phon[eu]?|i-?pad|i-?pod|android|mobil|handy|smartphone|(?:tele|\b)phone\b|\bcell\b|galaxy|samsung
    |huawei|xiaomi|oneplus|\bpixel\b|blackberry|nokia|\bhtc\b|windows|outlook|(?:yahoo|air|k-9|proton|hot|g)\s?-?mail
    |\b(?:mail|mailbox|tutanota|tuta|superhuman|mailspring|spark|mimestream|missive|bluemail|thunderbird)\b
    |\b(?:shortwave|canary|edison|newton|spike|posteo|fairemail)\b|téléphone|teléfono|móvil|telefon|puhelim
    |телефон|устройств|携帯|手机|手機|行動裝置|아이폰|\btablet\b|notebook|laptop|\bwatch\b|\bdevice\b""",
    re.IGNORECASE | re.VERBOSE,
)
_SENT_FROM_MY = re.compile(r"\W{0,4}sent (?:from|via|by|with|using|on) (?:my|a) \S", re.IGNORECASE)
_FROM_MOBILE = re.compile(
    r"\W{0,3}(?:\w{1,20}\s)?(?:from|via) (?:my )?(?:mobile|i-?phone|i-?pad|phone)(?: \w{1,10})?\W{0,3}$",
    re.IGNORECASE,
)
_OUTLOOK = re.compile(
    r"\boutlook\b.{0,80}\b(?:ios|android)|\b(?:ios|android).{0,30}\boutlook\b", re.I
)
_LINK = re.compile(r"\]?\(https?:[^\s)]{0,300}\)?|<?https?:[^\s>]{0,300}>?")
_CHECKED = re.compile(
    r"""virus[- ]?free\b.{0,60}(?:avast|avg)|(?:avast|avg).{0,60}virus|checked\ for\ viruses
    |scanned\ (?:for\ viruses|by\ \w)|auf\ viren\ (?:geprüft|überprüft)|virenfrei|sans\ virus
    |libre\ de\ virus|privo\ di\ virus|virusvrij|без\ вирусов""",
    re.IGNORECASE | re.VERBOSE,
)


def is_mark(line: str) -> bool:
    """Whether a signature starts behind the line."""
    return _MARK.match(line) is not None


def is_rule(line: str) -> bool:
    """Whether the line is drawn, not written."""
    return len(line) <= _LINE_MAX and bool(line.strip()) and _RULE.match(line) is not None


def is_footer_rule(line: str) -> bool:
    """Whether the line is one that list servers draw above their footer."""
    return _UNDERSCORES.match(line) is not None


def is_machines(line: str) -> bool:
    """Whether the whole line is an advertisement of what sent or checked the mail."""
    plain = visible(line)
    if not plain or len(plain) > 2 * _LINE_MAX:
        return False
    bare = _LINK.sub(" ", plain).strip("<>()[]*_.\"' ")
    words = bare.split()
    if len(words) > _WORDS_MAX or len(bare) > _LINE_MAX:
        return False
    sent = _SENT.search(bare) and _DEVICE.search(bare)
    get = _OUTLOOK.search(bare) and len(words) <= _WORDS_MAX // 2
    return bool(
        sent
        or get
        or _SENT_FROM_MY.match(bare)
        or _FROM_MOBILE.match(bare)
        or _CHECKED.search(bare)
    )
