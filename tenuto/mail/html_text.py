"""The text of an HTML part as a person sees it, what it quotes marked as in plain text."""

import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

_UNSEEN = frozenset({"head", "script", "style", "title", "template", "noscript", "object", "svg"})
_PARAGRAPHS = frozenset(
    {"p", "blockquote", "pre", "ul", "ol", "dl", "table", "h1", "h2", "h3", "h4"}
)
_BLOCKS = _PARAGRAPHS | {
    "div",
    "li",
    "tr",
    "dt",
    "dd",
    "hr",
    "section",
    "article",
    "center",
    "form",
}
#: Outlook writes each line as a paragraph, and blank ones of its own between them.
_LINES = re.compile(r"\b(?:Mso(?:Normal|NoSpacing|PlainText)|x_Mso\w{1,20})\b")

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


@dataclass
class _Page:
    lines: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    #: Whether what comes now, in the piece that is being read, is another's.
    quoted: bool = False
    rest_quoted: bool = False

    def end_line(self, *, always: bool = False) -> None:
        text = " ".join("".join(self.pieces).split())
        self.pieces.clear()
        if text or always:
            self._add(text)

    def end_paragraph(self) -> None:
        self.end_line()
        self._add("")

    def _add(self, text: str) -> None:
        mark = "> " if self.quoted or self.rest_quoted else ""
        if text or (self.lines and self.lines[-1].strip("> ")):
            self.lines.append(f"{mark}{text}".rstrip())

    def preformatted(self, text: str) -> None:
        first, *others = text.split("\n")
        self.pieces.append(first)
        for line in others:
            self.end_line(always=True)
            self.pieces.append(line)


def text_of(page: str) -> str:
    """One block a line, quoted ones behind "> "; what isn't shown and signatures are left out.

    The parser is Lexbor's: the standard library's takes a minute for 64 KB of `<a <a <a`.
    """
    root = LexborHTMLParser(page.removeprefix("\ufeff")).root
    read = _Page()
    if root is not None:
        _walk(root, read)
    read.end_line()
    return "\n".join(read.lines).strip("\n")


def _walk(root: LexborNode, read: _Page) -> None:
    """From element to element without recursion: a page may be nested as deep as it is long."""
    node: LexborNode | None = root
    quoted: list[bool] = []
    while node is not None:
        inside = node.first_child if _enter(node, read) else None
        if node.is_element_node:
            quoted.append(read.quoted)
            read.quoted = read.quoted or _is_quote(node)
        if inside is not None:
            node = inside
            continue
        while node is not None:
            if node.is_element_node:
                _leave(node, read)
                read.quoted = quoted.pop()
            if node.next is not None:
                node = node.next
                break
            node = node.parent if quoted else None


def _enter(node: LexborNode, read: _Page) -> bool:
    """Begins an element or takes a text; whether to look inside."""
    if node.is_text_node:
        text = node.text_content or ""
        if node.parent is not None and node.parent.tag == "pre":
            read.preformatted(text)
        else:
            read.pieces.append(text)
        return False
    if not node.is_element_node:
        return node.is_document_node
    if node.tag == "br":
        read.end_line(always=True)
    elif node.tag in _BLOCKS or _is_quote(node):
        read.end_line()
    elif node.tag in {"td", "th"}:
        read.pieces.append(" ")
    read.rest_quoted = read.rest_quoted or _begins_rest(node)
    return not _is_unseen(node)


def _leave(node: LexborNode, read: _Page) -> None:
    if _LINES.search(_attribute(node, "class")):
        read.end_line(always=bool(read.pieces))
    elif node.tag in _PARAGRAPHS:
        read.end_paragraph()
    elif node.tag in _BLOCKS or _is_quote(node):
        read.end_line()


def _is_unseen(node: LexborNode) -> bool:
    return (
        node.tag in _UNSEEN
        or "hidden" in node.attributes
        or _HIDDEN.search(_attribute(node, "style")) is not None
        or not _SIGNATURES.isdisjoint(_attribute(node, "class").split())
        or _attribute(node, "id") in _SIGNATURE_IDS
    )


def _is_quote(node: LexborNode) -> bool:
    classes = set(_attribute(node, "class").split())
    if node.tag == "blockquote":
        # Gmail's and Outlook's button for indenting makes one too.
        indents = "border:none" in _attribute(node, "style").replace(" ", "")
        return not indents or _attribute(node, "type") == "cite" or bool(classes & _FORWARDED)
    if classes & _QUOTES or _attribute(node, "id").endswith(_INTRO_ID):
        return True
    # A forwarded mail; in an answered one, answers may stand between the block quotes inside.
    return bool(classes & _FORWARDED) and not _has_blockquote(node)


def _has_blockquote(node: LexborNode) -> bool:
    child = node.first_child
    while child is not None and child.tag != "blockquote":
        child = child.next
    return child is not None


def _begins_rest(node: LexborNode) -> bool:
    return _attribute(node, "id") in _REST_IDS or (
        node.tag == "div" and _REST.search(_attribute(node, "style")) is not None
    )


def _attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""
