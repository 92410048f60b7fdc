"""What mail servers write of an address that they didn't take a mail for.

Each line is the wording of a server or of a family of them, in the languages in which they write.
"""

from tenuto.domain.phrases import any_of

#: What an address may be called.
_WHO = (
    r"\b(?:users?|user name|recipients?|mail ?box|(?:e-?mail )?address(?:ee|es)?|(?:e-?mail )?account"
    r"|alias|mail drop|person|spectator|subscriber|rcpt(?: to)?|customer|member|inbox|mail ?account)\b"
)
#: What a domain may be called.
_WHERE = r"\b(?:host|domain|hostname|mail exchanger)\b"

#: There is no such person, host or domain, or there is none any more.
DEAD = any_of(
    r"""
    WHO.{0,60}\b(?:unknown|inactive|invalid|disabled|discontinued|deactivated|expired|undeliverable)
    WHO.{0,60}\bno longer\b
    WHO.{0,60}(?:\bnot|n't)(?: currently| be)? (?:exist|found|known|recogni[sz]ed|present|listed|ok\b)
    WHO.{0,60}\b(?:is|are|was|were) ?(?:not|n't) (?:an? )?(?:valid|known|active|available|local)
    WHO.{0,40}\bnot (?:a )?(?:valid|known|active|available|local|accepted|registered)
    WHO.{0,40}\b(?:been|is|was) (?:closed|deleted|removed|terminated|cancell?ed|deactivated)
    WHO.{0,20}\bmissing home directory
    <>\W{0,6}(?:is |was |user )?(?:not found|unknown|invalid|not exist|does not exist|doesn't exist|not (?:a )?(?:known|valid))
    WHO (?:rejected|invalid|unavailable|unavaiable)\b
    WHO is un(?:available|defined)
    \b(?:unknown|invalid|no such|bad|illegal|unrecogni[sz]ed|missing|not a|no valid|no local)\b.{0,30}WHO
    \b(?:non-?existent|disabled|inactive|deactivated|undefined)\b.{0,20}WHO
    \bno (?:user|mail ?box|mail box|account|recipient|address|person|one|entry)\b.{0,40}\b(?:here|named?|found|by that|with that|available|at this|in (?:name )?directory)
    \b(?:unknown|no such|illegal|invalid|non-?existent|bad destination)\b.{0,20}(?:WHERE|\bsystem\b|\blocal[ -]?part)
    \blocal part\b.{0,40}\bunknown
    \bunknown local[ -]?part
    \b(?:unrouteable|unroutable|undeliverable) (?:mail )?(?:address|domain|user|recipient)
    WHERE.{0,80}(?:\bunknown|\bnot found|\bnon-?existent|(?:does not|doesn't|doesnt) exist|\binvalid|must exist|\bnot resolvable)
    WHERE.{0,40}\b(?:does not|doesn't) accept (?:any )?(?:e-?)?mail(?! from)
    \b(?:no|indicated no) smtp service
    \bnull mx\b
    \b(?:doesn't|does not|didn't) have an? .{0,60}(?:account|mailbox)
    \b(?:isn't|is not) (?:a valid|a known|an active|listed|in my|our customer|a user|a member|currently registered)
    \bnot our customer
    \bnot (?:a )?(?:known|valid) user
    \bname (?:or service )?not (?:known|found)
    \bname service error
    \bnxdomain
    \bno mx\b
    \bmx lookup
    \bdns domain .{0,80}does not exist
    \bdomain name not found
    \bdns server returned answer with no data
    \bdns_lookup_no_record
    \bhost unreachable
    \bnon-?existent hosts?\b
    \blookups? failed permanently
    \bcouldn't find (?:any host|a mail exchanger)
    \benvelope recipient has been denied
    \bno \S{1,64} in name directory
    \bnon existent (?:user|address|mailbox)
    \binvalid final delivery userid
    \bnot listed in .{0,40}(?:directory|address book|name)
    \bnot found in .{0,40}(?:directory|database|table)
    \bnot present in directory
    \bin (?:my )?bad ?(?:rcptto|recipient)
    \bbad[_-]?(?:rcptto|recipient)
    \bnot in my validrcptto
    \bdestination addresses were unknown
    \brecipnotfound|recipient ?not ?found|resolver\.adr\.\w{0,12}notfound
    \b000c05a6\b
    \buser doesn't
    \bno such (?:user|person|recipient|address|domain|mailbox|account)
    \baccess denied\. AS\(201806281\)
    \bmail ?box (?:is )?(?:unavailable|unavaiable|invalid|not available)
    \b(?:couldn't|could not|can't|cannot) be (?:found|resolved)
    \bwasn't found
    \bcould not find (?:user|recipient|mailbox)
    \bdoes not like recipient
    \bcan't (?:accept|verify) (?:user|recipient)
    \bno thank you.{0,20}account unavailable
    \b(?:has|have) (?:been replaced|moved)\b
    \bhas left the (?:company|organi[sz]ation)
    \bverify the recipient|check the recipient
    \brejected recipients?\b
    \bno valid recipients
    \bwrong or no longer valid
    \bno matches to (?:nameserver )?query|\bdoes not have a final e-?mail delivery point
    \butilisateur inconnu|destinataire.{0,30}(?:inconnu|invalide|inexistant)
    adresse.{0,60}(?:invalide|inconnue|inexistante)|n'existe (?:pas|plus)
    \bunbekannt|existiert nicht|nicht gefunden|kein(?:en)? (?:benutzer|empfänger|postfach)\b
    \bno existe\b|usuario desconocido|destinatario desconocido
    direcci[oó]n.{0,20}(?:inexistente|inv[aá]lida)
    \bnessun utente|utente (?:sconosciuto|inesistente)
    destinatario (?:sconosciuto|inesistente)|non esiste
    \busu[aá]rio (?:desconhecido|inexistente|inv[aá]lido)|n[aã]o existe|caixa postal inexistente
    \bonbekend|bestaat niet
    \bnie istnieje|nieznany (?:u[zż]ytkownik|adres)|konto niedost[eę]pne
    не существует|пользователь не найден|несуществующ|неизвестный (?:пользователь|адрес)
    見つかりません|存在し(?:ない|ません)|該当する(?:ユーザー?|アドレス)
    不存在|用户未找到|找不到|無此|无此
    """.replace("WHO", _WHO).replace("WHERE", _WHERE)
)

#: It has no room for this mail.
FULL = any_of(r"""
    \b(?:over|exceed\w{0,3}|full|reached|violat\w{1,4}|limit)\b.{0,40}\b(?:quota|mail ?box|storage|allocation|disk|space|limit|size)
    \b(?:quota|mail ?box|storage|disk|allocation|inbox|mail ?folder|mail file|maildir|account)\b.{0,40}(?:\bfull\b|\bexceed|\bexhaust|\bover\b|\blimit|\bviolat)
    \bover ?quota|\bquota\b
    \bfull mail ?box
    \bnot enough (?:free |storage |disk )?space|\bdoes not have enough space
    \bspace has been used up
    \btoo much mail data
    \btoo (?:large|big)\b
    \b(?:message|maximum|max|mail)\b.{0,20}\b(?:size|length)\b
    \bsize limit
    \binsufficient (?:disk|system|storage)|\bno space left
    \btoo many messages on the server
    \bmxloopback|\bconfigured in a loop
    \bpleine\b|\bsatur[ée]e
    \bpostfach.{0,20}voll|speicherplatz|\büberschritten
    \bllen[oa]\b|\bcuota\b|\bespacio insuficiente
    \b(?:casella|mailbox|caixa|postbus)\b.{0,30}\b(?:piena|cheia|vol)\b
    \bprzepe[łl]nion|\bprzekroczon
    переполнен|превышен
    容量|一杯です|いっぱい
    已满|已滿|超过.{0,10}(?:限制|容量)
""")

#: Nobody got through to it, or not today.
LATER = any_of(r"""
    \btemporar
    \btempfail|\btemp_failure
    \btry(?:ing)? again later|\bplease try\b.{0,20}\blater|\btry again in \d
    \btimed? ?-?out\b
    \bconnection (?:refused|dropped|reset|closed|lost|failed|timed|died)
    \bno route to host|\bnetwork (?:is )?unreachable|\bnetwork error
    \bgr[ea]y-?list
    \bretry time(?:out)?\b|\bdelivery time expired|\bmessage expired|\bqueue\.expired
    \bin the queue too long
    \bdelivery failed \d{1,3} attempts|\bmaximum delivery attempts|\bnot been collected after
    \bnot (?:be )?delivered within|\bwithin the allowed queue period
    \bserver did not respond|\bnot responding|\bdid not accept our requests to connect
    \bwasn't able to establish an smtp connection|\bcould not connect
    \blooping\b|\bloops? back\b|\bmail loop|\b(?:routing|forwarding) loop|\btoo many hops|\bhop count
    \bsuspended\b|\blocked\b|\bfrozen\b|\btemporarily limited
    \bthe user\(s\) account is disabled
    \b(?:system|local|internal|configuration) (?:server )?(?:error|problem)|\bmisconfigured
    \bldap
    \bservice (?:is )?(?:currently |temporarily )?(?:unavailable|not available)
    \bhost not found, try again
    \bdns records\b
    \bambiguous\b|\bseveral matches found
""")

#: It is our mail, our server or our name that they don't want.
OURS = any_of(r"""
    \b(?:anti-?)?spam(?!ex\b)|spamhaus|spamcop|spam-like
    \bspf\b|\bdkim\b|\bdmarc\b|\bbatv\b|\bhelo\b|\bstarttls\b|\btls (?:required|is required)
    (?:black|block|deny|drop|gray)[ -]?list
    \b\w{0,4}rbl\b|\bdnsbl\b|\bsbl\b|\bxbl\b|\buribl\b|\bsurbl\b|\bmapsrbl|\bsorbs\b
    \bbarracuda reputation
    reputation
    \b(?:sender|ip|server|host|connection|client|messages?|mail|e-?mail|content|network)\b.{0,40}\bblocked
    \bblocked\b.{0,30}\b(?:by|for|using|due|because|see|at)\b
    \bblocked (?:sender|ip|host|message|content)
    \bunsolicited
    \bub[ce]e?\b
    \b(?:policy|policies)\b
    \b(?:reject|refus|denied|filter|bounced)\w{0,3}\b.{0,60}\b(?:content|filter|virus|administrative|prohibit|offensive|organi[sz]ational settings)
    \b(?:content|virus|attachment)\b.{0,30}\b(?:reject|filter|found|detected|denied|not accepted|illegal)
    \bheaders?\b.{0,12}\b(?:reject|not accepted|error)
    \bbanned\b|\bprohibit
    (?<!\bto )(?<!\bto the )\bsender\b.{0,40}(?:reject|denied|not allowed|refused|invalid|verif|not pre-approved|must exist|unknown|does not exist|blocked)
    \b(?:invalid|unknown|unroutable|bogus|unverified|rejected|empty|null|forged)\b.{0,20}\bsenders?\b
    \b(?:invalid|bogus|bad|rejected) (?:mail from|return path|from)
    \bmail from\b.{0,60}(?:denied|rejected|not accepted|not owned|refused|invalid)
    \b(?:mail|messages?) from .{0,40}(?:denied|not accepted|weren't sent|not allowed|not welcome)
    \b(?:don't|do not|does not|doesn't|not) (?:currently )?accept(?:ing)? (?:any )?(?:e-?)?(?:mails?|messages?) (?:from|containing)
    \bnot (?:allowed|permitted|authori[sz]ed) to (?:send|relay|post|use|submit|deliver)
    \bsend\b.{0,20}\bnot (?:allowed|permitted)
    \bauthenticat|\bauthrequired|\bauth required|\bnotauthori[sz]ed
    \bnot authori[sz]ed
    \bpermission\b
    \b(?:un|not )?subscribed to this|\bmembers?[ -]only|\bnon-member
    \bnot a (?:registered )?member|\bclosed mailing list|\bonly accept(?:s|ing) mail from
    \brecipient preferences|\brefused by (?:the )?recipient|\bblocked by the recipient
    \buser reject|\brefuse to receive
    \bphish|\bmalware|\binfected\b|\bsuspicious|\babus
    \bvirus(?:es)? (?:found|detected|was|were)|\bcontain(?:s|ed)? an? .{0,12}\bvirus
    \bbulk\b|\bjunk\b|\bmass mail
    \breverse dns|\bptr\b|\bcannot resolve your|\bcannot find your (?:hostname|reverse)
    \bip name lookup|\bdynamic ip|\bunresolvable
    \brelay(?:ing)? (?:access|is|not|denied|prohibited|operation|through|for|mail|error)\b
    \b(?:to|a|no|open|mail) relay\b(?! recipient)|\brcpthosts\b
    (?<!\bor )\baccess denied\b(?!\. AS\(201806281\))|\bgo away\b|\bnot welcome\b
    \badministrative prohibition|\borgani[sz]ation policy|\brule imposed
    \bconfirm this mail server|\brequires confirmation
    \bopen proxy\b|\bopen relay
    \brate\b.{0,20}\b(?:limit|exceed)|\btoo many (?:connections|messages|concurrent)|\bthrottl
    \bbackscatter|\bthird-party dsn|\bunsigned dsn
    \baccount is protected by
    \bwithout a valid sender|\bsender domain is|\bemetteur invalide|\bfully qualified
    \be-?mail address is not verified
    \bclient host rejected|\bno access from|\buse (?:the|your) (?:smtp|isp|provider)
    \bmessages? (?:filtered|refused|rejected)\b
    \billegal attachment|\bprotocol violation|\buser complaints
    \bcommunication prohibited|\bdelivery not authori
    \bunacceptable\b|\boffensive\b|\bprofan
    \bdomain .{0,60}mismatches client
""")

#: The name of the server that refused is no word of its answer, nor are addresses.
NAMES = any_of(r"""
    \bhost \S{1,255} (?=said|\[)
    <?[a-z0-9.!#$%&'*+/=?^_`{}~-]{1,64}@[a-z0-9.-]{1,255}>?
""")
