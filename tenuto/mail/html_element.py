"""What mail programs mark in HTML: what they hide, quote and sign."""

import re
from typing import NamedTuple

from selectolax.lexbor import LexborNode

_UNSEEN = frozenset({"head", "script", "style", "title", "template", "noscript", "object", "svg"})
_HIDDEN = re.compile(
    r"display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}hidden|mso-hide\s{0,3}:\s{0,3}all"
    r"|(?:max-height|opacity)\s{0,3}:\s{0,3}0(?:px|pt|%)?\s{0,3}(?:;|!|$)",
    re.IGNORECASE,
)
#: What mail programs put around the mail that they quote, or around the line that announces it.
_QUOTES = frozenset(
    """gmail_attr moz-cite-prefix yahoo_quoted protonmail_quote tutanota_quote zmail_extra
    moz-email-headers-table OutlookMessageHeader yahoo-quoted-begin zmail_extra_hr
    skiff-mail-quote hey_quote superhuman-quote front-blockquote""".split()  # noqa: SIM905 - a table
)
#: Roundcube's line above its block quote.
_INTRO_ID = "reply-intro"
_FORWARDED = frozenset({"gmail_quote", "gmail_quote_container"})
_SIGNATURES = frozenset(
    """gmail_signature gmail_signature_prefix moz-signature protonmail_signature_block
    ms-outlook-mobile-signature ms-outlook-ios-signature tutanota_signature""".split()  # noqa: SIM905
)
_SIGNATURE_IDS = frozenset({"Signature", "ms-outlook-mobile-signature", "x_Signature"})
#: From here on all is another's, though nothing encloses it.
_REST_IDS = frozenset(
    """divRplyFwdMsg appendonsend mail-editor-reference-message-container OLK_SRC_BODY_SECTION
    x_divRplyFwdMsg x_appendonsend isForwardContent""".split()  # noqa: SIM905
)
_REST = re.compile(
    r"border:\s?none;\s?border-top:\s?solid\s#(?:E1E1E1|B5C4DF)|border-top:\s?#(?:E1E1E1|B5C4DF)",
    re.IGNORECASE,
)


class Element(NamedTuple):
    """What matters of an element to whoever reads the text."""

    tag: str
    classes: frozenset[str] = frozenset()
    #: It holds another's words, or the line that announces them.
    quote: bool = False
    #: From it on all is another's.
    begins_rest: bool = False
    #: Neither shown nor the sender's own words.
    unseen: bool = False


def element_of(node: LexborNode) -> Element:
    """An element's marks, read once: each look at its attributes costs."""
    tag, attributes = node.tag or "", node.attributes
    if not attributes and tag != "blockquote":
        return Element(tag, unseen=tag in _UNSEEN)
    given = {name: value or "" for name, value in attributes.items()}
    classes = frozenset(given.get("class", "").split())
    style, id_ = given.get("style", ""), given.get("id", "")
    unseen = (
        tag in _UNSEEN
        or "hidden" in given
        or _HIDDEN.search(style) is not None
        or not _SIGNATURES.isdisjoint(classes)
        or id_ in _SIGNATURE_IDS
    )
    if tag == "blockquote":
        # Gmail's and Outlook's button for indenting makes one too.
        indents = "border:none" in style.replace(" ", "")
        quote = not indents or given.get("type") == "cite" or bool(classes & _FORWARDED)
    else:
        # A forwarded mail; in an answered one, answers may stand between the block quotes inside.
        quote = (
            not _QUOTES.isdisjoint(classes)
            or id_.endswith(_INTRO_ID)
            or (not _FORWARDED.isdisjoint(classes) and not _has_blockquote(node))
        )
    begins_rest = id_ in _REST_IDS or (tag == "div" and _REST.search(style) is not None)
    return Element(tag, classes, quote, begins_rest, unseen)


def _has_blockquote(node: LexborNode) -> bool:
    child = node.first_child
    while child is not None and child.tag != "blockquote":
        child = child.next
    return child is not None
