"""Words by which the notices of mail servers are told from other mail.

Here and in the other tables each repetition is bounded, and one stands inside another only where
a blank parts its rounds: hostile text can't make a pattern slow.
"""

import re


def any_of(table: str) -> re.Pattern[str]:
    """One pattern of a table with a pattern on each line, whatever the case."""
    lines = filter(None, map(str.strip, table.splitlines()))
    return re.compile("|".join(lines), re.IGNORECASE | re.MULTILINE)


#: In the subject of a bounce.
BOUNCED = any_of(r"""
    undeliver
    non[ -]?deliver
    \bnot (?:yet )?(?:been |be )?(?:delivered|sent)
    warning: message
    deliver(?:y|ing)[^\n]{0,30}(?:fail|impossible|unsuccessful|incomplete|refused|cancell?ed|abort)
    fail(?:ure|ed|ing)?[^\n]{0,20}(?:notice|notification|deliver|mail|send)
    \bfail(?:ure|ed) notice
    return(?:ed|ing) (?:e-?mail|to sender|message|undeliver)
    delivery (?:status|report|error|problem|notif|delay|expired)
    \b(?:e-?)?mail (?:delivery|system|status|error|failed|failure|returned|transaction|could not|not delivered|undeliver)
    message (?:status|delivery|rejected|could|not|undeliver|bounce|frozen|expired|delayed)
    \bbounced?\b
    \buser unknown|\bunknown (?:user|address|recipient)|\binvalid (?:user|address|recipient)
    \brejected\b|\bwas rejected
    problems? (?:delivering|sending)
    \b(?:can'?t|can ?not|could ?n[o']t|unable to) (?:be )?(?:deliver|send)
    \berror (?:sending|delivering|while)|\bsending (?:your )?(?:mail|message)\b
    \bthere was an error
    \bstatus de entrega|\bentrega (?:fall|no)|\bno se (?:ha )?(?:puede|pudo|podido) entregar
    \bno entregado|\bdevuelto\b|\bcorreo devuelto
    \bnicht zustellbar|unzustellbar|\bzustell|\brückgabe
    \bnon remis|\béchec (?:de |d['’])|\bnon[ _]delivr|\bnon distribu
    \berreur (?:de|d['’]) (?:livraison|envoi)|\bretour à l['’]expéditeur
    \bmancato recapito|\bmancata consegna|\bnon recapitabile|\bnon consegna
    \bconsegna (?:fallita|non riuscita)
    \bn[ãa]o (?:foi )?(?:entregue|poss[íi]vel entregar)|\bfalha (?:na|de) entrega|\bdevolvid[oa]
    \bonbestelbaar|\bniet (?:bezorgd|afgeleverd)
    \bniedostarczon|\bnie (?:została|mo[żz]na) dostarcz|\bzwrot
    \bolevererb|\bkunde inte levereras|\bkan ikke leveres|\bkunne ikke leveres|\bulevereret
    \bikke levert
    \bei voitu toimittaa|\btoimittaminen epäonnistui
    \bnedoručiteln|\bnedoručen
    nondeliverable
    \bdoes not exist
    \baddress (?:error|not found)
    \bndn\b|\bndr\b
    配信|配送(?:失敗|できない)|送信できません|送信(?:エラー|失敗)|戻り|エラー(?:メール|通知)
    メールエラー
    退信|无法送达|無法(?:傳遞|送達|遞送)|未送达|投递失败|系统退信|无法投递
    не доставлен|недоставлен|невозможно доставить|ошибка доставки|не может быть доставлен
""")

#: A subject that begins like this is a mail server's own.
NOTICE = re.compile(
    r"""\W{0,3}(?:\[?(?:postmaster|bounce|auto)\]?:?\s{0,2})?(?:
        undeliver(?:ed|able)\b|non[ -]?deliver(?:y|able)\b|ndn:|ndr:
        |returned?\ (?:e-?)?mail\b|mail\ returned
        |failure\ notice|failure\ delivery|failed\ (?:mail|delivery|to\ deliver)
        |(?:e-?)?mail\ (?:delivery\ (?:fail|error|problem|status|notif)|failed|failure\b|system\ error|could\ not)
        |(?:e-?)?(?:mail\ )?delivery\ (?:fail|status\ notif|notification:|error|has\ failed|unsuccessful|problem)
        |message\ (?:delivery\ (?:fail|has\ failed)|undeliverable|could\ not|not\ delivered|status\ -\ undel)
        |(?:permanent|temporary)\ delivery\ fail|unable\ to\ deliver|could\ not\ deliver
        |sorry,\ your\ message|your\ (?:message|e-?mail)\ (?:could|couldn't|was\ not|cannot)
        |there\ was\ an\ error\ sending|notice:\ mail\ delivery|warning:\ (?:could\ not|message\b)
        |unzustellbar|nicht\ zugestellt|ihre?\ (?:e-?)?(?:mail|nachricht)\ konnte\ nicht|zustellung(?:sfehler|\ fehlgeschlagen)
        |non\ remis|non_remis|échec\ de|message\ non\ (?:remis|distribu|délivr)|avis\ de\ non
        |no\ se\ (?:puede|pudo)\ entregar|no\ entregado|mensaje\ no\ entregado|error\ de\ entrega
        |mancat[oa]\ (?:recapito|consegna)|non\ recapitabile|messaggio\ non\ (?:consegnat|recapitat)
        |n[ãa]o\ entregue|falha\ na\ entrega|mensagem\ não\ entregue
        |onbestelbaar|niet\ bezorgd|niedostarczaln|niedostarczon|olevererbart|kan\ ikke\ leveres|ulevereret
        |toimittaminen\ epäonnistui|nedoručiteln
        |配信(?:不能|エラー|できません)|未配信|送信エラー|系统退信|退信|邮件(?:投递|发送|传输)失败|郵件(?:無法|投遞)|未送达|недоставлен|не\ доставлено
    )""",
    re.IGNORECASE | re.VERBOSE,
)

#: A notice that only says "later".
DELAYED = any_of(r"""
    still (?:trying|being)
    will (?:keep|continue) (?:trying|to (?:be|try))
    (?:this is|only) (?:just )?a(?:n advisory)?[ -](?:warning|only)
    a warning message only
    do not need to re-?send
    delivery (?:has been |is |was )?(?:delayed|deferred|postponed)
    \bhas been (?:delayed|postponed)\b
    delay(?:ed)? (?:mail|delivery|notif)
    delivery[^\n]{0,12}delay
    warning: (?:could not send|message[^\n]{0,40} delayed)
    no action is required
    not (?:been )?yet (?:been )?delivered|not yet been delivered
    message \S{1,60} delayed
    attempts? (?:will|to deliver[^\n]{0,40} will) continue
    continue to (?:attempt|try)
    will (?:be retried|retry|try again)
    (?:wird|werden) weiterhin versucht|\bverzögert\b
    retardé|est différée
""")

#: A notice that tells of past delays, and of their end.
GIVEN_UP = any_of(r"""
    giv(?:ing|en) up|gave up
    will not (?:be )?(?:retr|try|attempt)|won't (?:be )?(?:retr|try)|not going to try again
    (?:deleted|removed) from (?:the )?queue
    no (?:further|more) (?:delivery )?attempts
    permanent(?:ly)? (?:error|fail|fatal)|fail(?:ed)? permanent
    could not be delivered (?:for|within|after) [^\n]{0,30}(?:days?|hours?)\.?$
""")

#: How a notice of failure begins.
FAILED = any_of(r"""
    \b(?:message|mail|e-?mail|letter)\b[^.]{0,80}\b(?:could not|couldn't|cannot|can not|can't|was not|wasn't|has not been|were not|not) (?:be )?(?:deliver|sent|reach)
    \b(?:unable|failed|not able|impossible|failure) (?:to|in) (?:deliver|send)(?:ing)?\b
    \bdelivery (?:to|of|for)\b[^.]{0,80}\b(?:has |have )?(?:failed|was unsuccessful|not possible)
    \bdelivery (?:has )?failed
    \bdid not reach the following
    \b(?:was|were|is) (?:not delivered|undeliverable|undelivered|returned)
    \bundeliver(?:able|ed)\b
    \bnon-?deliver
    \btrouble delivering
    \b(?:was|were|wasn['’]t|am not|isn['’]t) able to deliver|\bcould ?n[o']t deliver
    \bnot delivered to\b|\bhas been returned because
    \berror (?:has occurred |was detected |occurred )?(?:while|during|when) (?:attempting|processing|trying|deliver|sending)
    \bfailed recipients?\b|\bno valid recipients
    \bfehler bei der (?:auslieferung|zustellung|übermittlung)
    \bdet gick inte att leverera|\bkunde inte levereras|\bkunne ikke leveres|\bei voitu toimittaa
    \b(?:following|these) (?:e-?mail )?(?:address|recipient)[^\n]{0,12} (?:failed|was rejected|were rejected)
    \bhad (?:permanent )?(?:fatal |delivery )?(?:errors|problems)
    \bdelivery (?:status notification|problems|errors?)\b
    \bn'a pas pu [êe]tre (?:d[ée]livr|remis|envoy|distribu|achemin)
    \b(?:konnte|kann|konnten) (?:\w{1,12} ){0,4}(?:nicht|leider nicht)[^.]{0,60}(?:zugestellt|übermittelt|gesendet|zustellen)
    \bno (?:ha sido posible|se (?:ha )?(?:pudo|podido|puede)|pudo ser) (?:entrega|envia)
    \bnon (?:è stato possibile|può essere|ha potuto)[^.]{0,30}(?:recapita|consegna|invia)
    \bn[ãa]o (?:p[ôo]de|foi poss[íi]vel|p[ôo]de ser)[^.]{0,30}(?:entreg|envia)
    \bniet (?:worden )?(?:bezorgd|afgeleverd)|\bnie (?:mogła|została|można)[^.]{0,30}dostarcz
    не может быть.{0,10}доставлен|не (?:было|удалось) доставить|не доставлен
    配信(?:できません|不能|に失敗)|届けられません|送信(?:できません|に失敗)|配送できません
    无法(?:送达|投递|发送)|未能(?:送达|投递)|無法(?:送達|傳送|遞送)|退回
""")

#: Somebody answers or hands on a mail that tells of a bounce.
ANSWERS = re.compile(
    r"\s*(?:re|fwd?|fw|aw|wg|sv|vs|vb|vl|antw|doorst|tr|rv|enc|odp|pd|i|r|rif|回复|转发|轉寄|答复)(?:\[\d\])?\s?[:：]",
    re.IGNORECASE,
)

#: What only a challenge-response system writes.
GATEKEEPER = any_of(r"""
    verify (?:that )?you(?:'re| are) (?:a )?(?:human|real|person|not a (?:robot|machine|spammer))
    challenge[ -]response
    (?:allowed|approved|white|guest) ?(?:senders?)?(?:'s)? ?list and to ensure delivery
    (?:have|get) your (?:e-?mail )?address (?:added|approved|verified)
    \bboxbe\b|\bspamarrest\b|\btmda\b|\bsendio\b|\bearthlink spamblocker|\bqurb\b
    \bchoicemail\b|\bmailblocks\b
""")

#: What such a system asks of a sender, and others may.
CHALLENGE = any_of(r"""
    confirm (?:that )?(?:you are|your message\b)
    awaiting (?:your )?verification
    (?:must|need to|have to) (?:first )?(?:confirm|verify) (?:that you\b|your (?:identity|e-?mail|message))
    (?:click|follow)[^\n]{0,40}\s?link[^\n]{0,60}\s?(?:to (?:have your|release|approve|confirm|verify|get|be added)|confirm|verif|approv|allowed)
    one[- ]time (?:verification|confirmation)
    requires? (?:confirmation|verification)\b
""")


def challenges(text: str, *, surely: bool = False) -> bool:
    """Whether a text sends one to a page that proves a person; `surely`: none but a system's."""
    if "http" not in text:
        return False
    return bool(GATEKEEPER.search(text) or (not surely and CHALLENGE.search(text)))
