"""Words by which mail programs announce whom they quote.

No repetition stands inside another, and each is bounded: hostile text can't make one slow.
"""

import re

COLONS = (":", "：")
#: The words for "wrote" that end an attribution, or stand before the name in it.
WROTE = frozenset(
    """wrote writes schrieb schrieben geschrieben schreibt écrit ecrit écrivait écrivit escribió
    escribio escribía scritto scrisse scriveva scrive escreveu escrito schreef geschreven napisał
    napisała napisał(a) pisze naisał skrev skrifaði kirjoitti napsal napsala napsal(a) napsal/a
    píše napísal napísala napísal(a) написал написала написал(а) пишет писал писала пише написав
    написала написа írta scris yazdı έγραψε γράφει כתב כתבה כתב/ה كتب كتبت viết menulis escriure
    escrigué napisao napisala napisao/la napisal rašė parašė rakstīja kirjutas 作成 작성 wrote----
    """.split()  # noqa: SIM905 - a table of words
)
#: Weak: they also lead to what somebody says himself, so a quotation has to follow.
SAID = frozenset({"said", "says", "dit", "sagte", "dijo", "disse", "ha", "zei", "sa"})
#: Who says it of himself names no other.
OWN = frozenset("i ich wir we je nous yo io eu ik jag jeg minä já я мы".split())  # noqa: SIM905
#: In scripts that put no spaces between words.
WROTE_UNSPACED = (
    "写道",
    "寫道",
    "写到",
    "来信",
    "のメール",
    "書きました",
    "이 작성",
    "님이 작성",
    "เขียนว่า",
)
#: Those of them that a name can follow up to the colon.
BEFORE_NAME = WROTE - {"wrote", "writes", "écrit", "ecrit", "scritto", "escrito"}

#: What a field says, by its label in the languages of mail programs.
_LABELS = {
    "sender": """from von de da van från fra lähettäjä od от від kimden feladó από expéditeur
        remitente mittente afzender nadawca odesílatel отправитель de la 差出人 送信者 发件人 寄件者
        寄件人 보낸사람 보낸_사람 מאת""",
    "date": """sent date gesendet datum envoyé envoyé_le date_d'envoi enviado enviado_el enviada_em
        enviado_em enviada fecha data data_de_envio inviato inviato_il verzonden sendt dato skickat
        lähetetty päivämäärä päiväys wysłano wysłane data_wysłania odesláno odoslané отправлено дата
        отправлен надіслано gönderildi gönderme_tarihi tarih elküldve dátum trimis sendt_den στάλθηκε
        送信日時 日時 日期 发送时间 发送日期 時間 时间 寄件日期 傳送日期 보낸_날짜 날짜 נשלח""",
    "to": """to an à a para til till vastaanottaja do komu кому kime címzett către prima aan pour
        destinataire destinatario 宛先 收件人 收件者 받는사람 받는_사람 אל""",
    "copy": """cc bcc kopie kopia copie copia kopi kopio копия копія bilgi másolat ccn cco
        抄送 副本 참조 עותק""",
    "subject": """subject betreff objet asunto assunto oggetto onderwerp emne ämne aihe temat
        předmět predmet тема konu tárgy subiect θέμα 件名 主题 主題 主旨 제목 נושא""",
    "reply": """reply-to antwort_an répondre_à responder_a responder_para risposta rispondi_a
        beantwoorden antwoord_aan svar_til svara_till vastausosoite odpowiedz_do""",
    "other": """importance priority attachments priorität wichtigkeit importanza anlagen organization
        mailed-by signed-by message-id in-reply-to resent-from""",
}
ROLES = {label.replace("_", " "): role for role, text in _LABELS.items() for label in text.split()}

ANNOUNCES = re.compile(
    r"""original[\ -]?(?:message|appointment|e?-?mail|nachricht|meddelelse|melding)|forwarded\ (?:message|by|mail)
    |reply\ message|urspr(?:ü|ue)ngliche[rs]?\ (?:nachricht|e-?mail|termin|mail)|originalnachricht
    |weitergeleitete\ (?:nachricht|mail|e-mail)|message\ (?:d['’]origine|original|transféré)
    |courriel\ original|mensaje\ (?:original|reenviado)|mensagem\ (?:original|encaminhada|reencaminhada)
    |messaggio\ (?:originale|inoltrato)|o(?:or|ri)spronkelijk\ bericht|oorspronkelijk\ bericht
    |doorgestuurd\ bericht|doorgezonden\ bericht|(?:oprindelig|opprinnelig)\ (?:meddelelse|melding|besked)
    |videresendt\ (?:besked|melding|meddelelse)|ursprungligt\ meddelande|vidarebefordrat\ meddelande
    |originalmeddelande|alkuperäinen\ viesti|(?:edelleen)?välitetty\ viesti|wiadomość\ oryginalna
    |oryginalna\ wiadomość|(?:przekazana|przesłana\ dalej)\ wiadomość|(?:původní|přeposlaná)\ (?:zpráva|e-mail)
    |pôvodná\ správa|(?:исходное|пересылаемое|пересланное|оригинальное)\ сообщение
    |переслане\ повідомлення|(?:orijinal|özgün|iletilen)\ (?:mesaj|ileti)|eredeti\ üzenet|továbbított\ üzenet
    |mesaj\ (?:original|redirecționat)|αρχικό\ μήνυμα|προωθημένο\ μήνυμα|元のメッセージ|転送メッセージ
    |原始邮件|原始郵件|转发的?邮件|轉寄的?郵件|原邮件|원본\ ?메[시일]지?|전달된\ 메[시일]지?|הודעה\ מקורית""",
    re.IGNORECASE | re.VERBOSE,
)
#: Apple Mail and others announce without dashes.
BEGINS = re.compile(
    r"""begin\ forwarded\ message|début\ du\ message\ (?:transféré|réexpédié)
    |anfang\ der\ weitergeleiteten\ nachricht|inizio\ (?:del\ )?messaggio\ inoltrato
    |inicio\ del\ mensaje\ reenviado|início\ da\ mensagem\ (?:re)?encaminhada
    |begin\ doorgestuurd\ bericht|vidarebefordrat\ (?:brev|mejl)|start\ på\ videresendt\ besked
    |videresendt\ (?:melding|besked)|välitetty\ viesti\ alkaa|początek\ przekazywanej\ wiadomości
    |začátek\ přeposílané\ zprávy|начало\ пере(?:адресованного|сылаемого)\ сообщения
    |下面是被转发的邮件|開始轉寄郵件|以下は転送されたメッセージ(?:です)?|전달된\ 메시지\ 시작
    |iletilen\ ileti\ başlangıcı""",
    re.IGNORECASE | re.VERBOSE,
)
#: What a help desk writes above its mail.
ABOVE = re.compile(
    r"""\W{0,12}(?:(?:please\ )?(?:type|write|enter|add)\ (?:your\ )?repl(?:y|ies)|(?:please\ )?(?:only\ )?reply|write|respond)
    \W{0,3}(?:only\ )?above\ this\ (?:line|point|text)
    |\W{0,12}(?:bitte\ )?(?:antworten\ sie\ )?(?:nur\ )?(?:ober|über)(?:halb\ )?\W?dieser\ (?:linie|zeile)
    |\W{0,12}(?:veuillez\ )?(?:répondre|répondez|écrire)\ au[- ]dessus\ de\ cette\ ligne
    |\W{0,12}(?:por\ favor,?\ )?(?:responda|responder|escriba)\ (?:por\ )?encima\ de\ esta\ línea
    |\W{0,12}(?:rispondi|rispondere)\ sopra\ questa\ (?:riga|linea)
    |\W{0,12}(?:responda|escreva)\ acima\ desta\ linha
    |\W{0,12}(?:antwoord|typ\ uw\ antwoord)\ boven\ deze\ (?:lijn|regel)""",
    re.IGNORECASE | re.VERBOSE,
)
