"""The words before or behind which a notice of absence names the day of the return."""

import re

#: By language: what stands before the day. Only such a day is a return; any other may be the start
#: of the absence, or a telephone number. A span of days ends at its second one.
BEFORE = {
    "en": r"until|till?|through|thru|up to|back(?: in (?:the |my )?office| at work| at my desk| online)?"
    r"(?: again)?(?: on| by| from)?|return(?:ing|s)?(?: to (?:the |my )?(?:office|work|desk))?(?: on| by)?"
    r"|(?:in the office|at work|available|reachable) again(?: on| from)?"
    r"|(?:not|unable)\b.{1,30} before|(?:from|between) .{3,25} (?:to|and|-|–)",
    "de": r"bis(?: einschlie(?:ß|ss)lich| einschl\.?| inklusive| inkl\.?| und mit)?(?: zum)?"
    r"|(?:wieder|erst)(?: wieder)?(?: ab| am| zum)?(?: dem| den)?|ab(?: dem)?|zurück(?: am| ab)?(?: dem)?",
    "fr": r"jusqu['’](?:au|à|en)|(?:de )?retour(?: au bureau| parmi vous)?(?: le| dès le| à partir du)?"
    r"|à (?:partir|compter) du|dès le|(?:reviens|reviendrai|rentre|rentrerai)(?: au bureau)? le"
    r"|du .{1,25} au",
    "es": r"hasta(?: el)?(?: próximo)?(?: día)?|(?:regres|vuelv|volver|retorn|reincorpor)\w{0,8}"
    r"(?: a la oficina| al trabajo)?(?: el)?(?: próximo)?(?: día)?|a partir del(?: día)?"
    r"|de (?:regreso|vuelta)(?: en la oficina)?(?: el)?|del .{1,20} al",
    "it": r"fino a(?:l|ll['’])?(?: giorno)?|(?:di ritorno|rientr\w{1,6}|torn\w{1,5}|ritorn\w{1,5})"
    r"(?: in ufficio| al lavoro)?(?: (?:il|dal|a partire dal))?(?: giorno)?|a partire dal|dal .{1,20} al",
    "pt": r"até(?: (?:o|ao|a))?(?: (?:dia|próximo|próxima))?|(?:regress|retorn|volt)\w{0,6}"
    r"(?: ao (?:escritório|trabalho))?(?: (?:a|em|no|na|ao))?(?: dia)?|a partir d[eo](?: dia)?"
    r"|de .{1,20} a",
    "nl": r"tot(?: en met| aan)?|t/m|(?:weer )?terug(?: op kantoor)?(?: op| vanaf)?"
    r"|weer (?:aanwezig|bereikbaar|op kantoor)(?: op| vanaf)?|vanaf",
    "pl": r"do(?: dnia)?|(?:wracam|wrócę|powracam|powrót)(?: do (?:biura|pracy))?(?: w)?(?: dniu| dnia)?",
    "sv": r"till(?: och med)?|t\.?o\.?m\.?|(?:tillbaka|åter)(?: på (?:kontoret|jobbet)| i tjänst)?"
    r"(?: igen)?(?: den)?",
    "da": r"til(?: og med)?|t\.?o\.?m\.?|tilbage(?: på (?:kontoret|arbejdet))?(?: igen)?(?: den| d\.)?",
    "nb": r"til(?: og med)?|t\.?o\.?m\.?|tilbake(?: på (?:kontoret|jobb))?(?: igjen)?(?: den)?",
    "fi": r"palaan(?: toimistolle| töihin)?|takaisin(?: toimistolla| töissä)?"
    r"|tavoitettavissa(?: jälleen| taas)?",
    "cs": r"do(?: dne)?|(?:vrátím|vracím) se(?: do (?:kanceláře|práce))?|zpět(?: v (?:kanceláři|práci))?"
    r"(?: od)?|(?:opět|znovu)(?: \w{1,15})? od",
    "ru": r"до|по(?=\s\d)|(?:вернусь|возвращаюсь|выйду|выхожу)(?: в офис| на работу)?"
    r"|(?:буду|снова)(?: \w{1,12}){0,2} с",
    "zh": r"(?:直?到|至)",
}  # fmt: skip

#: What follows is looked at, not taken: the next phrase may stand in it.
FOLLOWS = {
    language: re.compile(
        rf"(?:{words})(?=(.{{4,40}}))"
        if language == "zh"
        else rf"\b(?:{words})[:,]?\s(?=(.{{4,48}}))",
        re.IGNORECASE,
    )
    for language, words in BEFORE.items()
}

#: Where the phrase stands behind the day.
BEHIND = {
    "fi": re.compile(
        r"(\b\d{1,2}\.(?:\d{1,2}\.(?:\d{2,4})?|\s?[^\W\d]{3,14}(?: \d{4})?)|\b[^\W\d]{5,12}ihin)"
        r"\s(?:asti|saakka|mennessä)",
        re.IGNORECASE,
    ),
    "ja": re.compile(
        r"((?:\d{4}[年/])?\d{1,2}[月/]\d{1,2}日?|[月火水木金土日]曜日?)\s?(?:[(（][^)）]{1,3}[)）])?\s?"
        r"(?:まで|迄|に(?:戻|復帰|出社)|(?:より|から)(?:通常|出社|復帰|勤務)|以降)"
    ),
    "zh": re.compile(
        r"((?:\d{4}年)?\d{1,2}月\d{1,2}[日号號]|(?:星期|下?[周週])[一二三四五六日天])\s?"
        r"(?:之?前|返回|返工|回来|回來|回到|恢复|恢復|上班|结束|結束|为止|為止|止|起?(?:恢复|正常|回))"
    ),
}

#: Monday first; the beginnings of the words, for they are inflected.
WEEKDAYS = tuple(
    re.compile(rf"\b(?:{words})|(?:星期|[周週])[{chinese}]|{japanese}曜", re.IGNORECASE)
    for words, chinese, japanese in (
        (("monday|montag|lundi|lunes|luned[ìi]|segunda|maandag|poniedzia|måndag|mandag|maanantai"
         "|pondělí|понедельник"), "一", "月"),
        (("tuesday|dienstag|mardi|martes|marted[ìi]|terça|dinsdag|wtor|tisdag|tirsdag|tiistai"
         "|úter|вторник"), "二", "火"),
        (("wednesday|mittwoch|mercredi|mi[ée]rcoles|mercoled[ìi]|quarta|woensdag|środ|onsdag"
         "|keskiviik|střed|сред"), "三", "水"),
        (("thursday|donnerstag|jeudi|jueves|gioved[ìi]|quinta|donderdag|czwart|torsdag|torstai"
         "|čtvrt|четверг"), "四", "木"),
        (("friday|freitag|vendredi|viernes|venerd[ìi]|sexta|vrijdag|piąt|fredag|perjantai"
         "|pát|пятниц"), "五", "金"),
        (("saturday|samstag|sonnabend|samedi|s[áa]bado|sabato|zaterdag|sobot|lördag|lørdag"
         "|lauantai|суббот"), "六", "土"),
        (("sunday|sonntag|dimanche|domingo|domenica|zondag|niedziel|söndag|søndag|sunnuntai"
         "|neděl|воскресень"), "日天", "日"),
    )
)  # fmt: skip
