"""What a mail server's notice says itself: its text as far as the mail that it returns."""

import re

#: The lines by which mail servers mark the mail that they return, and scanners their footer.
_RETURNED = re.compile(
    r"""^[ \t]{0,8}(?:
        -{1,12}\ ?(?:below\ this\ line|this\ is\ a\ copy|the\ header\ of\ the\ original
            |original\ mess?age|original\ mail|message\ header\ follows|returned\ mess?age
            |forwarded\ message|message\ from\ you|unsent\ message|header\ of\ the\ original
            |the\ original\ mess?age|message\ text\ follows|your\ (?:original\ )?message
            |a\ message\ that\ you\ sent|copy\ of\ )
        |(?:the\ )?original\ message\ (?:follows|headers)
        |below\ (?:this\ line\ )?is\ a\ copy
        |unsent\ message\ (?:below|follows)
        |the\ text\ of\ your\ message
        |_{20,}\s
        |\*{4}\ this\ e-?mail
        |(?:return-path|received):\s
    )""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_MAX = 8000


def told(whole_text: str) -> str:
    """The notice without the returned mail, capped; all of it when nothing else is left."""
    start = whole_text[:_MAX]
    mark = _RETURNED.search(start)
    return start[: mark.start()] if mark and start[: mark.start()].strip() else start
