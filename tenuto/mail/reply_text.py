"""What a person wrote, without what they quoted."""

import re

#: Lines after which nothing is the sender's own. Each pattern is anchored and has no nested
#: repetition: hostile text can't make it slow.
_ENDS = re.compile(
    r"""^(
        -{2,}\s?(original\s(message|appointment)|ursprüngliche\s(nachricht|e-?mail)
            |message\sd'origine|mensaje\soriginal|messaggio\soriginale|mensagem\soriginal
            |oorspronkelijk\sbericht|forwarded\smessage).{0,20}
        |_{20,}
        |(on|am|le|el|il|em|op|den|dnia)\s.{4,150}(wrote|schrieb|écrit|escribió|scritto|escreveu
            |schreef|skrev|napisał\(?a?\)?)\s?(.{0,80})?:
        |(from|von|de|da|van|från|fra|od):\s.{0,100}@.{0,100}
    )$""",
    re.IGNORECASE | re.VERBOSE,
)
_SIGNATURE = re.compile(r"^(--|__)\s?$")
_LONGEST_LINE = 400


def own_words(text: str) -> str:
    """The text up to the first quotation or signature, quoted lines left out."""
    lines = text.splitlines()
    kept: list[str] = []
    for number, line in enumerate(lines):
        plain = line.strip()
        # An attribution is often wrapped: "On …" on one line, "wrote:" on the next.
        wrapped = f"{plain} {lines[number + 1].strip()}" if number + 1 < len(lines) else plain
        if _SIGNATURE.match(line) or _ends(plain) or _ends(wrapped):
            break
        if not plain.startswith((">", "|")):
            kept.append(line.rstrip())
    return "\n".join(kept).strip()


def _ends(line: str) -> bool:
    return len(line) <= _LONGEST_LINE and _ENDS.match(line) is not None
