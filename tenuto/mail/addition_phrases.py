"""Words by which devices, mail programs and companies' servers add to what a person wrote.

No repetition stands inside another, and each is bounded: hostile text can't make one slow.
"""

import re

#: "Sent", at the start of the line or at its end, in the languages of mail programs.
SENT = re.compile(
    r"""^(?:sent|from\ my|gesendet|von\ meine[mr]|envoyée?|enviado|inviato|inviata|verzonden|verstuurd
        |sendt|skickat|skickades|lähetetty|wysłan[eoay]|odesláno|odoslané|отправлено|надіслано|trimis
        |изпратено|στάλθηκε|elküldve|enviat|poslano|poslato|išsiųsta|saadetud|sūtīts|אנחלה|נשלח|أرسلت
        |تم\ الإرسال|diese\ (?:nachricht|e-?mail|mail)\ wurde)\b
    |^(?:發自|发自|從我|从我|來自我|来自我|由我)
    |(?:gesendet|geschickt|gönderildi|küldve|wurde|から送信|傳送|发送|發送|보냄|보냈습니다|에서\ 보냄)[.)>\s]{0,5}$""",
    re.IGNORECASE | re.VERBOSE,
)
#: A device or a program, or an address to get it from.
DEVICE = re.compile(
    r"""i-?phon[eu]?|i-?pad|i-?pod|android|mobil|handy|smartphone|(?:tele|\b)phone\b|\bcell\b|galaxy|samsung
    |huawei|xiaomi|oneplus|\bpixel\b|blackberry|nokia|\bhtc\b|windows|outlook|(?:yahoo|air|k-9|proton|hot|g)\s?-?mail
    |\b(?:mail|mailbox|tutanota|tuta|superhuman|mailspring|spark|mimestream|missive|bluemail|thunderbird)\b
    |\b(?:shortwave|canary|edison|newton|spike|posteo|fairemail)\b|téléphone|teléfono|móvil|telefon|puhelim
    |телефон|устройств|携帯|手机|手機|行動裝置|아이폰|\btablet\b|notebook|laptop|\bwatch\b|\bdevice\b""",
    re.IGNORECASE | re.VERBOSE,
)
CHECKED = re.compile(
    r"""virus[- ]?free\b.{0,60}(?:avast|avg)|(?:avast|avg).{0,60}virus|checked\ for\ viruses
    |scanned\ (?:for\ viruses|by\ \w)|auf\ viren\ (?:geprüft|überprüft)|virenfrei|sans\ virus
    |libre\ de\ virus|privo\ di\ virus|virusvrij|без\ вирусов""",
    re.IGNORECASE | re.VERBOSE,
)

#: Two of these make a paragraph legal text; one alone may be somebody's own remark.
LEGAL = re.compile(
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
#: Enough alone, in a short paragraph.
FOOTNOTE = re.compile(
    r"""(?:please\ )?(?:consider|think\ (?:of|about))\ (?:the|our)\ environment\ before\ printing
    |denken\ sie\ (?:bitte\ )?an\ die\ umwelt|bitte\ prüfen\ sie.{0,40}(?:umwelt|ausdruck|ausgedruckt|drucken)
    |pensez\ à\ l['’]environnement|antes\ de\ imprimir|prima\ di\ stampare|denk\ aan\ het\ milieu
    |(?:registered\ (?:in|office)|company\ (?:number|registration)|amtsgericht\ \w|handelsregister|registergericht)
    |(?:you\ received\ this\ message|you\ are\ receiving\ this)\ because|to\ unsubscribe\ from\ this\ (?:group|list)""",
    re.IGNORECASE | re.VERBOSE,
)
WARNING = re.compile(
    r"""\W{0,6}(?:\[?external\b|\[?caution\b|\[?warning\b|\[?attention\b|\[?achtung\b|\[?vorsicht\b|\[?externe?\b|you\ don['’]t\ often\ get
    |this\ (?:e-?mail|message)\ (?:originated|came|was\ sent)\ from)""",
    re.IGNORECASE | re.VERBOSE,
)
OUTSIDE = re.compile(
    r"""outside|external|unknown\ sender|do\ not\ click|don['’]t\ often\ get|extern|außerhalb|expéditeur
    |exterieur|extérieur|fuera\ de|esterno|buiten""",
    re.IGNORECASE | re.VERBOSE,
)
